"""A soft controller: one of a redundant pair that drives the two tanks through the gate.

Two tasks, as in a real one: the control task computes outputs and raises `cycle`; the communication task sends frames,
reads the PLC, raises `heartbeat` and keeps the block that OTHA reads. Who drives is what the gate says (`sim.owner`).
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim.disturb import Disturbance
from sim.heartbeat import LENGTH, Heartbeat, Role, Tracked
from sim.modbus_client import ModbusLink
from sim.owner import Ownership
from sim.pid import Pid
from sim.plant import OUTPUTS, PLC_SECTIONS, Plant
from sim.registers import U16_MAX, U32_MAX, crc16, decode_status, gate_map

SETPOINT_BASE: Final = 100  # setpoint_1, setpoint_2, mode_1, mode_2: read and write
REPLICA_BASE: Final = 200  # written by the peer: session u32, position u32, age_ms, eight tracked tags
REPLICA_LENGTH: Final = 13

VALVE: Final = 2  # index of the discrete output
OPEN: Final = 10_000

_GAINS: Final = (5.0, 2.0, 0.02)
_VALVE_SHUTS: Final = 9000
_VALVE_OPENS: Final = 8500
_NEVER: Final = U16_MAX
_STALE_DATA_MS: Final = 200
_STALE_REPLICA_MS: Final = 500
_MAX_OUTSTANDING: Final = 6


class Controller:
    """The state of one soft controller. `control` and `communicate` are its two tasks' bodies."""

    def __init__(self, plant: Plant, name: str, number: int, link: ModbusLink, peer: ModbusLink) -> None:
        self._plant = plant
        self.name = name
        self._number = number
        self._link = link
        self._peer = peer
        self._owner = Ownership(plant.section(PLC_SECTIONS[0]), number)
        self.wrong = Disturbance()
        gain, integral_s, derivative_s = _GAINS
        self.loops = [
            Pid(gain=gain, integral_s=integral_s, derivative_s=derivative_s, setpoint=float(value))
            for value in plant.setpoints
        ]
        self._config_hash = crc16(repr((_GAINS, plant.cycle_ms)).encode())
        self._heartbeat = 0
        self._cycle = 0
        self._position = 0
        self._acked = 0
        self._replica_at_ns: int | None = None
        self._levels: tuple[int, int] | None = None
        self._read_at_ns: int | None = None
        self._applied: tuple[int, ...] = (0,) * OUTPUTS
        self._valve = 0
        self._unsent: deque[tuple[int, list[int]]] = deque()
        self.block = [0] * LENGTH

    # --- control task -------------------------------------------------------------------------------------------

    def control(self, _periods: int = 1) -> None:
        """One control cycle: drive as owner, follow the applied outputs otherwise."""
        if self.wrong.stalled or self.wrong.frozen:
            return
        self._cycle = (self._cycle + 1) & U32_MAX
        if self._levels is None:
            return
        dt_s = self._plant.cycle_ms / 1000
        driving = self._owner.drives()
        for loop, level, applied in zip(self.loops, self._levels, self._applied[:2], strict=True):
            if driving:
                loop.step(level, dt_s)
            else:
                loop.track(level, applied, dt_s)
        if not driving:
            self._valve = self._applied[VALVE]
        elif all(loop.auto for loop in self.loops):
            self._valve = self._wanted_valve()
        if driving:
            self._position = (self._position + 1) & U32_MAX
            self._replicate()

    def _wanted_valve(self) -> int:
        """The valve between the tanks: open, but shut while the second tank is nearly full."""
        assert self._levels is not None
        if self._levels[1] >= _VALVE_SHUTS:
            return 0
        return OPEN if self._levels[1] <= _VALVE_OPENS else self._valve

    # --- communication task -------------------------------------------------------------------------------------

    def communicate(self, _periods: int = 1) -> None:
        """Raise the heartbeat; every second time exchange a frame and a status with the PLC."""
        if self.wrong.frozen:
            return
        self._heartbeat = (self._heartbeat + 1) & U32_MAX
        if self._heartbeat % 2:
            self._exchange()
        self._show()

    def _exchange(self) -> None:
        now_ns = time.monotonic_ns()
        self._link.expire(now_ns)
        if self._link.outstanding >= _MAX_OUTSTANDING:
            return
        calls: list[tuple[ModbusPDU, Callable[[ModbusPDU], None]]] = []
        if self._owner.owns():
            # First the frame, with the ownership as it was learnt last time; then the question who owns it now.
            outputs = (*(round(loop.output) for loop in self.loops), self._valve)
            calls.append((self._owner.frame(self._cycle, outputs), _ignore))
        count = gate_map().status_total(OUTPUTS)
        calls.append((ReadHoldingRegistersRequest(address=self._plant.status_base, count=count), self._learn_gate))
        level_1, level_2 = self._plant.tags["level_1"], self._plant.tags["level_2"]
        first, count = min(level_1, level_2), abs(level_2 - level_1) + 1
        calls.append((ReadHoldingRegistersRequest(address=first, count=count), self._learn_levels))
        self._link.send(calls)

    def _learn_gate(self, reply: ModbusPDU) -> None:
        if not reply.isError() and len(reply.registers) == gate_map().status_total(OUTPUTS):
            status, (self._applied, _, _) = decode_status(reply.registers)
            self._owner.learn(status)

    def _learn_levels(self, reply: ModbusPDU) -> None:
        if not reply.isError() and len(reply.registers) >= 2:
            first, last = reply.registers[0], reply.registers[-1]
            in_order = self._plant.tags["level_1"] < self._plant.tags["level_2"]
            self._levels = (first, last) if in_order else (last, first)
            self._read_at_ns = time.monotonic_ns()

    # --- replication --------------------------------------------------------------------------------------------

    def _replicate(self) -> None:
        now_ns = time.monotonic_ns()
        self._peer.expire(now_ns)
        self._unsent.append(
            (now_ns, [*_words(self._owner.session), *_words(self._position), *self._tracked().registers()])
        )
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
        """The peer's newest state. One who drives has nothing to learn from a peer that still thinks it does."""
        if self.wrong.frozen or self._owner.drives():
            return
        self._acked = self._position = registers[2] << 16 | registers[3]
        self._replica_at_ns = time.monotonic_ns() - registers[4] * 1_000_000
        tracked = Tracked.parse(list(registers[5:]))
        for index, loop in enumerate(self.loops):
            loop.setpoint = float(tracked.setpoints[index])
            loop.auto = bool(tracked.modes[index])
            if not self._owner.owns():
                loop.integral = float(tracked.integrals[index])
                loop.output = float(tracked.outputs[index])

    # --- what others see ----------------------------------------------------------------------------------------

    def _tracked(self) -> Tracked:
        first, second = self.loops
        return Tracked(
            setpoints=(round(first.setpoint), round(second.setpoint)),
            modes=(int(first.auto), int(second.auto)),
            integrals=(round(first.integral), round(second.integral)),
            outputs=(round(first.output), round(second.output)),
        )

    def role(self) -> Role:
        """What the block shows: the gate's word, unless a fault makes it lie."""
        return self._owner.role() if self.wrong.shown_role is None else self.wrong.shown_role

    def _show(self) -> None:
        now_ns = time.monotonic_ns()
        data_age_ms = _age_ms(self._read_at_ns, now_ns)
        lag_ms = 0 if self._owner.drives() else _age_ms(self._replica_at_ns, now_ns)
        level = 255
        if self._levels is None:
            level = 1
        elif data_age_ms > _STALE_DATA_MS or lag_ms > _STALE_REPLICA_MS:
            level = 150
        self.block = Heartbeat(
            heartbeat=self._heartbeat,
            cycle=self._cycle,
            role=self.role(),
            service_level=level,
            position=self._position,
            acked=self._acked,
            data_age_ms=data_age_ms,
            config_hash=self._config_hash,
            session=self._owner.session,
            node=self._number,
            tracked=self._tracked(),
            lag_ms=lag_ms,
        ).registers()


class Bank:
    """The controller's registers: the heartbeat block, the setpoints, the peer's mailbox."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """Heartbeat block or setpoints."""
        if address + count <= LENGTH:
            return self._controller.block[address : address + count]
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


def _words(value: int) -> tuple[int, int]:
    return value >> 16, value & U16_MAX


def _age_ms(since_ns: int | None, now_ns: int) -> int:
    return _NEVER if since_ns is None else min(_NEVER, (now_ns - since_ns) // 1_000_000)


def _ignore(_reply: ModbusPDU) -> None:
    """Whether a write was obeyed is read in the status block."""
