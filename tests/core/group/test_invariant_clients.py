"""The invariants of redirections: a good step passes, and each way of spoiling it is refused by its rule."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from otha.core.errors import InvariantBreachError
from otha.core.group import invariant
from otha.core.group.state import GroupState
from otha.core.words import Arming, Durability, Liveness, Milestone, Role, Verdict
from tests.core.build import open_claim, path_config, store_config
from tests.core.group.test_machine import TRIP, machine
from tests.core.group.test_redirect import failing_over, following, promoted
from tests.core.rig import Rig


def led_on() -> Rig:
    """A path whose clients are led on."""
    return failing_over(path_config())


def promoting() -> Rig:
    """A store about to be promoted."""
    rig = failing_over(store_config())
    rig.selector(None, 2)
    return rig


def led_to_store() -> Rig:
    """Clients about to be led to a promoted store."""
    return promoted(failing_over(store_config()))


def led_after() -> Rig:
    """A client about to be led after the others."""
    rig = following(store_config())
    rig.selector("b", 0)
    return rig


def demoting() -> Rig:
    """A second claimant about to be told to stand by."""
    rig = following(store_config())
    rig.node("b", role=Role.ACTIVE)
    return rig


GOOD = [led_on, promoting, led_to_store, led_after, demoting]


def _check(rig: Rig, state: GroupState, needs: Durability | None = None) -> None:
    assert rig.last is not None
    assert rig.last.effects
    effects = tuple(replace(e, needs=needs) for e in rig.last.effects) if needs is not None else rig.last.effects
    decision = replace(rig.last, state=state, effects=effects)
    invariant.check(rig.cfg, rig.shared, rig.before, decision, rig.now)


@pytest.mark.parametrize("make", GOOD, ids=lambda make: make.__name__)
def test_a_good_step_breaks_no_rule(make: Callable[[], Rig]) -> None:
    rig = make()
    _check(rig, rig.g)


def _node(g: GroupState, index: int, **changes: object) -> GroupState:
    nodes = list(g.nodes)
    nodes[index] = replace(nodes[index], **changes)  # type: ignore[arg-type]  # fields of NodeView
    return replace(g, nodes=tuple(nodes))


def _client(g: GroupState, **changes: object) -> GroupState:
    changed = replace(g.selectors[0], **changes)  # type: ignore[arg-type]  # fields of SelectorView
    return replace(g, selectors=(changed, *g.selectors[1:]))


def _record(g: GroupState, **changes: object) -> GroupState:
    assert g.record is not None
    return replace(g, record=replace(g.record, **changes))  # type: ignore[arg-type]  # fields of Record


SPOILED: list[tuple[str, Callable[[], Rig], Callable[[GroupState], GroupState]]] = [
    ("S9", led_on, lambda g: _record(g, milestone=Milestone.DONE)),
    ("S2", led_on, lambda g: _client(g, epoch=3)),
    ("S3", led_on, lambda g: _node(g, 1, liveness=Liveness.UNKNOWN)),
    ("arming", led_on, lambda g: replace(g, arming=Arming.OBSERVE)),
    ("S3", promoting, lambda g: _client(g, node="a")),
    ("S3", promoting, lambda g: _client(g, seen=False)),
    ("S5", promoting, lambda g: _node(g, 1, in_rpo=Verdict.UNKNOWN)),
    ("S9", promoting, lambda g: _record(g, milestone=Milestone.DONE)),
    ("S3", led_to_store, lambda g: _node(g, 1, role=Role.STANDBY)),
    ("S3", led_to_store, lambda g: _node(g, 1, epoch=1)),
    ("S1", led_after, lambda g: _node(g, 0, role=Role.STANDBY)),
    ("S1", led_after, lambda g: _node(g, 0, epoch=0)),
    ("S1", demoting, lambda g: _node(g, 0, epoch=0)),
    ("S1", demoting, lambda g: _record(g, active="b")),
]


@pytest.mark.parametrize(("rule", "make", "spoil"), SPOILED)
def test_a_spoiled_step_is_refused_by_its_rule(
    rule: str, make: Callable[[], Rig], spoil: Callable[[GroupState], GroupState]
) -> None:
    rig = make()
    with pytest.raises(InvariantBreachError) as caught:
        _check(rig, spoil(rig.g))
    assert caught.value.rule == rule


def test_a_client_may_be_led_after_while_a_claim_is_open_that_moved_nothing() -> None:
    rig = led_after()
    claim = open_claim().claim
    assert claim is not None
    state = _record(rig.g, claim=claim, milestone=Milestone.CLAIMED)
    _check(rig, replace(state, harmless=(claim.id,)))
    with pytest.raises(InvariantBreachError) as caught:
        _check(rig, replace(state, harmless=()))
    assert caught.value.rule == "S2"


def test_a_client_may_be_led_after_by_a_record_that_is_done_whatever_claim_it_still_names() -> None:
    rig = led_after()
    assert rig.g.record is not None
    assert rig.g.record.milestone is Milestone.DONE
    _check(rig, _record(rig.g, claim=open_claim().claim))


def test_a_redirection_taken_up_after_a_restart_breaks_no_rule_in_any_machine_state() -> None:
    rig = failing_over(store_config())  # clients are about to let go
    rig.cfg = replace(rig.cfg, machine=machine())
    assert rig.g.plan is not None
    state = replace(rig.g, plan=replace(rig.g.plan, cause=None), machine=TRIP)
    rig.before = replace(rig.before, plan=None)
    _check(rig, state)
    with pytest.raises(InvariantBreachError) as caught:
        _check(rig, replace(state, plan=rig.g.plan))
    assert caught.value.rule == "machine state"


@pytest.mark.parametrize("make", [led_on, promoting, led_to_store])
def test_a_command_that_does_not_wait_for_the_disk_is_refused(make: Callable[[], Rig]) -> None:
    rig = make()
    with pytest.raises(InvariantBreachError) as caught:
        _check(rig, rig.g, needs=Durability.NOW)
    assert caught.value.rule == "S11"
