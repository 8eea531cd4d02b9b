"""A soft controller: one of a redundant pair that drives the plant's first section through the gate.

Two tasks, as in a real one: the control task computes outputs and raises `cycle`; the communication task sends frames,
reads the PLC, raises `heartbeat` and keeps the block that OTHA reads. What they compute is `sim.control_task`; here are
their sockets and their clock.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim.control_task import ControlTask
from sim.disturb import Disturbance
from sim.heartbeat import LENGTH
from sim.modbus_client import ModbusLink
from sim.owner import Ownership, frame_write
from sim.plant import PLC_SECTIONS, Plant
from sim.registers import U16_MAX, decode_status, gate_map

SETPOINT_BASE: Final = 100  # setpoint_1, setpoint_2, mode_1, mode_2: read and write
REPLICA_BASE: Final = 200  # written by the peer: session u32, position u32, age_ms, eight tracked tags
REPLICA_LENGTH: Final = 13

_MAX_OUTSTANDING: Final = 6


class Controller:
    """The state of one soft controller. `control` and `communicate` are its two tasks' bodies."""

    def __init__(self, plant: Plant, name: str, number: int, link: ModbusLink, peer: ModbusLink) -> None:
        self.name = name
        self._link = link
        self._peer = peer
        self.wrong = Disturbance()
        self._section = plant.section(PLC_SECTIONS[0])
        law = plant.kind.law()
        # One read of all that it measures: the registers from the first to the last of them.
        addresses = [plant.tags[name] for name in plant.kind.measured]
        first, last = min(addresses), max(addresses)
        self._measured_at = [address - first for address in addresses]
        self._ask_measured = ReadHoldingRegistersRequest(address=first, count=last - first + 1)
        self._ask_gate = ReadHoldingRegistersRequest(
            address=self._section.status_base, count=gate_map().status_total(self._section.outputs)
        )
        self.loops = law.loops
        self._task = ControlTask(law, Ownership(number), number, cycle_ms=plant.cycle_ms, wrong=self.wrong)
        self._unsent: deque[tuple[int, list[int]]] = deque()
        self._beat_ns = time.monotonic_ns()
        self._shown: list[int] | None = None

    # --- control task -------------------------------------------------------------------------------------------

    def control(self, _periods: int = 1) -> None:
        """One control cycle; who drives sends its state to the peer."""
        if self._task.control():
            self._replicate()

    # --- communication task -------------------------------------------------------------------------------------

    def communicate(self, _periods: int = 1) -> None:
        """Raise the heartbeat; every second time exchange a frame and a status with the PLC."""
        if self.wrong.frozen:
            return
        self._task.beat()
        if self._task.heartbeat % 2:
            self._exchange()
        self._beat_ns, self._shown = time.monotonic_ns(), None

    def block(self) -> list[int]:
        """The heartbeat block of the last beat: one that is frozen shows the same for ever. It is made when it is asked
        for, which is seldomer than the beat."""
        if self._shown is None:
            self._shown = self._task.show(self._beat_ns).registers()
        return self._shown

    def _exchange(self) -> None:
        now_ns = time.monotonic_ns()
        self._link.expire(now_ns)
        if self._link.outstanding >= _MAX_OUTSTANDING:
            return
        calls: list[tuple[ModbusPDU, Callable[[ModbusPDU], None]]] = []
        # First the frame, with the ownership as it was learnt last time; then the question who owns it now.
        if (frame := self._task.frame()) is not None:
            calls.append((frame_write(self._section, frame), _ignore))
        calls += ((self._ask_gate, self._learn_gate), (self._ask_measured, self._learn_measured))
        self._link.send(calls)

    def _learn_gate(self, reply: ModbusPDU) -> None:
        if not reply.isError() and len(reply.registers) == self._ask_gate.count:
            status, (applied, _, _) = decode_status(reply.registers)
            self._task.learn_gate(status, applied)

    def _learn_measured(self, reply: ModbusPDU) -> None:
        if not reply.isError() and len(reply.registers) == self._ask_measured.count:
            measured = tuple(reply.registers[at] for at in self._measured_at)
            self._task.learn_measured(measured, time.monotonic_ns())

    # --- replication --------------------------------------------------------------------------------------------

    def _replicate(self) -> None:
        now_ns = time.monotonic_ns()
        self._peer.expire(now_ns)
        self._unsent.append((now_ns, self._task.replica()))
        ripe: tuple[int, list[int]] | None = None
        while self._unsent and now_ns - self._unsent[0][0] >= self.wrong.replication_lag_ms * 1_000_000:
            ripe = self._unsent.popleft()
        if ripe is None or self._peer.outstanding >= _MAX_OUTSTANDING:
            return
        produced_ns, registers = ripe
        age_ms = min(U16_MAX, (now_ns - produced_ns) // 1_000_000)
        request = WriteMultipleRegistersRequest(
            address=REPLICA_BASE, registers=[*registers[:4], age_ms, *registers[4:]]
        )
        self._peer.send([(request, _ignore)])

    def take_replica(self, registers: Sequence[int]) -> None:
        """The peer's newest state, as it stands in the mailbox."""
        produced_ns = time.monotonic_ns() - registers[4] * 1_000_000
        self._task.take_replica([*registers[:4], *registers[5:]], produced_ns)


class Bank:
    """The controller's registers: the heartbeat block, the setpoints, the peer's mailbox."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Heartbeat block or setpoints."""
        if address + count <= LENGTH:
            return self._controller.block()[address : address + count]
        start = address - SETPOINT_BASE
        settings = self._settings()
        if start >= 0 and start + count <= len(settings):
            return settings[start : start + count]
        return None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Setpoints and modes (an operator's), or the whole replica (the peer's)."""
        if address == REPLICA_BASE and len(values) == REPLICA_LENGTH:
            self._controller.take_replica(values)
            return True
        start = address - SETPOINT_BASE
        settings = self._settings()
        if not (start >= 0 and start + len(values) <= len(settings)):
            return False
        settings[start : start + len(values)] = values
        for index, loop in enumerate(self._controller.loops):
            loop.setpoint = float(min(10_000, settings[index]))
            loop.auto = bool(settings[2 + index])
        return True

    def _settings(self) -> list[int]:
        loops = self._controller.loops
        return [*(round(loop.setpoint) for loop in loops), *(int(loop.auto) for loop in loops)]


def _ignore(_reply: ModbusPDU) -> None:
    """Whether a write was obeyed is read in the status block."""
