"""Alarms as conditions of OPC UA Part 9, and journaled events, at a client that subscribes to the Server object."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from otha import names
from otha.certificates import OwnIdentity
from otha.core.words import OrderKind
from otha.interface.events import event_id
from otha.interface.values import as_text
from otha.wire import interface as wire
from otha.wire.message import Obstacle, OrderReply, OrderRequest
from tests.interface.clients import Guest, guest, ua
from tests.interface.house import USERS, WAIT_S, House, taken

CODE = "section_held"
ALARM = {
    "code": CODE,
    "state": "unacked",
    "active": True,
    "unacked": True,
    "flags": [],
    "occurrence": 4,
    "priority": "high",
    "first_out": True,
    "one_shot": False,
    "detail": "plc",
    "cause": "frames stopped",
    "consequence": "outputs are held",
    "response": "look at the plant",
}
CONDITION = ua.ObjectIds.ConditionType


class Ear:
    """The events that are told, in order."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    def event_notification(self, event: Any) -> None:
        self.heard.put_nowait(event)

    async def next(self, name: str, value: object) -> Any:
        """The next event whose field has this value."""
        async with asyncio.timeout(WAIT_S):
            while True:
                event = await self.heard.get()
                if getattr(event, name, None) == value:
                    return event


@asynccontextmanager
async def listening(at: Guest, node: Any, kind: Any) -> AsyncIterator[tuple[Ear, Any]]:
    ear = Ear()
    subscription = await at.client.create_subscription(50, ear)
    await subscription.subscribe_events(node, kind, where_clause_generation=False)
    yield ear, subscription


@pytest.fixture(autouse=True)
def quiet(house: House) -> Iterator[None]:
    house.answer = taken
    yield
    house.group()["alarms"] = []
    house.answer = taken


async def act(at: Guest, number: int, below: str = "", *arguments: Any) -> str:
    """Call one of the standard's methods of the alarm; the name of its StatusCode."""
    request = ua.CallMethodRequest()
    request.ObjectId = at.node(names.alarm_id("tanks", CODE) + below).nodeid
    request.MethodId = ua.NodeId(number)
    request.InputArguments = list(arguments)
    (result,) = await at.client.uaclient.call([request])
    return str(result.StatusCode.name)


def by_event(event: Any, comment: str) -> tuple[Any, Any]:
    return (
        ua.Variant(event, ua.VariantType.ByteString),
        ua.Variant(ua.LocalizedText(comment), ua.VariantType.LocalizedText),
    )


@pytest.mark.asyncio
async def test_an_alarm_is_told_acknowledged_and_over(house: House, own: OwnIdentity) -> None:
    ack = ua.ObjectIds.AcknowledgeableConditionType_Acknowledge
    async with (
        guest(house, own, "operator") as at,
        listening(at, at.client.nodes.server, ua.ObjectIds.AlarmConditionType) as (ear, _),
    ):
        house.group()["alarms"] = [ALARM]
        event = await ear.next("ConditionName", CODE)
        assert event.NodeId == at.node(names.alarm_id("tanks", CODE)).nodeid
        assert event.SourceNode == at.node(names.group_id("tanks")).nodeid
        assert (event.Severity, event.Retain) == (700, True)
        states = {name: getattr(event, f"{name}State/Id") for name in ("Active", "Acked", "Confirmed", "Suppressed")}
        assert states == {"Active": True, "Acked": False, "Confirmed": True, "Suppressed": False}
        assert await act(at, ack, "", *by_event(event.EventId, "seen")) == "Good"
        order = house.orders[-1].order
        assert (order.order, order.item, order.occurrence) == (OrderKind.ALARM_ACK, CODE, 4)
        assert (order.group, order.comment) == ("tanks", "seen")
        assert await act(at, ack, "", *by_event(b"another/4/1", "")) == "BadEventIdUnknown"
        comment = ua.ObjectIds.ConditionType_AddComment
        assert await act(at, comment, "", *by_event(event.EventId, "called the shift leader")) == "Good"
        assert (await ear.next("ClientUserId", USERS["operator"])).Comment.Text == "called the shift leader"
        assert await asyncio.to_thread(house.noted, f"tanks {CODE} 4: called the shift leader")
        house.group()["alarms"] = [{**ALARM, "state": "acked", "unacked": False}]
        assert getattr(await ear.next("ConditionName", CODE), "AckedState/Id")
        house.group()["alarms"] = []
        over = await ear.next("ConditionName", CODE)
        assert (over.Retain, over.Severity, getattr(over, "ActiveState/Id")) == (False, 700, False)


@pytest.mark.asyncio
async def test_what_the_core_refuses_is_told_as_part_9_has_it(house: House, own: OwnIdentity) -> None:
    ids = ua.ObjectIds

    def refusing(block: str) -> None:
        obstacle = Obstacle(block=block, rule="", detail="")

        def refuse(request: OrderRequest) -> OrderReply:
            return OrderReply(id=request.id, accepted=False, durable=True, obstacles=(obstacle,))

        house.answer = refuse

    event = by_event(f"{CODE}/3/1".encode(), "")
    acknowledge, confirm = ids.AcknowledgeableConditionType_Acknowledge, ids.AcknowledgeableConditionType_Confirm
    async with guest(house, own, "operator") as at:
        refusing("old_occurrence")
        assert await act(at, acknowledge, "", *event) == "BadEventIdUnknown"
        refusing("nothing_to_reset")
        assert await act(at, confirm, "", *event) == "BadConditionBranchAlreadyAcked"
        refusing("not_flagged")
        assert await act(at, ids.ShelvedStateMachineType_Unshelve, "/Shelving") == "BadConditionNotShelved"
    async with guest(house, own, "viewer") as at:
        assert await act(at, acknowledge, "", *event) == "BadUserAccessDenied"


@pytest.mark.asyncio
async def test_an_alarm_is_shelved_for_a_while_or_once(house: House, own: OwnIdentity) -> None:
    ids = ua.ObjectIds
    async with guest(house, own, "operator") as at:
        duration = ua.Variant(60_000.0, ua.VariantType.Double)
        assert await act(at, ids.ShelvedStateMachineType_TimedShelve, "/Shelving", duration) == "Good"
        order = house.orders[-1].order
        assert (order.order, order.item, order.for_ns) == (OrderKind.SHELVE, CODE, 60_000_000_000)
        assert await act(at, ids.ShelvedStateMachineType_OneShotShelve, "/Shelving") == "Good"
        assert house.orders[-1].order.for_ns is None
        assert await act(at, ids.ShelvedStateMachineType_Unshelve, "/Shelving") == "Good"
        assert house.orders[-1].order.order is OrderKind.UNSHELVE


@pytest.mark.asyncio
async def test_who_comes_later_is_told_by_a_refresh_and_nobody_elses_subscription_is(
    house: House, own: OwnIdentity
) -> None:
    refresh = ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)
    server = ua.NodeId(ua.ObjectIds.Server)
    async with (
        guest(house, own, "viewer") as at,
        guest(house, own, "operator") as other,
        listening(at, at.client.get_node(server), ua.ObjectIds.AlarmConditionType) as (ear, subscription),
        listening(other, other.client.get_node(server), ua.ObjectIds.AlarmConditionType) as (_, theirs),
    ):
        condition = at.client.get_node(ua.NodeId(CONDITION))
        house.group()["alarms"] = [ALARM]
        await ear.next("ConditionName", CODE)
        await condition.call_method(refresh, ua.Variant(subscription.subscription_id, ua.VariantType.UInt32))
        kinds = []
        async with asyncio.timeout(WAIT_S):
            while ua.ObjectIds.RefreshEndEventType not in kinds:
                kinds.append((await ear.heard.get()).EventType.Identifier)
        started = kinds.index(ua.ObjectIds.RefreshStartEventType)
        assert ua.ObjectIds.AlarmConditionType in kinds[started:]
        with pytest.raises(ua.uaerrors.BadSubscriptionIdInvalid):
            await condition.call_method(refresh, ua.Variant(theirs.subscription_id, ua.VariantType.UInt32))


@pytest.mark.asyncio
async def test_a_journaled_event_reaches_the_server_and_its_group(house: House, own: OwnIdentity) -> None:
    body = {"reasons": [{"why": "NEEDS_OPERATOR", "rule": "S3", "args": ["sc_a"]}]}
    told = {"kind": "decision", "group": "tanks", "epoch": 7, "user": "olga", "mono_ns": 5, "body": body}
    async with guest(house, own, "viewer") as at:
        kind, group = at.node(names.EVENT_TYPE), at.node(names.group_id("tanks"))
        async with (
            listening(at, at.client.nodes.server, kind) as (everything, _),
            listening(at, group, kind) as (of_the_group, _),
        ):
            house.send(wire.Told(lost=0, wall_ns=time.time_ns(), event=told))
            for ear in (everything, of_the_group):
                event = await ear.next("Kind", "decision")
                assert (event.Group, event.User, event.Epoch, event.Severity) == ("tanks", "olga", 7, 600)
                assert event.SourceNode == group.nodeid
                assert event.Message.Text == "decision: needs operator sc_a"
                assert json.loads(event.Body) == body
                assert event.EventId == event_id("decision", "tanks", 5, as_text(body))


@pytest.mark.asyncio
async def test_the_supervisors_own_alarms_are_conditions_of_the_site(house: House, own: OwnIdentity) -> None:
    code = "tilt"
    async with (
        guest(house, own, "operator") as at,
        listening(at, at.node(names.SITE), ua.ObjectIds.AlarmConditionType) as (ear, _),
    ):
        house.status["alarms"] = [{**ALARM, "code": code}]
        try:
            event = await ear.next("ConditionName", code)
            condition = at.node(names.own_alarm_id(code))
            assert (event.NodeId, event.SourceNode) == (condition.nodeid, at.node(names.SITE).nodeid)
            await condition.call_method(
                ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge), *by_event(event.EventId, "")
            )
            order = house.orders[-1].order
            assert (order.group, order.item, order.order) == (house.status["supervisor"], code, OrderKind.ALARM_ACK)
        finally:
            house.status["alarms"] = []
