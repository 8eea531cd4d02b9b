"""The production step, explored to the end around small models: every fault, order and late message of the budget."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.conditions import UNKNOWN_MACHINE, MachineConfig, MachineRule, MachineStateConfig
from otha.core.config import FailbackConfig, GroupConfig
from otha.core.effects import GateCommand, Grant
from otha.core.errors import InvariantBreachError
from otha.core.group import drill, driver, failback, guard, machine, step, suspicion, uncontrolled
from otha.core.inputs import Claim, Record
from otha.core.reasons import Block, Blocker, Reason, Why
from otha.core.words import (
    AfterFence,
    Arming,
    Conduct,
    Confirm,
    FailbackMode,
    GateState,
    Milestone,
    OrderKind,
    Outcome,
    Phase,
    Standing,
    TransferKind,
    Verdict,
)
from otha.verify import around, gate_model, world
from otha.verify.expansion import outdone, place
from otha.verify.explore import Exploration, Progress, commissioned, explore, first_start
from otha.verify.gate_model import GateModel
from otha.verify.world import World
from tests.core.build import INTERLOCK, MS, group_config
from tests.core.rig import following


def _group(nodes: str = "ab", **changes: Any) -> GroupConfig:
    return group_config(nodes, conditions=(INTERLOCK,), **changes)


def _explored(cfg: GroupConfig, *, faults: int, orders: int) -> Exploration:
    found = explore(commissioned(cfg, faults=faults, orders=orders))
    assert not found.stories, str(found.stories[0])
    assert found.complete
    return found


def test_one_fault_and_one_order_break_no_rule() -> None:
    found = _explored(_group(), faults=1, orders=1)
    assert found.states > 1_000
    # What the exploration is worth: it came to every kind of rest there is.
    assert {"driven", "needs operator: gate_unseen", "needs operator: nobody_drives"} <= found.endings.keys()


def test_no_fault_and_no_order_move_nothing() -> None:
    """L5: the commissioned plant is at rest at once."""
    found = _explored(_group(), faults=0, orders=0)
    assert found.endings == {"driven": 1}


@pytest.mark.parametrize("after_fence", list(AfterFence))
def test_every_choice_after_the_fence_breaks_no_rule(after_fence: AfterFence) -> None:
    _explored(_group(after_fence=after_fence), faults=1, orders=1)


@pytest.mark.parametrize(
    "changes",
    [{"confirm": Confirm.ALWAYS}, {"arming": Arming.OBSERVE}, {"arming": Arming.ADVISE}],
    ids=["confirm", "observe", "advise"],
)
def test_every_reserve_breaks_no_rule(changes: dict[str, Any]) -> None:
    _explored(_group(**changes), faults=1, orders=1)


def test_two_faults_break_no_rule() -> None:
    _explored(_group(), faults=2, orders=0)


def test_three_nodes_break_no_rule() -> None:
    _explored(_group("abc", after_fence=AfterFence.NEXT), faults=1, orders=0)


@pytest.mark.soak
@pytest.mark.parametrize("after_fence", list(AfterFence))
def test_two_faults_and_one_order_break_no_rule(after_fence: AfterFence) -> None:
    _explored(_group(after_fence=after_fence), faults=2, orders=1)


def _away_from_preferred(mode: FailbackMode = FailbackMode.APPROVAL, **changes: Any) -> GroupConfig:
    """ "b" is preferred, and "a" drives."""
    cfg = _group(failback=FailbackConfig(mode=mode, hold_ns=1_000 * MS), **changes)
    a, b = cfg.nodes
    return replace(cfg, nodes=(replace(a, priority=2), replace(b, priority=1)))


def test_failbacks_break_no_rule() -> None:
    _explored(_away_from_preferred(), faults=1, orders=1)
    _explored(_away_from_preferred(FailbackMode.MANUAL), faults=0, orders=2)


def test_drills_and_their_abort_break_no_rule() -> None:
    _explored(_group(drills=True), faults=1, orders=1)
    _explored(_group(drills=True, confirm=Confirm.PLANNED), faults=0, orders=2)
    _explored(_away_from_preferred(FailbackMode.MANUAL, drills=True), faults=0, orders=2)


def _where_persons_are_asked() -> GroupConfig:
    """The limit of a hold is over while the failover still asks."""
    cfg = _group(confirm=Confirm.ALWAYS, rpo_ns=None)
    return replace(cfg, timing=replace(cfg.timing, uncontrolled_ns=2_000 * MS))


def test_a_safe_state_ordered_beside_a_failover_that_asks_breaks_no_rule() -> None:
    asking = commissioned(_where_persons_are_asked(), faults=1, orders=0)
    asking = next(move for name, move in asking.moves() if name == "FAULT a killed")()
    while asking.g.plan is None:
        asking = next(move for _, move in asking.moves())()
    found = explore(replace(asking, orders_left=3))
    assert not found.stories, str(found.stories[0])
    assert found.endings.keys() == {"driven", "needs operator: gate_not_in_othas_hands"}


@pytest.mark.soak
def test_a_fault_and_two_orders_where_persons_are_asked_break_no_rule() -> None:
    _explored(_where_persons_are_asked(), faults=1, orders=2)


def test_a_limit_that_does_not_run_while_a_failover_asks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = uncontrolled.run_the_limit
    monkeypatch.setattr(uncontrolled, "run_the_limit", lambda t: honest(t) if t.g.plan is None else None)
    monkeypatch.setattr(uncontrolled, "against", lambda *_, **__: ())
    found = explore(commissioned(_where_persons_are_asked(), faults=1, orders=0))
    assert found.stories[0].breach.startswith("L2")


@pytest.mark.soak
def test_a_fault_in_a_drill_that_is_aborted_breaks_no_rule() -> None:
    _explored(_group(drills=True), faults=1, orders=2)


def test_a_failback_before_its_hold_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failback, "_steadiness", lambda cfg, shared, g, now: ())
    found = explore(commissioned(_away_from_preferred(FailbackMode.MANUAL), faults=1, orders=1))
    assert found.stories[0].breach.startswith("S12")


def test_a_drill_of_an_unmarked_target_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order comes as it would to a marked one; the guard has forgotten to look."""
    monkeypatch.setattr(drill, "_marked", lambda cfg: ())
    rig = following(_group())
    with pytest.raises(InvariantBreachError, match="S14"):
        rig.order(OrderKind.DRILL, "b", transfer=TransferKind.FAILOVER)


def _state(name: str, rule: MachineRule) -> MachineStateConfig:
    return MachineStateConfig(name=name, when=INTERLOCK.when, switchover=rule, failover=rule, after_fence=None)


def _with_states() -> GroupConfig:
    waits = MachineRule(does=Conduct.WAIT, limit_ns=200 * MS, then=Conduct.ASK)
    states = (_state("RUN", MachineRule(does=Conduct.GO)), _state("IGNITION", waits))
    unknown = replace(_state("UNKNOWN", MachineRule(does=Conduct.STAY)), when=None)
    return _group(machine=MachineConfig(states=states, unknown=unknown))


def test_a_machine_that_changes_its_state_at_any_moment_breaks_no_rule() -> None:
    """No fence begins, and nobody new is promoted, in a state that does not allow it."""
    _explored(_with_states(), faults=1, orders=1)


def test_nor_does_one_whose_program_keeps_its_permit_in_every_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTHA's own judgement does not rest on the permit."""
    monkeypatch.setattr(world.World, "enters", around.Around.enters)
    _explored(_with_states(), faults=1, orders=1)


def test_the_program_drops_its_permit_with_the_phase_before_otha_has_read_it() -> None:
    w = commissioned(_with_states(), faults=1, orders=0)
    held = replace(w, gate=gate_model.watchdog(w.gate, until=w.now + MS))
    lit = held.enters(1)

    def granted(here: world.World) -> Outcome:
        return gate_model.command(here.gate, Grant(node="b", epoch=2, boot=here.gate.boot), w.now + MS)[1]

    assert (lit.g.machine, lit.machine) == (0, 1)
    assert (granted(held), granted(lit)) == (Outcome.DONE, Outcome.REFUSED)
    assert not lit.looked().g.gate.permit
    # What OTHA can't tell the program knows, and the next phase gives it back.
    assert granted(lit.enters(UNKNOWN_MACHINE)) is Outcome.REFUSED
    assert granted(lit.enters(0)) is Outcome.DONE
    people = replace(lit.gate, permit=False)
    assert granted(replace(lit, gate=people).enters(0)) is Outcome.REFUSED


def test_a_fence_in_a_forbidden_machine_state_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "conduct", lambda cfg, g, kind, cause: Conduct.GO)
    found = explore(commissioned(_with_states(), faults=1, orders=1))
    assert found.stories[0].breach.startswith("machine state")


# The explorer itself is seen to find what is wrong: a slip in the core, or a gate that is too weak.


def test_a_promotion_that_skips_its_interlocks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(cfg: GroupConfig, g: object) -> tuple[Blocker, ...]:
        return ()

    monkeypatch.setattr(guard, "interlocks", careless)
    found = explore(commissioned(_group(), faults=1, orders=1))
    assert found.stories[0].breach.startswith("S6")


def test_a_failover_under_fresh_frames_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the gate's veto a node that only OTHA can't see is taken from the plant."""
    monkeypatch.setattr(suspicion, "vetoes", lambda cfg, shared, g: ())
    seen: list[GateState] = []

    def watched(w: world.World) -> str:
        unseen_driver = w.bodies[0].works and not w.bodies[0].seen
        if unseen_driver and w.gate.owner == "b":
            seen.append(w.gate.state)
        return "rest"

    explore(commissioned(_group(), faults=1, orders=0), on_rest=watched)
    assert GateState.OWNED in seen
    monkeypatch.undo()
    seen.clear()
    explore(commissioned(_group(), faults=1, orders=0), on_rest=watched)
    assert not seen


def test_a_gate_that_takes_old_epochs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GRANT that was late reaches a gate that forgot to compare epochs."""
    honest = gate_model.command

    def forgetful(gate: GateModel, do: GateCommand, until: int) -> tuple[GateModel, Outcome]:
        if isinstance(do, Grant):
            gate = replace(gate, epoch=min(gate.epoch, do.epoch), granted=min(gate.granted, do.epoch - 1))
        return honest(gate, do, until)

    monkeypatch.setattr(gate_model, "command", forgetful)
    found = explore(commissioned(_group(), faults=1, orders=1))
    assert "S2" in found.stories[0].breach


def test_a_transfer_that_never_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(driver._FORWARD, Phase.RELEASED, lambda t: False)
    found = explore(commissioned(_group(), faults=1, orders=1))
    assert "L2" in found.stories[0].breach


def test_a_story_reads_from_the_first_move_to_the_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())
    story = str(explore(commissioned(_group(), faults=1, orders=1)).stories[0])
    lines = story.splitlines()
    assert lines[0].startswith("  1  ")
    assert any(f"interlock {Verdict.FALSE.value}" in line or "interlock stale" in line for line in lines)
    assert "BREACH S6" in lines[-1]


def test_a_first_start_breaks_no_rule() -> None:
    found = explore(first_start(_group(), faults=1, orders=1))
    assert not found.stories, str(found.stories[0])
    assert found.complete
    assert {"driven", "needs operator: nobody_drives"} <= found.endings.keys()


# Several processes.


@pytest.mark.parametrize("cfg", [_group(), _group("abc")], ids=["two nodes", "three nodes"])
def test_the_same_is_found_by_several_processes(cfg: GroupConfig) -> None:
    alone = explore(commissioned(cfg, faults=1, orders=0))
    together = explore(commissioned(cfg, faults=1, orders=0), jobs=3)
    assert together == alone


def test_the_same_story_is_told_by_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())
    alone = explore(commissioned(_group(), faults=1, orders=1))
    together = explore(commissioned(_group(), faults=1, orders=1), jobs=2)
    assert together.stories == alone.stories
    assert together.stories[0].rule == "S6"


def test_a_story_tells_what_the_core_said_of_each_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())
    story = explore(commissioned(_group(), faults=1, orders=1)).stories[0]
    said = [reason.why for each in story.told for reason in each.reasons]
    assert Why.REQUESTED in said
    assert [each.at_ns for each in story.told] == sorted(each.at_ns for each in story.told)


def test_a_process_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(w: World) -> str:
        if w.faults_left == 0 and w.g.plan is None and w.g.standing is Standing.FOLLOWING and w.now > 0:
            raise KeyError("no such thing")
        return "rest"

    with pytest.raises(RuntimeError, match="no such thing"):
        explore(commissioned(_group(), faults=1, orders=1), jobs=2, on_rest=fails)


def test_the_limit_of_states_ends_an_exploration_before_its_end() -> None:
    found = explore(commissioned(_group(), faults=1, orders=1), states_at_most=100)
    assert not found.complete
    assert found.states >= 100


def test_progress_is_told_after_each_level() -> None:
    told: list[Progress] = []
    found = explore(commissioned(_group(), faults=1, orders=0), on_progress=told.append)
    assert [each.level for each in told] == [*range(1, found.levels + 1)]
    assert (told[-1].states, told[-1].transitions, told[-1].frontier) == (found.states, found.transitions, 0)


# What the key of a world must tell apart, beside what its group knows.


def test_a_claim_that_the_group_has_not_read_is_in_the_key() -> None:
    """A supervisor that starts anew takes up the claim that it finds: of which node and kind decides."""
    w = commissioned(_group(), faults=1, orders=1)
    w = replace(w, g=step.start(w.cfg, w.now))

    def claimed(to_node: str, kind: TransferKind) -> bytes:
        claim = Claim(id=f"{to_node}", kind=kind, to_node=to_node)
        record = Record(epoch=3, active="a", claim=claim, milestone=Milestone.CLAIMED, revision="2")
        return replace(w, store=record).key()

    keys = {claimed(node, kind) for node in "ab" for kind in TransferKind}
    assert len(keys) == 2 * len(TransferKind)


def test_how_far_the_store_is_ahead_of_the_group_is_in_the_key() -> None:
    w = commissioned(_group(), faults=1, orders=1)
    assert w.store is not None
    ahead = [replace(w, store=replace(w.store, epoch=epoch, revision="9")) for epoch in (3, 5)]
    ahead = [replace(each, gate=replace(each.gate, epoch=each.store.epoch if each.store else 0)) for each in ahead]
    assert ahead[0].key() != ahead[1].key()


def test_a_grant_of_an_earlier_start_of_the_controller_is_in_the_key() -> None:
    """It is refused, and one of the present start is not."""
    w = commissioned(_group(), faults=1, orders=1)
    late = replace(w, gate=gate_model.cold_start(w.gate), late=(Grant(node="b", epoch=5, boot=1),))
    assert late.key() != replace(late, gate=replace(late.gate, boot=1)).key()


def test_what_the_core_said_is_not_in_the_key() -> None:
    w = commissioned(_group(), faults=1, orders=1)
    assert replace(w, told=(Reason(why=Why.TILT, rule="S10", args=()),)).key() == w.key()


# What is not looked at twice.


@pytest.mark.parametrize("start", [commissioned(_group(), faults=2, orders=0)], ids=["driver"])
def test_what_does_not_matter_any_more_changes_nothing_now_or_later(start: World) -> None:
    """A late command that is too old is left out: it must be refused here, and wherever this leads."""
    seen = 0

    def watched(w: World) -> str:
        nonlocal seen
        for action in w.late:
            if not w.matters(action):
                seen += 1
                assert around._arrives(w, action)[0].key() == w.key()
                assert not any(make().matters(action) for _, make in w.moves())
        return "rest"

    explore(start, states_at_most=4_000, on_rest=watched)
    assert seen > 10


def test_a_world_with_no_more_left_than_one_that_was_met_is_not_looked_at_again() -> None:
    """TILT that comes and goes leads back to the start, with two faults less."""
    w = commissioned(_group(), faults=2, orders=0)
    there = place(replace(w, faults_left=0))
    assert outdone(there, (place(w)[-2:],))
    assert not outdone(place(w), (there[-2:],))
    assert not outdone(place(replace(w, orders_left=1)), (place(w)[-2:],))


def test_a_slip_that_needs_two_faults_is_found_with_two_and_not_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interlocks that nobody judges after the fence: the owner dies, and then one of them turns false."""
    honest = guard.against

    def careless(*given: Any, stage: guard.Stage, **named: Any) -> tuple[Blocker, ...]:
        found = honest(*given, stage=stage, **named)
        return tuple(
            each for each in found if stage is not guard.Stage.AFTER_FENCE or each.block is not Block.INTERLOCK
        )

    monkeypatch.setattr(guard, "against", careless)
    assert not explore(commissioned(_group(), faults=1, orders=0)).stories
    story = explore(commissioned(_group(), faults=2, orders=0)).stories[0]
    assert story.rule == "S6"
    assert sum(move.startswith("FAULT") for move in story.moves) == 2
