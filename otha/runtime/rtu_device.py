"""The device file of a serial line: opened and set by pyserial, read and written without ever waiting."""

import asyncio
import os
import termios
from contextlib import suppress

import serial
from serial.rs485 import RS485Settings

from otha.site.line import Line, Parity

_PARITY = {Parity.EVEN: serial.PARITY_EVEN, Parity.ODD: serial.PARITY_ODD, Parity.NONE: serial.PARITY_NONE}
_READ_MAX = 4096


class SerialDevice:
    """An open serial device. Every call returns at once; OSError means that the device is gone."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self.fd = port.fileno()

    def read(self) -> bytes:
        """What has come in, b"" when there is nothing. Raises OSError."""
        try:
            data = os.read(self.fd, _READ_MAX)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(f"{self._port.port} hung up")
        return data

    def write(self, data: bytes) -> None:
        """Hand a whole frame to the driver. Raises OSError, also when the driver does not take all of it at once."""
        if os.write(self.fd, data) != len(data):
            raise OSError(f"{self._port.port} takes no more")

    def flush(self) -> None:
        """Forget what came in and was not read, and what was written and has not left. Raises OSError."""
        try:
            termios.tcflush(self.fd, termios.TCIOFLUSH)
        except termios.error as error:
            raise OSError(*error.args) from error

    def close(self) -> None:
        """Give the device back. What has not left is dropped: closing would wait for it."""
        with suppress(OSError):
            self.flush()
        with suppress(OSError):
            self._port.close()


def _open(line: Line) -> SerialDevice:
    port = serial.Serial(
        line.device,
        line.baud,
        parity=_PARITY[line.parity],
        stopbits=line.stop_bits,
        timeout=0,
        write_timeout=0,
        inter_byte_timeout=0,  # VMIN = 1: an empty read means that the device hung up, and not that nothing came in
        exclusive=True,
    )
    # USB adapters otherwise keep input back for up to 16 ms; most other devices do not know this.
    with suppress(ValueError, OSError):
        port.set_low_latency_mode(True)
    try:
        if line.rs485:
            port.rs485_mode = RS485Settings()
    except (ValueError, OSError, termios.error) as error:
        port.close()
        raise OSError(f"{line.device}: the driver has no RS-485 mode") from error
    return SerialDevice(port)


async def open_device(line: Line) -> SerialDevice:
    """Open and set the device, in a thread, for a driver may take its time. Safe to cancel. Raises OSError."""
    opening = asyncio.get_running_loop().run_in_executor(None, _open, line)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unwanted)
        raise
    except (ValueError, termios.error) as error:
        raise OSError(f"{line.device} can't be set up: {error}") from error


def _close_unwanted(opening: "asyncio.Future[SerialDevice]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
