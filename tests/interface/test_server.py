"""What a client that has come in sees."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from otha import names
from otha.certificates import OwnIdentity
from otha.core.alarm_list import OWN
from otha.core.words import AlarmCode
from otha.interface import place, standard
from tests.interface.clients import POLICIES, guest, ua
from tests.interface.house import WAIT_S, House
from tests.opcua_standard import kept_file

TANKS = names.group_id("tanks")


class Ear:
    """What a subscription says, in order."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[Any, Any]] = asyncio.Queue()

    def datachange_notification(self, node: Any, val: Any, data: Any) -> None:
        self.heard.put_nowait((val, data.monitored_item.Value.StatusCode.name))

    async def until(self, wanted: tuple[Any, str]) -> list[tuple[Any, Any]]:
        """All that is said up to this value with this status."""
        said: list[tuple[Any, Any]] = []
        async with asyncio.timeout(WAIT_S):
            while not said or said[-1] != wanted:
                said.append(await self.heard.get())
        return said


@pytest.mark.asyncio
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
async def test_a_user_reads_the_site_over_each_policy(house: House, own: OwnIdentity, policy: Any) -> None:
    async with guest(house, own, "viewer", policy=policy) as at:
        assert await at.node(names.SITE, "Name").read_value() == "two_tanks"
        assert await at.node(TANKS, "Kind").read_value() == "driver"


@pytest.mark.asyncio
async def test_its_time_is_that_of_the_moment(house: House, own: OwnIdentity) -> None:
    """Clocks are compared by it. It is written once a second; a subscriber hears of that."""
    async with guest(house, own, "viewer") as at:
        node, ear = at.client.get_node(ua.NodeId(ua.ObjectIds.Server_ServerStatus_CurrentTime)), Ear()
        for _ in range(5):
            before = datetime.now(UTC)
            assert before <= await node.read_value() <= datetime.now(UTC)
        subscription = await at.client.create_subscription(50, ear)
        await subscription.subscribe_data_change(node)
        async with asyncio.timeout(WAIT_S):
            first, second = await ear.heard.get(), await ear.heard.get()
        assert first[0] < second[0]
        await subscription.delete()


@pytest.mark.asyncio
async def test_what_is_shown_is_found_by_browsing(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        ns = at.index
        group = await at.client.nodes.objects.get_child([f"{ns}:two_tanks", f"{ns}:{names.GROUPS}", f"{ns}:tanks"])
        assert group.nodeid == at.node(TANKS).nodeid
        assert await group.read_type_definition() == at.node("GroupType").nodeid
        shown = {(await each.read_browse_name()).Name for each in await group.get_children()}
        assert shown >= {each.name for each in names.GROUP_VARIABLES} | {each.name for each in names.METHODS}
        for folder, expected in {
            "Nodes": {"sc_a", "sc_b"},
            "Conditions": {"key_out", "not_overfull", "permit"},
            "Alarms": {code.value for code in AlarmCode if code not in OWN},
        }.items():
            members = await (await group.get_child([f"{ns}:{folder}"])).get_children()
            assert {(await each.read_browse_name()).Name for each in members} == expected
        inputs = await (await group.get_child([f"{ns}:AlarmAck", "0:InputArguments"])).read_value()
        assert [each.Name for each in inputs] == ["OrderId", "Alarm", "Occurrence", "Comment"]


@pytest.mark.asyncio
async def test_a_failover_is_seen_by_a_subscriber_and_only_what_changes_is_written(
    house: House, own: OwnIdentity
) -> None:
    async with guest(house, own, "viewer") as at:
        active, kind, role = Ear(), Ear(), Ear()
        for ear, owner, name in (
            (active, TANKS, "Active"),
            (kind, TANKS, "Kind"),
            (role, names.node_id("tanks", "sc_b"), "Role"),
        ):
            subscription = await at.client.create_subscription(50, ear)
            await subscription.subscribe_data_change(at.node(owner, name))
        before = house.group()["active"] or ""
        await active.until((before, "Good"))
        house.group()["active"] = "sc_b"
        house.group()["nodes"][1]["role"] = "ACTIVE"
        house.group()["epoch"] += 1
        assert await active.until(("sc_b", "Good")) == [("sc_b", "Good")]
        await role.until(("ACTIVE", "Good"))
        assert await kind.until(("driver", "Good")) == [("driver", "Good")]
        assert kind.heard.empty()
        value = await at.node(TANKS, "Active").read_data_value()
        assert datetime.now(UTC) - value.SourceTimestamp < timedelta(seconds=WAIT_S)


@pytest.mark.asyncio
async def test_values_of_a_supervisor_that_is_not_heard_are_doubtful(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        level = at.client.get_node(ua.NodeId(ua.ObjectIds.Server_ServiceLevel))
        assert await level.read_value() == 255
        ear = Ear()
        subscription = await at.client.create_subscription(50, ear)
        await subscription.subscribe_data_change(at.node(TANKS, "Kind"))
        await ear.until(("driver", "Good"))
        house.silent = True
        try:
            await ear.until(("driver", "UncertainLastUsableValue"))
            assert await level.read_value() == 1
        finally:
            house.silent = False
        await ear.until(("driver", "Good"))
        assert await level.read_value() == 255


@pytest.mark.asyncio
async def test_a_supervisor_that_only_watches_is_degraded(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        ear = Ear()
        subscription = await at.client.create_subscription(50, ear)
        await subscription.subscribe_data_change(at.client.get_node(ua.NodeId(ua.ObjectIds.Server_ServiceLevel)))
        house.status["tilted"] = True
        await ear.until((150, "Good"))
        house.status["tilted"] = False
        await ear.until((255, "Good"))


@pytest.mark.asyncio
async def test_why_is_answered_to_anybody_who_is_in(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        (why,) = await at.call(names.WHY, "sc_b")
        assert json.loads(why) == {"group": "tanks", "node": "sc_b"}
        (why,) = await at.call(names.WHY, "")
        assert json.loads(why)["node"] is None


def test_the_first_start_keeps_opc_uas_own_address_space_for_the_next(tmp_path: Path) -> None:
    made = House(tmp_path, kept=False)
    made.end()
    found = standard.KeptNodes(standard.file_in(place.folder(tmp_path)).read_bytes())
    assert set(found) == set(standard.KeptNodes(kept_file().read_bytes()))
    assert len(set(found)) > 5_000
