"""What a soft controller computes, without its sockets and clock: the same in a live process and in simulated time.

Who drives is what the gate says, as it was last read (`sim.owner`). How the plant is controlled is a `Law`, one for
each kind of plant.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from sim.disturb import Disturbance
from sim.heartbeat import Heartbeat, Role, Tracked
from sim.owner import Ownership
from sim.pid import Pid
from sim.registers import U16_MAX, U32_MAX, Frame, crc16

_NEVER: Final = U16_MAX
_STALE_DATA_MS: Final = 200
_STALE_REPLICA_MS: Final = 500
_MS: Final = 1_000_000


class Law(Protocol):
    """How one kind of plant is controlled. Values and outputs 0..10000; `loops` are the two that the peers compare."""

    loops: list[Pid]

    @property
    def gains(self) -> tuple[float, ...]:
        """What it was built with; the controllers of a pair must have the same."""

    def drive(self, measured: Sequence[int], dt_s: float) -> None:
        """One control cycle as the one in charge."""

    def follow(self, measured: Sequence[int], applied: Sequence[int], dt_s: float) -> None:
        """One cycle while another drives, or nobody: take over what is applied, so that `drive` starts there."""

    def outputs(self) -> tuple[int, ...]:
        """What it would drive now."""


class ControlTask:
    """One controller's state. Times are nanoseconds of a monotonic clock, and arguments.

    `tracking` false computes on while another drives, from its own integral, as a controller without output tracking
    does; it exists to show what tracking is worth.
    """

    def __init__(
        self, law: Law, owner: Ownership, number: int, *, cycle_ms: int, wrong: Disturbance, tracking: bool = True
    ) -> None:
        self.law = law
        self.owner = owner
        self.wrong = wrong
        self.tracking = tracking
        self.heartbeat = 0
        self.measured: tuple[int, ...] | None = None
        self._number = number
        self._dt_s = cycle_ms / 1000
        self._config_hash = crc16(repr((law.gains, cycle_ms)).encode())
        self._cycle = 0
        self._position = 0
        self._acked = 0
        self._applied: tuple[int, ...] = (0,) * len(law.outputs())
        self._replica_at_ns: int | None = None
        self._read_at_ns: int | None = None

    # --- control ------------------------------------------------------------------------------------------------

    def control(self) -> bool:
        """One control cycle: drive as owner, follow the applied outputs otherwise. True: it drove."""
        if self.wrong.stalled or self.wrong.frozen:
            return False
        self._cycle = (self._cycle + 1) & U32_MAX
        if self.measured is None:
            return False
        driving = self.owner.drives()
        if driving or not self.tracking:
            self.law.drive(self.measured, self._dt_s)
        else:
            self.law.follow(self.measured, self._applied, self._dt_s)
        if driving:
            self._position = (self._position + 1) & U32_MAX
        return driving

    # --- communication ------------------------------------------------------------------------------------------

    def beat(self) -> None:
        """The communication task ran."""
        self.heartbeat = (self.heartbeat + 1) & U32_MAX

    def frame(self) -> Frame | None:
        """The next owner frame, with the ownership as it was last learnt; None when it owns nothing."""
        return self.owner.frame(self._cycle, self.law.outputs()) if self.owner.owns() else None

    def learn_gate(self, status: Mapping[str, int], applied: tuple[int, ...]) -> None:
        """The gate's status and the outputs as they stand at the terminals."""
        self._applied = applied
        self.owner.learn(status)

    def learn_measured(self, measured: tuple[int, ...], now_ns: int) -> None:
        """What the transmitters show."""
        self.measured = measured
        self._read_at_ns = now_ns

    # --- replication --------------------------------------------------------------------------------------------

    def replica(self) -> list[int]:
        """This state for the peer: session and position, two registers each, and the tracked tags."""
        return [*_words(self.owner.session), *_words(self._position), *self.tracked().registers()]

    def take_replica(self, registers: Sequence[int], produced_ns: int) -> None:
        """The peer's newest state. One who drives has nothing to learn from a peer that still thinks it does."""
        if self.wrong.frozen or self.owner.drives():
            return
        self._acked = self._position = registers[2] << 16 | registers[3]
        self._replica_at_ns = produced_ns
        tracked = Tracked.parse(list(registers[4:]))
        for index, loop in enumerate(self.law.loops):
            loop.setpoint = float(tracked.setpoints[index])
            loop.auto = bool(tracked.modes[index])
            if self.tracking and not self.owner.owns():
                loop.integral = float(tracked.integrals[index])
                loop.output = float(tracked.outputs[index])

    # --- what others see ----------------------------------------------------------------------------------------

    def tracked(self) -> Tracked:
        """What must agree between active and standby."""
        first, second = self.law.loops
        return Tracked(
            setpoints=(round(first.setpoint), round(second.setpoint)),
            modes=(int(first.auto), int(second.auto)),
            integrals=(round(first.integral), round(second.integral)),
            outputs=(round(first.output), round(second.output)),
        )

    def role(self) -> Role:
        """What it shows: the gate's word, unless a fault makes it lie."""
        return self.owner.role() if self.wrong.shown_role is None else self.wrong.shown_role

    def show(self, now_ns: int) -> Heartbeat:
        """The heartbeat block as of then; what was learnt since is new."""
        data_age_ms = _age_ms(self._read_at_ns, now_ns)
        lag_ms = 0 if self.owner.drives() else _age_ms(self._replica_at_ns, now_ns)
        level = 255
        if self.measured is None:
            level = 1
        elif data_age_ms > _STALE_DATA_MS or lag_ms > _STALE_REPLICA_MS:
            level = 150
        return Heartbeat(
            heartbeat=self.heartbeat,
            cycle=self._cycle,
            role=self.role(),
            service_level=level,
            position=self._position,
            acked=self._acked,
            data_age_ms=data_age_ms,
            config_hash=self._config_hash,
            session=self.owner.session,
            node=self._number,
            tracked=self.tracked(),
            lag_ms=lag_ms,
        )


def _words(value: int) -> tuple[int, int]:
    return value >> 16, value & U16_MAX


def _age_ms(since_ns: int | None, now_ns: int) -> int:
    return _NEVER if since_ns is None else min(_NEVER, max(0, now_ns - since_ns) // _MS)
