"""What an exploration has come to: phases, endings of transfers, faults and orders, and what each rule speaks of.

A rule that nothing ever came near was not explored, whatever the number of states.
"""

from collections import Counter
from dataclasses import dataclass, field

from otha.core.config import GroupConfig
from otha.core.effects import Grant, Promote, Release, Revoke, Select, SwapRecord
from otha.core.group.state import Cause
from otha.core.reasons import Reason, Why
from otha.core.words import Ending, GroupKind, Phase, TransferKind
from otha.verify.around import Around

_REQUESTED, _PHASE, _ENDED, _UNVERIFIED = Why.REQUESTED, Why.PHASE, Why.ENDED, Why.UNVERIFIED
_FAILBACK = TransferKind.FAILBACK

PHASES = {
    GroupKind.DRIVER: (
        Phase.REQUESTED,
        Phase.PERMITTED,
        Phase.CLAIMED,
        Phase.FENCED,
        Phase.PROMOTED,
        Phase.TRACKED,
        Phase.RELEASED,
        Phase.OUTPUT_VERIFIED,
    ),
    GroupKind.PATH: (
        Phase.REQUESTED,
        Phase.PERMITTED,
        Phase.CLAIMED,
        Phase.FENCED,
        Phase.PATH_REDIRECTED,
        Phase.OUTPUT_VERIFIED,
    ),
    GroupKind.STORE: (
        Phase.REQUESTED,
        Phase.PERMITTED,
        Phase.CLAIMED,
        Phase.FENCED,
        Phase.PROMOTED,
        Phase.CLIENTS_REDIRECTED,
        Phase.WRITES_VERIFIED,
        Phase.BACKFILLED,
    ),
}


@dataclass(slots=True, kw_only=True)
class Coverage:
    """How often each was seen. `spoken_of` counts states, the others count transitions: most phases last no longer than
    a step."""

    phases: Counter[str] = field(default_factory=Counter)
    spoken_of: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)

    def visited(self, w: Around) -> None:
        """Count what this state is an instance of."""
        g = w.g
        plan, seen = g.plan, self.spoken_of
        if plan is not None:
            if plan.automatic:
                seen["S7"] += 1
                seen["S8"] += plan.cause is Cause.DEAD
            if plan.kind is _FAILBACK:
                seen["S12"] += 1
            if plan.drill:
                seen["S14"] += 1
        if w.shared.tilted:
            seen["S10"] += 1
        for effect in w.flying:
            match effect.do:
                case SwapRecord():
                    seen["S2"] += 1
                    seen["S9"] += 1
                case Revoke():
                    seen["S11"] += 1
                case Grant() | Promote():
                    self._promotes(w)
                case Select(node=node) if node is not None:
                    self._promotes(w)
                case Release():
                    seen["S13"] += 1
                case _:
                    pass

    def _promotes(self, w: Around) -> None:
        self.spoken_of["S1"] += 1
        self.spoken_of["S3"] += 1
        self.spoken_of["S5"] += w.cfg.rpo_ns is not None
        self.spoken_of["S6"] += any(condition.interlock for condition in w.cfg.conditions)

    def moved(self, name: str, told: tuple[Reason, ...]) -> None:
        """Count one move, and what the core said of it."""
        if name.startswith("FAULT"):
            self.faults[name[len("FAULT ") :]] += 1
        elif name.startswith("ORDER"):
            self.orders[name[len("ORDER ") :].strip()] += 1
        for reason in told:
            if reason.why is _PHASE:
                self.phases[str(reason.args[0])] += 1
            elif reason.why is _REQUESTED:
                self.phases[Phase.REQUESTED.value] += 1
            elif reason.why is _ENDED:
                self.ended[str(reason.args[0])] += 1
            elif reason.why is _UNVERIFIED:
                self.spoken_of["L3"] += 1

    def add(self, other: "Coverage") -> None:
        """Take in what another process has seen."""
        self.phases.update(other.phases)
        self.spoken_of.update(other.spoken_of)
        self.ended.update(other.ended)
        self.faults.update(other.faults)
        self.orders.update(other.orders)

    def missed(self, cfg: GroupConfig) -> tuple[str, ...]:
        """The phases and endings that a group of this kind has, and that were never reached."""
        phases = [f"phase {phase.value}" for phase in PHASES.get(cfg.kind, ()) if not self.phases[phase.value]]
        endings = [ending for ending in Ending if cfg.kind is GroupKind.DRIVER or ending is not Ending.SAFE_STATE]
        return (*phases, *(f"ending {ending.value}" for ending in endings if not self.ended[ending.value]))

    def rules_missed(self, cfg: GroupConfig) -> tuple[str, ...]:
        """The rules of which nothing was seen that they speak of, where this group could have shown it."""
        return tuple(rule for rule in _rules(cfg) if not self.spoken_of[rule])


def _rules(cfg: GroupConfig) -> tuple[str, ...]:
    rules = ["S1", "S2", "S3", "S7", "S8", "S9", "S10", "L3"]
    rules += ["S5"] if cfg.rpo_ns is not None else []
    rules += ["S6"] if any(condition.interlock for condition in cfg.conditions) else []
    rules += ["S11", "S13"] if cfg.kind is GroupKind.DRIVER else []
    rules += ["S14"] if cfg.drills else []
    return tuple(rules)
