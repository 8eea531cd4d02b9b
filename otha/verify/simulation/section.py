"""A section's gate in virtual time: the table of `otha.verify.gate_model` with frames, sessions and watchdogs.

Between two changes nothing is computed: frames that come at every control cycle are told from the time alone.
"""

from collections.abc import Callable, Mapping

from otha.core.altered import altered
from otha.core.config import GateConfig
from otha.core.effects import GateCommand
from otha.core.inputs import GateReading
from otha.core.words import GateState, Outcome
from otha.verify import gate_model
from otha.verify.gate_model import GateModel

MS = 1_000_000
MAX_RESUMES = 3
RESUME_WINDOW_NS = 60_000 * MS
_NO_SHADOW_MS = 65_535
_FULL_SCALE = 10_000
_U32 = 0xFFFF_FFFF


class Section:
    """One gate. `on_change` is told the gate before and after each change, and when.

    `apart`: its owner would move an output, so that a release is not taken.
    """

    def __init__(
        self,
        cfg: GateConfig,
        numbers: Mapping[str, int],
        cycles_ns: Mapping[str, int],
        owner: str,
        on_change: Callable[["Section", GateModel, GateModel, int], None],
    ) -> None:
        self.cfg = cfg
        self.apart = False
        self.gate = GateModel(
            state=GateState.OWNED, owner=owner, last_driver=owner, owner_epoch=1, epoch=1, granted=1, hold_no=1
        )
        self._numbers = numbers
        self._cycles_ns = cycles_ns
        self._on_change = on_change
        self._session: int | None = None
        self._sends: int | None = None
        self._last_frame = 0
        self._flows_from: int | None = None
        self._resumed: tuple[int, ...] = ()
        self._by_watchdog = False

    # Frames

    def flow(self, session: int | None, now: int) -> None:
        """The owner's frames come from now on, of this session; None: they do not."""
        flows = session is not None and self.gate.owner is not None and self.takes(session)
        self._sends = session
        if flows == (self._flows_from is not None):
            return
        if flows:
            self._flows_from = now
            if self.gate.state is GateState.OWNED:
                self._session = session
        else:
            self._last_frame, self._flows_from = self.last_frame(now), None

    def takes(self, session: int) -> bool:
        """Whether the owner's frames of this session are taken: one that was started anew needs a new epoch."""
        return self._session in (None, session)

    @property
    def flows(self) -> bool:
        """Whether frames come that the gate takes."""
        return self._flows_from is not None

    def last_frame(self, now: int) -> int:
        """When the last frame of the present owner came; for a new one, when it became the owner."""
        if self._flows_from is None:
            return self._last_frame
        grid = now - now % self._cycle_ns
        return grid if grid >= self._flows_from else self._last_frame

    @property
    def _cycle_ns(self) -> int:
        return self._cycles_ns[self.gate.owner or ""]

    # Time

    def next_at(self, now: int) -> int | None:
        """When the gate next changes by itself."""
        gate, found = self.gate, []
        if gate.hold_until is not None:
            found.append(gate.hold_until)
        if gate.state is GateState.OWNED and not self.flows:
            found.append(max(now, self._last_frame + self.cfg.owner_watchdog_ns))
        if gate.state is GateState.HELD and self.flows and self._after_frame() is not gate:
            found.append(now - now % self._cycle_ns + self._cycle_ns)
        if gate.stuck and self._resumed:
            found.append(max(now, self._resumed[0] + RESUME_WINDOW_NS))
        return min(found, default=None)

    def pass_time(self, now: int) -> None:
        """What has become due by `now`."""
        self._resumed = tuple(at for at in self._resumed if now < at + RESUME_WINDOW_NS)
        gate = self.gate
        if gate.stuck and len(self._resumed) < MAX_RESUMES:
            self._become(altered(gate, stuck=False), now)
        elif gate.hold_until is not None and now >= gate.hold_until:
            self._become(gate_model.to_safe(gate), now)
        elif gate.state is GateState.OWNED and not self.flows:
            if now >= self._last_frame + self.cfg.owner_watchdog_ns:
                self._by_watchdog = True
                able = altered(gate, resumes=len(self._resumed) < MAX_RESUMES)
                self._become(gate_model.watchdog(able, now + self.cfg.hold_max_ns), now)
        elif gate.state is GateState.HELD and self.flows and now % self._cycle_ns == 0:
            after = self._after_frame()
            self._session = self._sends
            self._become(after, now)

    def _after_frame(self) -> GateModel:
        """The gate after the owner's next frame: the same object if it changes nothing."""
        gate = self.gate
        if self._session is None or self.apart:
            # The first frame after a GRANT only sets the mark; outputs apart are shown, and no more.
            return gate if gate.shadow else altered(gate, shadow=True)
        after = gate_model.frame(gate)
        return gate if after == gate else after

    # What others do to it

    def command(self, do: GateCommand, now: int) -> Outcome:
        """Take one command."""
        after, outcome = gate_model.command(self.gate, do, now + self.cfg.hold_max_ns)
        self._become(after, now)
        return outcome

    def permit(self, now: int, **changes: bool) -> None:
        """People, or the machine's program, change a permit."""
        self._become(altered(self.gate, **changes), now)

    def taken(self, now: int) -> None:
        """A person takes it (LOCAL)."""
        if self.gate.state is not GateState.LOCAL:
            self._become(gate_model.local(self.gate), now)

    def given_back(self, now: int) -> None:
        """A person resets it out of LOCAL or SAFE: nobody owns it."""
        if self.gate.state in (GateState.LOCAL, GateState.SAFE):
            self._become(altered(self.gate, state=GateState.FREE), now)

    def cold_start(self, now: int) -> None:
        """The controller starts anew with its RETAIN data good."""
        self._become(gate_model.cold_start(self.gate), now)
        self._resumed = ()

    def _become(self, after: GateModel, now: int) -> None:
        before = self.gate
        if after.owner is not None and after.state not in (GateState.OWNED, GateState.HELD):
            after = altered(after, owner=None, owner_epoch=0)
        if after is before or after == before:
            return
        new_owner = (after.owner, after.owner_epoch) != (before.owner, before.owner_epoch)
        if after.state is GateState.OWNED and before.state is GateState.HELD and self._by_watchdog:
            self._resumed = (*self._resumed, now)
        if after.state is not GateState.HELD or new_owner:
            self._by_watchdog = False
        self.gate = after
        if new_owner:
            self._session, self._last_frame, self._flows_from = None, now, None
        self._on_change(self, before, after, now)

    # What it shows

    def reading(self, now: int) -> GateReading:
        """The status block at `now`."""
        gate, cfg = self.gate, self.cfg
        last = self.last_frame(now)
        held_ms = (now - gate.hold_until + cfg.hold_max_ns) // MS if gate.hold_until is not None else 0
        nothing = (0,) * len(cfg.outputs)
        shown = tuple(_FULL_SCALE // 2 for _ in cfg.outputs) if self.apart and gate.shadow else nothing
        return GateReading(
            boot=gate.boot,
            scan=now // cfg.scan_ns & _U32,
            state=gate.state,
            armed=gate.armed,
            permit=gate.permits_takeover,
            return_permit=gate.return_permit,
            within=gate.shadow and not self.apart,
            owner=self._number(gate.owner),
            last_driver=self._number(gate.last_driver),
            owner_epoch=gate.owner_epoch,
            epoch=gate.epoch,
            granted=gate.granted,
            hold_no=gate.hold_no,
            held_ms=held_ms,
            owner_age_ms=(now - last) // MS if gate.owner is not None else 0,
            last_seq=last // self._cycle_ns & _U32 if gate.owner is not None else 0,
            refused=(0,) * 10,
            command_id=0,
            command_answer=0,
            resumes_left=0 if gate.stuck else max(0, MAX_RESUMES - len(self._resumed)),
            hold_max_ms=cfg.hold_max_ns // MS,
            owner_watchdog_ms=cfg.owner_watchdog_ns // MS,
            scan_ms=cfg.scan_ns // MS,
            shadow_age_ms=(now - last) // MS if gate.shadow else _NO_SHADOW_MS,
            applied=nothing,
            held=nothing,
            shadow=shown,
        )

    def _number(self, name: str | None) -> int:
        return 0 if name is None else self._numbers[name]
