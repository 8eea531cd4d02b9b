"""What is read out of the whole journal for one client keeps no other one waiting."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from otha.core.errors import HostError
from otha.interface.studies import Studies


class Held(Studies):
    """Studies that last until they are let go; what is asked for is their answer. `under_way`: in their order."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.under_way: list[str] = []
        self.let_go = asyncio.Event()

    async def _asked(self, request: str) -> dict[str, Any]:
        self.under_way.append(request)
        await self.let_go.wait()
        return {"asked": request}


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_a_client_has_one_at_a_time_and_others_are_not_kept_waiting() -> None:
    studies = Held()
    first, second = (asyncio.create_task(studies.ask("a", ask=each)) for each in ("long", "next"))
    await turns()
    with pytest.raises(HostError, match="too many"):
        await studies.ask("a", ask="third")
    other = asyncio.create_task(studies.ask("b", ask="other"))
    await turns()
    assert studies.under_way == ['{"ask": "long"}', '{"ask": "other"}']
    studies.let_go.set()
    assert [each["asked"] for each in await asyncio.gather(first, second, other)] == [
        '{"ask": "long"}',
        '{"ask": "next"}',
        '{"ask": "other"}',
    ]
    assert await studies.ask("a", ask="again") == {"asked": '{"ask": "again"}'}


@pytest.mark.asyncio
async def test_all_clients_together_have_few() -> None:
    studies = Held()
    asked = [asyncio.create_task(studies.ask(str(owner), ask=owner)) for owner in range(8)]
    await turns()
    assert len(studies.under_way) == 3
    with pytest.raises(HostError, match="too many"):
        await studies.ask("8", ask=8)
    studies.let_go.set()
    await asyncio.gather(*asked)
    assert len(studies.under_way) == 8
