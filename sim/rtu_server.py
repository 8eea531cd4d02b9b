"""The slave on a serial line: a bank of registers behind Modbus RTU, with pymodbus' framer.

A slave says nothing unless it was asked in a whole frame with a right CRC, and nothing to what is meant for others. The
pace is the line's own (`sim/serial_line.py`); here is only the time that a device takes to think.
"""

import asyncio
from pathlib import Path
from typing import Final

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from sim.modbus_server import RegisterBank, carry_out
from sim.serial_line import PAUSE_S
from sim.serial_port import SerialPort

_FRAMER: Final = FramerRTU(DecodePDU(True))
_TURNAROUND_S: Final = 0.003
_FRAME_MAX: Final = 256


class RtuServer:
    """Serves one bank as one unit at one end of a line. `run()` must be running."""

    def __init__(self, device: Path, bank: RegisterBank, *, unit: int = 1, turnaround_s: float = _TURNAROUND_S) -> None:
        self._bank = bank
        self._unit = unit
        self._turnaround_s = turnaround_s
        self._port = SerialPort(device, self._take)
        self._buffer = b""
        self._heard_s = 0.0

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._port.run()

    def _take(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        if now_s - self._heard_s > PAUSE_S:
            self._buffer = b""  # a frame that was begun and not ended
        self._heard_s = now_s
        self._buffer = (self._buffer + data)[-_FRAME_MAX:]
        used, unit, _, pdu = _FRAMER.decode(self._buffer)
        if not used:
            return
        self._buffer = b""
        if pdu and unit == self._unit:
            loop.call_later(self._turnaround_s, self._answer, pdu)

    def _answer(self, pdu: bytes) -> None:
        self._port.write(_FRAMER.encode(carry_out(self._bank, pdu), self._unit, 0))
