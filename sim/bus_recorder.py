"""The bus recorder: every Modbus ADU between anybody and the PLC, outside the gate, in a binary file.

File: the 8 bytes `OTHABUS1`, then records, big-endian: at_ns u64 (CLOCK_MONOTONIC, when the ADU was complete here),
connection u32 (counted up since the recorder's start), direction u8 (0 request, 1 reply), length u16, then the ADU as
it was on the wire. An ADU is in the buffer before it goes on; the buffer reaches the operating system within 100 ms
and at the end.

Each controller has its own way onto the bus, so that it can be cut off alone; so have the collector and the gateways.
What the two controllers tell each other passes here as well, for the same reason; it is no traffic of the PLC and is
not recorded.
"""

import os
import struct
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final

from sim import control
from sim.forward import Direction, Endpoint
from sim.plant import NODES, Plant
from sim.process import Ticker
from sim.proxy import Network, actions
from sim.whole import Scope

FILE_NAME: Final = "bus.bin"
MAGIC: Final = b"OTHABUS1"
RECORD: Final = struct.Struct(">QIBH")
FLUSH_MS: Final = 50
_HEADER: Final = 6


class BusLog:
    """Cuts the byte streams into ADUs and writes them down."""

    def __init__(self, directory: Path, file_name: str = FILE_NAME) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(directory / file_name, flags, 0o644)
        self._buffer = bytearray() if os.fstat(self._file).st_size else bytearray(MAGIC)
        self._streams: dict[tuple[int, Direction], bytes] = {}

    def take(self, connection: int, direction: Direction, data: bytes) -> None:
        """Bytes of one direction of one connection, in the order of the wire."""
        now_ns = time.monotonic_ns()
        key = connection, direction
        stream = self._streams.pop(key, b"") + data
        while len(stream) >= _HEADER:
            length = _HEADER + int.from_bytes(stream[4:6])
            if len(stream) < length:
                break
            self._buffer += RECORD.pack(now_ns, connection, direction, length)
            self._buffer += stream[:length]
            stream = stream[length:]
        if stream:
            self._streams[key] = stream

    def flush(self, _periods: int = 1) -> None:
        """Hand over to the operating system all that was taken."""
        if self._buffer:
            data = bytes(self._buffer)
            self._buffer.clear()
            os.write(self._file, data)

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        os.close(self._file)


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the recorder in front of the PLC."""
    log = BusLog(plant.directory)
    numbers, plc = count(1), plant.ports["plc"]
    endpoints = {"plc": Endpoint(name, plant.ports[name], plc, log.take, numbers)}
    for node in NODES:
        way, sync = f"bus_{node}", f"sync_{node}"
        endpoints[node] = Endpoint(way, plant.ports[way], plc, log.take, numbers)
        endpoints[sync] = Endpoint(sync, plant.ports[sync], plant.ports[node])
    if plant.scope is Scope.WHOLE:
        way = "bus_collector"
        endpoints[way] = Endpoint(way, plant.ports[way], plc, log.take, numbers)
    for endpoint in endpoints.values():
        await endpoint.listen()
    ticker = Ticker(FLUSH_MS, log.flush)
    door = await control.serve(plant.door(name), actions(Network(endpoints)))

    def end() -> None:
        ticker.stop()
        for endpoint in endpoints.values():
            endpoint.close()
        door.close()
        log.close()

    return end
