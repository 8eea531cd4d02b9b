"""Serial lines as pairs of pseudo-terminals: what is written into one end comes out of the other at the line's pace.

Each line has two ends, told apart by a name in the plant's folder: `gw_a.master` and `gw_a.slave`. Both ends are held
open here, so that a process may come and go as the device behind a real cable does. What nobody reads is lost once the
system's buffer is full, as in a real receiver. Wires lead both ways at once (RS-422): bytes do not collide.
"""

import asyncio
import contextlib
import errno
import os
import random
import time
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sim import control
from sim.bus_recorder import FLUSH_MS, BusLog
from sim.errors import UsageError
from sim.forward import Direction
from sim.plant import Plant
from sim.process import Ticker
from sim.serial_tap import FILE_NAME, SerialTap

BAUD: Final = 19_200
BITS: Final = 11  # start, eight of data, two stop bits: a pseudo-terminal knows no parity
CHAR_S: Final = BITS / BAUD
SILENCE_S: Final = 3.5 * CHAR_S
# A longer pause ends a frame that was begun. Lumps and a busy machine are allowed for.
PAUSE_S: Final = SILENCE_S + 20 * CHAR_S + 0.2
ENDS: Final = ("master", "slave")
_LUMP_S: Final = 0.001
_READ_MAX: Final = 4096


class _Wire:
    """One direction: bytes wait until their last bit would have arrived."""

    def __init__(self, line: "SerialLine", target: int, tap: SerialTap | None) -> None:
        self._line = line
        self._target = target
        self._tap = tap
        self._waiting: deque[tuple[float, int]] = deque()
        self._free_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def take(self, data: bytes) -> None:
        """Bytes were written into the near end."""
        loop = asyncio.get_running_loop()
        self._free_s = max(self._free_s, loop.time())
        for byte in data:
            self._free_s += CHAR_S
            self._waiting.append((self._free_s, byte))
        if self._timer is None and self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        due, now_s = bytearray(), loop.time()
        while self._waiting and self._waiting[0][0] <= now_s:
            due.append(self._waiting.popleft()[1])
        arrived = self._line.spoilt(bytes(due))
        if self._tap is not None:
            self._tap.take(arrived, now_s)  # before anybody can have acted on it
        with contextlib.suppress(BlockingIOError):
            os.write(self._target, arrived)
        if self._waiting:
            self._timer = loop.call_at(max(self._waiting[0][0], now_s + _LUMP_S), self._deliver)

    def stop(self) -> None:
        """Nothing arrives any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()


class SerialLine:
    """One cable with its two ends, and what is wrong with it."""

    def __init__(self, ends: tuple[Path, Path]) -> None:
        """Make the ends. Raises OSError when the system has no pseudo-terminal left or the names can't be made."""
        self._ends = ends
        self._open: list[int] = []
        self._wires: list[_Wire] = []
        self._cut = False
        self._garbled_one_in = 0
        self._random = random.Random(0)
        self._masters: list[int] = []
        for end in ends:
            master, terminal = os.openpty()
            self._open += [master, terminal]
            self._masters.append(master)
            tty.setraw(terminal)
            os.set_blocking(master, False)
            end.unlink(missing_ok=True)
            end.symlink_to(os.ttyname(terminal))

    def start(self, log: BusLog | None = None, number: int = 1) -> None:
        """Let bytes pass; what arrives is written into `log` as that of connection `number`."""
        loop = asyncio.get_running_loop()
        near, far = self._masters
        for direction, source, target in ((Direction.REQUEST, near, far), (Direction.REPLY, far, near)):
            tap = None if log is None else SerialTap(log, number, direction, pause_s=SILENCE_S)
            wire = _Wire(self, target, tap)
            self._wires.append(wire)
            loop.add_reader(source, self._readable, source, wire)

    def cut(self) -> None:
        """The cable is broken: bytes vanish both ways."""
        self._cut = True

    def garble(self, one_in: int, seed: int) -> None:
        """One byte in `one_in` arrives with a wrong bit. Raises UsageError."""
        if one_in < 1:
            raise UsageError(f"one_in={one_in} makes no sense", mend="one_in=20 spoils every twentieth byte")
        self._garbled_one_in = one_in
        self._random = random.Random(seed)

    def heal(self) -> None:
        """No faults."""
        self._cut = False
        self._garbled_one_in = 0

    def spoilt(self, data: bytes) -> bytes:
        """What is left of bytes that arrive now."""
        if self._cut:
            return b""
        if not self._garbled_one_in:
            return data
        draw = self._random
        return bytes(
            byte ^ (1 << draw.randrange(8)) if draw.randrange(self._garbled_one_in) == 0 else byte for byte in data
        )

    def close(self) -> None:
        """Take the ends away."""
        loop = asyncio.get_running_loop()
        for wire in self._wires:
            wire.stop()
        for master in self._masters:
            loop.remove_reader(master)
        for fd in self._open:
            os.close(fd)
        for end in self._ends:
            end.unlink(missing_ok=True)

    def _readable(self, source: int, wire: _Wire) -> None:
        try:
            wire.take(os.read(source, _READ_MAX))
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EIO):
                raise


class Cables:
    """The faults of all lines of a plant, by the name of the gateway at their end."""

    def __init__(self, lines: dict[str, SerialLine]) -> None:
        self._lines = lines

    def cut(self, line: str) -> control.Answer:
        """Break a cable."""
        self._named(line).cut()
        return {"at_ns": time.monotonic_ns()}

    def garble(self, line: str, one_in: int = 20, seed: int = 1) -> control.Answer:
        """Disturb a cable."""
        self._named(line).garble(one_in, seed)
        return {"at_ns": time.monotonic_ns()}

    def heal(self, line: str) -> control.Answer:
        """Mend a cable."""
        self._named(line).heal()
        return {"at_ns": time.monotonic_ns()}

    def _named(self, line: str) -> SerialLine:
        if line not in self._lines:
            raise UsageError(f"there is no line {line!r}", mend=f"one of: {', '.join(self._lines)}")
        return self._lines[line]


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the lines between the plant's gateways and its PLC."""
    log = BusLog(plant.directory, FILE_NAME)
    lines = {gateway: SerialLine(plant.line(gateway)) for gateway in plant.gateways}
    for number, line in enumerate(lines.values(), start=1):
        line.start(log, number)
    ticker = Ticker(FLUSH_MS, log.flush)
    cables = Cables(lines)
    doors: dict[str, control.Action] = {"cut": cables.cut, "garble": cables.garble, "heal": cables.heal}
    door = await control.serve(plant.door(name), doors)

    def end() -> None:
        ticker.stop()
        for line in lines.values():
            line.close()
        door.close()
        log.close()

    return end
