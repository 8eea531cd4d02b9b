"""What the interface does itself in a user's name: judged by the one table, journaled before and after, done once."""

import asyncio
import json
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from otha.core.errors import OthaError
from otha.runtime.interface.fed import Book
from otha.wire import access
from otha.wire import interface as wire

INTENT, OUTCOME, DENIED = "interface.act", "interface.acted", wire.Notice.DENIED.value
_DURABLE_S = 1.0
_REMEMBERED = 512
_NAME_MAX = 200


@dataclass(slots=True, kw_only=True)
class _Act:
    """One that was permitted. `end` is None while it is under way."""

    asked: wire.Act
    end: wire.Permitted | None = None

    def is_repeated_by(self, other: wire.Act) -> bool:
        return (self.asked.user, self.asked.deed, self.asked.what) == (other.user, other.deed, other.what)


class Acts:
    """Remembers what was asked by its order's id: the newest so many."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: OrderedDict[str, _Act] = OrderedDict()

    def denied(self, act: wire.Act, left_out: int | None) -> wire.Permitted:
        """The role does not allow it. `left_out`: how many such were not journaled before; None: nor is this one."""
        needed = access.NEEDED[act.deed].name.lower()
        what = f"user {act.user} is {act.role.value}; {act.deed.value} needs {needed}"
        if left_out is not None:
            self._book.note(DENIED, {**_body(act), "what": what, "left_out": left_out}, act.user)
        return refusal(act, what, "denied")

    async def asked(self, act: wire.Act) -> wire.Permitted:
        """Whether it may be done now; the role has been checked."""
        if not 0 < len(act.id) <= _NAME_MAX:
            return refusal(act, "an order without an id, or with one that is too long", "bad_id")
        known = self._known.get(act.id)
        if known is not None:
            return self._again(known, act)
        self._known[act.id] = _Act(asked=act)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        if not await _is_durable(self._book.note(INTENT, _body(act), act.user)):
            what = "the journal's disk does not take it: who changed what could not be told"
            self._end(act.id, accepted=False, what=what, code="not_durable")
            return refusal(act, what, "not_durable")
        return wire.Permitted(ask=act.ask, go=True, accepted=False, durable=True, what="", code="")

    def ended(self, end: wire.Acted) -> None:
        """The interface has carried it out, or could not."""
        self._end(end.id, accepted=end.accepted, what=end.what, code=end.code)

    def cut_off(self) -> None:
        """The interface has ended: nobody knows what became of that which was under way."""
        for id_ in [id_ for id_, act in self._known.items() if act.end is None]:
            self._end(
                id_, accepted=False, what="the interface ended meanwhile: look whether it was done", code="unknown"
            )

    def _end(self, id_: str, *, accepted: bool, what: str, code: str) -> None:
        act = self._known.get(id_)
        if act is None or act.end is not None:
            return
        act.end = wire.Permitted(ask=0, go=False, accepted=accepted, durable=True, what=what, code=code)
        body = {**_body(act.asked), "accepted": accepted, "what": what, "code": code}
        self._book.note(OUTCOME, body, act.asked.user)

    @staticmethod
    def _again(known: _Act, act: wire.Act) -> wire.Permitted:
        if not known.is_repeated_by(act):
            return refusal(act, "another order had this id", "id_taken")
        if known.end is None:
            return refusal(act, "it is under way", "under_way")
        end = known.end
        return wire.Permitted(
            ask=act.ask, go=False, accepted=end.accepted, durable=end.durable, what=end.what, code=end.code
        )


def refusal(act: wire.Act, what: str, code: str) -> wire.Permitted:
    """It may not be done."""
    return wire.Permitted(ask=act.ask, go=False, accepted=False, durable=False, what=what, code=code)


def _body(act: wire.Act) -> dict[str, Any]:
    return {"id": act.id[:_NAME_MAX], "deed": act.deed.value, "asked": _arguments(act.what), "client": act.client}


def _arguments(what: str) -> dict[str, str]:
    """Its arguments, for the journal."""
    try:
        found = json.loads(what)
    except (ValueError, RecursionError):
        return {"text": what[:_NAME_MAX]}
    return {str(name): str(said) for name, said in found.items()} if isinstance(found, dict) else {}


async def _is_durable(row: "Future[int]") -> bool:
    try:
        async with asyncio.timeout(_DURABLE_S):
            await asyncio.wrap_future(row)
    except (OthaError, TimeoutError):
        return False
    return True
