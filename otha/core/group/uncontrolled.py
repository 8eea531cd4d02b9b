"""How long a section may be held with nobody to drive it.

The limit runs from the begin of the hold, whatever waits meanwhile. Once it is over nothing waits any more: a transfer
that can't go on at once gives way, and SAFE is asked for until the gate says that the hold is over.
"""

from otha.core.config import GroupConfig
from otha.core.group import machine, safe_errand
from otha.core.group.state import Cause, GroupState
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker
from otha.core.words import Arming, Authority, GateState, TransferKind

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_HELD, _OTHA, _ARMED = GateState.HELD, Authority.OTHA, Arming.ARMED


def _limit_at(t: Turn) -> int:
    """When the limit of the present hold is over, by the gate's own count of the hold. While all is heard for the first
    time nobody can tell yet whether somebody could drive."""
    g, timing = t.g, t.cfg.timing
    if g.gate.hold_until is None:
        return t.now + timing.uncontrolled_ns if g.uncontrolled_until is None else g.uncontrolled_until
    at = g.gate.hold_until - t.cfg.own_gate.hold_max_ns + timing.uncontrolled_ns
    return at if g.settle_until is None or g.unverified else max(at, g.settle_until)


def run_the_limit(t: Turn) -> None:
    """Begin the limit with the hold, and forget it when the hold is over or is not OTHA's to end. One that was out of
    sight meanwhile has become no younger, and one that follows another has a limit of its own."""
    g = t.g
    held = g.gate.seen and g.gate.state is _HELD
    may_act = t.cfg.authority is _OTHA and g.arming is _ARMED and not t.shared.tilted
    if not (held and may_act):
        if g.uncontrolled or g.uncontrolled_until is not None:
            t.put(uncontrolled_until=None, uncontrolled=False)
    elif not g.uncontrolled or g.gate.hold_until is not None:
        at = _limit_at(t)
        over = t.now >= at
        until = None if over else at
        # Another number each time, of the same moment in every step of a hold.
        if over is not g.uncontrolled or until != g.uncontrolled_until:
            t.put(uncontrolled=over, uncontrolled_until=until)


def against(
    cfg: GroupConfig, g: GroupState, *, kind: TransferKind, cause: Cause | None, to_node: str, asks: bool
) -> tuple[Blocker, ...]:
    """What stands against a transfer that would have to wait, for a person (`asks`) or for the machine, in a section
    that was held for its limit already."""
    if not g.uncontrolled or not (asks or machine.waits(cfg, g, kind, cause, to_node)):
        return ()
    return (Blocker(block=Block.UNCONTROLLED, detail=cfg.section),)


def ask_safe(t: Turn) -> bool:
    """Ask for the safe state once the limit is over; no claim is needed for that."""
    if t.g.uncontrolled:
        safe_errand.ask(t)
    return False
