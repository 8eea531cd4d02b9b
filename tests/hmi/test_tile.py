"""What the overview says of a group."""

from dataclasses import replace

import pytest

from hmi.model import Priority
from hmi.tile import Grouping, Symbol, Tile, arranged, tile_of
from tests.hmi import plant


def test_a_pair_that_is_well_wants_no_eyes() -> None:
    tile = tile_of(plant.group("tanks"))
    assert [(node.symbol, node.word) for node in tile.nodes] == [(Symbol.ACTIVE, "ACTIVE"), (Symbol.STANDBY, "STANDBY")]
    assert (tile.standby, tile.sync, tile.abnormal, tile.priority) == ("standby ready", "sync ok", False, None)


@pytest.mark.parametrize(
    ("changed", "symbol", "word"),
    [
        ({"liveness": "dead"}, Symbol.DEAD, "DEAD"),
        ({"liveness": "frozen"}, Symbol.DEAD, "FROZEN"),
        ({"maintenance": True}, Symbol.MAINTENANCE, "MAINTENANCE"),
        ({"role": "FENCED"}, Symbol.FENCED, "FENCED"),
        ({"role": "ACTIVE"}, Symbol.ACTIVE, "ACTIVE, not ordered"),
        ({"role": "UNKNOWN"}, Symbol.UNKNOWN, "UNKNOWN"),
        ({"liveness": "stale_data"}, Symbol.STANDBY, "STANDBY · stale data"),
    ],
)
def test_what_a_standby_is_not(changed: dict[str, object], symbol: Symbol, word: str) -> None:
    group = plant.group("tanks")
    tile = tile_of(replace(group, nodes=(group.nodes[0], replace(group.nodes[1], **changed))))  # type: ignore[arg-type]
    assert (tile.nodes[1].symbol, tile.nodes[1].word) == (symbol, word)
    assert tile.abnormal


def test_who_should_be_active_and_is_not_is_no_active() -> None:
    group = plant.group("tanks")
    tile = tile_of(replace(group, nodes=(replace(group.nodes[0], role="STANDBY"), group.nodes[1])))
    assert tile.nodes[0].symbol is Symbol.UNKNOWN
    assert "says STANDBY" in tile.nodes[0].word


@pytest.mark.parametrize(
    ("changed", "said"), [({"in_rpo": "unknown"}, "standby behind"), ({"ready": "bad"}, "not ready")]
)
def test_unknown_is_never_ready(changed: dict[str, str], said: str) -> None:
    group = plant.group("tanks")
    tile = tile_of(replace(group, nodes=(group.nodes[0], replace(group.nodes[1], **changed))))  # type: ignore[arg-type]
    assert said in tile.standby
    assert not tile.standby_well


def test_a_quiet_alarm_marks_nothing_and_the_most_urgent_one_marks() -> None:
    group = plant.group("tanks")
    quiet = plant.alarm("tanks", "a", Priority.CRITICAL, flags=("shelved",))
    assert tile_of(group, (quiet,)).priority is None
    heard = plant.alarm("tanks", "b", Priority.MEDIUM, unacked=False), plant.alarm("tanks", "c", Priority.LOW)
    tile = tile_of(group, (quiet, *heard))
    assert (tile.priority, tile.unacked, tile.alarms) == (Priority.MEDIUM, False, 2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"halted": "S1"}, "HALTED"),
        ({"concern": "two claim"}, "two claim"),
        ({"standing": "needs_operator"}, "NEEDS OPERATOR"),
        ({"suspicion": "dead"}, "suspected"),
        ({"bypasses": ("permit by x",)}, "bypassed"),
        ({"store": "unknown"}, "store"),
    ],
)
def test_what_wants_eyes_is_said(changed: dict[str, object], said: str) -> None:
    tile = tile_of(plant.group("tanks", **changed))
    assert said in tile.news
    assert tile.abnormal
    assert tile.loud


def tiles() -> list[Tile]:
    snapshot = plant.troubled()
    return [tile_of(group, [a for a in snapshot.alarms if a.group == name]) for name, group in snapshot.groups.items()]


def test_the_most_urgent_come_first_and_the_others_keep_their_places() -> None:
    (first, urgent), (rest, others) = arranged(tiles(), Grouping.URGENCY)
    assert first != rest
    assert [each.group for each in urgent] == ["unit_000", "unit_002", "unit_001", "unit_003"]
    assert [each.group for each in others] == sorted(each.group for each in others)


def test_search_and_filter() -> None:
    ((_, found),) = arranged(tiles(), Grouping.NONE, "UNIT_004_B")
    assert [each.group for each in found] == ["unit_004"]
    ((_, abnormal),) = arranged(tiles(), Grouping.NONE, abnormal_only=True)
    assert len(abnormal) == 4
    assert arranged(tiles(), Grouping.NONE, "nothing of that name") == []
    assert [name for name, _ in arranged(tiles(), Grouping.SECTION)] == ["plc"]
