"""The answer of `Timing` as views: how heartbeats are timed, and what they said last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTiming:
    """How a channel's heartbeats are timed, and what they said last. `network`: the failure domain that it uses; `via`:
    the group of links that it goes by. `age_ms`: of the last values; None before the first. `lost_after_ms` is None
    where the detector learns it. `quality`: how the last heartbeat ended."""

    name: str
    node: str
    network: str = ""
    via: str = ""
    period_ms: int = 0
    deadline_ms: int = 0
    lost_after_ms: int | None = None
    quality: str = "none"
    age_ms: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)  # Any: numbers and words of a reading
    replies: Mapping[str, Any] = field(default_factory=dict)  # Any: figures of a histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingView:
    """The answer of `Timing`. `domains`: each node's failure domains, its own and those behind them. `at_ms`: our
    monotonic clock when it came."""

    at_ms: int = 0
    bounds_us: tuple[int, ...] = ()
    departures: Mapping[str, Any] = field(default_factory=dict)  # Any: as above
    channels: Mapping[str, ChannelTiming] = field(default_factory=dict)
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
