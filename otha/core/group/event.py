"""What one group can be told. Verdicts, not numbers: unchanged readings end in `watch`."""

from dataclasses import dataclass

from otha.core.group.state import GateView, NodeView, SelectorView
from otha.core.inputs import DueReached, EffectEnded, OrderGiven
from otha.core.words import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeJudged:
    """The verdicts on node `index` changed."""

    index: int
    view: NodeView


@dataclass(frozen=True, slots=True, kw_only=True)
class GateJudged:
    """The verdicts on the group's gate changed."""

    view: GateView


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorJudged:
    """The verdict on selector `index` changed."""

    index: int
    view: SelectorView


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionJudged:
    """The verdict on condition `index` changed."""

    index: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineJudged:
    """The machine is in another state, by its place in the configuration (UNKNOWN_MACHINE: not known). `unlisted`: what
    its controller says instead that the site file has no state for."""

    state: int
    unlisted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowJudged:
    """The window of the group's failback has opened or closed."""

    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedChanged:
    """Something of the rest of the site changed."""


Event = (
    NodeJudged
    | GateJudged
    | SelectorJudged
    | ConditionJudged
    | MachineJudged
    | WindowJudged
    | SharedChanged
    | OrderGiven
    | EffectEnded
    | DueReached
)
