"""A process of minimal, hand-written Modbus TCP devices for the supervisor to read: nodes, gates, reference points.

`python -m bench.devices --pairs N` listens on ports of 127.0.0.1 that the system chooses, prints them as one line of
JSON, and ends with its standard input. Every pair has four heartbeat endpoints (two nodes over two networks) and two
gate paths; all is always well with them.
"""

import argparse
import asyncio
import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from otha.site.gate_map import gate_map
from sim.heartbeat import LAYOUT, LENGTH, MAGIC, Role
from sim.registers import encode_status

STATUS_BASE = 1000
OUTPUTS = 1
SCAN_MS, CYCLE_MS, WATCHDOG_MS, HOLD_MAX_MS = 5, 10, 60, 10_000
_MS = 1_000_000
_U32 = 0xFFFF_FFFF
_REFERENCE_MAGIC = 0x5246

Serve = Callable[[], bytearray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Per pair: node 1 over both networks, then node 2; the gate over both. Then the reference points."""

    nodes: list[list[int]]
    gates: list[list[int]]
    references: list[int]


def node(number: int) -> Serve:
    """The heartbeat block of node `number`; node 1 is the active one. Its counters follow the clock."""
    role = Role.ACTIVE if number == 1 else Role.STANDBY
    words = [0] * LENGTH
    words[0], words[1], words[6], words[7], words[16], words[17] = MAGIC, LAYOUT, role, 255, number, 8
    block = bytearray(struct.pack(f">{LENGTH}H", *words))

    def serve() -> bytearray:
        cycle = time.monotonic_ns() // (CYCLE_MS * _MS) & _U32
        struct.pack_into(">II", block, 4, cycle, cycle)
        struct.pack_into(">II", block, 16, cycle, cycle)
        return block

    return serve


def reference() -> Serve:
    """A reference point."""
    block = bytearray(struct.pack(">HH", _REFERENCE_MAGIC, 0))
    return lambda: block


def gate() -> Serve:
    """The status block of a gate that node 1 drives under epoch 1."""
    fields = dict.fromkeys(gate_map().status_names, 0) | {
        "magic": gate_map().magic,
        "layout": gate_map().layout,
        "boot": 1,
        "state": 1,
        "flags": 0b1_0110,
        "owner": 1,
        "last_driver": 1,
        "owner_epoch": 1,
        "epoch": 1,
        "granted": 1,
        "hold_no": 1,
        "owner_age_ms": 5,
        "resumes_left": 3,
        "hold_max_ms": HOLD_MAX_MS,
        "owner_watchdog_ms": WATCHDOG_MS,
        "scan_ms": SCAN_MS,
        "outputs": OUTPUTS,
        "shadow_age_ms": 0xFFFF,
    }
    rows = [[0] * OUTPUTS] * 3
    words = encode_status(fields, rows)
    block = bytearray(struct.pack(f">{len(words)}H", *words))
    scan_at, seq_at = (2 * _offset(name) for name in ("scan", "last_seq"))

    def serve() -> bytearray:
        now_ms = time.monotonic_ns() // _MS
        struct.pack_into(">I", block, scan_at, now_ms // SCAN_MS & _U32)
        struct.pack_into(">I", block, seq_at, now_ms // CYCLE_MS & _U32)
        return block

    return serve


def _offset(name: str) -> int:
    names = gate_map().status_names
    before = struct.Struct(">" + gate_map().status.format.lstrip(">")[: names.index(name)])
    return before.size // 2


class _Session(asyncio.Protocol):
    """Answers FC03 with the device's block, whatever address was asked: the requests are known."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        data = self._rest + data
        while len(data) >= 12:
            size = 2 * int.from_bytes(data[10:12], "big")
            block = self._serve()
            head = data[:4] + (size + 3).to_bytes(2, "big") + data[6:8] + bytes((size,))
            self._transport.write(head + block[:size])
            data = data[12:]
        self._rest = data


async def _listen(serve: Serve) -> int:
    server = await asyncio.get_running_loop().create_server(lambda: _Session(serve), "127.0.0.1", 0, backlog=256)
    return int(server.sockets[0].getsockname()[1])


async def _run(pairs: int) -> None:
    nodes = [[await _listen(node(number)) for number in (1, 1, 2, 2)] for _ in range(pairs)]
    gates = [[await _listen(gate()) for _ in range(2)] for _ in range(pairs)]
    references = [await _listen(reference()) for _ in range(2)]
    print(json.dumps(asdict(Ports(nodes=nodes, gates=gates, references=references))), flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


@contextmanager
def running(pairs: int) -> Iterator[Ports]:
    """The devices in a process of their own; their ports."""
    command = [sys.executable, "-m", "bench.devices", "--pairs", str(pairs)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Ports(**json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, required=True)
    asyncio.run(_run(parser.parse_args().pairs))
