"""What the explorer leaves out loses nothing: without its reductions the same breaches and the same rests are found."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.effects import Action, Grant, Revoke, Safe
from otha.core.group import guard, step
from otha.core.reasons import Block, Blocker
from otha.core.words import Liveness, Role
from otha.verify import around, expansion, explore, world
from otha.verify.explore import Exploration, commissioned, first_start
from otha.verify.world import World
from tests.core.build import INTERLOCK, group_config

Patch = pytest.MonkeyPatch
GROUP = group_config(conditions=(INTERLOCK,))


def _unreduced(patch: Patch) -> None:
    """Everything that a world could do is tried, and every world that differs in anything is another one."""
    patch.setattr(world, "_role_decides", lambda w: True)
    patch.setattr(around, "_in_any_order", tuple)
    patch.setattr(World, "matters", lambda w, action: True)
    for module in (expansion, explore):
        patch.setattr(module, "outdone", lambda there, met: there[expansion.DIGEST_BYTES :] in met)


def _rests(start: World) -> tuple[Exploration, set[tuple[object, ...]]]:
    """The exploration, and what each world in which a person could leave it is like."""
    found: set[tuple[object, ...]] = set()

    def on_rest(w: World) -> str:
        ending = explore.rest(w)
        g, gate, store = w.g, w.gate, w.store
        concern = None if g.concern is None else g.concern.block
        recorded = None if store is None else (store.active, store.milestone)
        flags = (gate.permit, gate.return_permit, w.gate_seen, w.interlock, w.shared.isolated, w.shared.tilted)
        found.add((ending, gate.state, gate.owner, recorded, g.standing, concern, w.bodies, g.maintenance, flags))
        return ending

    return explore.explore(start, on_rest=on_rest), found


def test_the_same_rests_are_reached_from_a_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    _same_rests(first_start(GROUP, faults=1, orders=1), monkeypatch)


def test_the_same_rests_are_reached_from_a_first_start_beside_a_running_plant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here the roles decide: it is adopted on the word of the gate and of the nodes together."""
    running = commissioned(GROUP, faults=1, orders=0)
    fresh = replace(running, g=step.start(GROUP, running.now), store=None, store_serial=0)
    assert "driven" in _same_rests(fresh, monkeypatch).endings


@pytest.mark.parametrize("budget", [(1, 0), (0, 1)])
def test_the_same_rests_are_reached(budget: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    faults, orders = budget
    _same_rests(commissioned(GROUP, faults=faults, orders=orders), monkeypatch)


@pytest.mark.soak
@pytest.mark.parametrize("budget", [(1, 1), (2, 0)])
def test_the_same_rests_are_reached_by_two_things(budget: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    faults, orders = budget
    _same_rests(commissioned(GROUP, faults=faults, orders=orders), monkeypatch)


def _same_rests(start: World, patch: Patch) -> Exploration:
    reduced, rests = _rests(start)
    _unreduced(patch)
    whole, all_rests = _rests(start)
    assert reduced.complete
    assert whole.complete
    assert not reduced.stories
    assert not whole.stories
    assert rests == all_rests
    assert reduced.endings.keys() == whole.endings.keys()
    assert reduced.states < whole.states
    return reduced


def _no_interlocks(patch: Patch) -> None:
    patch.setattr(guard, "interlocks", lambda cfg, g: ())


def _no_permit(patch: Patch) -> None:
    patch.setattr(guard, "gate_permit", lambda g, node: ())


def _careless_after_the_fence(patch: Patch) -> None:
    honest = guard.against

    def careless(*given: Any, stage: guard.Stage, **named: Any) -> tuple[Blocker, ...]:
        found = honest(*given, stage=stage, **named)
        return tuple(
            each for each in found if stage is not guard.Stage.AFTER_FENCE or each.block is not Block.INTERLOCK
        )

    patch.setattr(guard, "against", careless)


SLIPS = {
    "no interlocks": (_no_interlocks, commissioned, {"faults": 1, "orders": 1}),
    "no permit": (_no_permit, commissioned, {"faults": 1, "orders": 1}),
    "careless after the fence": (_careless_after_the_fence, commissioned, {"faults": 2, "orders": 0}),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_the_same_breach_is_found_by_no_longer_a_story(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, begin, budget = SLIPS[slip]
    plant(monkeypatch)
    reduced = explore.explore(begin(GROUP, **budget)).stories[0]
    _unreduced(monkeypatch)
    whole = explore.explore(begin(GROUP, **budget)).stories[0]
    assert reduced.rule == whole.rule != ""
    assert len(reduced.moves) <= len(whole.moves)


# Each by itself


def test_the_role_that_a_node_says_decides_nothing_once_there_is_a_record() -> None:
    """From each world, and whatever happens next: the same, whichever role each node was last heard to have."""
    seen = 0

    def other_roles(w: World) -> World:
        turned = {Role.ACTIVE: Role.STANDBY, Role.STANDBY: Role.ACTIVE, Role.UNKNOWN: Role.ACTIVE}
        nodes = tuple(
            replace(view, role=turned[view.role]) if view.liveness is Liveness.ALIVE else view for view in w.g.nodes
        )
        return replace(w, g=replace(w.g, nodes=nodes), memo=None)

    def without_roles(w: World) -> bytes:
        nodes = tuple(replace(view, role=Role.UNKNOWN) for view in w.g.nodes)
        return replace(w, g=replace(w.g, nodes=nodes), memo=None).key()

    def watched(w: World) -> str:
        nonlocal seen
        if w.g.record is not None and w.faults_left == 0:
            seen += 1
            for (name, one), (same, other) in zip(w.moves(), other_roles(w).moves(), strict=True):
                assert name == same
                assert without_roles(one()) == without_roles(other())
        return "rest"

    explore.explore(commissioned(GROUP, faults=1, orders=1), states_at_most=1_500, on_rest=watched)
    assert seen > 300


def test_the_order_in_which_late_commands_were_given_up_decides_nothing() -> None:
    w = commissioned(GROUP, faults=0, orders=0)
    sent: tuple[Action, ...] = (Revoke(epoch=5), Grant(node="b", epoch=5, boot=1), Safe(epoch=1, hold_no=0))
    keys = {replace(w, late=late).key() for late in (sent, sent[::-1], (sent[1], sent[2], sent[0]))}
    assert len(keys) == 1
    assert replace(w, late=sent[:2]).key() not in keys
