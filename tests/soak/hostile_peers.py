"""Peers that lie, stall or babble, in one process: `python hostile_peers.py`.

Prints the port of each manner as one line of JSON and ends with its standard input.
"""

import asyncio
import json
import random
import struct
import sys
from collections.abc import Awaitable, Callable

_LATE_S = 1.5
_DRIP_S = 1.0
_DICE = random.Random(1)

Manner = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[bytes], list[bytes]]


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(6)
    return head + await reader.readexactly(int.from_bytes(head[4:6], "big"))


def _reply(request: bytes, *, transaction: int = 0, unit: int = 0, extra: int = 0) -> bytes:
    """A good reply of zeros but for what is asked to be wrong."""
    size = 2 * int.from_bytes(request[10:12], "big") + extra
    number = (int.from_bytes(request[:2], "big") + transaction) & 0xFFFF
    head = struct.pack(">HHHBBB", number, 0, 3 + size, request[6] + unit, request[7], size & 0xFF)
    return head + bytes(size)


def modbus(answer: Answer, *, after_s: float = 0.0, pause_s: float = 0.0) -> Manner:
    """Each request is answered by pieces, the first one after a while."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await _request(reader)
            await asyncio.sleep(after_s)
            for piece in answer(request):
                writer.write(piece)
                await writer.drain()
                if pause_s:
                    await asyncio.sleep(pause_s)

    return serve


def opcua(pieces: Callable[[], list[bytes]], *, pause_s: float = 0.0) -> Manner:
    """The hello is answered by pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        for piece in pieces():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        await reader.read()

    return serve


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def _bytes(data: bytes) -> list[bytes]:
    return [bytes((byte,)) for byte in data]


_ACKNOWLEDGE = b"ACKF\x1c\x00\x00\x00" + struct.pack("<5I", 0, 65536, 65536, 0, 0)

MODBUS: dict[str, Manner] = {
    "garbage": modbus(lambda _request: [_DICE.randbytes(200)]),
    "too_long": modbus(lambda request: [_reply(request, extra=100)]),
    "without_end": modbus(lambda request: [request[:2] + b"\0\0\xff\xff", *[bytes(60_000)] * 4]),
    "too_late": modbus(lambda request: [_reply(request)], after_s=_LATE_S),
    "wrong_transaction": modbus(lambda request: [_reply(request, transaction=7)]),
    "wrong_unit": modbus(lambda request: [_reply(request, unit=3)]),
    "babble": modbus(lambda request: [_reply(request, transaction=1000 + at) for at in range(200)]),
    "drip": modbus(lambda request: _bytes(_reply(request)), pause_s=_DRIP_S),
    "never": _never,
    "hang_up": _hang_up,
}
OPCUA: dict[str, Manner] = {
    "garbage": opcua(lambda: [_DICE.randbytes(500)]),
    "without_end": opcua(lambda: [b"MSGF\xff\xff\xff\xff", *[bytes(60_000)] * 40]),
    "acknowledges_only": opcua(lambda: [_ACKNOWLEDGE]),
    "drip": opcua(lambda: _bytes(_ACKNOWLEDGE), pause_s=_DRIP_S),
    "never": _never,
    "hang_up": _hang_up,
}


def _polite(manner: Manner) -> Manner:
    """However it ends, the connection is closed and nobody is told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await manner(reader, writer)
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass  # cancelled at the end of the process only
        finally:
            writer.close()

    return serve


async def _main() -> None:
    ports: dict[str, dict[str, int]] = {}
    servers = []
    for kind, manners in (("modbus", MODBUS), ("opcua", OPCUA)):
        ports[kind] = {}
        for name, manner in manners.items():
            server = await asyncio.start_server(_polite(manner), "127.0.0.1", 0)
            ports[kind][name] = server.sockets[0].getsockname()[1]
            servers.append(server)
    print(json.dumps(ports), flush=True)  # noqa: T201 - this is how it tells
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(_main())
