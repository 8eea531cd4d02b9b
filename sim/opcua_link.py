"""A client of one OPC UA server of the plant: opened when something is to be called, left when a call fails."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.methods import call_method_full
from asyncua.ua.uaerrors import UaError

from sim.errors import SimError
from sim.opcua import FOLDER, node_id

_T = TypeVar("_T")

_SESSION_MS: Final = 60_000
# Connecting is a dozen exchanges. On a busy machine a limit made for one of them would never be met, and what waits
# for the connection would wait for ever.
_OPEN_S: Final = 5.0
_LEAVE_S: Final = 1.0


class LinkDown(SimError):
    """The server didn't answer in time or refused. Whether it carried out what was asked is unknown."""


class OpcuaLink:
    """One caller at a time. A call takes at most `timeout_ms`, and before it, if need be, 5 s to connect.

    `greet` keeps the connection at hand meanwhile; a call never waits for it.
    """

    def __init__(self, port: int, namespace: str, *, timeout_ms: int) -> None:
        self._url = f"opc.tcp://127.0.0.1:{port}/"
        self._namespace = namespace
        self._timeout_s = timeout_ms / 1000
        self._client: Client | None = None
        self._index = 0
        self._calling = False
        self._greeting: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether the last call came back."""
        return self._client is not None

    async def call(self, method: str, arguments: Sequence[ua.Variant]) -> list[Any]:
        """A method's results. Raises LinkDown."""
        if self._greeting is not None:
            self._greeting.cancel()
        self._calling = True
        try:
            if self._client is None:
                self._client = await _within(_OPEN_S, self._open())
            folder = self._client.get_node(node_id(FOLDER, self._index))
            asked = call_method_full(folder, node_id(method, self._index), *arguments)
            result = await _within(self._timeout_s, asked)
        except (OSError, TimeoutError, UaError) as error:
            await self.close()
            raise LinkDown(
                f"{method} at {self._url}: {type(error).__name__} {error}",
                mend="is that process running, its network up?",
            ) from error
        finally:
            self._calling = False
        return list(result.OutputArguments)

    async def greet(self) -> None:
        """Connect if there is no connection, else find out whether it still carries."""
        if self._calling or self._greeting is not None:
            return
        self._greeting = asyncio.create_task(self._greet())
        try:
            await asyncio.wait((self._greeting,))
        finally:
            self._greeting.cancel()
            self._greeting = None

    async def _greet(self) -> None:
        try:
            if self._client is None:
                self._client = await _within(_OPEN_S, self._open())
            else:
                await _within(self._timeout_s, self._client.nodes.server_state.read_value())
        except (OSError, TimeoutError, UaError):
            await self.close()

    async def _open(self) -> Client:
        client = Client(self._url, timeout=_OPEN_S)
        client.session_timeout = _SESSION_MS
        try:
            await client.connect()
            self._index = await client.get_namespace_index(self._namespace)
        except BaseException:
            client.disconnect_socket()
            raise
        return client

    async def close(self) -> None:
        """Leave the server, if there is a connection."""
        client, self._client = self._client, None
        if client is not None:
            try:
                with suppress(OSError, TimeoutError, UaError):
                    await _within(_LEAVE_S, client.disconnect())
            finally:
                client.disconnect_socket()  # a peer that says nothing is not waited for


async def _within(limit_s: float, work: Coroutine[Any, Any, _T]) -> _T:
    """The work's result. Raises TimeoutError when it takes longer, without waiting for it to end.

    asyncua's disconnect takes a cancellation for one of its own tasks' and goes on: `asyncio.timeout` around it, and
    around whatever disconnects when it fails, is no bound.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait((task,), timeout=limit_s)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not task.done():
        raise TimeoutError(f"not within {limit_s:g} s")
    return task.result()


def _forget(task: "asyncio.Task[Any]") -> None:
    """What becomes of work that nobody waits for is of no interest, but a connection made so late is closed."""
    if not task.cancelled() and task.exception() is None and isinstance(task.result(), Client):
        task.result().disconnect_socket()
