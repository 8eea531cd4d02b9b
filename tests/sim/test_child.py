"""A plant's processes are forked from one that has imported all; they are processes of their own all the same."""

import os
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from sim import console
from sim.child import Child, prepare_for
from sim.errors import PlantError
from sim.whole import Scope
from tests.sim.conftest import Running, Whole, alive, running_plant, wait_for


def parent_of(pid: int) -> int:
    """The process that it is a child of."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def pids_of(plant: Running) -> dict[str, int]:
    """Those of all processes."""
    return {name: pid for name, pid in console.processes(plant.directory).items() if pid is not None}


def test_each_is_called_what_it_is(running: Running) -> None:
    told = {name: Path(f"/proc/{pid}/comm").read_text(encoding="utf-8") for name, pid in pids_of(running).items()}
    assert told == {name: f"{name}\n" for name in told}


def test_with_a_killed_template_the_plant_ends_and_can_be_started_again(tmp_path: Path) -> None:
    with running_plant(tmp_path) as plant:
        pids = pids_of(plant)
        (template,) = {parent_of(pid) for pid in pids.values()}
        assert template != plant.process.pid
        plant.fault("stop", node="net_a")
        os.kill(template, signal.SIGKILL)
        wait_for("no process is left", lambda: not any(alive(pid) for pid in pids.values()))
        wait_for("and that is known", lambda: not any(console.processes(plant.directory).values()))
        plant.fault("restart", node="ref_a")
        assert plant.read("ref_a", 0, 1) == [0x5246]
        assert parent_of(pids_of(plant)["ref_a"]) != template


def test_a_template_that_ends_while_it_forks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_process: object) -> None:
        raise EOFError("unexpected EOF")

    monkeypatch.setattr(ForkServerProcess, "start", gone)
    prepare_for(Scope.PAIR)
    with pytest.raises(PlantError, match="plc could not be forked"):
        Child("sim.plc", tmp_path, "plc", tmp_path / "plc.log")


def test_no_template_outlives_its_plant(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with running_plant(tmp_path / number.name) as plant:
            template = parent_of(pids_of(plant)["plc"])
            plant.process.send_signal(number)
            plant.process.wait(10)
            wait_for("the template is gone", lambda template=template: not alive(template))  # type: ignore[misc]


def test_only_the_servers_are_limited_in_their_memory(whole: Whole) -> None:
    limits = {}
    for name, pid in pids_of(whole).items():
        (line,) = [each for each in Path(f"/proc/{pid}/limits").read_text().splitlines() if "address space" in each]
        limits[name] = line.split()[3]
    limited = {name for name, limit in limits.items() if limit != "unlimited"}
    assert limited == {"scada_a", "scada_b", "hist_a", "hist_b", "collector"}
    assert {limits[name] for name in limited} == {str(whole.plant.memory_mb << 20)}
