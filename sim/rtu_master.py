"""The bus side of a simulated gateway: one request after the other to the slaves on its line, as simple as they are.

It waits a fixed time for a reply, takes the first whole frame of the unit that it asked, and forgets what came late
before it asks the next. A real one knows no more: what a late reply can do is the master's matter, and OTHA's.
"""

import asyncio
from pathlib import Path
from typing import Final

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from sim.serial_line import CHAR_S, SILENCE_S
from sim.serial_port import SerialPort

_FRAMER: Final = FramerRTU(DecodePDU(False))


class RtuMaster:
    """One master at one end of a line. `run()` must be running."""

    def __init__(self, device: Path, *, reply_timeout_s: float) -> None:
        self._port = SerialPort(device, self._take)
        self._timeout_s = reply_timeout_s
        self._buffer = b""
        self._unit = 0
        self._reply: asyncio.Future[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """The line's device is there."""
        return self._port.is_open

    async def run(self) -> None:
        """Keep the line open until cancelled."""
        await self._port.run()

    async def ask(self, unit: int, pdu: bytes) -> bytes | None:
        """The PDU of the reply; None when there was none in time. One call at a time. The timeout begins when the
        request is on the line.
        """
        frame = _FRAMER.encode(pdu, unit, 0)
        self._buffer, self._unit = b"", unit
        self._reply = asyncio.get_running_loop().create_future()
        self._port.write(frame)
        try:
            async with asyncio.timeout(len(frame) * CHAR_S + self._timeout_s):
                return await self._reply
        except TimeoutError:
            return None
        finally:
            self._reply = None
            await asyncio.sleep(SILENCE_S)

    def _take(self, data: bytes) -> None:
        if self._reply is None or self._reply.done():
            return
        self._buffer += data
        used, unit, _, pdu = _FRAMER.decode(self._buffer)
        if not used:
            return
        self._buffer = b""
        if pdu and unit == self._unit:
            self._reply.set_result(pdu)
