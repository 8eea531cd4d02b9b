"""The messages between supervisor and interface survive the way; a large state is no obstacle."""

import pytest

from otha.core.words import OrderKind
from otha.wire import interface as wire
from otha.wire.access import AccessRole, Deed
from otha.wire.errors import WireError
from otha.wire.frame import MAX_BODY
from otha.wire.message import OrderReply, OrderRequest, Refusal

ORDER = OrderRequest(id="1", order=OrderKind.SHELVE, group="tanks", node=None, arming=None, comment="", for_ns=5)
TO_INTERFACE: list[wire.ToInterface] = [
    wire.Setup(
        site="s",
        version="1",
        folder="/x",
        host="0.0.0.0",
        port=4840,
        allow_none=False,
        sessions=5,
        connections=9,
        idle_lock_ms=0,
    ),
    wire.Snapshot(wall_ns=1, status={"groups": ["x" * MAX_BODY]}),
    wire.Told(lost=3, wall_ns=2, event={"kind": "decision"}),
    wire.Answered(ask=1, reply=OrderReply(id="1", accepted=True, durable=True, obstacles=()), refusal=None),
    wire.Answered(ask=1, reply=None, refusal=Refusal(what="no", mend="")),
    wire.Explained(ask=2, why=None),
    wire.Permitted(ask=3, go=False, accepted=True, durable=True, what="user kim is locked", code=""),
    wire.Seen(ask=4, body={"text": "x"}),
    wire.Seen(ask=4, body=None),
    wire.Ping(),
]
FROM_INTERFACE: list[wire.FromInterface] = [
    wire.Listening(url="opc.tcp://0.0.0.0:4840/otha", fingerprint="ab"),
    wire.Failed(what="no", mend=""),
    wire.OnBehalf(ask=1, user="olga", client="c", role=wire.RoleName.OPERATOR, order=ORDER),
    wire.Explain(ask=2, group="tanks", node=None),
    wire.Act(ask=3, user="ada", client="c", role=wire.RoleName.ADMIN, deed=Deed.USER_LOCK, id="7", what="{}"),
    wire.Acted(id="7", accepted=False, what="no", code="refused"),
    wire.Look(ask=4, view=wire.View.OUTPUTS, group="tanks"),
    wire.Noted(notice=wire.Notice.DENIED, user="olga", client="c", what="w"),
    wire.Pong(sessions=3),
]


@pytest.mark.parametrize("message", TO_INTERFACE, ids=lambda each: type(each).__name__)
def test_to_the_interface(message: wire.ToInterface) -> None:
    assert wire.reader_at_interface().feed(wire.to_interface(message)) == [message]


@pytest.mark.parametrize("message", FROM_INTERFACE, ids=lambda each: type(each).__name__)
def test_from_the_interface(message: wire.FromInterface) -> None:
    assert wire.reader_at_supervisor().feed(wire.from_interface(message)) == [message]


def test_the_interface_can_not_make_the_supervisor_hold_much() -> None:
    with pytest.raises(WireError, match="the limit"):
        wire.from_interface(wire.Failed(what="x" * MAX_BODY, mend=""))


def test_every_role_travels() -> None:
    assert [each.role for each in wire.RoleName] == list(AccessRole)
