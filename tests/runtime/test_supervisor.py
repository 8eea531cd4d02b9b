"""The whole supervisor as a process of its own beside the simulated plant: orders, an orderly stop, kill -9, replay."""

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from otha.core.errors import OthaError
from otha.core.inputs import Order
from otha.core.words import OrderKind
from otha.journal.reader import Query, Reader
from otha.journal.verify import verify
from otha.verify.replay import Replay
from otha.wire.client import WireClient
from otha.wire.message import OrderReply
from tests.patient import patient_template

WAIT_S = 60.0  # only ever waited in full when something is wrong, or the machine stands still

_RUN = """
import asyncio, signal, sys
from pathlib import Path
from otha.runtime.supervisor import run
from otha.site.load import load_site

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return await run(load_site(Path(sys.argv[1])), Path(sys.argv[2]), live=False, stop=stop)

sys.exit(asyncio.run(main()))
"""


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """Ask again until the answer is true; an error counts as false."""
    end = time.monotonic() + WAIT_S
    while True:
        with suppress(OthaError):
            if found := condition():
                return found
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        time.sleep(0.05)


@pytest.fixture
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The site file of a running plant; a new one for each test, for a gate remembers what an earlier one did to it.

    A claim that was voided leaves the gate at an epoch above its owner's grant; a supervisor with no record of that
    refuses to adopt it (rule S2), and rightly.
    """
    folder = tmp_path_factory.mktemp("plant")
    command = [sys.executable, "-m", "sim", "up", str(patient_template(folder)), "--dir", str(folder), "--ephemeral"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("ready ")
            yield folder / "site.toml"
        finally:
            process.terminate()
            process.wait(WAIT_S)


class Running:
    """A supervisor process and what can be asked of it."""

    def __init__(self, site: Path, state: Path) -> None:
        self.state = state
        self.log = state.with_suffix(".log").open("a")
        self.process = subprocess.Popen([sys.executable, "-c", _RUN, str(site), str(state)], stderr=self.log)

    def ask(self, work: Callable[[WireClient], Any]) -> Any:
        with WireClient(self.state / "otha.sock", timeout_s=10) as client:
            return work(client)

    def group(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(lambda client: client.status())["groups"][0]
        return found

    def supervisor(self) -> str:
        name: str = self.ask(lambda client: client.status())["supervisor"]
        return name

    def follows(self, *nodes: str) -> str | None:
        """Which of the nodes drives, by record and gate alike, with no transfer under way."""
        group = self.group()
        settled = group["standing"] == "following" and group["plan"] is None and group["gate"]["state"] == "OWNED"
        active: str | None = group["active"]
        if not settled or active not in nodes or group["gate"]["owner"] != active:
            return None
        return active

    def order(self, kind: OrderKind) -> OrderReply:
        order = Order(
            id=uuid.uuid4().hex, kind=kind, group="tanks", user="", client="", node=None, arming=None, comment="test"
        )
        reply: OrderReply = self.ask(lambda client: client.order(order))
        return reply


def _tell(running: Running) -> None:
    """What a reader of a failed test asks for first: pytest shows it beside the failure."""
    lines = [running.state.with_suffix(".log").read_text()]
    with suppress(OthaError):
        lines.append(f"the group: {running.group()}")
    with suppress(OthaError), Reader(running.state / "journal") as reader:
        lines += [f"{row.seq} {row.kind} {row.body!r}" for row in list(reader.query())[-40:]]
    sys.stdout.write("\n".join(lines))


@contextmanager
def supervising(site: Path, state: Path) -> Iterator[Running]:
    running = Running(site, state)
    try:
        yield running
    except BaseException:
        _tell(running)
        raise
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(WAIT_S)
        running.log.close()


def _accepted(running: Running) -> bool:
    """An accepted switchover; on a busy machine it may have to be given again."""
    running.order(OrderKind.ACKNOWLEDGE)
    return running.order(OrderKind.SWITCHOVER).accepted


def _switched(running: Running, other: str) -> bool:
    """That the other one drives. A transfer that a stall of the machine ended in its first node is ordered again."""
    if running.follows(other):
        return True
    if running.group()["plan"] is None:
        _accepted(running)
    return False


def _replayed(recordings: Path) -> int:
    """Replay every segment; the number of decisions, none of which may differ from what was recorded."""
    replay = Replay(path=recordings)
    for _ in replay.moments():
        pass
    assert replay.difference is None
    return replay.decisions


def test_adopt_switch_over_stop_and_replay(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with supervising(plant, state) as running:
        first = wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        other = "sc_b" if first == "sc_a" else "sc_a"
        wait_for("switched over", lambda: _switched(running, other))
        why = running.ask(lambda client: client.why("tanks"))
        assert {each["name"] for each in why["conditions"]} == {"key_out", "not_overfull", "permit"}
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    assert not (state / "otha.sock").exists()
    assert verify(state / "journal").ok
    with Reader(state / "journal") as reader:
        kinds = [row.kind for row in reader.query()]
        ended = [json.loads(row.body) for row in reader.query(Query(kind="decision"))]
    assert "supervisor.start" in kinds
    assert kinds[-1] == "supervisor.stop"
    assert any(reason["why"] == "ENDED" and reason["args"][0] == "done" for d in ended for reason in d["reasons"])
    assert _replayed(state / "recordings") > 10


@pytest.mark.parametrize("after_ms", [2, 15, 60])
def test_killed_in_mid_transfer_and_started_again_it_ends_safely(plant: Path, tmp_path: Path, after_ms: int) -> None:
    state = tmp_path / "state"
    with supervising(plant, state) as running:
        wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        wait_for("switchover accepted", lambda: _accepted(running))
        time.sleep(after_ms / 1000)
        running.process.kill()
    with supervising(plant, state) as running:
        wait_for("one of them drives", lambda: running.follows("sc_a", "sc_b"))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    assert verify(state / "journal").ok
    assert _replayed(state / "recordings") > 0


def test_a_supervisor_that_was_stopped_watches_before_it_acts(plant: Path, tmp_path: Path) -> None:
    """Rule S10: after a loop gap nothing that looks dead is believed for a while."""
    state = tmp_path / "state"
    with supervising(plant, state) as running:
        active = wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        running.process.send_signal(signal.SIGCONT)
        wait_for("TILT begun", lambda: running.ask(lambda client: client.status())["tilted"])
        wait_for("TILT ended", lambda: not running.ask(lambda client: client.status())["tilted"])
        assert running.follows(active) == active
        assert running.group()["transfers_in_window"] == 0
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    assert _replayed(state / "recordings") > 0


def test_a_second_supervisor_is_kept_out_and_the_first_goes_on(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with supervising(plant, state) as running:
        wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        with supervising(plant, state) as second:
            assert second.process.wait(WAIT_S) != 0
        assert running.follows("sc_a", "sc_b")
    assert "another supervisor uses" in state.with_suffix(".log").read_text()
