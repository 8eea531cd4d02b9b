"""The production step, explored to the end around clients, ways and stores."""

from dataclasses import replace

import pytest

from otha.core.config import GroupConfig
from otha.core.effects import Select
from otha.core.group import agree, guard, redirect
from otha.core.group.state import GroupState
from otha.core.group.turn import Turn
from otha.core.words import Liveness, Phase, Role
from otha.verify import redirect_world
from otha.verify.client_models import Client
from otha.verify.explore import Exploration, explore, settled
from otha.verify.redirect_world import commissioned
from tests.core.build import INTERLOCK, MS, path_config, selector_config, store_config

TWO_CLIENTS = (selector_config("x", critical=True), selector_config("y"))
PATH, STORE = path_config(), store_config()


def _explore(cfg: GroupConfig, *, faults: int, orders: int) -> Exploration:
    return explore(settled(commissioned(cfg), faults=faults, orders=orders))


def _explored(cfg: GroupConfig, *, faults: int, orders: int) -> Exploration:
    found = _explore(cfg, faults=faults, orders=orders)
    assert not found.stories, str(found.stories[0])
    assert found.complete
    return found


@pytest.mark.parametrize("cfg", [PATH, STORE, path_config(gate=None)], ids=["path", "store", "no gate"])
def test_no_fault_and_no_order_move_nothing(cfg: GroupConfig) -> None:
    """L5."""
    assert _explored(cfg, faults=0, orders=0).endings == {"served": 1}


def test_one_fault_and_one_order_break_no_rule_of_a_path() -> None:
    assert _explored(PATH, faults=1, orders=1).states > 1_000


def test_one_fault_and_one_order_break_no_rule_of_a_store() -> None:
    found = _explored(STORE, faults=1, orders=1)
    assert found.states > 1_000
    # What the exploration is worth: it came to other kinds of rest as well.
    assert {"served", "needs operator: owner_disagrees", "needs operator: selector_unseen"} <= found.endings.keys()


@pytest.mark.parametrize("cfg", [path_config(drills=True), store_config(drills=True)], ids=["path", "store"])
def test_drills_their_abort_and_a_failback_break_no_rule(cfg: GroupConfig) -> None:
    _explored(cfg, faults=0, orders=2)


@pytest.mark.soak
@pytest.mark.parametrize("cfg", [path_config(drills=True), store_config(drills=True)], ids=["path", "store"])
def test_a_fault_in_a_drill_breaks_no_rule(cfg: GroupConfig) -> None:
    _explored(cfg, faults=1, orders=2)


@pytest.mark.parametrize(
    "cfg",
    [
        path_config(gate=None),
        path_config(selectors=TWO_CLIENTS, conditions=(INTERLOCK,)),
        store_config(selectors=TWO_CLIENTS, conditions=(INTERLOCK,)),
        store_config("abc"),
    ],
    ids=["path to no gate", "path with a critical client", "store with two clients", "three stores"],
)
def test_one_fault_breaks_no_rule_of_any_make(cfg: GroupConfig) -> None:
    _explored(cfg, faults=1, orders=0)


@pytest.mark.soak
@pytest.mark.parametrize(
    "cfg", [PATH, STORE, store_config(selectors=TWO_CLIENTS)], ids=["path", "store", "two clients"]
)
def test_two_faults_break_no_rule(cfg: GroupConfig) -> None:
    # A short window: a transfer that is tried again and again while it counts down makes no new state.
    brief = replace(cfg.timing, holdoff_ns=1_000 * MS, window_ns=2_000 * MS)
    _explored(replace(cfg, timing=brief), faults=2, orders=0)


@pytest.mark.soak
@pytest.mark.parametrize("cfg", [store_config(selectors=TWO_CLIENTS)], ids=["store with two clients"])
def test_one_fault_and_one_order_break_no_rule_of_two_clients(cfg: GroupConfig) -> None:
    _explored(cfg, faults=1, orders=1)


# The worlds themselves are seen to find what is wrong.


def test_a_promotion_before_the_clients_let_go_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redirect, "_let_go", lambda t: True)
    assert _explore(STORE, faults=1, orders=0).stories[0].breach.startswith("S3")


def test_a_client_that_takes_any_epoch_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that was late leads it away again."""

    def careless(client: Client, do: Select) -> Client:
        return replace(client, epoch=do.epoch, node=do.node)

    late = replace(settled(commissioned(PATH), faults=0, orders=0), late=(Select(node="b", epoch=0),))
    assert not explore(late).stories
    monkeypatch.setattr(Client, "told", careless)
    assert explore(late).stories[0].breach.startswith("S2")


def test_a_client_led_under_an_epoch_that_the_store_does_not_take_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agree, "_duty_epoch", lambda t, record: record.epoch)
    assert _explore(STORE, faults=1, orders=1).stories


def test_a_store_that_waits_for_one_that_cannot_obey_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """L1: the transfer is taken up again and again."""

    def anybody(cfg: GroupConfig, g: GroupState, node: str | None) -> str | None:
        claiming = zip(cfg.nodes, g.nodes, strict=True)
        return next((n.name for n, view in claiming if n.name != node and view.role is Role.ACTIVE), None)

    def once_more(t: Turn) -> bool:
        t.put_plan(demoted=False)
        return redirect._store_fenced(t)

    monkeypatch.setattr(guard, "claimant_besides", anybody)
    monkeypatch.setitem(redirect._STORE, Phase.FENCED, once_more)
    window_passed = replace(STORE, timing=replace(STORE.timing, window_ns=STORE.timing.holdoff_ns))
    breach = _explore(window_passed, faults=1, orders=0).stories[0].breach
    assert breach.startswith(("L1", "L4"))


def test_a_failover_of_a_way_that_only_otha_does_not_see_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """S8: the servers' network is cut, frames come through."""
    moved: list[bool] = []

    def watched(w: redirect_world.RedirectWorld) -> str:
        unseen = w.bodies[0].works and not w.bodies[0].seen and w.g.nodes[0].liveness is Liveness.DEAD
        moved.append(unseen and w.clients[0].node == "b")
        return "rest"

    def look() -> bool:
        moved.clear()
        explore(settled(commissioned(PATH), faults=1, orders=0), on_rest=watched)
        return any(moved)

    assert not look()
    monkeypatch.setattr("otha.core.group.suspicion.vetoes", lambda cfg, shared, g: ())
    assert look()
