"""A plant comes up as a whole, is disturbed by name, and goes down as a whole."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim import console, orchestrator
from sim.cli import app
from sim.errors import PlantError, UsageError
from sim.plant import DEFAULT_PORTS, NETWORKS, PROCESSES
from sim.registers import State
from tests.sim.conftest import Running, alive, parent_of, pids_of, running_plant, wait_for


def test_a_new_plant_is_driven_by_its_first_controller(running: Running) -> None:
    status = running.status()
    assert (status["state"], status["owner"], status["epoch"], status["granted"]) == (State.OWNED, 1, 1, 1)
    assert all(console.processes(running.directory).values())


def test_each_is_called_what_it_is(running: Running) -> None:
    told = {name: Path(f"/proc/{pid}/comm").read_text(encoding="utf-8") for name, pid in pids_of(running).items()}
    assert told == {name: f"{name}\n" for name in told}


def test_the_site_file_names_the_real_ports(running: Running) -> None:
    text = (running.directory / "site.toml").read_text(encoding="utf-8")
    site = tomllib.loads(text)
    ports = running.plant.ports
    assert site["node"]["sc_a"]["channels"]["net_a"]["endpoint"] == f"127.0.0.1:{ports['net_a.sc_a']}"
    assert site["section"]["plc"]["owner_watchdog_ms"] == running.status()["owner_watchdog_ms"]
    assert site["section"]["plc"]["hold_max_ms"] == running.status()["hold_max_ms"]
    assert not any(f":{port}" in text for port in DEFAULT_PORTS.values())


def test_the_plc_itself_tells_the_same_as_its_registers(running: Running) -> None:
    state = console.plc_state(running.directory)
    assert state["status"]["boot"] == running.status()["boot"]
    levels = running.read("net_b.plc", running.plant.tags["level_1"], 2)
    for tag, level in zip(("level_1", "level_2"), levels, strict=True):
        assert abs(state["tags"][tag] - level) < 500


def test_a_switch_shows_in_its_register_and_in_the_gates_permit(running: Running) -> None:
    for value in (1, 0):
        running.fault("set_tag", tag="maintenance_key", value=value)
        wait_for("shown", lambda value=value: running.status()["flags"] & 2 == 2 * (1 - value))  # type: ignore[misc]
        assert running.read("bus", running.plant.tags["maintenance_key"], 1) == [value]


@pytest.mark.parametrize("listener", [f"{net}.{node}" for net, nodes in NETWORKS.items() for node in nodes])
def test_every_endpoint_leads_to_its_device(running: Running, listener: str) -> None:
    device = listener.rpartition(".")[2]
    address, magic = {"plc": (running.plant.status_base, 0x4F54)}.get(device, (0, 0x5343))
    if device.startswith("ref"):
        magic = 0x5246
    assert running.read(listener, address, 1) == [magic]


def test_unknown_faults_and_arguments_are_refused_with_a_mend(running: Running) -> None:
    for name, arguments in [("kil", {}), ("kill", {}), ("kill", {"node": "sc_c"}), ("kill", {"knot": "sc_a"})]:
        with pytest.raises(UsageError) as caught:
            running.fault(name, **arguments)
        assert caught.value.mend


def test_a_killed_process_refuses_connections_and_comes_back_on_its_port(running: Running) -> None:
    before_ns = time.monotonic_ns()
    answer = running.fault("kill", node="sc_b")
    assert before_ns < answer["at_ns"] < time.monotonic_ns()
    wait_for("sc_b is gone", lambda: console.processes(running.directory)["sc_b"] is None)
    with pytest.raises(ConnectionRefusedError):
        running.block("sc_b")
    with pytest.raises(UsageError, match="isn't running"):
        running.fault("stop", node="sc_b")
    running.fault("restart", node="sc_b")
    assert running.block("sc_b")["node"] == 2


def test_a_stopped_process_says_nothing_until_it_goes_on(running: Running) -> None:
    running.fault("stop", node="ref_a")
    with pytest.raises(TimeoutError):
        running.read("net_a.ref_a", 0, 1, timeout_ms=200)
    running.fault("cont", node="ref_a")
    assert running.read("net_a.ref_a", 0, 1) == [0x5246]


def test_the_plc_keeps_its_epochs_over_a_restart_and_never_a_boot_id(running: Running) -> None:
    running.hand_over("sc_b")
    before = running.status()
    running.fault("restart", node="plc")
    after = running.status()
    assert (after["state"], after["owner"], after["epoch"]) == (State.FREE, 0, before["epoch"])
    assert after["boot"] == before["boot"] + 1
    running.hand_over("sc_a")


def test_damaged_retain_memory_starts_safe_until_a_person_resets(running: Running) -> None:
    running.fault("kill", node="plc")
    wait_for("the PLC is gone", lambda: console.processes(running.directory)["plc"] is None)
    boot = running.plant.directory / "plc.retain"
    boot.write_bytes(boot.read_bytes()[:-9])
    running.fault("restart", node="plc")
    assert running.status()["state"] == State.SAFE
    running.fault("reset")
    wait_for("reset", lambda: running.status()["state"] == State.FREE)
    running.hand_over("sc_a")


def test_a_fault_by_the_command_line_answers_as_json(running: Running) -> None:
    runner, folder = CliRunner(), str(running.directory)
    result = runner.invoke(app, ["fault", "delay", "network=net_b", "node=sc_b", "ms=5", "--dir", folder])
    assert result.exit_code == 0
    assert json.loads(result.output)["at_ns"] > 0
    assert runner.invoke(app, ["fault", "heal", "--dir", folder]).exit_code == 0


def test_a_second_plant_in_the_same_folder_is_refused(running: Running, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError), running_plant(running.directory):
        pass
    assert "a plant runs in" in capfd.readouterr().err


def test_sigterm_ends_all(tmp_path: Path) -> None:
    with running_plant(tmp_path) as plant:
        pids = pids_of(plant)
        template = parent_of(pids["plc"])
        plant.fault("stop", node="sc_a")
        assert plant.stop() == 0
        assert [name for name in PROCESSES if alive(pids[name])] == []
        wait_for("the template is gone", lambda: not alive(template))
    with pytest.raises(PlantError):
        console.processes(tmp_path)


def test_a_killed_parent_takes_its_children_along(tmp_path: Path) -> None:
    with running_plant(tmp_path) as plant:
        pids = pids_of(plant)
        left = {*pids.values(), parent_of(pids["plc"])}
        plant.fault("stop", node="net_a")
        plant.process.send_signal(signal.SIGKILL)
        wait_for("no child and no template is left", lambda: not any(alive(pid) for pid in left))


def test_the_end_of_stdin_ends_all_if_asked(tmp_path: Path) -> None:
    with running_plant(tmp_path, "--stop-on-eof") as plant:
        assert plant.process.stdin is not None
        plant.process.stdin.close()
        assert plant.process.wait(10) == 0


def test_a_taken_port_is_named_when_the_plant_does_not_come_up(running: Running, tmp_path: Path) -> None:
    plant = replace(running.plant, directory=tmp_path)
    with pytest.raises(PlantError, match=r"did not start: .*address already in use"):
        asyncio.run(orchestrator.run(plant, on_ready=lambda: None, stop_on_eof=False))


def test_an_interrupt_while_the_plant_comes_up_is_no_failure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sim", "up", "--dir", str(tmp_path), "--ephemeral"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0) as up:
        wait_for("a process of the plant is started", (tmp_path / "plc.log").exists)
        os.killpg(up.pid, signal.SIGINT)  # a terminal's Ctrl-C reaches them all
        _, said = up.communicate(timeout=60)
        assert "did not start" not in said
        assert "Unknown child" not in said
