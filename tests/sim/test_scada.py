"""The pair of SCADA servers on a running plant: who drives the header, hand-over, path, alarm, faults, by OPC UA."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import (
    BadConditionBranchAlreadyAcked,
    BadEventIdUnknown,
    BadInvalidArgument,
    BadInvalidState,
    BadUserAccessDenied,
)

from sim.checker import check_all
from sim.opcua import node_id
from sim.recordings import layouts, scans
from sim.registers import Answer, Opcode, State
from sim.scada_server import ALARM
from sim.selection import Answer as Selected
from tests.sim.alarm_view import Shown, alarms
from tests.sim.conftest import Whole, wait_for

ACTIVE, STANDBY = 1, 2
LEVEL, STATE, SERVERS, REDUNDANCY, SUPPORT, URIS, RETURNS = (
    "i=2267",
    "i=2259",
    "i=2254",
    "i=2296",
    "i=3709",
    "i=11314",
    "i=12885",
)


@pytest.fixture(autouse=True)
def mended(whole: Whole) -> Iterator[None]:
    """Each test ends with scada_a driving through gateway 1 and no fault."""
    yield
    for name in ("scada_a", "scada_b"):
        whole.fault("thaw", node=name)
    status = whole.header()
    if (status["state"], status["owner"]) != (State.OWNED, 1):
        whole.header_hand_over("scada_a")


def moves(whole: Whole, server: str, *names: str) -> None:
    """All of these variables change within a bounded time."""
    before = whole.values(server, *names)

    def moved() -> bool:
        now = whole.values(server, *names)
        return all(now[name] != before[name] for name in names)

    wait_for(f"{', '.join(names)} of {server} move", moved)


def becomes(whole: Whole, server: str, name: str, value: object) -> None:
    wait_for(f"{name} of {server} is {value}", lambda: bool(whole.value(server, name) == value))


def service_level(whole: Whole, server: str, value: int) -> None:
    wait_for(f"{server} reports {value}", lambda: bool(whole.standard(server, LEVEL) == value))


def test_roles_are_what_the_gate_says(whole: Whole) -> None:
    becomes(whole, "scada_a", "Role", ACTIVE)
    wait_for("the standby has a replica", lambda: bool(whole.value("scada_b", "LagMs") < 2000))
    a = whole.values("scada_a", "Role", "LagMs", "Session", "PathNode", listener="net_a.scada_a")
    b = whole.values("scada_b", "Role", "LagMs", "Session", "PathNode", listener="net_b.scada_b")
    assert (a["Role"], a["LagMs"], a["PathNode"]) == (ACTIVE, 0, 1)
    assert (b["Role"], b["PathNode"]) == (STANDBY, 1)
    assert a["Session"] != b["Session"]
    moves(whole, "scada_a", "Heartbeat", "Cycle", "Position")
    moves(whole, "scada_b", "Heartbeat", "Cycle", "Acked")


def test_standard_nodes_say_what_a_redundant_server_must(whole: Whole) -> None:
    for name in ("scada_a", "scada_b"):
        service_level(whole, name, 255)
        assert whole.standard(name, SUPPORT) == 3  # HOT
        assert whole.standard(name, STATE) == 0  # running
        uris = [f"urn:otha:sim:application:{one}" for one in ("scada_a", "scada_b")]
        assert whole.standard(name, URIS) == uris
        assert whole.standard(name, SERVERS)[0] == f"urn:otha:sim:application:{name}"


def test_the_uri_array_is_found_by_browsing(whole: Whole) -> None:
    async def browse(client: Client, _index: int) -> list[str]:
        found = await client.get_node(REDUNDANCY).get_properties()
        return [(await node.read_browse_name()).Name for node in found]

    assert "ServerUriArray" in whole.session("scada_a", browse)


def test_the_level_carries_the_time_of_its_measurement(whole: Whole) -> None:
    assert datetime.now(UTC) - whole.timestamp("scada_a", "Level") < timedelta(seconds=2)
    whole.fault("stale_source", node="scada_a")
    moves(whole, "scada_a", "Heartbeat", "Cycle")
    stopped = whole.timestamp("scada_a", "Level")
    moves(whole, "scada_a", "Heartbeat", "Cycle")
    assert abs(whole.timestamp("scada_a", "Level") - stopped) < timedelta(milliseconds=50)
    service_level(whole, "scada_a", 150)
    assert whole.standard("scada_b", LEVEL) == 255


def test_the_hand_over_is_bumpless(whole: Whole) -> None:
    before_ns = time.monotonic_ns()
    whole.header_hand_over("scada_b")
    becomes(whole, "scada_a", "Role", STANDBY)
    moves(whole, "scada_a", "Acked")
    assert [one.violations for one in check_all(whole.directory)] == [(), ()]
    header = layouts(whole.directory)[1]
    seen = [scan for scan in scans(whole.directory, header) if scan.at_ns > before_ns]
    taken = [(held, new) for held, new in pairwise(seen) if (held.state, new.state) == (State.HELD, State.OWNED)]
    assert len(taken) == 1
    held, new = taken[0]
    assert all(abs(ours - theirs) <= 1 for ours, theirs in zip(new.outputs, held.outputs, strict=True))


def test_a_setpoint_written_by_a_client_is_replicated_and_survives_the_hand_over(whole: Whole) -> None:
    for value in (5300, 5000):
        whole.write("scada_a", "Setpoint", value)
        becomes(whole, "scada_b", "Setpoint", value)
    whole.write("scada_a", "Mode", 0)
    becomes(whole, "scada_b", "Mode", 0)
    whole.header_hand_over("scada_b")
    assert whole.values("scada_b", "Setpoint", "Mode") == {"Setpoint": 5000, "Mode": 0}
    whole.write("scada_b", "Mode", 1)
    becomes(whole, "scada_a", "Mode", 1)


def test_what_is_no_setting_cannot_be_written(whole: Whole) -> None:
    with pytest.raises(BadUserAccessDenied):
        whole.write("scada_a", "Role", 1)


def test_a_killed_active_leaves_the_section_held_and_its_peer_takes_it(whole: Whole) -> None:
    whole.fault("kill", node="scada_a")
    wait_for("the watchdog holds", lambda: whole.header()["state"] == State.HELD)
    whole.header_hand_over("scada_b")
    whole.fault("restart", node="scada_a")
    becomes(whole, "scada_a", "Role", STANDBY)
    moves(whole, "scada_a", "Acked")


def test_a_path_is_chosen_by_a_higher_epoch_only_and_kept_over_a_restart(whole: Whole) -> None:
    epoch = whole.value("scada_b", "PathEpoch")
    assert whole.call("scada_b", "SelectPath", epoch + 2, 2) == Selected.DONE
    assert whole.call("scada_b", "SelectPath", epoch + 2, 2) == Selected.ALREADY
    assert whole.call("scada_b", "SelectPath", epoch + 2, 1) == Selected.REFUSED_EPOCH
    assert whole.call("scada_b", "SelectPath", epoch + 1, 1) == Selected.REFUSED_EPOCH
    assert whole.call("scada_b", "SelectPath", epoch + 3, 7) == Selected.REFUSED_CHOICE
    chosen = {"PathNode": 2, "PathEpoch": epoch + 2}
    assert whole.values("scada_b", "PathNode", "PathEpoch") == chosen
    whole.fault("restart", node="scada_b")
    wait_for("it is kept", lambda: whole.values("scada_b", "PathNode", "PathEpoch") == chosen)
    assert whole.call("scada_b", "SelectPath", epoch + 3, 1) == Selected.DONE


def test_a_cut_path_is_left_without_losing_the_section(whole: Whole) -> None:
    epoch = whole.value("scada_a", "PathEpoch")
    whole.fault("cut", network="net_s", node="scada_a_gw_a")
    wait_for("no frames", lambda: whole.header()["owner_age_ms"] > 600)
    assert whole.call("scada_a", "SelectPath", epoch + 1, 2) == Selected.DONE
    wait_for("frames again", lambda: whole.header()["owner_age_ms"] < 400)
    wait_for("driven", lambda: whole.header()["state"] == State.OWNED)
    assert whole.header()["owner"] == 1
    whole.fault("heal", network="net_s")
    assert whole.call("scada_a", "SelectPath", epoch + 2, 1) == Selected.DONE


def test_a_wrong_call_is_refused(whole: Whole) -> None:
    with pytest.raises(BadInvalidArgument):
        whole.call("scada_a", "SelectPath", 1)
    with pytest.raises(BadInvalidArgument):
        whole.call("scada_a", "SelectPath", [1], [2])


def test_the_alarm_and_its_acknowledgement_follow_to_the_peer(whole: Whole) -> None:
    occurrence = whole.value("scada_a", "AlarmOccurrence") + 1
    names = ("AlarmActive", "AlarmAcked", "AlarmOccurrence")
    whole.write("scada_a", "AlarmLimit", 100)
    becomes(whole, "scada_b", "AlarmActive", True)
    assert list(whole.values("scada_b", *names).values()) == [True, False, occurrence]
    assert whole.call("scada_b", "AcknowledgeAlarm", occurrence) == Selected.REFUSED_ROLE
    assert whole.call("scada_a", "AcknowledgeAlarm", occurrence - 1) == Selected.REFUSED_CHOICE
    assert whole.call("scada_a", "AcknowledgeAlarm", occurrence) == Selected.DONE
    assert whole.call("scada_a", "AcknowledgeAlarm", occurrence) == Selected.ALREADY
    becomes(whole, "scada_b", "AlarmAcked", True)
    whole.header_hand_over("scada_b")
    assert list(whole.values("scada_b", *names).values()) == [True, True, occurrence]
    whole.write("scada_b", "AlarmLimit", 10_000)  # the level may have gone anywhere meanwhile
    becomes(whole, "scada_a", "AlarmActive", False)


def shown(whole: Whole, server: str) -> dict[str, Shown]:
    """The alarms that a client sees who has just come to this server."""

    async def look(client: Client, _index: int) -> dict[str, Shown]:
        return await alarms(client)

    found: dict[str, Shown] = whole.session(server, look)
    return found


def acknowledge(whole: Whole, server: str, event_id: bytes) -> None:
    """As an operator does at a client. Raises what the server answers."""

    async def call(client: Client, index: int) -> None:
        comment = ua.Variant(ua.LocalizedText("seen"), ua.VariantType.LocalizedText)
        given = ua.Variant(event_id, ua.VariantType.ByteString)
        await client.get_node(node_id(ALARM, index)).call_method(
            ua.NodeId(ua.Int32(ObjectIds.AcknowledgeableConditionType_Acknowledge)), given, comment
        )

    whole.session(server, call)


def test_a_client_shows_the_same_alarms_after_a_failover(whole: Whole) -> None:
    """Part 4, section 6.6.2: ConditionRefresh after any failover. What the other server told is good at this one."""
    assert shown(whole, "scada_a") == {}
    whole.write("scada_a", "AlarmLimit", 100)
    becomes(whole, "scada_b", "AlarmActive", True)
    before = shown(whole, "scada_a")
    assert [(each.active, each.acked) for each in before.values()] == [(True, False)]
    assert shown(whole, "scada_b") == before
    event_id = before[ALARM].event_id
    with pytest.raises(BadInvalidState):
        acknowledge(whole, "scada_b", event_id)  # who stands by is not the one to ask
    with pytest.raises(BadEventIdUnknown):
        acknowledge(whole, "scada_a", b"another")
    acknowledge(whole, "scada_a", shown(whole, "scada_b")[ALARM].event_id)
    becomes(whole, "scada_b", "AlarmAcked", True)
    whole.header_hand_over("scada_b")
    after = shown(whole, "scada_b")
    assert [(each.active, each.acked, each.message) for each in after.values()] == [(True, True, before[ALARM].message)]
    with pytest.raises(BadConditionBranchAlreadyAcked):
        acknowledge(whole, "scada_b", event_id)
    whole.write("scada_b", "AlarmLimit", 10_000)  # the level may have gone anywhere meanwhile
    becomes(whole, "scada_a", "AlarmActive", False)
    assert shown(whole, "scada_a") == shown(whole, "scada_b") == {}
    whole.header_hand_over("scada_a")


def test_a_stalled_worker_starves_the_watchdog_and_a_frozen_one_shows_nothing_new(whole: Whole) -> None:
    whole.fault("stall_worker", node="scada_a")
    wait_for("the watchdog holds", lambda: whole.header()["state"] == State.HELD)
    cycle = whole.value("scada_a", "Cycle")
    moves(whole, "scada_a", "Heartbeat")
    assert whole.value("scada_a", "Cycle") == cycle
    whole.fault("freeze", node="scada_a")
    beat = whole.value("scada_a", "Heartbeat")
    moves(whole, "scada_b", "Heartbeat", "Cycle")
    assert whole.value("scada_a", "Heartbeat") == beat


def test_faults_of_what_a_server_says(whole: Whole) -> None:
    whole.fault("lying_role", node="scada_b", role="active")
    becomes(whole, "scada_b", "Role", ACTIVE)
    assert whole.header()["owner"] == 1
    whole.fault("thaw", node="scada_b")
    whole.fault("level", node="scada_b", level=0)
    service_level(whole, "scada_b", 0)
    assert whole.standard("scada_b", RETURNS) > datetime.now(UTC)
    whole.fault("thaw", node="scada_b")
    for name in ("scada_a", "scada_b"):
        whole.fault("passive_level_1", node=name)
    service_level(whole, "scada_b", 1)
    assert whole.standard("scada_a", LEVEL) == 255


def test_replication_lag_shows_at_the_standby(whole: Whole) -> None:
    whole.fault("replication_lag", node="scada_a", ms=3000)
    wait_for("lag", lambda: bool(whole.value("scada_b", "LagMs") >= 3000))
    service_level(whole, "scada_b", 150)
    whole.fault("replication_lag", node="scada_a", ms=0)
    wait_for("no lag", lambda: bool(whole.value("scada_b", "LagMs") < 1500))


def test_without_permit_the_header_is_not_granted(whole: Whole) -> None:
    whole.fault("set_tag", tag="header_permit_switch", value=0)
    wait_for("read", lambda: not whole.header()["flags"] & 2)
    status = whole.header()
    epoch = status["epoch"] + 1
    assert whole.command(Opcode.REVOKE, epoch=epoch, section="header") is Answer.DONE
    answer = whole.command(Opcode.GRANT, node=2, epoch=epoch, boot=status["boot"], section="header")
    assert answer is Answer.REFUSED_PERMIT
    whole.fault("set_tag", tag="header_permit_switch", value=1)


def test_a_black_hole_takes_one_server_alone(whole: Whole) -> None:
    granted = whole.header()["owner_epoch"]
    whole.fault("black_hole", node="scada_b")
    with pytest.raises((TimeoutError, ConnectionError)):
        whole.values("scada_b", "Role", listener="net_a.scada_b")
    wait_for("no replica arrives", lambda: bool(whole.value("scada_b", "LagMs") > 1500))
    # The gate may hold for a moment when the machine stalls; its owner comes back by itself, under the epoch it had.
    wait_for("scada_a drives", lambda: whole.header()["state"] == State.OWNED)
    assert (whole.header()["owner"], whole.header()["owner_epoch"]) == (1, granted)
    whole.fault("heal")
    wait_for("it follows again", lambda: bool(whole.value("scada_b", "LagMs") < 1500))
