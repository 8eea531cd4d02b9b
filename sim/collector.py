"""The collector: samples the plant, keeps a buffer, and delivers to the historian that a supervisor has chosen.

Every row it produces is in a plain file before anybody else gets it, so that a checker can compare archives with what
there was, and so that a restarted collector goes on counting where it ended. A row is delivered when the chosen
historian has answered that it is stored; what comes after it waits in the buffer, `buffer_s` seconds of the plant.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from asyncua import ua
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from sim.disturb import Disturbance
from sim.modbus_client import ModbusLink
from sim.opcua import INT64, UINT32
from sim.opcua_link import LinkDown, OpcuaLink
from sim.plant import Plant
from sim.registers import U32_MAX, gate_map
from sim.samples import TAGS, Row, flat_from
from sim.selection import Answer, Selection

FILE_NAME: Final = "produced.log"
HOLD: Final = 0  # the choice of no historian: keep all in the buffer
_BATCH: Final = 500
_DELIVERED_AT_ONCE: Final = 2000  # a minute's rows and more: what piled up while nobody took them goes in one call


class Produced:
    """The file of all rows ever produced: one line each, seq, at_ns and the values, in order."""

    def __init__(self, directory: Path, keep: int) -> None:
        """`newest` are the last `keep` rows of an earlier start. A line that a kill cut off was never a row."""
        path = directory / FILE_NAME
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        self.newest = [_row(line) for line in whole.splitlines()[-keep:]]
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.ftruncate(self._file, len(whole))
        os.lseek(self._file, 0, os.SEEK_END)

    def append(self, row: Row) -> None:
        """Hand one row over to the operating system."""
        os.write(self._file, " ".join(map(str, (row.seq, row.at_ns, *row.values))).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _row(line: bytes) -> Row:
    seq, at_ns, *values = (int(word) for word in line.split())
    return Row(seq=seq, at_ns=at_ns, values=tuple(values))


class Collector:
    """Rows in and out. `sample` and `deliver` are its two tasks' bodies."""

    def __init__(self, plant: Plant, link: ModbusLink, stores: dict[int, OpcuaLink]) -> None:
        """`stores` are the ways to the historians by their number."""
        self._plant = plant
        self._link = link
        self._stores = stores
        self.selection = Selection(plant.directory / "collector.store", first=HOLD, choices=(HOLD, *stores))
        self._keep = plant.buffer_s * 1000 // plant.sample_ms
        self._produced = Produced(plant.directory, self._keep)
        self.buffer = deque(self._produced.newest, maxlen=self._keep)
        self.last_seq = self.buffer[-1].seq if self.buffer else 0
        # After a start nobody remembers what was delivered: what is still in the buffer is offered again.
        self.delivered = self.buffer[0].seq - 1 if self.buffer else 0
        self.dropped = 0
        self.cycle = 0
        self.heartbeat = 0
        self.wrong = Disturbance()
        self._parts: dict[str, int] = {}
        self._chosen = asyncio.Event()

    def choose(self, epoch: int, node: int) -> Answer:
        """Obey a supervisor's choice. What is under way to the historian of before is not waited for."""
        before = self.selection.node
        answer = self.selection.select(epoch, node)
        if self.selection.node != before:
            self._chosen.set()
        return answer

    # --- sampling task ------------------------------------------------------------------------------------------

    def sample(self, _periods: int = 1) -> None:
        """Ask the PLC for one sample; a row is made of it when the last reply is in."""
        if self.wrong.frozen or self.wrong.stalled:
            return
        self.cycle = (self.cycle + 1) & U32_MAX
        self._link.expire(time.monotonic_ns())
        if self._link.outstanding:
            return
        self._parts = {}
        tags = self._plant.tags | self._plant.header.tags
        single = ("level_1", "level_2", "header_level", "supply_pump", "return_valve")
        applied = self._plant.status_base + gate_map().status_length
        asked = [(applied, ("pump_1", "pump_2", "valve")), *((tags[tag], (tag,)) for tag in single)]
        self._link.send(
            [
                (ReadHoldingRegistersRequest(address=address, count=len(names)), self._taker(names))
                for address, names in asked
            ]
        )

    def _taker(self, names: tuple[str, ...]) -> Callable[[ModbusPDU], None]:
        def take(reply: ModbusPDU) -> None:
            if reply.isError() or len(reply.registers) != len(names):
                return
            self._parts |= dict(zip(names, reply.registers, strict=True))
            if len(self._parts) == len(TAGS):
                self._make()

        return take

    def _make(self) -> None:
        self.last_seq += 1
        row = Row(seq=self.last_seq, at_ns=time.time_ns(), values=tuple(self._parts[tag] for tag in TAGS))
        self._parts = {}
        self._produced.append(row)
        if len(self.buffer) == self._keep and self.buffer[0].seq > self.delivered:
            self.dropped += 1
        self.buffer.append(row)

    # --- delivering task ----------------------------------------------------------------------------------------

    async def deliver(self) -> None:
        """Offer what isn't delivered to the chosen historian, batch by batch, until it has all or doesn't answer."""
        if self.wrong.frozen:
            return
        while (node := self.selection.node) != HOLD:
            self._chosen.clear()
            rows = [row for row in self.buffer if row.seq > self.delivered][:_DELIVERED_AT_ONCE]
            if not rows:
                return
            offer = asyncio.ensure_future(self._offer(node, rows))
            chosen = asyncio.ensure_future(self._chosen.wait())
            try:
                done, _ = await asyncio.wait((offer, chosen), return_when=asyncio.FIRST_COMPLETED)
            finally:
                chosen.cancel()
                offer.cancel()
            if offer in done and not offer.result():
                return

    async def greet(self) -> None:
        """Keep a connection to the other historians at hand: connecting takes longer than a delivery."""
        if not self.wrong.frozen:
            others = (store for node, store in self._stores.items() if node != self.selection.node)
            await asyncio.gather(*(store.greet() for store in others))

    async def _offer(self, node: int, rows: list[Row]) -> bool:
        epoch, first = self.selection.epoch, rows[0].seq
        arguments = [ua.Variant(one, UINT32) for one in (epoch, first)] + [ua.Variant(flat_from(rows), INT64)]
        try:
            answer, _ = await self._stores[node].call("Store", arguments)
        except LinkDown:
            return False
        if answer not in (Answer.DONE, Answer.ALREADY):
            return False
        # Another historian may have been chosen meanwhile; what this one said it stored, it has stored all the same.
        self.delivered = max(self.delivered, rows[-1].seq)
        return True

    def fetch(self, from_seq: int, to_seq: int) -> list[Row]:
        """Rows of the buffer, for a historian that misses them; at most a batch."""
        return [row for row in self.buffer if from_seq <= row.seq <= to_seq][:_BATCH]

    @property
    def buffered(self) -> tuple[int, int]:
        """First and last sequence number in the buffer; (0, 0) while it is empty."""
        return (self.buffer[0].seq, self.buffer[-1].seq) if self.buffer else (0, 0)

    def close(self) -> None:
        """Close the file."""
        self._produced.close()
