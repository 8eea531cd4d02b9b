"""A client that writes what it likes."""

import asyncio
import struct

from asyncua.ua.ua_binary import struct_to_binary

from tests.interface.clients import ua
from tests.interface.house import House

SOON_S = 10.0  # a stranger who says nothing at all is sent away after 15 s


class Raw:
    """A connection of a stranger who writes what he likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._sequence = 1
        self._channel = 0

    @classmethod
    async def to(cls, house: House) -> "Raw":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2].partition("/")[0])))

    def send(self, kind: bytes, body: bytes) -> None:
        """A message or chunk."""
        self.writer.write(kind + struct.pack("<I", len(body) + 8) + body)

    def hello(self, buffer: int = 65_535) -> None:
        """The first message, which offers a buffer for answers."""
        self.send(b"HELF", struct.pack("<5Ii", 0, buffer, 65_535, 0, 0, -1))

    async def answer(self) -> bytes:
        """The next message; empty when there is none any more."""
        try:
            async with asyncio.timeout(SOON_S):
                head = await self._reader.readexactly(8)
                return head + await self._reader.readexactly(struct.unpack("<I", head[4:])[0] - 8)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def open(self) -> None:
        """A channel without security."""
        uri = b"http://opcfoundation.org/UA/SecurityPolicy#None"
        request = ua.OpenSecureChannelRequest()
        request.Parameters.SecurityMode = ua.MessageSecurityMode.None_
        request.Parameters.RequestedLifetime = 60_000
        head = struct.pack("<Ii", 0, len(uri)) + uri + struct.pack("<iiII", -1, -1, self._sequence, 1)
        self.send(b"OPNF", head + struct_to_binary(request))
        answer = await self.answer()
        (self._channel,) = struct.unpack("<I", answer[8:12])

    def part(self, data: bytes) -> None:
        """A part of a message that goes on."""
        self._sequence += 1
        self.send(b"MSGC", struct.pack("<4I", self._channel, 13, self._sequence, 2) + data)

    async def is_closed(self) -> bool:
        """Whether the peer hangs up, whatever it says before."""
        while await self.answer():
            pass
        return True
