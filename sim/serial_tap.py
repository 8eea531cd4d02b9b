"""Listens on a serial line and writes down every frame that arrives whole, as the bus recorder does with the bus.

File `serial.bin` in the format of `bus.bin` (`sim/bus_recorder.py`); the connection is the line's number, and an ADU is
written as it would be over TCP, with transaction 0, so that both are read alike. What arrives spoilt is no frame to the
device behind, and is not written down.

Where a frame begins only a pause tells, and a busy machine makes pauses that the device behind never hears, or hides
those that it does. So every pause may be a beginning, and none has to be one: whatever the device can have taken for a
frame is written down.
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
        self._begun: list[bytes] = [b""]  # what was heard since each possible beginning, the oldest first
        self._heard_s = 0.0

    def take(self, data: bytes, now_s: float) -> None:
        """Bytes that arrive now."""
        if now_s - self._heard_s > self._pause_s and self._begun[-1]:
            self._begun.append(b"")
        self._heard_s = now_s
        going_on: list[bytes] = []
        for begun in self._begun:
            heard = begun + data
            used, unit, _, pdu = _FRAMERS[self._direction].decode(heard)
            if used and pdu:
                self._log.take(self._line, self._direction, struct.pack(">HHHB", 0, 0, len(pdu) + 1, unit) + pdu)
                going_on.clear()
                break
            if not used and len(heard) < _FRAME_MAX:
                going_on.append(heard)
        self._begun = going_on or [b""]
