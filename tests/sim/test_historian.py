"""The pair of historians on a running plant: duty by epochs, storing once, feeding, gaps, kill -9, history."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from asyncua.client.client import Client

from sim import console
from sim.archive_check import check
from sim.opcua import node_id
from sim.samples import TAGS
from sim.selection import Answer
from tests.sim.conftest import Whole, wait_for

ACTIVE, STANDBY = 1, 2
NUMBERS = {"hist_a": 1, "hist_b": 2}


def move_to(whole: Whole, name: str) -> int:
    """As a supervisor does: the next epoch, fence the other if it lives, promote, let the collector write there."""
    other = next(one for one in NUMBERS if one != name)
    alive = [one for one, pid in console.processes(whole.directory).items() if one in NUMBERS and pid]
    seen = [whole.value(one, "Epoch") for one in alive] + [whole.value("collector", "StoreEpoch")]
    epoch = max(map(int, seen)) + 1
    if console.processes(whole.directory)[other]:
        # What it has acknowledged and not yet fed is a gap of the new one's; it must not grow behind its back.
        assert whole.call(other, "Demote", epoch) in (Answer.DONE, Answer.ALREADY)
    assert whole.call(name, "Promote", epoch) == Answer.DONE
    assert whole.call("collector", "SelectStore", epoch, NUMBERS[name]) == Answer.DONE
    return epoch


def in_step(whole: Whole, name: str) -> None:
    """That historian has all up to what the collector has produced by now."""
    target = whole.value("collector", "BufferedTo")

    def has_all() -> bool:
        # As a supervisor does: what the other one took in before its duty ended shows as a gap, and is pulled.
        shown = whole.values(name, "Role", "Position", "GapFrom", "GapTo")
        if shown["Role"] == ACTIVE and shown["GapTo"]:
            whole.call(name, "Backfill", shown["GapFrom"], shown["GapTo"])
        return bool(shown["Position"] >= target)

    try:
        wait_for(f"{name} has all", has_all)
    except AssertionError:
        shown = {one: whole.values(one, "Role", "Epoch", "Position", "GapFrom", "GapTo") for one in NUMBERS}
        shown["collector"] = whole.values("collector", "StoreNode", "StoreEpoch", "Delivered", "BufferedTo")
        raise AssertionError(f"{name} has not all up to {target}: {shown}") from None


@pytest.fixture(autouse=True)
def mended(whole: Whole) -> Iterator[None]:
    """Each test ends with hist_a active, hist_b fed, and no gap."""
    yield
    running = console.processes(whole.directory)
    for name in NUMBERS:
        whole.fault("thaw" if running[name] else "restart", node=name)
    if whole.value("hist_a", "Role") != ACTIVE or whole.value("collector", "StoreNode") != 1:
        move_to(whole, "hist_a")
    for name in NUMBERS:
        in_step(whole, name)


def _has_rows(whole: Whole, name: str) -> bool:
    return check(whole.directory, name, bound_ms=3000).stored > 20


def nothing_lost(whole: Whole, *names: str) -> None:
    for name in names:
        # A plant that has just started has not produced enough to say anything.
        wait_for("rows", partial(_has_rows, whole, name))
        findings = check(whole.directory, name, bound_ms=3000)
        assert findings.ok, findings


def test_the_active_stores_and_feeds_the_standby(whole: Whole) -> None:
    in_step(whole, "hist_b")
    a = whole.values("hist_a", "Role", "LagMs", listener="net_a.hist_a")
    b = whole.values("hist_b", "Role", "LagMs", "Acked", "Position", listener="net_b.hist_b")
    assert (a, b["Role"]) == ({"Role": ACTIVE, "LagMs": 0}, STANDBY)
    assert b["LagMs"] < 3000
    assert b["Acked"] <= b["Position"]
    nothing_lost(whole, *NUMBERS)


def test_heartbeat_and_cycle_move_and_a_stalled_worker_stops_one(whole: Whole) -> None:
    whole.fault("stall_worker", node="hist_a")
    beat = whole.value("hist_a", "Heartbeat")
    wait_for("beats", lambda: bool(whole.value("hist_a", "Heartbeat") > beat + 4))
    before = whole.values("hist_a", "Cycle", "Position", "Heartbeat")
    wait_for("beats", lambda: bool(whole.value("hist_a", "Heartbeat") > before["Heartbeat"] + 4))
    after = whole.values("hist_a", "Cycle", "Position")
    assert after == {"Cycle": before["Cycle"], "Position": before["Position"]}
    whole.fault("thaw", node="hist_a")
    in_step(whole, "hist_a")
    nothing_lost(whole, "hist_a")


def test_only_a_higher_epoch_changes_the_duty(whole: Whole) -> None:
    epoch = whole.value("hist_a", "Epoch")
    assert whole.call("hist_a", "Promote", epoch) == Answer.ALREADY
    assert whole.call("hist_a", "Promote", epoch - 1) == Answer.REFUSED_EPOCH
    assert whole.call("hist_a", "Demote", epoch) == Answer.REFUSED_EPOCH
    wait_for("b knows the epoch", lambda: bool(whole.value("hist_b", "Epoch") == epoch))
    assert whole.call("hist_b", "Promote", epoch) == Answer.REFUSED_EPOCH
    assert whole.call("hist_b", "Demote", epoch) == Answer.ALREADY
    assert whole.call("hist_a", "Demote", epoch + 1) == Answer.DONE
    assert whole.values("hist_a", "Role", "Epoch") == {"Role": STANDBY, "Epoch": epoch + 1}
    assert whole.call("hist_a", "Promote", epoch + 1) == Answer.REFUSED_EPOCH


def test_what_is_stored_needs_the_active_and_its_epoch(whole: Whole) -> None:
    epoch, sample = whole.value("hist_a", "Epoch"), [1, *range(len(TAGS))]
    stored = whole.value("hist_a", "StoredRows")
    for wrong in (epoch - 1, epoch + 1):
        assert whole.call("hist_a", "Store", wrong, 900_000, sample)[0] == Answer.REFUSED_EPOCH
    wait_for("b knows the epoch", lambda: bool(whole.value("hist_b", "Epoch") == epoch))
    assert whole.call("hist_b", "Store", epoch, 900_000, sample)[0] == Answer.REFUSED_ROLE
    assert whole.call("hist_a", "Store", epoch, 900_000, sample[:-1])[0] == Answer.REFUSED_CHOICE
    assert whole.call("hist_a", "Store", epoch, 1, sample)[0] == Answer.ALREADY
    assert whole.value("hist_a", "StoredRows") >= stored
    nothing_lost(whole, *NUMBERS)


def test_replication_lag_shows_at_the_standby(whole: Whole) -> None:
    whole.fault("replication_lag", node="hist_a", ms=2500)
    wait_for("lag", lambda: bool(whole.value("hist_b", "LagMs") >= 2500))
    assert whole.value("hist_a", "Position") - whole.value("hist_b", "Acked") >= 20
    whole.fault("replication_lag", node="hist_a", ms=0)
    wait_for("no lag", lambda: bool(whole.value("hist_b", "LagMs") < 1500))


def test_a_killed_active_loses_nothing_and_its_gap_is_filled_exactly_once(whole: Whole) -> None:
    whole.fault("replication_lag", node="hist_a", ms=2000)
    wait_for("lag", lambda: bool(whole.value("hist_b", "LagMs") >= 2000))
    whole.fault("kill", node="hist_a")
    wait_for("gone", lambda: console.processes(whole.directory)["hist_a"] is None)
    move_to(whole, "hist_b")
    wait_for("a gap is seen", lambda: bool(whole.value("hist_b", "GapTo") > 0))
    gap = whole.values("hist_b", "GapFrom", "GapTo")
    answer, filled = whole.call("hist_b", "Backfill", gap["GapFrom"], gap["GapTo"])
    assert (answer, filled) == (Answer.DONE, gap["GapTo"] - gap["GapFrom"] + 1)
    assert whole.call("hist_b", "Backfill", gap["GapFrom"], gap["GapTo"]) == [Answer.ALREADY, 0]
    assert whole.values("hist_b", "GapFrom", "GapTo") == {"GapFrom": 0, "GapTo": 0}
    in_step(whole, "hist_b")
    nothing_lost(whole, "hist_b")
    # The old one comes back believing that it is active, learns better, and is fed.
    whole.fault("restart", node="hist_a")
    wait_for("it follows", lambda: bool(whole.value("hist_a", "Role") == STANDBY))
    in_step(whole, "hist_a")
    nothing_lost(whole, *NUMBERS)


def test_a_historian_that_is_switched_off_finds_what_it_missed_in_the_collectors_buffer(whole: Whole) -> None:
    whole.fault("stop", node="hist_a")
    held = whole.value("collector", "Delivered")
    wait_for("the buffer fills", lambda: bool(whole.value("collector", "BufferedTo") > held + 40))
    whole.fault("cont", node="hist_a")
    in_step(whole, "hist_a")
    nothing_lost(whole, "hist_a")


def history(whole: Whole, tag: str, start: datetime | None, end: datetime | None, count: int) -> list[Any]:
    async def read(client: Client, index: int) -> list[Any]:
        return list(await client.get_node(node_id(tag, index)).read_raw_history(start, end, count))

    found: list[Any] = whole.session("hist_a", read)
    return found


def test_history_is_read_from_the_archive(whole: Whole) -> None:
    now = datetime.now(UTC) - timedelta(seconds=3)  # by now all of before is stored
    points = history(whole, "level_1", now - timedelta(seconds=2), now, 0)
    times = [point.SourceTimestamp for point in points]
    assert 10 <= len(points) <= 45
    assert times == sorted(times)
    assert all(now - timedelta(seconds=2) <= at <= now for at in times)
    newest = list(reversed(times))[:5]
    for start, end in ((None, now), (now, now - timedelta(seconds=2))):
        assert [point.SourceTimestamp for point in history(whole, "level_1", start, end, 5)] == newest
    oldest = history(whole, "level_1", now - timedelta(seconds=2), None, 5)
    assert [point.SourceTimestamp for point in oldest] == times[:5]
