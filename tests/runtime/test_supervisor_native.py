"""Two pairs that switch themselves, M580-like and S7-1500R/H-like, under the whole supervisor: watched, their switches
recognised and journaled, and nothing ever written to them."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from otha.core.inputs import Order
from otha.core.words import OrderKind
from otha.journal.reader import Query, Reader
from otha.verify.replay import Replay
from sim import control, native
from tests.runtime.test_supervisor import WAIT_S, Running, supervising, wait_for

GROUPS = {"m580": "pacs", "s7": "cpus"}


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Path]:
    """The folder in which both pairs run."""
    folder = tmp_path / "native"
    command = [sys.executable, "-m", "sim", "native", "--dir", str(folder), "--ephemeral"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("ready ")
            yield folder
        finally:
            process.terminate()
            process.wait(WAIT_S)


def do(folder: Path, action: str, **of: Any) -> dict[str, Any]:
    return asyncio.run(control.call(folder / native.DOOR, action, **of))


def groups(running: Running) -> dict[str, Any]:
    return {group["name"]: group for group in running.ask(lambda client: client.status())["groups"]}


def follows(running: Running, **active: str) -> bool:
    found = groups(running)
    return all(
        found[name]["active"] == node and found[name]["standing"] == "following" and found[name]["suspicion"] is None
        for name, node in active.items()
    )


def alarms(running: Running, group: str) -> list[str]:
    return [each["code"] for each in groups(running)[group]["alarms"] if each["active"]]


def order(running: Running, kind: OrderKind, group: str, node: str | None) -> Any:
    given = Order(
        id=uuid.uuid4().hex, kind=kind, group=group, user="", client="", node=node, arming=None, comment="test"
    )
    return running.ask(lambda client: client.order(given))


def test_native_pairs_are_watched_and_never_commanded(pairs: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with supervising(pairs / "site.toml", state) as running:
        wait_for("both pairs seen", lambda: follows(running, pacs="pac_a", cpus="cpu_1"))

        # Their own switchover.
        for pair, node in (("m580", "pac_b"), ("s7", "cpu_2")):
            do(pairs, "swap", pair=pair)
            wait_for(f"{node} is followed", partial(follows, running, **{GROUPS[pair]: node}))

        # The primary dies; the pair goes on by itself.
        do(pairs, "off", cpu="pac_b")
        do(pairs, "off", cpu="cpu_2")
        wait_for("the others are followed", lambda: follows(running, pacs="pac_a", cpus="cpu_1"))
        wait_for("redundancy lost", lambda: all("redundancy_lost" in alarms(running, each) for each in GROUPS.values()))
        do(pairs, "on", cpu="pac_b")
        do(pairs, "on", cpu="cpu_2")
        wait_for("redundancy back", lambda: not any(alarms(running, each) for each in GROUPS.values()))

        # Both links cut at once: both are primary, and that is an alarm, no shoot-out.
        do(pairs, "cut", pair="m580")
        wait_for("two claim", lambda: "two_claim_active" in alarms(running, "pacs"))
        assert groups(running)["pacs"]["active"] == "pac_a"
        do(pairs, "mend", pair="m580")
        wait_for("one gave way", lambda: not alarms(running, "pacs"))

        # A stopped primary still answers with the words that it wrote last.
        do(pairs, "stop", cpu="pac_a")
        wait_for("pac_b is followed", lambda: follows(running, pacs="pac_b"))

        reply = order(running, OrderKind.SWITCHOVER, "pacs", "pac_a")
        assert not reply.accepted
        assert "native_authority" in {each.block for each in reply.obstacles}
        assert running.ask(lambda client: client.status())["loop"]["defects"] == {}
        running.process.terminate()
        assert running.process.wait(WAIT_S) == 0

    with Reader(state / "journal") as reader:
        rows = list(reader.query(Query()))
    told = [row for row in rows if "PAIR_SWITCHED" in row.body]
    by_group = {name: sum(row.group == name for row in told) for name in GROUPS.values()}
    assert by_group == {"pacs": 3, "cpus": 2}
    assert {row.kind for row in rows if row.kind.startswith(("effect", "transfer"))} == set()
    replayed = Replay(path=state / "recordings")
    for _ in replayed.moments():
        pass
    assert replayed.difference is None
