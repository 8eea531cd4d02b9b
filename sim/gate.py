"""The gate: lets exactly one owner, of the newest epoch, drive a section's outputs.

It is the controller's own logic, evaluated once per scan, pure: no clock, no I/O. Every cell of the gate table of
the design is one branch here. The Structured Text program that ships for real controllers behaves the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sim.gate_config import GateConfig
from sim.hold_action import HeldOutput
from sim.registers import U16_MAX, U32_MAX, Answer, Command, Frame, Malformed, Opcode, State, gate_map


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What survives a cold start. `boot` is the id of the start that wrote it."""

    epoch: int
    granted: int
    boot: int
    safe: bool
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanInputs:
    """All that one scan sees. `frames` holds at most one frame per node mailbox (numbered from 1).

    `machine` is the state of the machine as the PLC program recognises it, `tags` what the program itself measures:
    both for the hold actions alone. `supervisor_seen`: the supervisor has asked for something since the scan before.
    """

    dt_ms: int
    permit: bool
    return_permit: bool
    local: bool = False
    reset: bool = False
    command: Command | Malformed | None = None
    frames: Mapping[int, Frame] = field(default_factory=dict)
    machine: str = ""
    tags: Mapping[str, int] = field(default_factory=dict)
    supervisor_seen: bool = False


REFUSALS = {
    Answer.REFUSED_EPOCH: "refused_epoch",
    Answer.REFUSED_STATE: "refused_state",
    Answer.REFUSED_PERMIT: "refused_permit",
    Answer.REFUSED_BOOT: "refused_boot",
    Answer.REFUSED_MALFORMED: "refused_malformed",
}
FRAME_REFUSALS = ("frame_torn", "frame_owner", "frame_epoch", "frame_session", "frame_seq")


class Gate:
    """One section's gate. `outputs` is what it lets through after the last scan.

    `held` is what the outputs have come to in the hold, each by its hold action: the value that a newcomer's frame must
    be near, and that it starts from. Once the hold is over it stays as it was.
    """

    def __init__(self, config: GateConfig, retained: Retained | None, boot: int) -> None:
        """Cold start. `retained` is None when the RETAIN memory is bad; `boot` must never have been used before."""
        self.config = config
        self.boot = boot
        self.scan_no = 0
        self.state = State.SAFE
        self.epoch = 0
        self.granted = 0
        if retained is not None:
            self.epoch = retained.epoch
            self.granted = retained.granted
            self.state = State.LOCAL if retained.local else State.SAFE if retained.safe else State.FREE
        self.owner = 0
        self.owner_epoch = 0
        self.armed = False
        self.last_driver = 0
        self.session: int | None = None
        self.last_seq = 0
        self.last_cycle: int | None = None
        self.hold_no = 0
        self.held_ms = 0
        self.watchdog_held = False
        self.owner_age_ms = 0
        self.outputs = config.safe_values
        self.held = config.safe_values
        self._holding: tuple[HeldOutput, ...] = ()
        self._machine = ""
        self._tags: Mapping[str, int] = {}
        self.shadow: tuple[int, ...] | None = None
        self.shadow_age_ms = 0
        self.resume_ages_ms: tuple[int, ...] = ()
        self.permit = False
        self.return_permit = False
        self.command_id = 0
        self.command_answer = Answer.NONE
        self.counts = dict.fromkeys((*REFUSALS.values(), *FRAME_REFUSALS), 0)
        self._last_effective: Command | None = None
        self._supervisor_age_ms = 0

    # --- one scan -----------------------------------------------------------------------------------------------

    def scan(self, inputs: ScanInputs) -> None:
        """One scan: the person first, then the command, then the frames, then the timers."""
        self.scan_no = (self.scan_no + 1) & U32_MAX
        self.permit, self.return_permit = inputs.permit, inputs.return_permit
        self._machine, self._tags = inputs.machine, inputs.tags
        self._age(inputs.dt_ms)
        self._hold_on(inputs.dt_ms)
        self._person(local=inputs.local, reset=inputs.reset)
        if inputs.supervisor_seen or isinstance(inputs.command, Command):
            self._supervisor_age_ms = 0
        if inputs.command is not None:
            self._command(inputs.command)
        for mailbox in sorted(inputs.frames):
            self._frame(mailbox, inputs.frames[mailbox])
        self._timers()
        if self.state is State.HELD:
            self.outputs = self.held

    def retained(self) -> Retained:
        """What must be in RETAIN memory before the effect of this scan is seen by anybody."""
        return Retained(
            epoch=self.epoch,
            granted=self.granted,
            boot=self.boot,
            safe=self.state is State.SAFE,
            local=self.state is State.LOCAL,
        )

    @property
    def resumes_left(self) -> int:
        """How often a watchdog hold may still end by itself in the running window."""
        return max(0, self.config.max_resumes - len(self.resume_ages_ms))

    @property
    def supervisor_silent(self) -> bool:
        """Nobody watches a section that is driven: an alarm, nothing else."""
        limit_ms = self.config.silent_after_ms
        return 0 < limit_ms <= self._supervisor_age_ms and self.state is State.OWNED

    def permit_for(self, node: int) -> bool:
        """Going back to the node that drove last needs the return permit only."""
        return self.return_permit if node == self.last_driver else self.permit

    def tracking(self) -> bool:
        """The shadow registers are fresh and every output in them is within tolerance of its held value."""
        if self.state is not State.HELD or self.shadow is None:
            return False
        return self.shadow_age_ms <= self.config.owner_watchdog_ms and self._within(self.shadow)

    # --- timers -------------------------------------------------------------------------------------------------

    def _age(self, dt_ms: int) -> None:
        if self.owner:
            self.owner_age_ms = min(U32_MAX, self.owner_age_ms + dt_ms)
        if self.shadow is not None:
            self.shadow_age_ms = min(U16_MAX - 1, self.shadow_age_ms + dt_ms)
        self._supervisor_age_ms = min(U32_MAX, self._supervisor_age_ms + dt_ms)
        if self.state is State.HELD:
            self.held_ms = min(U32_MAX, self.held_ms + dt_ms)
        window = self.config.resume_window_ms
        self.resume_ages_ms = tuple(age + dt_ms for age in self.resume_ages_ms if age + dt_ms < window)

    def _timers(self) -> None:
        # Judged after all that could be read was taken, so that a frame of this very scan counts.
        if self.state is State.OWNED and self.owner_age_ms >= self.config.owner_watchdog_ms:
            self._enter_held()
            self.watchdog_held = True
        elif self.state is State.HELD and self.held_ms >= self.config.hold_max_ms:
            self._leave_to(State.SAFE)

    # --- transitions --------------------------------------------------------------------------------------------

    def _enter_held(self) -> None:
        # Out of FREE the outputs stand at their safe values, and no hold action may lead away from those.
        if self.state is not State.FREE:
            self._holding = tuple(
                HeldOutput(value, self.config.hold.of(self._machine, at), self._tags)
                for at, value in enumerate(self.outputs)
            )
        self.state = State.HELD
        self.hold_no = (self.hold_no + 1) & U32_MAX
        self.held_ms = 0
        self.held = self.outputs
        self.shadow = None

    def _hold_on(self, dt_ms: int) -> None:
        """The held values move as the hold actions say, before a frame of this scan is compared with them."""
        if self.state is not State.HELD or not self._holding:
            return
        for at, output in enumerate(self._holding):
            output.step(self.config.hold.of(self._machine, at), self._tags, dt_ms)
        self.held = tuple(output.value for output in self._holding)

    def _clear_owner(self) -> None:
        self.owner = 0
        self.owner_epoch = 0
        self.armed = False
        self.session = None
        self.last_seq = 0
        self.last_cycle = None
        self.owner_age_ms = 0
        self.shadow = None
        self.watchdog_held = False

    def _leave_to(self, state: State) -> None:
        """SAFE, LOCAL or FREE: nobody owns the section. LOCAL leaves the outputs to the person, as they stand."""
        self._clear_owner()
        self.state = state
        self.held_ms = 0
        self._holding = ()
        if state is not State.LOCAL:
            self.outputs = self.config.safe_values

    def _person(self, *, local: bool, reset: bool) -> None:
        if local:
            if self.state is not State.LOCAL:
                self._leave_to(State.LOCAL)
        elif reset and self.state in (State.SAFE, State.LOCAL):
            self._leave_to(State.FREE)

    def _within(self, values: tuple[int, ...]) -> bool:
        return all(abs(v - h) <= t for v, h, t in zip(values, self.held, self.config.tolerance, strict=True))

    # --- commands -----------------------------------------------------------------------------------------------

    def _command(self, command: Command | Malformed) -> None:
        if isinstance(command, Malformed):
            # Nobody can be told: an id read from a broken command might be another sender's.
            answer, self.command_id = Answer.REFUSED_MALFORMED, 0
        else:
            self.command_id = command.id
            # The id names the sender's attempt; a repeat is a repeat whatever its id.
            if replace(command, id=0) == self._last_effective:
                answer = Answer.ALREADY
            else:
                answer = self._obey(command)
                if answer is Answer.DONE:
                    self._last_effective = replace(command, id=0)
        self.command_answer = answer
        if (counter := REFUSALS.get(answer)) is not None:
            self._count(counter)

    def _obey(self, command: Command) -> Answer:
        match command.opcode:
            case Opcode.REVOKE:
                return self._revoke(command)
            case Opcode.VOID:
                return self._void(command)
            case Opcode.GRANT:
                return self._grant(command)
            case Opcode.RELEASE:
                return self._release(command)
            case Opcode.SAFE:
                return self._safe(command)

    def _revoke(self, command: Command) -> Answer:
        if command.epoch <= self.epoch:
            return Answer.REFUSED_EPOCH
        self.epoch = command.epoch
        if self.state is State.OWNED:
            self._clear_owner()
            self._enter_held()
        elif self.state is State.HELD:
            self._clear_owner()
        return Answer.DONE

    def _void(self, command: Command) -> Answer:
        if command.epoch <= self.epoch:
            return Answer.REFUSED_EPOCH
        if self.state is not State.OWNED or command.node != self.owner:
            return Answer.REFUSED_STATE
        self.epoch = command.epoch
        return Answer.DONE

    def _grant(self, command: Command) -> Answer:
        if command.epoch < self.epoch or command.epoch <= self.granted:
            return Answer.REFUSED_EPOCH
        if command.boot != self.boot:
            return Answer.REFUSED_BOOT
        if self.state not in (State.FREE, State.HELD) or not 1 <= command.node <= gate_map().max_nodes:
            return Answer.REFUSED_STATE
        if not self.permit_for(command.node):
            return Answer.REFUSED_PERMIT
        self._clear_owner()
        if self.state is State.FREE:
            self._enter_held()
        self.epoch = self.owner_epoch = self.granted = command.epoch
        self.owner = command.node
        return Answer.DONE

    def _release(self, command: Command) -> Answer:
        if command.epoch != self.epoch:
            return Answer.REFUSED_EPOCH
        if self.owner == 0 or command.node != self.owner:
            return Answer.REFUSED_STATE
        if command.epoch != self.owner_epoch:
            return Answer.REFUSED_EPOCH
        if self.state is State.OWNED or self.armed:
            return Answer.ALREADY
        self.armed = True
        return Answer.DONE

    def _safe(self, command: Command) -> Answer:
        if command.epoch != self.epoch:
            return Answer.REFUSED_EPOCH
        if self.state is not State.HELD or command.hold_no != self.hold_no:
            return Answer.REFUSED_STATE
        self._leave_to(State.SAFE)
        return Answer.DONE

    # --- frames -------------------------------------------------------------------------------------------------

    def _frame(self, mailbox: int, frame: Frame) -> None:
        if self.config.check_frames:
            refusal = self._refusal(mailbox, frame)
            if refusal is not None:
                self._count(refusal)
                return
        elif self.state not in (State.OWNED, State.HELD):
            self._count("frame_owner")
            return
        self.session = frame.session
        self.last_seq = frame.seq
        # The first frame after GRANT only sets the mark: one frame alone doesn't show that the control task runs.
        advanced = self.last_cycle is not None and 0 < (frame.cycle - self.last_cycle) & U32_MAX <= U32_MAX // 2
        self.last_cycle = frame.cycle
        if advanced:
            self.owner_age_ms = 0
        outputs = tuple(min(value, gate_map().full_scale) for value in frame.outputs)
        if self.state is State.HELD:
            self.shadow, self.shadow_age_ms = outputs, 0
            if not self._may_leave_hold(advanced, outputs):
                return
            if self.watchdog_held:
                self.resume_ages_ms = (*self.resume_ages_ms, 0)
            self.state = State.OWNED
            self.held_ms = 0
            self._holding = ()
            self.watchdog_held = False
            self.shadow = None
            self.last_driver = self.owner
        self.outputs = outputs

    def _refusal(self, mailbox: int, frame: Frame) -> str | None:
        """The counter of the first test the frame fails, None if it passes."""
        if not frame.whole:
            return "frame_torn"
        if self.owner == 0 or frame.owner != self.owner or frame.owner != mailbox:
            return "frame_owner"
        if frame.epoch != self.owner_epoch:
            return "frame_epoch"
        if self.session is not None and frame.session != self.session:
            return "frame_session"
        if frame.seq <= self.last_seq:
            return "frame_seq"
        return None

    def _may_leave_hold(self, advanced: bool, outputs: tuple[int, ...]) -> bool:
        if not (self.armed and advanced and self.permit_for(self.owner) and self._within(outputs)):
            return False
        return not self.watchdog_held or self.resumes_left > 0

    def _count(self, counter: str) -> None:
        self.counts[counter] = (self.counts[counter] + 1) & U16_MAX

    # --- the status block ---------------------------------------------------------------------------------------

    def status(self) -> tuple[dict[str, int], tuple[tuple[int, ...], ...]]:
        """The named fields of the status block and the applied, held and shadow outputs, for `encode_status`."""
        shape = gate_map()
        flags = (
            self.armed
            | self.permit << 1
            | self.return_permit << 2
            | self.tracking() << 3
            | (self.session is not None) << 4
        )
        fields = {
            "magic": shape.magic,
            "layout": shape.layout,
            "boot": self.boot,
            "scan": self.scan_no,
            "state": int(self.state),
            "flags": int(flags),
            "owner": self.owner,
            "last_driver": self.last_driver,
            "owner_epoch": self.owner_epoch,
            "epoch": self.epoch,
            "granted": self.granted,
            "hold_no": self.hold_no,
            "held_ms": self.held_ms,
            "owner_age_ms": self.owner_age_ms,
            "last_seq": self.last_seq,
            **self.counts,
            "command_id": self.command_id,
            "command_answer": int(self.command_answer),
            "resumes_left": self.resumes_left,
            "hold_max_ms": self.config.hold_max_ms,
            "owner_watchdog_ms": self.config.owner_watchdog_ms,
            "scan_ms": self.config.scan_ms,
            "outputs": len(self.outputs),
            "shadow_age_ms": U16_MAX if self.shadow is None else self.shadow_age_ms,
            "reserved": 0,
        }
        empty = (0,) * len(self.outputs)
        return fields, (self.outputs, self.held, self.shadow or empty)
