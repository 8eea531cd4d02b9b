"""What journal, recorder and loop tell of themselves reaches the core, from whatever thread and however early."""

import asyncio
import threading
from pathlib import Path

import pytest

from otha.core.inputs import Input, OwnTrouble
from otha.core.words import AlarmCode
from otha.journal.terms import Damage, Trouble, TroubleKind
from otha.runtime.own_trouble import OwnTroubles, StallCount

SILENT, DAMAGED, RECORDER = AlarmCode.JOURNAL_SILENT, AlarmCode.JOURNAL_DAMAGED, AlarmCode.RECORDER_SILENT
DAMAGE = Damage(
    file=Path("journal/journal-0001.db"),
    new_file=Path("journal/journal-0002.db"),
    first_bad_seq=5,
    what="row 5",
    last_good_seq=4,
    last_good_hash=b"",
)
S = 1_000_000_000


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (Trouble(kind=TroubleKind.DISK, what="full"), OwnTrouble(code=SILENT, detail="rows wait", holds=True)),
        (Trouble(kind=TroubleKind.FULL, what="x"), OwnTrouble(code=SILENT, detail="rows are refused", holds=True)),
        (Trouble(kind=TroubleKind.OVER, what="x"), OwnTrouble(code=SILENT, detail="", holds=False)),
        (
            Trouble(kind=TroubleKind.DAMAGE, what="x", damage=DAMAGE),
            OwnTrouble(code=DAMAGED, detail="journal-0001.db", holds=True),
        ),
    ],
)
@pytest.mark.asyncio
async def test_trouble_of_the_journal_is_told_from_its_thread(trouble: Trouble, told: OwnTrouble) -> None:
    troubles, got = OwnTroubles(), asyncio.get_running_loop().create_future()
    troubles.start(lambda raw, at_ns: got.set_result((raw, threading.current_thread())))
    threading.Thread(target=troubles.journal, args=(trouble,)).start()
    async with asyncio.timeout(10):
        assert await got == (told, threading.current_thread())


@pytest.mark.asyncio
async def test_what_is_told_before_the_start_is_not_lost() -> None:
    troubles, got = OwnTroubles(), list[Input]()
    troubles.recorder("no room")
    troubles.recorder("")
    troubles.start(lambda raw, at_ns: got.append(raw))
    assert got == [OwnTrouble(code=RECORDER, detail="", holds=holds) for holds in (True, False)]


def test_after_the_end_of_the_loop_nothing_is_told_and_nothing_breaks() -> None:
    troubles, got = OwnTroubles(), list[Input]()

    async def start() -> None:
        troubles.start(lambda raw, at_ns: got.append(raw))

    asyncio.run(start())
    troubles.recorder("no room")
    assert got == []


def test_the_third_stall_within_a_minute_is_worth_an_alarm() -> None:
    count = StallCount()
    assert [count.worth_telling(at * S) for at in (0, 30, 61, 70, 75, 81)] == [False, False, False, True, False, True]
