"""Slaves on a pseudo-terminal, in a thread of their own, at a line's real pace, with manners that each test chooses."""

import contextlib
import os
import select
import struct
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pymodbus.framer import FramerRTU

from otha.site.line import Line, Parity

# What goes on the line after a request: (seconds of silence before, bytes), in order.
Says = list[tuple[float, bytes]]
Manner = Callable[[int, bytes], Says]

_LUMP_S = 0.001  # bytes come in lumps of a millisecond, as from a USB adapter
_FIXED = {3: 8, 4: 8, 8: 8}


def with_crc(frame: bytes) -> bytes:
    return frame + FramerRTU.compute_CRC(frame).to_bytes(2, "big")


def good(unit: int, pdu: bytes) -> bytes:
    """The right reply: registers hold their address, writes and echoes are repeated."""
    if pdu[0] == 16:
        return with_crc(bytes((unit,)) + pdu[:5])
    if pdu[0] == 8:
        return with_crc(bytes((unit,)) + pdu)
    address, count = struct.unpack(">HH", pdu[1:5])
    words = [(address + index) & 0xFFFF for index in range(count)]
    return with_crc(bytes((unit, pdu[0], 2 * count)) + struct.pack(f">{count}H", *words))


def polite(unit: int, pdu: bytes) -> Says:
    return [(0.002, good(unit, pdu))]


def silent(unit: int, pdu: bytes) -> Says:
    return []


class Slaves:
    """All units of one line. A unit without manners of its own answers politely if it is in `units`."""

    def __init__(self, device: Path, *, baud: int = 115_200, units: tuple[int, ...] = (1, 2)) -> None:
        self.device = device
        self.units = units
        self.manners: dict[int, Manner] = {}
        self.requests: list[tuple[int, bytes]] = []
        self.at_s: list[float] = []  # when each request was whole
        self.repeats = False
        self._char_s = 11 / baud
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._master = -1

    def line(self, **changes: object) -> Line:
        settings: dict[str, object] = {
            "name": "bench",
            "device": str(self.device),
            "baud": round(11 / self._char_s),
            "parity": Parity.NONE,  # a pseudo-terminal knows no parity
            "stop_bits": 2,
            "rs485": False,
            "network": "serial",
            "turnaround_ns": 200_000_000,  # however busy the machine is
        }
        return Line(**(settings | changes))  # type: ignore[arg-type]  # a test's own settings, all of the right types

    def plug_in(self) -> None:
        """The device appears."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.device.symlink_to(os.ttyname(slave))
        self._stop.clear()
        self._thread = threading.Thread(target=self._serve, args=(self._master, slave), daemon=True)
        self._thread.start()

    def pull_out(self) -> None:
        """The device disappears, in the middle of whatever is going on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None
        self.device.unlink(missing_ok=True)

    def say(self, data: bytes) -> None:
        """Something appears on the line unasked."""
        os.write(self._master, data)

    def asked(self, unit: int) -> list[bytes]:
        """The PDUs that this unit was asked."""
        return [pdu for number, pdu in list(self.requests) if number == unit]

    def _serve(self, master: int, slave: int) -> None:
        buffer = b""
        try:
            while not self._stop.is_set():
                if not select.select([master], [], [], 0.02)[0]:
                    continue
                data = os.read(master, 4096)
                self._wait(len(data) * self._char_s)
                if self.repeats:
                    os.write(master, data)
                buffer += data
                while (frame := self._first(buffer)) is not None:
                    buffer = buffer[len(frame) :]
                    self._take(master, frame[0], frame[1:-2])
        except OSError:
            pass
        finally:
            # The slave end is kept until now, so that the master is readable before anybody opened it.
            for fd in (master, slave):
                with contextlib.suppress(OSError):
                    os.close(fd)

    @staticmethod
    def _first(buffer: bytes) -> bytes | None:
        if len(buffer) < 8:
            return None
        length = _FIXED.get(buffer[1], 9 + buffer[6])
        frame = buffer[:length]
        assert len(frame) < length or FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))
        return frame if len(frame) == length else None

    def _take(self, master: int, unit: int, pdu: bytes) -> None:
        self.requests.append((unit, pdu))
        self.at_s.append(time.monotonic())
        usual = polite if unit in self.units else silent
        for wait_s, data in self.manners.get(unit, usual)(unit, pdu):
            self._wait(wait_s)
            began, said = time.monotonic(), 0
            while said < len(data) and not self._stop.is_set():
                self._wait(max(_LUMP_S, self._char_s))
                # As much as is due: a thread that was kept waiting does not make the line slower.
                due = min(len(data), int((time.monotonic() - began) / self._char_s))
                os.write(master, data[said:due])
                said = max(said, due)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stop.is_set() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))


@contextmanager
def plugged(folder: Path, *, baud: int = 115_200, units: tuple[int, ...] = (1, 2)) -> Iterator[Slaves]:
    slaves = Slaves(folder / "tty", baud=baud, units=units)
    slaves.plug_in()
    try:
        yield slaves
    finally:
        slaves.pull_out()
