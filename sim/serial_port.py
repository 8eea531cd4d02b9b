"""One end of a serial line, as a process of the plant uses it: opened again and again, read on the loop."""

import asyncio
import os
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_REOPEN_S: Final = 0.2
_READ_MAX: Final = 4096


class SerialPort:
    """A device that is kept open while it exists. `on_data` gets what comes in, in the loop's own turn."""

    def __init__(self, device: Path, on_data: Callable[[bytes], None]) -> None:
        self._device = device
        self._on_data = on_data
        self._fd = -1
        self._lost = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """The device is there."""
        return self._fd >= 0

    async def run(self) -> None:
        """Keep it open until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                with suppress(OSError):
                    fd = os.open(self._device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                    try:
                        tty.setraw(fd)
                        self._fd = fd
                        self._lost.clear()
                        loop.add_reader(fd, self._readable)
                        await self._lost.wait()
                    finally:
                        self._fd = -1
                        loop.remove_reader(fd)
                        os.close(fd)
                await asyncio.sleep(_REOPEN_S)
        finally:
            self._fd = -1

    def write(self, data: bytes) -> None:
        """Send; what can't be sent is lost, as on a wire."""
        if self._fd >= 0:
            with suppress(OSError):
                os.write(self._fd, data)

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _READ_MAX)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_data(data)
        else:
            self._lost.set()
