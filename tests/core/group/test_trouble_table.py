"""Everything that can go wrong in every phase of a transfer of kind `driver`, as one table: what becomes of it.

A row is a trouble. Its words are what becomes of the transfer when the trouble comes in REQUESTED (a person must
confirm), PERMITTED (the claim is under way; it is answered right after), CLAIMED, FENCED, PROMOTED, TRACKED, RELEASED
and OUTPUT_VERIFIED. The words:

    on        goes on as if nothing had happened
    waits     goes on when the trouble is over, within a bound
    aborts    ends ABORTED_SAFE: nothing has left, or nothing of it holds
    starts    ends ABORTED_SAFE and waits for the machine's phase in a transfer of its own
    voids     heads for VOID: whoever owns the gate stays
    returns   heads back to the old node, with a GRANT of the plan's second epoch
    safes     heads for the safe state, with a SAFE for the hold that was read
    safe      ends SAFE_STATE: the section is in it
    operator  ends NEEDS_OPERATOR
    done      ends DONE
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig
from otha.core.config import GroupConfig
from otha.core.effects import Grant, Safe, Void
from otha.core.group import record as group_record
from otha.core.group.event import MachineJudged
from otha.core.group.turn import Turn
from otha.core.inputs import EffectEnded, Record
from otha.core.words import (
    AfterFence,
    Conduct,
    Confirm,
    Course,
    Ending,
    GateState,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    Role,
    Verdict,
)
from tests.core.build import MS, group_config
from tests.core.rig import PHASES, Rig, following, held_by_watchdog, take_on

RUN, IGNITION, MOTION = range(3)


def _state(name: str, switchover: MachineRule, after_fence: AfterFence | None) -> MachineStateConfig:
    when = Compare(tag="permit", op=Comparison.EQ, value=0, for_ns=0)
    return MachineStateConfig(name=name, when=when, switchover=switchover, failover=switchover, after_fence=after_fence)


_WAITS = MachineRule(does=Conduct.WAIT, limit_ns=2_000 * MS)
_STAYS = MachineRule(does=Conduct.STAY)
MACHINE = MachineConfig(
    states=(
        _state("RUN", MachineRule(does=Conduct.GO), None),
        _state("IGNITION", _WAITS, None),
        _state("MOTION", _STAYS, AfterFence.SAFE),
    ),
    unknown=replace(_state("UNKNOWN", _STAYS, None), when=None),
)


def enters(state: int) -> Callable[[Rig], object]:
    return lambda rig: rig.tell(MachineJudged(state=state))


def leaves_owner(rig: Rig, state: GateState) -> None:
    rig.gate(state=state, owner=None, owner_epoch=0, armed=False, owner_fresh=False, driven=False, hold_until=None)


def starts_anew(rig: Rig) -> None:
    leaves_owner(rig, GateState.FREE)
    rig.gate(boot=10)


def ends_all(outcome: Outcome) -> Callable[[Rig], object]:
    """Every attempt of the phase's effect ends so, until the phase's bound is over; nothing is read back."""

    def trouble(rig: Rig) -> None:
        serial, phase, course = rig.plan.serial, rig.plan.phase, rig.plan.course
        until = rig.plan.due + 100 * MS
        while rig.now < until and rig.g.plan is not None:
            plan = rig.plan
            if (plan.serial, plan.phase, plan.course) != (serial, phase, course):
                return
            if plan.asked is not None:
                on_store = phase in (Phase.PERMITTED, Phase.OUTPUT_VERIFIED)
                rig.ends(outcome, rig.g.record if on_store and outcome is Outcome.REFUSED else None)
            rig.wait(5)

    return trouble


def late(rig: Rig) -> None:
    """The effect's end comes after its bound, while the retry is under way: it dies by its id."""
    plan = rig.plan
    if plan.asked is None:
        return
    old = plan.asked
    rig.wait(1)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(rig.cfg.timing.retry_ns // MS)
    rig.tell(EffectEnded(id=old, outcome=Outcome.DONE, record=None))


def bound_passes(rig: Rig) -> None:
    rig.wait((rig.plan.due - rig.now) // MS)


def hold_runs_out(rig: Rig) -> None:
    """The hold's end comes near, and nothing else happens."""
    hold_until = rig.g.gate.hold_until
    if hold_until is None:
        bound_passes(rig)
        return
    rig.dies("a")
    rig.condition(Verdict.FALSE)
    rig.wait((hold_until - rig.now) // MS - 30)


def another_claim(rig: Rig) -> None:
    """The store tells of a newer record where it is asked: for the claim and for its end."""
    record = rig.g.record
    assert record is not None
    if rig.plan.phase in (Phase.PERMITTED, Phase.OUTPUT_VERIFIED):
        rig.ends(Outcome.REFUSED, replace(record, epoch=record.epoch + 10, revision="theirs"))


def order(kind: OrderKind, node: str | None = None) -> Callable[[Rig], object]:
    return lambda rig: rig.order(kind, node, id="in the middle")


def old_comes_back(rig: Rig) -> None:
    """The old node claims to be active again, or is alive again."""
    rig.node("a", liveness=Liveness.ALIVE, role=Role.ACTIVE, level=255, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)


TROUBLES: dict[str, Callable[[Rig], object]] = {
    "interlock false": lambda rig: rig.condition(Verdict.FALSE),
    "interlock bad": lambda rig: rig.condition(Verdict.BAD),
    "interlock stale": lambda rig: rig.condition(Verdict.STALE),
    "interlock unknown": lambda rig: rig.condition(Verdict.UNKNOWN),
    "permissive false": lambda rig: rig.condition(Verdict.FALSE, 1),
    "permit gone": lambda rig: rig.gate(permit=False),
    "return permit gone": lambda rig: rig.gate(return_permit=False),
    "both permits gone": lambda rig: rig.gate(permit=False, return_permit=False),
    "machine waits": enters(IGNITION),
    "machine stays": enters(MOTION),
    "machine unknown": enters(-1),
    "new node dies": lambda rig: rig.dies("b"),
    "new node freezes": lambda rig: rig.dies("b", Liveness.FROZEN),
    "new node loses sync": lambda rig: rig.node("b", in_rpo=Verdict.UNKNOWN),
    "old node dies": lambda rig: rig.dies("a"),
    "old node comes back": old_comes_back,
    "gate out of sight": lambda rig: rig.gate(seen=False, owner_fresh=False, driven=False),
    "gate reboots": starts_anew,
    "SAFE": lambda rig: leaves_owner(rig, GateState.SAFE),
    "LOCAL": lambda rig: leaves_owner(rig, GateState.LOCAL),
    "newer epoch at the gate": lambda rig: rig.gate(epoch=9),
    "another claim in the store": another_claim,
    "effect refused": ends_all(Outcome.REFUSED),
    "effect unknown": ends_all(Outcome.UNKNOWN),
    "effect late": late,
    "bound passes": bound_passes,
    "hold runs out": hold_runs_out,
    "isolation": lambda rig: rig.share(isolated=True),
    "TILT": lambda rig: rig.share(tilted=True),
    "order switchover": order(OrderKind.SWITCHOVER, "a"),
    "order confirm": order(OrderKind.CONFIRM),
    "order reject": order(OrderKind.REJECT),
    "order ack": order(OrderKind.ACKNOWLEDGE),
    "order maintenance": order(OrderKind.MAINTENANCE_IN, "b"),
    "order arm": order(OrderKind.ARM),
}

# The columns are the phases from REQUESTED to OUTPUT_VERIFIED.
SWITCHOVER_FROM_A_LIVING_NODE = """
interlock false             | aborts   aborts   voids    returns  returns  returns  returns  on
interlock bad               | aborts   aborts   voids    returns  returns  returns  returns  on
interlock stale             | aborts   aborts   voids    returns  returns  returns  returns  on
interlock unknown           | aborts   aborts   voids    returns  returns  returns  returns  on
permissive false            | aborts   aborts   on       on       on       on       on       on
permit gone                 | waits    starts   voids    returns  returns  returns  returns  on
return permit gone          | on       on       on       on       on       on       on       on
both permits gone           | waits    starts   voids    waits    waits    waits    waits    on
machine waits               | waits    starts   voids    returns  returns  returns  returns  on
machine stays               | aborts   aborts   voids    safes    safes    safes    safes    on
machine unknown             | aborts   aborts   voids    returns  returns  returns  returns  on
new node dies               | aborts   aborts   voids    returns  returns  returns  returns  on
new node freezes            | aborts   aborts   voids    returns  returns  returns  returns  on
new node loses sync         | aborts   aborts   voids    returns  returns  returns  returns  on
old node dies               | on       on       on       on       on       on       on       on
old node comes back         | on       on       on       on       on       on       on       on
gate out of sight           | aborts   aborts   waits    waits    waits    waits    waits    on
gate reboots                | aborts   aborts   operator operator operator operator operator operator
SAFE                        | aborts   aborts   safe     safe     safe     safe     safe     safe
LOCAL                       | aborts   aborts   operator operator operator operator operator operator
newer epoch at the gate     | aborts   aborts   operator operator operator operator operator operator
another claim in the store  | on       aborts   on       on       on       on       on       operator
effect refused              | aborts   aborts   voids    returns  returns  returns  returns  done
effect unknown              | aborts   aborts   voids    returns  returns  returns  returns  done
effect late                 | on       on       on       on       on       on       on       on
bound passes                | aborts   aborts   voids    returns  returns  returns  returns  done
hold runs out               | aborts   aborts   voids    safes    safes    safes    safes    done
isolation                   | on       on       on       on       on       on       on       on
TILT                        | aborts   aborts   on       on       on       on       on       on
order switchover            | on       on       on       on       on       on       on       on
order confirm               | on       on       on       on       on       on       on       on
order reject                | aborts   on       on       on       on       on       on       on
order ack                   | on       on       on       on       on       on       on       on
order maintenance           | on       on       on       on       on       on       on       on
order arm                   | on       on       on       on       on       on       on       on
"""

FAILOVER_FROM_A_DEAD_NODE = """
interlock false             | aborts   aborts   waits    waits    waits    waits    waits    on
interlock bad               | aborts   aborts   waits    waits    waits    waits    waits    on
interlock stale             | aborts   aborts   waits    waits    waits    waits    waits    on
interlock unknown           | aborts   aborts   waits    waits    waits    waits    waits    on
permissive false            | on       on       on       on       on       on       on       on
permit gone                 | waits    starts   waits    waits    waits    waits    waits    on
return permit gone          | on       on       on       on       on       on       on       on
both permits gone           | waits    starts   waits    waits    waits    waits    waits    on
machine waits               | waits    starts   waits    waits    waits    waits    waits    on
machine stays               | aborts   aborts   safes    safes    safes    safes    safes    on
machine unknown             | aborts   aborts   waits    waits    waits    waits    waits    on
new node dies               | aborts   aborts   waits    waits    waits    waits    waits    on
new node freezes            | aborts   aborts   waits    waits    waits    waits    waits    on
new node loses sync         | aborts   aborts   waits    waits    waits    waits    waits    on
old node dies               | on       on       on       on       on       on       on       on
old node comes back         | on       on       on       on       on       on       on       on
gate out of sight           | aborts   aborts   waits    waits    waits    waits    waits    on
gate reboots                | aborts   aborts   operator operator operator operator operator operator
SAFE                        | aborts   aborts   safe     safe     safe     safe     safe     safe
LOCAL                       | aborts   aborts   operator operator operator operator operator operator
newer epoch at the gate     | aborts   aborts   operator operator operator operator operator operator
another claim in the store  | on       aborts   on       on       on       on       on       operator
effect refused              | aborts   aborts   waits    waits    waits    waits    waits    done
effect unknown              | aborts   aborts   waits    waits    waits    waits    waits    done
effect late                 | on       on       on       on       on       on       on       on
bound passes                | aborts   aborts   waits    waits    waits    waits    waits    done
hold runs out               | aborts   aborts   safes    safes    safes    safes    safes    done
isolation                   | aborts   aborts   on       on       on       on       on       on
TILT                        | aborts   aborts   on       on       on       on       on       on
order switchover            | on       on       on       on       on       on       on       on
order confirm               | on       on       on       on       on       on       on       on
order reject                | aborts   on       on       on       on       on       on       on
order ack                   | on       on       on       on       on       on       on       on
order maintenance           | on       on       on       on       on       on       on       on
order arm                   | on       on       on       on       on       on       on       on
"""


def config() -> GroupConfig:
    return group_config(machine=MACHINE, confirm=Confirm.ALWAYS)


def confirmed(rig: Rig, phase: Phase) -> Rig:
    if phase is not Phase.REQUESTED:
        assert rig.order(OrderKind.CONFIRM, id="confirmed").accepted
    return take_on(rig, phase)


def switching(phase: Phase) -> Rig:
    """An ordered switchover from a living "a" to "b" that stands in `phase`."""
    rig = following(config())
    rig.tell(MachineJudged(state=RUN))
    assert rig.order(OrderKind.SWITCHOVER, "b").accepted
    return confirmed(rig, phase)


def failing_over(phase: Phase) -> Rig:
    """A failover from a dead "a" to "b" that stands in `phase`."""
    rig = following(config())
    rig.tell(MachineJudged(state=RUN))
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(rig.cfg.timing.confirm_ns // MS)
    return confirmed(rig, phase)


_ENDS = {
    Ending.DONE: "done",
    Ending.ABORTED_SAFE: "aborts",
    Ending.RETURNED: "returned",
    Ending.SAFE_STATE: "safe",
    Ending.NEEDS_OPERATOR: "operator",
}
_HEADS = {Course.RETURN: (Grant, "returns"), Course.VOID: (Void, "voids"), Course.SAFE: (Safe, "safes")}


def became(rig: Rig, serial: int) -> str:
    """What became of the transfer, in the table's words."""
    if rig.ending is not None:
        begun_again = rig.g.plan is not None and rig.plan.serial != serial
        return "starts" if begun_again and rig.ending is Ending.ABORTED_SAFE else _ENDS[rig.ending]
    if rig.plan.course is Course.FORWARD:
        return "waits" if rig.plan.against or rig.plan.waiting else "on"
    command, word = _HEADS[rig.plan.course]
    assert any(isinstance(effect.do, command) for effect in rig.effects), word
    return word


@cache
def _begun(begin: Callable[[Phase], Rig], phase: Phase) -> Rig:
    rig = begin(phase)
    rig.forget()
    return rig


def met(begin: Callable[[Phase], Rig], phase: Phase, trouble: str) -> tuple[Rig, str]:
    rig = _begun(begin, phase).copy()
    serial = rig.plan.serial
    claim = _claim(rig) if phase is Phase.PERMITTED else None
    TROUBLES[trouble](rig)
    if claim is not None and rig.phase() is phase and rig.plan.asked is not None:
        rig.ends(Outcome.DONE, claim)
    return rig, became(rig, serial)


def _claim(rig: Rig) -> Record:
    return replace(group_record.claim_of(Turn(cfg=rig.cfg, shared=rig.shared, g=rig.g, now=rig.now)), revision="s1")


def ends_in_bounded_time(rig: Rig) -> bool:
    """L2: nobody is heard of any more but the gate, whose own hold limit ends a hold. What an end leaves open is taken
    up again, until nobody may drive any more."""
    for ms in (10_000, 10_000, 60_000):
        if rig.g.plan is not None:
            rig.wait_for_the_end(ms)
        if rig.g.plan is not None and rig.g.gate.state is GateState.HELD:
            leaves_owner(rig, GateState.SAFE)
    return rig.g.plan is None and rig.ending is not None


def rows(table: str) -> list[tuple[str, list[str]]]:
    found = []
    for line in filter(None, map(str.strip, table.splitlines())):
        trouble, _, words = line.partition("|")
        found.append((trouble.strip(), words.split()))
    return found


def cases(table: str) -> list[tuple[str, Phase, str]]:
    return [(trouble, phase, word) for trouble, words in rows(table) for phase, word in zip(PHASES, words, strict=True)]


@pytest.mark.parametrize("table", [SWITCHOVER_FROM_A_LIVING_NODE, FAILOVER_FROM_A_DEAD_NODE])
def test_every_phase_has_a_row_for_every_trouble(table: str) -> None:
    assert [trouble for trouble, _ in rows(table)] == list(TROUBLES)


@pytest.mark.parametrize(("trouble", "phase", "word"), cases(SWITCHOVER_FROM_A_LIVING_NODE))
def test_a_switchover_takes_the_course_of_the_table_and_ends(trouble: str, phase: Phase, word: str) -> None:
    rig, became_of_it = met(switching, phase, trouble)
    assert became_of_it == word
    assert ends_in_bounded_time(rig)


@pytest.mark.parametrize(("trouble", "phase", "word"), cases(FAILOVER_FROM_A_DEAD_NODE))
def test_a_failover_takes_the_course_of_the_table_and_ends(trouble: str, phase: Phase, word: str) -> None:
    rig, became_of_it = met(failing_over, phase, trouble)
    assert became_of_it == word
    assert ends_in_bounded_time(rig)
