"""SAFE asked for without a transfer: by two persons, or because a section was held for its limit.

It is asked again until the gate says that the hold is over. A gate that does not obey is told once, stands as the
highest alarm, and is asked in ever longer pauses: what never obeys must not fill the journal.
"""

from otha.core.effects import Safe
from otha.core.group.record import SAFE_ERRAND
from otha.core.group.state import GateView, GroupState
from otha.core.group.turn import Turn
from otha.core.reasons import Why
from otha.core.words import GateState

LONGEST_PAUSE_NS = 60_000_000_000
_COUNTED = 32  # beyond it every pause is the longest one


def ask(t: Turn) -> None:
    """Ask for the safe state of the present hold, unless it is being asked for or a pause runs."""
    gate, times = t.g.gate, t.g.safe_asked
    if t.g.safe_retry_at is not None or not t.ask_errand(
        Safe(epoch=gate.epoch, hold_no=gate.hold_no), SAFE_ERRAND, t.cfg.timing.safe_ns
    ):
        return
    t.put(safe_asked=min(times + 1, _COUNTED))
    if times == 0:
        t.say(Why.SAFE_ASKED, "L2", t.cfg.section, gate.epoch, gate.hold_no)
    elif times == 1:
        t.say(Why.UNVERIFIED, "L3", f"{t.cfg.section} was asked for its safe state and is still held")


def pause(t: Turn) -> None:
    """It was asked: the gate is looked at before it is asked again, and each time twice as long is waited. Other
    errands need not wait for that."""
    pause_ns = t.cfg.own_gate.poll_ns << max(t.g.safe_asked - 1, 0)
    t.put(safe_retry_at=t.now + min(pause_ns, LONGEST_PAUSE_NS) if t.g.safe_asked else None, errand_retry_at=None)


def unverified(g: GroupState) -> bool:
    """Whether the gate was asked, looked at, and found in the same hold."""
    return g.safe_asked > 1


def gate_seen(t: Turn, view: GateView) -> None:
    """Another hold, or none, has been asked for nothing yet."""
    if view.seen and (view.state is not GateState.HELD or view.hold_no != t.g.gate.hold_no):
        forget(t)


def forget(t: Turn) -> None:
    """Nothing was asked for, as far as what comes next is concerned."""
    t.put(safe_asked=0, safe_retry_at=None)
