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
from tests.sim.conftest import alive, parent_of, pids_of, running_plant, wait_for


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
