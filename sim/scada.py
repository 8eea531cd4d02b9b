"""The application of a SCADA server: drives the supply header through a gateway, follows when another does.

As the soft controllers' (`sim.controller`), at a server's pace: the control task computes outputs and raises `cycle`
every quarter of a second; the communication task sends frames, reads the PLC and raises `heartbeat`. On the serial line
behind the gateway an owner's exchange takes about 75 ms, a follower's 40 ms, so a follower reads half as often.
"""

import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim.disturb import Disturbance
from sim.heartbeat import Role
from sim.modbus_client import ModbusLink
from sim.owner import Ownership, frame_write
from sim.pid import Pid
from sim.plant import PLC_SECTIONS, Plant
from sim.registers import U16_MAX, U32_MAX, decode_short_status, pack, short_status_length, unpack
from sim.selection import Answer
from sim.whole import SCADA

REPLICA_BASE: Final = 0
NEVER_MS: Final = U32_MAX
FULL_SCALE: Final = 10_000

_GAINS: Final = (4.0, 30.0, 0.0)  # gain, integral s, derivative s
_VALVE_OPENS: Final = 8500
_VALVE_SHUTS: Final = 8000
_ALARM_DEADBAND: Final = 100
_FOLLOWS_EVERY: Final = 2  # an owner talks to the PLC every time, a follower every second time
_STALE_DATA_MS: Final = 2000
_STALE_REPLICA_MS: Final = 2000
# session, position, age_ms, setpoint, mode, integral + 32768, output, alarm limit, alarm flags, occurrence
_REPLICA: Final = struct.Struct(">IIHHHHHHHI")


@dataclass(slots=True, kw_only=True)
class LevelAlarm:
    """The header's level is high. `occurrence` counts up; an acknowledgement names the one it means."""

    limit: int = 8000
    active: bool = False
    acked: bool = True
    occurrence: int = 0

    def judge(self, level: int) -> None:
        """One look at the level."""
        if not self.active and level >= self.limit:
            self.active, self.acked = True, False
            self.occurrence = (self.occurrence + 1) & U32_MAX
        elif self.active and level < self.limit - _ALARM_DEADBAND:
            self.active = False


class Scada:
    """The state of one SCADA server. `control` and `communicate` are its two tasks' bodies."""

    def __init__(self, plant: Plant, name: str, links: dict[int, ModbusLink], peer: ModbusLink) -> None:
        """`links` are the ways through the gateways by their number; `use` says which."""
        self._plant = plant
        self._section = plant.section(PLC_SECTIONS[1])
        self._owner = Ownership(SCADA[name])
        self._links = links
        self._link: ModbusLink | None = None
        self._peer = peer
        gain, integral_s, derivative_s = _GAINS
        setpoint = float(plant.header.setpoint)
        self.loop = Pid(gain=gain, integral_s=integral_s, derivative_s=derivative_s, setpoint=setpoint)
        self.alarm = LevelAlarm()
        self.wrong = Disturbance()
        self.heartbeat = 0
        self.cycle = 0
        self.position = 0
        self.acked = 0
        self.level: int | None = None
        self._measured_ns: int | None = None
        self._replica_at_ns: int | None = None
        self._applied = (0, 0)
        self._valve = 0
        self._unsent: deque[tuple[int, bytes]] = deque()

    def use(self, path: int) -> None:
        """Send frames and reads through that gateway from now on."""
        self._link = self._links[path]

    # --- control task -------------------------------------------------------------------------------------------

    def control(self) -> None:
        """One control cycle: drive as owner, follow the applied outputs otherwise."""
        if self.wrong.stalled or self.wrong.frozen:
            return
        self.cycle = (self.cycle + 1) & U32_MAX
        if self.level is None:
            return
        dt_s = self._plant.header.cycle_ms / 1000
        if self._owner.owns():
            self.alarm.judge(self.level)
        if not self._owner.drives():
            self.loop.track(self.level, self._applied[0], dt_s)
            self._valve = self._applied[1]
            return
        self.loop.step(self.level, dt_s)
        if self.loop.auto:
            self._valve = self._wanted_valve(self.level)
        self.position = (self.position + 1) & U32_MAX
        self._replicate()

    def _wanted_valve(self, level: int) -> int:
        """The return valve opens when the header is nearly full and stays open until it is well below."""
        if level >= _VALVE_OPENS:
            return FULL_SCALE
        return 0 if level < _VALVE_SHUTS else self._valve

    # --- communication task -------------------------------------------------------------------------------------

    def communicate(self) -> None:
        """Raise the heartbeat and, as often as the line bears it, exchange a frame and a status with the PLC."""
        if self.wrong.frozen:
            return
        self.heartbeat = (self.heartbeat + 1) & U32_MAX
        if self._owner.owns() or self.heartbeat % _FOLLOWS_EVERY == 0:
            self._exchange()

    def _exchange(self) -> None:
        now_ns = time.monotonic_ns()
        link = self._link
        assert link is not None, "a path was chosen at the start"
        link.expire(now_ns)
        if link.outstanding:
            return  # a slow line is not made faster by more requests
        calls: list[tuple[ModbusPDU, Callable[[ModbusPDU], None]]] = []
        if self._owner.owns():
            # First the frame, with the ownership as it was learnt last time; then the question who owns it now.
            frame = self._owner.frame(self.cycle, (round(self.loop.output), self._valve))
            calls.append((frame_write(self._section, frame), _ignore))
        header = self._plant.header
        status = ReadHoldingRegistersRequest(address=header.status_base, count=short_status_length())
        calls.append((status, self._learn_gate))
        first = header.tags["header_level"]
        field = ReadHoldingRegistersRequest(address=first, count=header.tags["return_valve"] - first + 1)
        calls.append((field, lambda reply: self._learn_field(reply, asked_ns=now_ns)))
        link.send(calls)

    def _learn_gate(self, reply: ModbusPDU) -> None:
        if not reply.isError() and len(reply.registers) == short_status_length():
            self._owner.learn(decode_short_status(reply.registers))

    def _learn_field(self, reply: ModbusPDU, *, asked_ns: int) -> None:
        if reply.isError() or len(reply.registers) < 3:
            return
        self.level = reply.registers[0]
        self._applied = reply.registers[-2], reply.registers[-1]
        if not self.wrong.stale:
            # Not the reply's time: it may have waited for the line, and data are never younger than they look.
            self._measured_ns = asked_ns

    # --- replication --------------------------------------------------------------------------------------------

    def _replicate(self) -> None:
        now_ns = time.monotonic_ns()
        self._peer.expire(now_ns)
        self._unsent.append((now_ns, self._state()))
        ripe: tuple[int, bytes] | None = None
        while self._unsent and now_ns - self._unsent[0][0] >= self.wrong.replication_lag_ms * 1_000_000:
            ripe = self._unsent.popleft()
        if ripe is None or self._peer.outstanding:
            return
        registers = unpack(ripe[1])
        registers[4] = min(U16_MAX, (now_ns - ripe[0]) // 1_000_000)
        self._peer.send([(WriteMultipleRegistersRequest(address=REPLICA_BASE, registers=registers), _ignore)])

    def _state(self) -> bytes:
        loop, alarm = self.loop, self.alarm
        return _REPLICA.pack(
            self._owner.session,
            self.position,
            0,
            round(loop.setpoint),
            loop.auto,
            min(U16_MAX, max(0, round(loop.integral) + 32768)),
            round(loop.output),
            alarm.limit,
            alarm.active | alarm.acked << 1,
            alarm.occurrence,
        )

    def take_replica(self, registers: Sequence[int]) -> None:
        """The peer's newest state. One who drives has nothing to learn from a peer that still thinks it does."""
        if self.wrong.frozen or self._owner.drives():
            return
        _, position, age_ms, setpoint, mode, integral, output, limit, flags, occurrence = _REPLICA.unpack(
            pack(registers)
        )
        self.acked = self.position = position
        self._replica_at_ns = time.monotonic_ns() - age_ms * 1_000_000
        self.loop.setpoint, self.loop.auto = float(setpoint), bool(mode)
        if not self._owner.owns():
            self.loop.integral, self.loop.output = float(integral - 32768), float(output)
        self.alarm = LevelAlarm(limit=limit, active=bool(flags & 1), acked=bool(flags & 2), occurrence=occurrence)

    # --- operators ----------------------------------------------------------------------------------------------

    def write_setpoint(self, value: int) -> None:
        """0..10000."""
        self.loop.setpoint = float(min(FULL_SCALE, max(0, value)))

    def write_mode(self, value: int) -> None:
        """0 manual: the output stays; else automatic."""
        self.loop.auto = bool(value)

    def write_limit(self, value: int) -> None:
        """Above which level the alarm comes, 0..10000."""
        self.alarm.limit = min(FULL_SCALE, max(0, value))

    def acknowledge(self, occurrence: int) -> Answer:
        """Take note of that occurrence of the alarm; at the one who owns, the other learns it from there."""
        if not self._owner.owns():
            return Answer.REFUSED_ROLE
        if occurrence != self.alarm.occurrence:
            return Answer.REFUSED_CHOICE
        if self.alarm.acked:
            return Answer.ALREADY
        self.alarm.acked = True
        return Answer.DONE

    # --- what others see ----------------------------------------------------------------------------------------

    @property
    def session(self) -> int:
        """This process' nonce in its frames."""
        return self._owner.session

    def role(self) -> Role:
        """The gate's word, unless a fault makes it lie."""
        return self._owner.role() if self.wrong.shown_role is None else self.wrong.shown_role

    def data_age_ms(self) -> int:
        """Since the measurements were asked for."""
        return _age_ms(self._measured_ns)

    def lag_ms(self) -> int:
        """How old the peer's newest state is; 0 at the one who drives."""
        return 0 if self._owner.drives() else _age_ms(self._replica_at_ns)

    def healthy(self) -> bool:
        """Data and replica are fresh."""
        return self.data_age_ms() <= _STALE_DATA_MS and self.lag_ms() <= _STALE_REPLICA_MS


class ReplicaBank:
    """The peer's mailbox: one block, written whole."""

    def __init__(self, scada: Scada) -> None:
        self._scada = scada

    def read(self, _address: int, _count: int) -> Sequence[int] | None:
        """Nothing can be read."""
        return None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """The replica."""
        if address != REPLICA_BASE or len(values) * 2 != _REPLICA.size:
            return False
        self._scada.take_replica(values)
        return True


def _age_ms(since_ns: int | None) -> int:
    return NEVER_MS if since_ns is None else min(NEVER_MS, (time.monotonic_ns() - since_ns) // 1_000_000)


def _ignore(_reply: ModbusPDU) -> None:
    """Whether a write was obeyed is read in the status block."""
