"""What a user may order: every role and every method, what is sent on, and what is answered."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from otha import names
from otha.certificates import OwnIdentity
from otha.core.words import Arming, OrderKind, TransferKind
from otha.names import Kind, Method, Variable
from otha.wire import interface as wire
from otha.wire.access import AccessRole, may_order
from otha.wire.message import Obstacle, OrderReply, OrderRequest, Preview, Refusal
from tests.interface.clients import Guest, guest, ua
from tests.interface.house import USERS, House, taken

WORDS = {"Arming": "armed", "Transfer": "failover", "Alarm": "tilt", "Condition": "permit", "Node": "sc_b"}


def argument(variable: Variable) -> Any:
    if variable.name == "OrderId":
        return uuid.uuid4().hex
    match variable.kind:
        case Kind.INT32:
            return ua.Variant(90, ua.VariantType.Int32)
        case Kind.INT64:
            return ua.Variant(3, ua.VariantType.Int64)
        case _:
            return WORDS.get(variable.name, "because")


def arguments(method: Method) -> list[Any]:
    return [argument(each) for each in method.inputs]


@pytest.fixture(autouse=True)
def answering(house: House) -> Iterator[None]:
    house.answer = taken
    house.orders.clear()
    yield
    house.answer = taken


def method(name: str) -> Method:
    (found,) = (each for each in names.METHODS if each.name == name)
    return found


def test_there_is_a_method_for_every_order() -> None:
    assert {each.order for each in names.METHODS} == {kind.value for kind in OrderKind}
    assert len({each.name for each in names.METHODS}) == len(names.METHODS)


@pytest.mark.asyncio
@pytest.mark.parametrize("role", AccessRole, ids=lambda role: role.name.lower())
async def test_each_role_may_call_what_the_table_says(house: House, own: OwnIdentity, role: AccessRole) -> None:
    name = role.name.lower()
    async with guest(house, own, name) as at:
        for each in names.METHODS:
            kind = OrderKind(each.order)
            try:
                accepted = (await at.call(each.name, *arguments(each)))[0]
            except ua.uaerrors.BadUserAccessDenied:
                accepted = False
            assert accepted == may_order(role, kind), f"{name} {each.name}"
            # The supervisor hears of it either way: it judges once more, and journals what it refuses.
            told = house.orders[-1]
            assert (told.order.order, told.user, told.role.value) == (kind, USERS[name], name)
            assert told.client.startswith("opcua 127.0.0.1 OTHA hmi")


@pytest.mark.asyncio
async def test_arguments_reach_the_order(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "admin") as at:
        for each in names.METHODS:
            await at.call(each.name, *arguments(each))
            order, wanted = house.orders[-1].order, {variable.name for variable in each.inputs}
            assert order.group == "tanks"
            assert order.node == ("sc_b" if "Node" in wanted else None)
            assert order.item == ("tilt" if "Alarm" in wanted else "permit" if "Condition" in wanted else None)
            assert order.arming is (Arming.ARMED if "Arming" in wanted else None)
            assert order.transfer is (TransferKind.FAILOVER if "Transfer" in wanted else None)
            assert order.request == (3 if "Request" in wanted else None)
            assert order.occurrence == (3 if "Occurrence" in wanted else None)
            assert order.for_ns == (90_000_000_000 if "ForSeconds" in wanted else None)
            assert order.comment == "because"
        shelve = arguments(method("Shelve"))
        shelve[2] = ua.Variant(0, ua.VariantType.Int32)
        await at.call("Shelve", *shelve)
        assert house.orders[-1].order.for_ns is None
        switchover = arguments(method("Switchover"))
        switchover[1] = ""
        await at.call("Switchover", *switchover)
        assert house.orders[-1].order.node is None


@pytest.mark.asyncio
async def test_the_answer_is_the_supervisors(house: House, own: OwnIdentity) -> None:
    obstacle = Obstacle(block="hold_off", rule="S7", detail="12 s left")
    preview = Preview(
        transfer=TransferKind.SWITCHOVER,
        from_node="sc_a",
        to_node="sc_b",
        needs_confirmation=False,
        passed=(),
        for_ms=30_000,
    )

    def refused(request: OrderRequest) -> OrderReply | Refusal:
        return OrderReply(id=request.id, accepted=False, durable=True, obstacles=(obstacle,), preview=preview)

    async with guest(house, own, "operator") as at:
        house.answer = refused
        accepted, durable, texts, codes, shown = await at.call("Select", *arguments(method("Select")))
        assert (accepted, durable, texts, codes) == (False, True, ["hold off: 12 s left (S7)"], ["hold_off"])
        assert json.loads(shown)["to_node"] == "sc_b"
        house.answer = lambda request: Refusal(what="the supervisor is stopping", mend="wait")
        accepted, durable, texts, codes, shown = await at.call("Cancel", *arguments(method("Cancel")))
        assert (accepted, durable, codes, shown) == (False, False, ["refused"], "")
        assert "stopping" in texts[0]


async def wrong(at: Guest, *given: Any) -> Any:
    request = ua.CallMethodRequest()
    request.ObjectId = at.node(names.group_id("tanks")).nodeid
    request.MethodId = at.node("GroupType", "SetArming").nodeid
    request.InputArguments = [each if isinstance(each, ua.Variant) else ua.Variant(each) for each in given]
    (result,) = await at.client.uaclient.call([request])
    return result.StatusCode.name


@pytest.mark.asyncio
async def test_arguments_that_are_none_are_refused_before_anybody_hears_of_them(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "admin") as at:
        assert await wrong(at, "1", "armed") == "BadArgumentsMissing"
        assert await wrong(at, "1", "armed", "", "") == "BadTooManyArguments"
        assert await wrong(at, "1", 5, "") == "BadInvalidArgument"
        assert await wrong(at, ["1"], "armed", "") == "BadInvalidArgument"
        assert await wrong(at, "1", "all the way", "") == "BadInvalidArgument"
        assert house.orders == []


@pytest.mark.asyncio
async def test_a_role_that_is_taken_away_is_gone_at_once(house: House, own: OwnIdentity) -> None:
    house.users.add("demoted", AccessRole.ENGINEER, "a-long-pass-phrase")
    async with guest(house, own, "demoted") as at:
        arm = method("SetArming")
        assert (await at.call(arm.name, *arguments(arm)))[0]
        house.users.set_role("demoted", AccessRole.OPERATOR)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await at.call(arm.name, *arguments(arm))


@pytest.mark.asyncio
async def test_an_order_does_not_wait_for_what_its_client_reads_out_of_the_journal(
    house: House, own: OwnIdentity
) -> None:
    async with guest(house, own, "operator") as at:
        verify = ua.NodeId(names.variable_id("SiteType", "VerifyJournal"), at.index)
        # A process of its own reads the journal: it takes longer to begin than an order takes.
        study = asyncio.create_task(at.node(names.SITE).call_method(verify))
        await asyncio.sleep(0)
        accepted, *_ = await at.call("Switchover", *arguments(method("Switchover")))
        assert accepted
        assert not study.done()
        with pytest.raises(ua.UaError):  # there is no journal here
            await study


@pytest.mark.asyncio
async def test_an_order_that_the_supervisor_does_not_answer_is_told_and_may_be_repeated(
    house: House, own: OwnIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guest(house, own, "operator") as at:
        heard = house._heard
        monkeypatch.setattr(house, "_heard", lambda said: None if isinstance(said, wire.OnBehalf) else heard(said))
        given = arguments(method("Switchover"))
        accepted, durable, texts, codes, _ = await at.call("Switchover", *given)
        assert (accepted, durable, codes) == (False, False, ["no_answer"])
        assert "repeat it with the same id" in texts[0]
        assert house.noted(f"id {given[0]}: the supervisor did not answer; 0 others wait, 0 bytes are unsent")
        monkeypatch.undo()
        assert (await at.call("Switchover", *given))[0]
