"""A client of one OPC UA server of the plant: opened when something is to be called, left when a call fails."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.methods import call_method_full
from asyncua.ua.uaerrors import UaError

from sim.errors import SimError
from sim.opcua import FOLDER, node_id

_SESSION_MS: Final = 60_000


class LinkDown(SimError):
    """The server didn't answer in time or refused. Whether it carried out what was asked is unknown."""


class OpcuaLink:
    """One caller at a time. A call includes connecting, and takes at most twice `timeout_ms`."""

    def __init__(self, port: int, namespace: str, *, timeout_ms: int) -> None:
        self._url = f"opc.tcp://127.0.0.1:{port}/"
        self._namespace = namespace
        self._timeout_s = timeout_ms / 1000
        self._client: Client | None = None
        self._index = 0

    @property
    def connected(self) -> bool:
        """Whether the last call came back."""
        return self._client is not None

    async def call(self, method: str, arguments: Sequence[ua.Variant]) -> list[Any]:
        """A method's results. Raises LinkDown."""
        try:
            if self._client is None:
                async with asyncio.timeout(self._timeout_s):
                    self._client = await self._open()
            folder = self._client.get_node(node_id(FOLDER, self._index))
            async with asyncio.timeout(self._timeout_s):
                result = await call_method_full(folder, node_id(method, self._index), *arguments)
        except (OSError, TimeoutError, UaError) as error:
            await self.close()
            raise LinkDown(
                f"{method} at {self._url}: {type(error).__name__} {error}",
                mend="is that process running, its network up?",
            ) from error
        return list(result.OutputArguments)

    async def _open(self) -> Client:
        client = Client(self._url, timeout=self._timeout_s)
        client.session_timeout = _SESSION_MS
        try:
            await client.connect()
            self._index = await client.get_namespace_index(self._namespace)
        except BaseException:
            await _leave(client, self._timeout_s)
            raise
        return client

    async def close(self) -> None:
        """Leave the server, if there is a connection."""
        client, self._client = self._client, None
        if client is not None:
            await _leave(client, self._timeout_s)


async def _leave(client: Client, timeout_s: float) -> None:
    try:
        with suppress(OSError, TimeoutError, UaError):
            async with asyncio.timeout(timeout_s):
                await client.disconnect()
    finally:
        client.disconnect_socket()  # a peer that says nothing is not waited for
