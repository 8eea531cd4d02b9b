"""The maintenance door of a simulated process: JSON lines over a Unix socket in the plant's folder.

Request: {"do": name, ...arguments}. Answer: {"ok": true, "at_ns": CLOCK_MONOTONIC of the effect, ...} or
{"ok": false, "error": sentence, "mend": sentence}.
"""

import asyncio
import contextlib
import inspect
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from sim.errors import PlantError, SimError, UsageError

Answer = dict[str, Any]
Action = Callable[..., Answer | Awaitable[Answer | None] | None]


async def serve(path: Path, actions: Mapping[str, Action]) -> asyncio.Server:
    """Open the door. An action gets the request's other keys as keyword arguments; what it returns goes back."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await _carry_out(actions, line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            await _closed(writer)

    return await asyncio.start_unix_server(session, sock=_door(path))


def _door(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    try:
        door.bind(str(path))
    except OSError as error:
        door.close()
        raise UsageError(
            f"no socket can be made at {path}: {error}", mend="choose a shorter, writable --dir"
        ) from error
    path.chmod(0o600)
    return door


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def _carry_out(actions: Mapping[str, Action], line: bytes) -> Answer:
    try:
        request = json.loads(line)
        name = request.pop("do")
        if name not in actions:
            raise UsageError(f"nothing here is called {name!r}", mend=f"one of: {', '.join(sorted(actions))}")
        answer = actions[name](**request)
        if inspect.isawaitable(answer):
            answer = await answer
    except SimError as error:
        return {"ok": False, "error": str(error), "mend": error.mend}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return {"ok": False, "error": f"bad request: {error}", "mend": "look at the arguments the fault's help names"}
    return {"ok": True, "at_ns": time.monotonic_ns(), **(answer or {})}


async def call(path: Path, action: str, /, *, timeout_s: float = 10.0, **arguments: Any) -> Answer:
    """Ask through a door. Raises PlantError when nobody answers there, UsageError when the other side refuses."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(json.dumps({"do": action, **arguments}).encode() + b"\n")
                line = await reader.readline()
            finally:
                await _closed(writer)
    except (OSError, TimeoutError) as error:
        raise PlantError(
            f"nobody answers at {path}: {type(error).__name__}", mend="is the process running? `sim up` starts a plant"
        ) from error
    if not line:
        raise PlantError(f"{path} closed without an answer", mend="look into the process' log beside it")
    answer: Answer = json.loads(line)
    if not answer.pop("ok"):
        raise UsageError(answer["error"], mend=answer["mend"])
    return answer
