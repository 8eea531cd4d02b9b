"""The answer of `Why` as views: what stands against a move, each condition with its tags, tracked tags side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class TagView:
    """A tag of a condition as `Why` tells it. `quality`: a word. `age_ms` is None when it was never read."""

    name: str
    source: str
    value: float | int | bool | str | None
    quality: str
    age_ms: int | None
    fresh_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedView:
    """A tracked tag of a standby beside the active's (rule S13)."""

    node: str
    name: str
    kind: str
    active: float | int | bool | str | None
    standby: float | int | bool | str | None
    tolerance: float | int | None
    verdict: str
    active_age_ms: int | None
    standby_age_ms: int | None
    max_age_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleView:
    """What stands against something: a code in words, the rule, and what it is about."""

    code: str
    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """An interlock or permissive with the tags that it looks at."""

    name: str
    interlock: bool
    klass: str
    verdict: str
    bypassed: bool
    first_out: bool
    text: str
    tags: tuple[TagView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    """The answer of `Why`: what stands against a switchover to `node`, against an automatic failover, against the way
    back, and every condition with its tags. `raw`: all that was told."""

    group: str
    node: str
    obstacles: tuple[ObstacleView, ...]
    failover_obstacles: tuple[ObstacleView, ...]
    reasons: tuple[ReasonView, ...]
    tracked: tuple[TrackedView, ...]
    raw: Json
