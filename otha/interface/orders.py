"""The methods of a group: an order, put before the supervisor in the name of the user who has logged in."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from asyncua import ua as asyncua_ua
from asyncua.ua.status_codes import StatusCodes

from otha.core.words import Arming, OrderKind, TransferKind
from otha.interface.door import Caller, Door
from otha.interface.session import CALLER
from otha.interface.space import TYPES, variant
from otha.interface.values import as_text
from otha.names import ANSWER, SITE, Kind, Method, Variable
from otha.wire import access
from otha.wire.errors import UNANSWERED
from otha.wire.interface import Notice
from otha.wire.message import Obstacle, OrderReply, OrderRequest, Refusal, to_json

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_NS_PER_S: Final = 1_000_000_000
_PREFIX: Final = "Group/"
IDLE: Final = "this session was idle for too long"
_CODES: Final = {IDLE: "idle_locked", UNANSWERED: "no_answer"}


class Supervisor(Protocol):
    """Who carries orders out; see `otha.interface.link`."""

    async def order(self, caller: Caller, request: OrderRequest) -> OrderReply | Refusal | None:
        """The answer to an order; None when there is none in time."""


class Orders:
    """Makes the functions that asyncua calls. `idle_lock_ms`: see `otha.site.interface`. `supervisor_name`: whose own
    alarms are the site's."""

    def __init__(self, supervisor: Supervisor, door: Door, *, idle_lock_ms: int) -> None:
        self._supervisor = supervisor
        self._door = door
        self._idle_lock_s = idle_lock_ms / 1000
        self.supervisor_name = ""

    def method(self, method: Method) -> Callable[..., Awaitable[Any]]:
        """What is called for `method`."""
        kind = OrderKind(method.order)

        async def call(group: Any, *given: Any) -> Any:
            taken = arguments(method.inputs, given)
            if isinstance(taken, ua.CallMethodResult):
                return taken
            try:
                request = order_request(kind, self._owner(str(group.Identifier)), taken)
            except ValueError:
                return result(StatusCodes.BadInvalidArgument)
            return await self._order(request)

        return call

    def _owner(self, name: str) -> str:
        """Whose alarms and roles an order is about: a group's, or the supervisor's own."""
        return self.supervisor_name if name == SITE else name.removeprefix(_PREFIX)

    async def _order(self, request: OrderRequest) -> Any:
        reply = await self.give(request)
        return result(StatusCodes.BadUserAccessDenied) if reply is None else answer(reply)

    async def give(self, request: OrderRequest) -> OrderReply | Refusal | None:
        """What becomes of an order of the one who calls; None: he may not."""
        caller = self.caller()
        if caller is None:
            self._gone(request)
            return None
        allowed = access.may_order(caller.role, request.order)
        if allowed and self.is_idle():
            self.tell_idle(caller, request.order.value)
            return Refusal(what=IDLE, mend="log in again")
        # The supervisor decides by the same table, and journals what it refuses.
        reply = await self._supervisor.order(caller, request)
        if not allowed:
            return None
        CALLER.get().ordered_at = time.monotonic()
        return reply or Refusal(what=UNANSWERED, mend="repeat it with the same id")

    def _gone(self, request: OrderRequest) -> None:
        """Whoever has lost his role tries once more before his session ends; it is journaled like any other denial."""
        was = CALLER.get().caller
        if was is not None:
            what = f"{request.order.value} of {request.group}: there is no such user any more"
            self._door.tell(Notice.DENIED, was.user, was.client, what)

    def caller(self) -> Caller | None:
        """Who calls, with the role that he has now; None when he has none any more."""
        caller = CALLER.get().caller
        role = None if caller is None else self._door.role_now(caller)
        if caller is None or role is None:
            return None
        return Caller(user=caller.user, role=role, client=caller.client)

    def tell_idle(self, caller: Caller, what: str) -> None:
        """Somebody came back to a session that is locked."""
        self._door.tell(Notice.DENIED, caller.user, caller.client, f"{what}: idle for too long")

    def is_idle(self) -> bool:
        """The session was idle for too long to order anything."""
        return self.locks_in_ms() == 0

    def locks_in_ms(self) -> int:
        """When the session may order nothing any more; 0: it is so now, -1: never."""
        if self._idle_lock_s <= 0:
            return -1
        return max(0, int(1000 * (self._idle_lock_s - (time.monotonic() - CALLER.get().ordered_at))))


def arguments(wanted: tuple[Variable, ...], given: tuple[Any, ...]) -> Any:
    """The arguments by name, or the CallMethodResult that says what is wrong with them (OPC UA Part 4, 5.11.2)."""
    if len(given) != len(wanted):
        few = len(given) < len(wanted)
        return result(StatusCodes.BadArgumentsMissing if few else StatusCodes.BadTooManyArguments)
    codes = [
        StatusCodes.Good if _fits(each, said) else StatusCodes.BadTypeMismatch
        for each, said in zip(wanted, given, strict=True)
    ]
    if any(codes):
        wrong = result(StatusCodes.BadInvalidArgument)
        wrong.InputArgumentResults = [ua.StatusCode(code) for code in codes]
        return wrong
    return {each.name: "" if said.Value is None else said.Value for each, said in zip(wanted, given, strict=True)}


def order_request(kind: OrderKind, group: str, taken: dict[str, Any]) -> OrderRequest:
    """The order that these arguments mean. Raises ValueError for a word that is none."""
    seconds = taken.get("ForSeconds")
    one_shot = kind is OrderKind.SHELVE and seconds == 0
    return OrderRequest(
        id=taken["OrderId"],
        order=kind,
        group=group,
        node=taken.get("Node") or None,
        arming=Arming(taken["Arming"]) if "Arming" in taken else None,
        comment=taken.get("Comment", ""),
        item=taken.get("Alarm") or taken.get("Condition") or None,
        occurrence=taken.get("Occurrence"),
        for_ns=None if seconds is None or one_shot else seconds * _NS_PER_S,
        transfer=TransferKind(taken["Transfer"]) if "Transfer" in taken else None,
        request=taken.get("Request"),
    )


def answer(reply: OrderReply | Refusal) -> list[Any]:
    """The output arguments, as `otha.names.ANSWER` lists them."""
    if isinstance(reply, Refusal):
        code = _CODES.get(reply.what, "refused")
        said: tuple[Any, ...] = (False, False, [f"{reply.what}: {reply.mend}"], [code], "")
    else:
        preview = "" if reply.preview is None else as_text(to_json(reply)["preview"])
        texts, codes = [_text(each) for each in reply.obstacles], [each.block for each in reply.obstacles]
        said = (reply.accepted, reply.durable, texts, codes, preview)
    return [variant(each.kind, value) for each, value in zip(ANSWER, said, strict=True)]


def _text(obstacle: Obstacle) -> str:
    detail = f": {obstacle.detail}" if obstacle.detail else ""
    rule = f" ({obstacle.rule})" if obstacle.rule else ""
    return f"{obstacle.block.replace('_', ' ')}{detail}{rule}"


def _fits(wanted: Variable, said: Any) -> bool:
    if said.VariantType != TYPES[wanted.kind] or said.is_array:
        return False
    if wanted.kind is not Kind.TEXT:
        return said.Value is not None
    return said.Value is None or _is_text(said.Value)


def _is_text(said: str) -> bool:
    """asyncua makes half of a surrogate pair of each byte that is no UTF-8."""
    try:
        said.encode()
    except UnicodeEncodeError:
        return False
    return True


def result(code: int) -> Any:
    """A method's end that is this StatusCode."""
    return ua.CallMethodResult(StatusCode=ua.StatusCode(code))
