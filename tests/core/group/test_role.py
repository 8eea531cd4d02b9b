"""The role that is shown: a node's own word, and of a path the one in which its clients use it."""

from dataclasses import replace

import pytest

from otha.core.config import GroupConfig
from otha.core.group.role import played
from otha.core.group.state import GroupState, SelectorView
from otha.core.words import Liveness, Role
from tests.core.build import alive, path_config, store_config
from tests.core.rig import Rig


def state(cfg: GroupConfig, said: Role, *used: str | None, seen: bool = True) -> GroupState:
    """Every node says `said`; the clients use those nodes, one after the other."""
    g = Rig(cfg).g
    selectors = tuple(SelectorView(seen=seen, epoch=1, node=node) for node in used)
    return replace(g, nodes=tuple(alive(said) for _ in cfg.nodes), selectors=selectors)


@pytest.mark.parametrize("liveness", [Liveness.UNKNOWN, Liveness.DEAD])
def test_a_path_that_is_not_heard_plays_no_role(liveness: Liveness) -> None:
    cfg = path_config()
    g = state(cfg, Role.UNKNOWN, "a", "a")
    g = replace(g, nodes=(replace(g.nodes[0], liveness=liveness), g.nodes[1]))
    assert (played(cfg, g, 0), played(cfg, g, 1)) == (Role.UNKNOWN, Role.STANDBY)


def test_what_one_client_uses_is_in_use_and_of_the_rest_nothing_is_known() -> None:
    cfg = path_config()
    g = state(cfg, Role.UNKNOWN, "a", "b")
    g = replace(g, selectors=(g.selectors[0], replace(g.selectors[1], seen=False)))
    assert (played(cfg, g, 0), played(cfg, g, 1)) == (Role.ACTIVE, Role.UNKNOWN)


@pytest.mark.parametrize(
    ("used", "roles"),
    [
        (("a", "a"), (Role.ACTIVE, Role.STANDBY)),
        (("b", "b"), (Role.STANDBY, Role.ACTIVE)),
        (("a", "b"), (Role.ACTIVE, Role.ACTIVE)),
        ((None, None), (Role.STANDBY, Role.STANDBY)),
    ],
    ids=["one", "the other", "each its own", "none"],
)
def test_a_path_that_says_nothing_plays_what_its_clients_make_of_it(
    used: tuple[str | None, ...], roles: tuple[Role, ...]
) -> None:
    cfg = path_config()
    g = state(cfg, Role.UNKNOWN, *used)
    assert (played(cfg, g, 0), played(cfg, g, 1)) == roles


def test_clients_that_are_not_seen_tell_nothing() -> None:
    cfg = path_config()
    assert played(cfg, state(cfg, Role.UNKNOWN, "a", "a", seen=False), 0) is Role.UNKNOWN


def test_a_nodes_own_word_counts() -> None:
    cfg = path_config()
    assert played(cfg, state(cfg, Role.STANDBY, "a", "a"), 0) is Role.STANDBY


def test_a_store_that_says_nothing_is_not_known() -> None:
    cfg = store_config()
    assert played(cfg, state(cfg, Role.UNKNOWN, "a"), 0) is Role.UNKNOWN
