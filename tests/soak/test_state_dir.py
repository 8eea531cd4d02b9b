"""What the supervisor keeps on disk is damaged, full or taken: nothing moves or is lost, and it says what is wrong."""

import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from otha.core.words import OrderKind
from otha.demo.stage import wait_for
from otha.journal.verify import verify
from tests.soak.field import GROUP, UP_S, Field

pytestmark = pytest.mark.soak


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    field = Field(tmp_path, seed=1)
    with field, field.telling():
        field.recover()
        yield field
        field.check_logs()
    field.check_plant()


def _driven_by(field: Field) -> tuple[int, int]:
    status = field.gate()["status"]
    return status["owner"], status["epoch"]


def _status(field: Field, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The status once it is so."""

    def look() -> dict[str, Any] | None:
        status = field.status()
        return status if holds(status) else None

    return wait_for(look, within_s=UP_S, what="a status that says so")


def _file_limit(field: Field, size: int) -> None:
    """As a full disk does: no file grows beyond `size` any more."""
    pid = field.status()["pid"]
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_full_disk_moves_nothing_loses_nothing_and_is_over_when_there_is_room(field: Field) -> None:
    before = _driven_by(field)
    _file_limit(field, 0)
    reply = field.give(OrderKind.ACKNOWLEDGE)
    assert reply is not None
    assert not reply.durable
    field.give(OrderKind.SWITCHOVER)
    _status(field, lambda found: bool(found["journal"]["trouble"] and found["records"]["trouble"]))
    _status(field, lambda found: "store_silent" in [alarm["code"] for alarm in found["alarms"]])
    time.sleep(2.0)
    assert _driven_by(field) == before
    _file_limit(field, resource.RLIM_INFINITY)
    _status(field, lambda found: not found["journal"]["trouble"] and not found["records"]["trouble"])
    field.recover()
    reply = field.give(OrderKind.SWITCHOVER)
    assert reply is not None
    assert reply.accepted
    assert reply.durable
    wait_for(lambda: _driven_by(field) != before or None, within_s=UP_S, what="the switchover")
    field.recover()
    field.stop_otha()
    field.check_journal()
    field.check_recordings()


def test_a_failover_that_meets_a_full_disk_is_made_once_there_is_room(field: Field) -> None:
    group = field.group()
    assert group is not None
    _file_limit(field, 0)
    field.disturb("kill", node=group["active"])
    _status(field, lambda found: bool(found["groups"][0]["gate"]["state"] == "HELD"))
    time.sleep(1.0)
    _file_limit(field, resource.RLIM_INFINITY)
    other = next(node["name"] for node in group["nodes"] if node["name"] != group["active"])
    _status(field, lambda found: bool(found["groups"][0]["gate"]["owner"] == other))
    field.mend()
    field.recover()
    field.stop_otha()
    field.check_journal()
    field.check_recordings()


def test_damaged_records_move_nothing_and_are_adopted_anew_once_moved_away(field: Field) -> None:
    field.stop_otha()
    before = _driven_by(field)
    records = field.state_dir / "records.sqlite"
    records.write_bytes(b"no database" * 1000)
    field.start_otha()
    status = _status(field, lambda found: bool(found["groups"][0]["standing"] == "needs_operator"))
    assert status["groups"][0]["concern"]["block"] == "store_silent"
    assert "not a database" in status["records"]["trouble"]
    reply = field.give(OrderKind.SWITCHOVER)
    assert reply is not None
    assert not reply.accepted
    assert _driven_by(field) == before
    field.stop_otha()
    records.rename(records.with_suffix(".damaged"))
    field.start_otha()
    field.recover()
    assert _driven_by(field) == before
    assert verify(field.state_dir).rows < 500  # a store that is asked again and again does not fill the journal


def test_a_damaged_journal_is_kept_and_told_and_supervision_goes_on(field: Field) -> None:
    field.give(OrderKind.ACKNOWLEDGE)
    field.stop_otha()
    (segment,) = (field.state_dir / "journal").glob("journal-*.db")
    with sqlite3.connect(segment) as link:
        link.execute("UPDATE events SET user = 'somebody else' WHERE seq = 5")
    link.close()
    field.start_otha()
    assert "row 5" in field.status()["journal"]["damage"]
    field.recover()
    reply = field.give(OrderKind.SWITCHOVER)
    assert reply is not None
    assert reply.accepted
    assert reply.durable
    assert [fault.seq for fault in verify(field.state_dir).faults] == [5]


def test_two_supervisors_on_one_state_directory(field: Field) -> None:
    assert field.site is not None
    second = subprocess.run(
        [sys.executable, "-m", "otha", "run", str(field.site.path), "--state", str(field.state_dir)],
        capture_output=True,
        text=True,
        timeout=UP_S,
        check=False,
    )
    assert second.returncode == 1
    assert "another supervisor uses" in second.stderr
    field.recover()


@pytest.mark.parametrize("after_ms", [0, 5, 10, 20, 40, 80])
def test_stopped_in_mid_transfer_it_ends_the_transfer_first(field: Field, after_ms: int) -> None:
    before = _driven_by(field)
    field.give(OrderKind.SWITCHOVER)
    time.sleep(after_ms / 1000)
    field.signal_otha(signal.SIGTERM)
    field.bury()
    status = field.gate()["status"]
    assert (status["state"], status["owner"] != before[0]) == (1, True)
    field.check_journal()
    field.start_otha()
    field.recover()
    moved = [json.dumps(said.args) for said in field.said() if said.why == "ENDED" and said.group == GROUP]
    assert len(moved) == 1
