"""Acts in a user's name: journaled before and after, done once by their id, never when the journal can't take them."""

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from otha.core.errors import HostError
from otha.runtime.interface.acts import Acts
from otha.wire import interface as wire
from otha.wire.access import Deed

LOCK = wire.Act(
    ask=1, user="ada", client="c", role=wire.RoleName.ADMIN, deed=Deed.USER_LOCK, id="7", what='{"User":"kim"}'
)


class Book:
    """Keeps what is written down. `broken`: it never gets to the disk."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Any], str]] = []
        self.broken = False

    def note(self, kind: str, body: dict[str, Any], user: str) -> "Future[int]":
        self.notes.append((kind, body, user))
        row: Future[int] = Future()
        if self.broken:
            row.set_exception(HostError("the disk is full"))
        else:
            row.set_result(1)
        return row

    def log(self, level: str, event: str, **fields: object) -> None:
        pass


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.mark.asyncio
async def test_who_wants_what_is_journaled_before_it_is_done_and_how_it_ended(book: Book) -> None:
    acts = Acts(book)
    assert (await acts.asked(LOCK)).go
    asked = {"id": "7", "deed": "user-lock", "asked": {"User": "kim"}, "client": "c"}
    assert book.notes == [("interface.act", asked, "ada")]
    acts.ended(wire.Acted(id="7", accepted=True, what="user kim is locked", code=""))
    ended = {**asked, "accepted": True, "what": "user kim is locked", "code": ""}
    assert book.notes[1:] == [("interface.acted", ended, "ada")]


@pytest.mark.asyncio
async def test_a_repeat_gets_the_same_answer_and_another_act_with_its_id_is_refused(book: Book) -> None:
    acts = Acts(book)
    await acts.asked(LOCK)
    assert (await acts.asked(replace(LOCK, ask=2))).code == "under_way"
    acts.ended(wire.Acted(id="7", accepted=True, what="user kim is locked", code=""))
    again = await acts.asked(replace(LOCK, ask=3))
    assert (again.ask, again.go, again.accepted, again.what) == (3, False, True, "user kim is locked")
    for other in (replace(LOCK, user="eve"), replace(LOCK, deed=Deed.USER_UNLOCK), replace(LOCK, what="{}")):
        refused = await acts.asked(other)
        assert (refused.go, refused.accepted, refused.code) == (False, False, "id_taken")
    assert [kind for kind, *_ in book.notes] == ["interface.act", "interface.acted"]


@pytest.mark.asyncio
async def test_nothing_is_done_that_the_journal_does_not_take(book: Book) -> None:
    acts = Acts(book)
    book.broken = True
    refused = await acts.asked(LOCK)
    assert (refused.go, refused.code) == (False, "not_durable")
    book.broken = False
    assert (await acts.asked(replace(LOCK, ask=2))).code == "not_durable"


@pytest.mark.asyncio
async def test_of_what_was_under_way_when_the_interface_ended_nobody_says_that_it_was_done(book: Book) -> None:
    acts = Acts(book)
    await acts.asked(LOCK)
    acts.cut_off()
    assert book.notes[-1][1]["code"] == "unknown"
    assert (await acts.asked(replace(LOCK, ask=2))).code == "unknown"
    acts.ended(wire.Acted(id="7", accepted=True, what="too late", code=""))
    assert len(book.notes) == 2


@pytest.mark.asyncio
async def test_an_id_that_is_none_is_refused(book: Book) -> None:
    for id_ in ("", "x" * 201):
        assert (await Acts(book).asked(replace(LOCK, id=id_))).code == "bad_id"
    assert book.notes == []
