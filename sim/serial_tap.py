"""Listens on a serial line and writes down every frame that arrives whole, as the bus recorder does with the bus.

File `serial.bin` in the format of `bus.bin` (`sim/bus_recorder.py`); the connection is the line's number, and an ADU is
written as it would be over TCP, with transaction 0, so that both are read alike. What arrives spoilt is no frame to the
device behind, and is not written down.
"""

import struct
from typing import Final

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from sim.bus_recorder import BusLog
from sim.forward import Direction

FILE_NAME: Final = "serial.bin"
_FRAMERS: Final = {
    Direction.REQUEST: FramerRTU(DecodePDU(True)),
    Direction.REPLY: FramerRTU(DecodePDU(False)),
}
_FRAME_MAX: Final = 256


class SerialTap:
    """Cuts one direction of one line into frames. Times are those of the loop, in seconds."""

    def __init__(self, log: BusLog, line: int, direction: Direction, *, pause_s: float) -> None:
        self._log = log
        self._line = line
        self._direction = direction
        self._pause_s = pause_s
        self._buffer = b""
        self._heard_s = 0.0

    def take(self, data: bytes, now_s: float) -> None:
        """Bytes that arrive now."""
        if now_s - self._heard_s > self._pause_s:
            self._buffer = b""
        self._heard_s = now_s
        self._buffer = (self._buffer + data)[-_FRAME_MAX:]
        used, unit, _, pdu = _FRAMERS[self._direction].decode(self._buffer)
        if not used:
            return
        self._buffer = b""
        if pdu:
            self._log.take(self._line, self._direction, struct.pack(">HHHB", 0, 0, len(pdu) + 1, unit) + pdu)
