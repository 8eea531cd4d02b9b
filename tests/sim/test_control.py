"""The maintenance door of a process: answers, refusals, and silence."""

import asyncio
from pathlib import Path

import pytest

from sim import control
from sim.errors import PlantError, UsageError

pytestmark = pytest.mark.asyncio


def refuse() -> None:
    raise UsageError("not today", mend="tomorrow")


async def later(value: int) -> control.Answer:
    await asyncio.sleep(0)
    return {"twice": 2 * value}


async def test_answers_carry_when_and_what(tmp_path: Path) -> None:
    door = await control.serve(tmp_path / "door", {"later": later, "refuse": refuse, "nothing": lambda: None})
    answer = await control.call(tmp_path / "door", "later", value=4)
    assert answer["twice"] == 8
    assert (await control.call(tmp_path / "door", "nothing"))["at_ns"] > answer["at_ns"] > 0
    assert (tmp_path / "door").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="not today") as caught:
        await control.call(tmp_path / "door", "refuse")
    assert caught.value.mend == "tomorrow"
    with pytest.raises(UsageError, match="nothing here is called"):
        await control.call(tmp_path / "door", "open")
    with pytest.raises(UsageError, match="bad request"):
        await control.call(tmp_path / "door", "later", wrong=1)
    door.close()


async def test_garbage_is_answered_and_the_door_stays_open(tmp_path: Path) -> None:
    door = await control.serve(tmp_path / "door", {"later": later})
    reader, writer = await asyncio.open_unix_connection(tmp_path / "door")
    for garbage in (b"[]\n", b"{\n", b'{"do": 1}\n', b"\xff\n"):
        writer.write(garbage)
        assert b'"ok": false' in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    assert (await control.call(tmp_path / "door", "later", value=1))["twice"] == 2
    door.close()


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(PlantError, match="nobody answers"):
        await control.call(tmp_path / "door", "later")


async def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with pytest.raises(UsageError, match="no socket can be made"):
        await control.serve(folder / "door", {})
