"""The collector: gapless rows over a kill, a bounded buffer, a choice of store that keeps to epochs."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua

from sim import console
from sim.archive_check import check
from sim.collector import Collector, Produced
from sim.modbus_client import ModbusLink
from sim.opcua_link import OpcuaLink
from sim.plant import Plant, default_ports
from sim.samples import TAGS, Row
from sim.selection import Answer
from sim.whole import Scope
from tests.sim.conftest import Whole, pids_of, wait_for


def row(seq: int) -> Row:
    return Row(seq=seq, at_ns=seq, values=(seq,) * len(TAGS))


def test_a_line_cut_off_by_a_kill_was_never_a_row(tmp_path: Path) -> None:
    produced = Produced(tmp_path, 2)
    for seq in (1, 2, 3):
        produced.append(row(seq))
    produced.close()
    with (tmp_path / "produced.log").open("ab") as file:
        file.write(b"4 4 4")
    again = Produced(tmp_path, 2)
    assert again.newest == [row(2), row(3)]
    again.append(row(4))
    again.close()
    assert Produced(tmp_path, 9).newest == [row(seq) for seq in (1, 2, 3, 4)]


def test_twenty_rows_a_second_with_the_plants_values(whole: Whole) -> None:
    before, since_s = whole.value("collector", "BufferedTo"), time.monotonic()
    wait_for("rows", lambda: bool(whole.value("collector", "BufferedTo") >= before + 40))
    assert time.monotonic() - since_s > 1.5
    found = whole.values("hist_a", "level_1", "header_level")
    shown = whole.read("bus", whole.plant.tags["level_1"], 1) + whole.read("bus", 5010, 1)
    assert all(abs(kept - now) < 2000 for kept, now in zip(found.values(), shown, strict=True))


def test_a_store_is_chosen_by_a_higher_epoch_only_and_kept_over_a_restart(whole: Whole) -> None:
    was = whole.values("collector", "StoreNode", "StoreEpoch")
    epoch = was["StoreEpoch"]
    assert whole.call("collector", "SelectStore", epoch, was["StoreNode"]) == Answer.ALREADY
    assert whole.call("collector", "SelectStore", epoch, 0) == Answer.REFUSED_EPOCH
    assert whole.call("collector", "SelectStore", epoch - 1, 2) == Answer.REFUSED_EPOCH
    assert whole.call("collector", "SelectStore", epoch + 1, 9) == Answer.REFUSED_CHOICE
    assert whole.values("collector", "StoreNode", "StoreEpoch") == was
    whole.fault("restart", node="collector")
    wait_for("kept", lambda: whole.values("collector", "StoreNode", "StoreEpoch") == was)


def test_a_killed_collector_goes_on_counting(whole: Whole) -> None:
    whole.fault("kill", node="collector")
    wait_for("gone", lambda: console.processes(whole.directory)["collector"] is None)
    last = Produced(whole.directory, 1).newest[0].seq
    whole.fault("restart", node="collector")
    wait_for("delivered", lambda: bool(whole.value("collector", "Delivered") > last + 20))
    # The checker refuses a number that is produced twice.
    assert check(whole.directory, "hist_a", bound_ms=2000).ok
    seqs = [one.seq for one in Produced(whole.directory, 100_000).newest]
    assert seqs == list(range(1, seqs[-1] + 1))


def test_a_stalled_sampler_keeps_its_heartbeat(whole: Whole) -> None:
    whole.fault("stall_worker", node="collector")
    before = whole.values("collector", "Heartbeat", "Cycle")
    wait_for("heartbeat", lambda: bool(whole.value("collector", "Heartbeat") > before["Heartbeat"] + 2))
    cycle = whole.value("collector", "Cycle")
    wait_for("heartbeat", lambda: bool(whole.value("collector", "Heartbeat") > before["Heartbeat"] + 4))
    assert whole.value("collector", "Cycle") == cycle
    whole.fault("thaw", node="collector")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_only_the_servers_are_limited_in_their_memory(whole: Whole) -> None:
    limits = {}
    for name, pid in pids_of(whole).items():
        (line,) = [each for each in Path(f"/proc/{pid}/limits").read_text().splitlines() if "address space" in each]
        limits[name] = line.split()[3]
    limited = {name for name, limit in limits.items() if limit != "unlimited"}
    assert limited == {"scada_a", "scada_b", "hist_a", "hist_b", "collector"}
    assert {limits[name] for name in limited} == {str(whole.plant.memory_mb << 20)}


class Deaf(OpcuaLink):
    """A stopped historian: takes the call and never answers."""

    def __init__(self) -> None:
        super().__init__(0, "", timeout_ms=0)
        self.asked = asyncio.Event()

    async def call(self, _method: str, _arguments: Sequence[ua.Variant]) -> list[Any]:
        self.asked.set()
        await asyncio.Event().wait()
        return []


class Taking(OpcuaLink):
    """A historian that stores what it gets."""

    def __init__(self) -> None:
        super().__init__(0, "", timeout_ms=0)
        self.calls = 0

    async def call(self, _method: str, _arguments: Sequence[ua.Variant]) -> list[Any]:
        self.calls += 1
        return [Answer.DONE, 0]


@pytest.mark.asyncio
async def test_a_choice_ends_the_wait_for_a_store_that_is_silent_and_the_next_takes_all_at_once(tmp_path: Path) -> None:
    deaf, taking = Deaf(), Taking()
    plant = Plant(directory=tmp_path, ports=default_ports(Scope.WHOLE), scope=Scope.WHOLE)
    collector = Collector(plant, ModbusLink(0, timeout_ms=1), {1: deaf, 2: taking})
    collector.buffer.extend(row(seq) for seq in range(1, 1201))
    assert collector.choose(1, 1) is Answer.DONE
    delivering = asyncio.create_task(collector.deliver())
    await deaf.asked.wait()
    assert collector.choose(2, 2) is Answer.DONE
    async with asyncio.timeout(10.0):
        await delivering
    assert (collector.delivered, taking.calls) == (1200, 1)
    collector.close()
