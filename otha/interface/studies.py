"""What is read out of the whole journal: alarm figures, reports, the chain's verdict.

A process of its own reads it, `python -m otha.report`, for one client one at a time and for all of them a few: a long
journal holds up nobody who is in, and no client keeps the others from asking.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from otha.core.errors import HostError

_AT_ONCE: Final = 3  # each may take as much memory as `otha.report` lets itself have
_OF_CLIENT: Final = 2  # one of them is read, the other waits
_WAITING_MAX: Final = 8
_TIMEOUT_S: Final = 120.0
ANSWER_MAX: Final = 3 << 20  # what one message to a client carries, with room for what else stands in it


class Studies:
    """Asks about the journal of the state directory `state`."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._lanes: dict[bytes | str, asyncio.Lock] = {}
        self._asked_by: Counter[bytes | str] = Counter()

    async def ask(self, owner: bytes | str, **request: Any) -> dict[str, Any]:  # Any: JSON
        """The answer for this client; see `otha.report.__main__`. Raises HostError."""
        if self._asked_by[owner] >= _OF_CLIENT or self._asked_by.total() >= _WAITING_MAX:
            raise HostError("too many wait for an answer from the journal", mend="try again in a moment")
        self._asked_by[owner] += 1
        lane = self._lanes.setdefault(owner, asyncio.Lock())
        try:
            async with lane, self._places, asyncio.timeout(_TIMEOUT_S):
                return await self._asked(json.dumps(request))
        except TimeoutError as error:
            raise HostError("the journal takes too long to read", mend="ask for a shorter time") from error
        except (OSError, ValueError) as error:
            raise HostError(f"the journal can't be read: {error}", mend="see the supervisor's machine") from error
        finally:
            self._asked_by[owner] -= 1
            if not self._asked_by[owner]:
                del self._asked_by[owner], self._lanes[owner]

    async def _asked(self, request: str) -> dict[str, Any]:  # Any: JSON
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "otha.report",
            str(self._state),
            request,
            str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=1 << 16,
        )
        try:
            out = await self._read(process)
            if await process.wait() != 0:
                raise HostError("who reads the journal has ended early", mend="ask for a shorter time")
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        found: dict[str, Any] = json.loads(out)
        return found

    @staticmethod
    async def _read(process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None
        out = b""
        while data := await process.stdout.read(1 << 16):
            out += data
            if len(out) > ANSWER_MAX:
                raise HostError("the answer is longer than a message may be", mend="ask for a shorter time")
        return out
