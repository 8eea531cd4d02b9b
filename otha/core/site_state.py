"""All that a supervision knows of its site, and its canonical bytes: a snapshot, from which replay goes on."""

import copy
from dataclasses import dataclass, fields
from typing import Self, cast

from otha.core import canon, codec
from otha.core.alarm_machine import AlarmBook
from otha.core.conditions import Compare
from otha.core.config import SiteConfig
from otha.core.group import step as group_step
from otha.core.group.state import GroupState, Shared
from otha.core.order_book import OrderBook
from otha.core.plant_alarms import PlantWatch
from otha.core.watch import gate, selector
from otha.core.watch.channel import ChannelWatch
from otha.core.watch.condition import Delay, TagWatch
from otha.core.watch.gate import GateWatch
from otha.core.watch.node import NodeWatch
from otha.core.watch.observer import ReferenceWatch
from otha.core.watch.selector import SelectorWatch

_FORMAT = 8


@dataclass(slots=True, kw_only=True)
class SiteState:
    """The watches by their names, the groups and what belongs to each of them in the order of the configuration.

    The containers' places are filled anew as inputs come; what stands in them is replaced, never changed. `let_go`:
    since when no client uses a store's active node any more. `delays`, `judge_at`: the running delays of a group's
    conditions, and when they are to be judged again. `nodes_at`: when a tracked tag of a standby that is ready gets too
    old. `wakes`: when a group wants to be stepped. `alarms`, `answered`: of each group, and at the end the supervisor's
    own. `plant`: a group's alarms on plant tags. `troubles`: those of the supervisor itself, by their alarms' codes.
    `tilt_until`, `rejoin_until`: when watching without acting ends, and how long what was silent in isolation is given
    to be heard.

    The order of the fields is that of the snapshot.
    """

    groups: list[GroupState]
    shared: Shared
    channels: dict[str, ChannelWatch]
    nodes: dict[str, NodeWatch]
    gates: dict[str, GateWatch]
    selectors: dict[str, SelectorWatch]
    let_go: list[int | None]
    tags: dict[str, TagWatch]
    delays: list[dict[Compare, Delay]]
    judge_at: list[int | None]
    nodes_at: list[int | None]
    references: dict[str, ReferenceWatch]
    wakes: list[int | None]
    alarms: list[AlarmBook]
    plant: list[PlantWatch]
    troubles: dict[str, str]
    answered: list[OrderBook]
    tilt_until: int | None
    rejoin_until: int | None

    @classmethod
    def start(cls, cfg: SiteConfig, now: int) -> Self:
        """The state before anything is known."""
        return cls(
            groups=[group_step.start(group, now) for group in cfg.groups],
            shared=Shared(),
            channels={c.name: ChannelWatch() for c in cfg.channels},
            nodes={c.node: NodeWatch() for c in cfg.channels},
            gates={g.section: gate.unseen() for g in cfg.groups if g.gate is not None},
            selectors={s.name: selector.unseen() for g in cfg.groups for s in g.selectors},
            let_go=[None for _ in cfg.groups],
            tags={t.name: TagWatch() for t in cfg.tags},
            delays=[{} for _ in cfg.groups],
            judge_at=[None for _ in cfg.groups],
            nodes_at=[None for _ in cfg.groups],
            references={r.name: ReferenceWatch() for r in cfg.references},
            wakes=[None for _ in cfg.groups],
            alarms=[AlarmBook() for _ in (*cfg.groups, cfg.supervisor)],
            plant=[PlantWatch() for _ in cfg.groups],
            troubles={},
            answered=[OrderBook() for _ in (*cfg.groups, cfg.supervisor)],
            tilt_until=None,
            rejoin_until=None,
        )

    def still(self) -> Self:
        """The state as it stands now, whatever happens to this one. Costs no more than a few references."""
        return type(self)(**{field.name: copy.copy(getattr(self, field.name)) for field in fields(self)})

    def snapshot(self, cfg: SiteConfig) -> bytes:
        """Canonical bytes of this state and of the configuration that it belongs to."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        parts["delays"] = [tuple(delays.items()) for delays in self.delays]
        return canon.encode((_FORMAT, cfg, *parts.values()))

    @classmethod
    def restore(cls, snapshot: bytes) -> tuple[SiteConfig, Self]:
        """The configuration and the state that `snapshot` was taken of.

        Raises CanonError for bytes that are no snapshot, AttributeError or TypeError for one that is not whole.
        """
        parts = codec.decode_state(snapshot)
        names = [field.name for field in fields(cls)]
        if not isinstance(parts, tuple) or len(parts) != len(names) + 2 or parts[0] != _FORMAT:
            raise canon.CanonError("not a snapshot of this version", mend="replay it with the version that recorded it")
        state = cls(**dict(zip(names, parts[2:], strict=True)))
        # Lists are written as tuples, and delays as pairs: their keys have no order of their own.
        state.delays = [dict(pairs) for pairs in state.delays]
        state.groups, state.let_go, state.judge_at = list(state.groups), list(state.let_go), list(state.judge_at)
        state.nodes_at = list(state.nodes_at)
        state.wakes, state.alarms, state.answered = list(state.wakes), list(state.alarms), list(state.answered)
        state.plant = list(state.plant)
        return cast(SiteConfig, parts[1]), state
