"""The pair of soft controllers on a running plant: who drives, bumpless hand-over, what each fault looks like."""

import time
from collections.abc import Iterator

import pytest
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest

from sim.checker import check
from sim.plant import NODES
from sim.registers import Answer, Opcode, State
from tests.sim.conftest import Running, wait_for

ACTIVE, STANDBY = 1, 2


@pytest.fixture(autouse=True)
def mended(running: Running) -> Iterator[None]:
    """Each test ends with sc_a driving and no fault."""
    yield
    for name in ("sc_a", "sc_b"):
        running.fault("cont", node=name)
        running.fault("thaw", node=name)
    running.fault("set_tag", tag="permit_switch", value=1)
    status = running.status()
    if (status["state"], status["owner"]) != (State.OWNED, 1):
        running.hand_over("sc_a")


def standing(running: Running, name: str, *fields: str) -> set[str]:
    """Which of the counters stand still over 100 ms, once the block shows what is."""
    time.sleep(0.02)
    before = running.block(name)
    time.sleep(0.1)
    after = running.block(name)
    return {field for field in fields if before[field] == after[field]}


def test_roles_are_what_the_gate_says(running: Running) -> None:
    a, b = running.block("sc_a"), running.block("sc_b", "net_b.sc_b")
    assert (a["magic"], a["layout"], a["role"], a["node"], a["count"], a["lag"]) == (0x5343, 1, ACTIVE, 1, 8, 0)
    assert (b["role"], b["node"]) == (STANDBY, 2)
    assert a["session"] != b["session"]
    assert a["hash"] == b["hash"]
    assert a["level"] == b["level"] == 255
    assert standing(running, "sc_a", "heartbeat", "cycle", "position") == set()
    assert standing(running, "sc_b", "heartbeat", "cycle", "acked") == set()


def test_the_standby_holds_the_actives_newest_state(running: Running) -> None:
    b = running.block("sc_b")
    a = running.block("sc_a")
    assert abs(a["position"] - b["acked"]) < 50
    assert b["lag"] < 200
    for tag in ("setpoint_1", "setpoint_2", "mode_1", "mode_2"):
        assert a[tag] == b[tag]
    assert abs(a["output_1"] - b["output_1"]) <= 200


def test_a_setpoint_written_to_the_active_reaches_the_standby(running: Running) -> None:
    for value in (5900, 6000):
        running.request("sc_a", WriteMultipleRegistersRequest(address=100, registers=[value]))
        wait_for("replicated", lambda value=value: running.block("sc_b")["setpoint_1"] == value)  # type: ignore[misc]
    assert running.read("sc_a", 100, 4) == [6000, 5000, 1, 1]


def test_manual_mode_keeps_the_output(running: Running) -> None:
    running.request("sc_a", WriteMultipleRegistersRequest(address=102, registers=[0]))
    wait_for("manual", lambda: running.block("sc_b")["mode_1"] == 0)
    pump = running.outputs()[0]
    time.sleep(0.1)
    assert running.outputs()[0] == pump
    running.request("sc_a", WriteMultipleRegistersRequest(address=102, registers=[1]))
    wait_for("auto again", lambda: running.outputs()[0] != pump)


def test_the_hand_over_starts_at_the_held_outputs(running: Running) -> None:
    held = running.outputs()
    running.hand_over("sc_b")
    assert running.block("sc_b")["role"] == ACTIVE
    wait_for("sc_a knows", lambda: running.block("sc_a")["role"] == STANDBY)
    wait_for("sc_a follows", lambda: running.block("sc_b")["position"] - running.block("sc_a")["acked"] < 50)
    assert all(abs(new - old) < 300 for new, old in zip(running.outputs(), held, strict=True))


def test_frames_in_hold_equal_the_held_outputs(running: Running) -> None:
    status = running.status()
    epoch = status["epoch"] + 1
    assert running.command(Opcode.REVOKE, epoch=epoch) is Answer.DONE
    assert running.command(Opcode.GRANT, node=2, epoch=epoch, boot=status["boot"]) is Answer.DONE
    wait_for("shadowing", lambda: running.status()["last_seq"] > 3)
    applied, held, shadow = running.rows()
    assert applied == held == shadow
    assert running.status()["state"] == State.HELD


def test_without_permit_nothing_is_granted(running: Running) -> None:
    running.fault("set_tag", tag="permit_switch", value=0)
    status = running.status()
    wait_for("read", lambda: not running.status()["flags"] & 2)
    epoch = status["epoch"] + 1
    assert running.command(Opcode.REVOKE, epoch=epoch) is Answer.DONE
    assert running.command(Opcode.GRANT, node=2, epoch=epoch, boot=status["boot"]) is Answer.REFUSED_PERMIT
    # Back to the one who drove last needs the return permit only.
    assert running.command(Opcode.GRANT, node=1, epoch=epoch, boot=status["boot"]) is Answer.DONE


def test_a_woken_owner_sends_a_frame_in_good_faith_and_is_refused(running: Running) -> None:
    running.fault("stop", node="sc_a")
    wait_for("the watchdog holds", lambda: running.status()["state"] == State.HELD)
    running.hand_over("sc_b")
    refused = running.status()["frame_owner"]
    woken = running.fault("wake", node="sc_a")
    wait_for("refused", lambda: running.status()["frame_owner"] > refused)
    wait_for("sc_a knows", lambda: running.block("sc_a")["role"] == STANDBY)
    assert running.status()["owner"] == 2
    assert running.status()["state"] == State.OWNED
    until = time.monotonic_ns()
    wait_for("the recorders wrote it out", lambda: check(running.directory).refused(1, woken["at_ns"], until) >= 1)
    findings = check(running.directory)
    assert findings.ok, findings.violations


def test_frozen_all_stands_and_the_socket_answers(running: Running) -> None:
    running.fault("freeze", node="sc_a")
    assert standing(running, "sc_a", "heartbeat", "cycle") == {"heartbeat", "cycle"}
    wait_for("the watchdog holds", lambda: running.status()["state"] == State.HELD)
    assert running.block("sc_a")["role"] == ACTIVE


def test_a_stalled_worker_keeps_a_heartbeat_and_starves_the_watchdog(running: Running) -> None:
    seq = running.status()["last_seq"]
    running.fault("stall_worker", node="sc_a")
    assert standing(running, "sc_a", "heartbeat", "cycle") == {"cycle"}
    wait_for("the watchdog holds", lambda: running.status()["state"] == State.HELD)
    assert running.status()["last_seq"] > seq


def test_a_lying_role_is_shown_and_changes_nothing(running: Running) -> None:
    running.fault("lying_role", node="sc_b", role="active")
    wait_for("it lies", lambda: running.block("sc_b")["role"] == ACTIVE)
    assert running.status()["owner"] == 1


def test_replication_lag_shows_at_the_standby(running: Running) -> None:
    running.fault("replication_lag", node="sc_a", ms=600)
    wait_for("lag", lambda: running.block("sc_b")["lag"] >= 600)
    assert running.block("sc_a")["position"] - running.block("sc_b")["acked"] >= 10
    wait_for("degraded", lambda: running.block("sc_b")["level"] == 150)
    running.fault("replication_lag", node="sc_a", ms=0)
    wait_for("no lag", lambda: running.block("sc_b")["lag"] < 100)


def test_a_restarted_owner_needs_a_new_epoch(running: Running) -> None:
    epoch = running.status()["owner_epoch"]
    running.fault("restart", node="sc_a")
    wait_for("refused by its session", lambda: running.status()["frame_session"] > 0)
    # Started again within the owner's watchdog it drives in good faith, and is refused, until it reads of the hold.
    wait_for("the watchdog holds", lambda: running.status()["state"] == State.HELD)
    wait_for("it stands by", lambda: running.block("sc_a")["role"] == STANDBY)
    assert running.status()["owner_epoch"] == epoch


def test_a_plant_that_cant_be_read_shows_old_data(running: Running) -> None:
    running.fault("cut", network="bus")
    wait_for("old data", lambda: running.block("sc_b")["data_age"] > 200)
    wait_for("degraded", lambda: running.block("sc_b")["level"] == 150)
    running.fault("heal", network="bus")
    wait_for("fresh data", lambda: running.block("sc_b")["data_age"] < 200)


def test_a_black_hole_holds_the_section_and_leaves_the_other_controller_alone(running: Running) -> None:
    epoch = running.hand_over("sc_a")
    before = running.status()
    running.fault("black_hole", node="sc_a")
    wait_for("held by the watchdog", lambda: running.status()["state"] == State.HELD)
    for listener in ("net_a.sc_a", "net_b.sc_a"):
        with pytest.raises(TimeoutError):
            running.read(listener, 0, 1, timeout_ms=100)
    assert running.read("sc_a", 0, 1), "its process goes on"
    wait_for("no replica arrives", lambda: running.block("sc_b")["lag"] > 100)
    assert running.block("sc_b")["data_age"] < 100
    status = running.status()
    assert running.command(Opcode.REVOKE, epoch=epoch + 1) is Answer.DONE
    assert running.command(Opcode.GRANT, node=NODES["sc_b"], epoch=epoch + 1, boot=status["boot"]) is Answer.DONE
    assert running.command(Opcode.RELEASE, node=NODES["sc_b"], epoch=epoch + 1) is Answer.DONE
    running.wait_owner("sc_b")
    running.fault("heal")

    def refused() -> bool:
        now = running.status()
        return now["frame_owner"] + now["frame_epoch"] > before["frame_owner"] + before["frame_epoch"]

    wait_for("the one that was cut off still sent as owner, and was refused", refused)
    wait_for("it knows better", lambda: running.block("sc_a")["role"] == STANDBY)
    running.hand_over("sc_a")
