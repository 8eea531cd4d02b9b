"""Faults of a simulated plant, handed to its console as `otha sim fault` does it: by that very command, as a process.

The plant's folder is the one of the site file, where `otha sim up` has put it. At a real plant there is nothing here.
"""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from otha.core.errors import EngineerError, HostError

Json = dict[str, Any]  # Any: JSON
_TIMEOUT_S: Final = 120.0  # a fault may start a process anew
_WAITING_MAX: Final = 4
_OUT_MAX: Final = 1 << 20
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NO_PLANT: Final = "this site is no simulated plant"
_CONSOLE: Final = "sim.sock"


class Faults:
    """`configuration` gives the site that is supervised; see `otha.wire.interface.View`."""

    def __init__(self, configuration: Callable[[], Awaitable[Json | None]]) -> None:
        self._configuration = configuration
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def all(self) -> list[Json]:
        """Every fault with its parameters. Raises EngineerError at a real plant, HostError when nobody says."""
        await self._folder()
        found: list[Json] = json.loads(await self._run("list", "--json"))
        return found

    async def inject(self, name: str, arguments: str) -> str:
        """Carry one out; the console's answer. Raises EngineerError and HostError."""
        folder = await self._folder()
        if not _NAME.fullmatch(name):
            raise EngineerError(f"there is no fault {name[:64]!r}", mend="ListFaults shows them")
        given = [f"{key}={said}" for key, said in _arguments(arguments).items()]
        out = await self._run("fault", f"--dir={folder}", "--", name, *given)
        return f"fault {' '.join([name, *given])}: {out.strip()}"

    async def _run(self, *arguments: str) -> str:
        """One at a time; few wait."""
        if self._waiting >= _WAITING_MAX:
            raise HostError("too many faults wait for the plant", mend="try again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                return await _said(*arguments)
        finally:
            self._waiting -= 1

    async def _folder(self) -> Path:
        site = await self._configuration()
        if site is None:
            raise HostError("the supervisor does not answer", mend="try again in a moment")
        if not site["simulation"]:
            raise EngineerError(_NO_PLANT, mend="faults are for `simulation = true`")
        folder = Path(site["file"]).parent
        if not (folder / _CONSOLE).exists():
            raise EngineerError(
                f"no simulated plant serves at {folder}", mend="run the site file that `otha sim up` has written there"
            )
        return folder


def _arguments(text: str) -> dict[str, str]:
    """The arguments of a fault from their JSON object. Raises EngineerError."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(
        _NAME.fullmatch(key) and isinstance(said, str | int | float) for key, said in found.items()
    ):
        raise EngineerError("the arguments are no JSON object of texts and numbers", mend='write {"node": "sc_a"}')
    return {key: str(said) for key, said in found.items()}


async def _said(*arguments: str) -> str:
    """What the command says. Raises EngineerError and HostError in its words."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sim",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        raise HostError(f"`otha sim` can't be started: {error}", mend="see the supervisor's machine") from error
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            out, trouble = await process.communicate()
    except TimeoutError as error:
        raise HostError("the simulated plant does not answer", mend="look at its log") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        what, _, mend = trouble.decode("utf-8", "replace").strip().partition("\n")
        raise (EngineerError if process.returncode == 2 else HostError)(what[:300], mend=mend.strip()[:300])
    return out[:_OUT_MAX].decode("utf-8", "replace")
