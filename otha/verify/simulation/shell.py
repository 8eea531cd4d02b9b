"""The supervisor's process in virtual time: the production supervision, killed, started, stopped and woken."""

from collections.abc import Callable

from otha.core.config import SiteConfig
from otha.core.group.turn import Decision
from otha.core.inputs import ClockStepped, DueReached, Input, LoopStalled
from otha.verify.simulation.clockwork import NEVER, Clockwork, Work
from otha.verify.simulation.forward import ForwardSupervision

OnDecision = Callable[[Decision, int], None]


class Shell:
    """`core`: None while the process is dead. `life`: how often it was started. `inputs`: how many were taken.

    `decided_at`: when something was last decided.
    """

    def __init__(self, cfg: SiteConfig, clockwork: Clockwork, on_decision: OnDecision) -> None:
        self.core: ForwardSupervision | None = None
        self.life = 0
        self.inputs = 0
        self.decided_at = clockwork.now
        self.wake = NEVER
        self._cfg = cfg
        self._clockwork = clockwork
        self._on_decision = on_decision
        self._stopped_until: int | None = None

    @property
    def awake(self) -> bool:
        """It takes input."""
        return self.core is not None and self._stopped_until is None

    def start(self, now: int) -> None:
        """The process starts: nothing is believed."""
        self.life += 1
        self.core = ForwardSupervision(self._cfg, now)
        self._stopped_until = None
        self.feed(DueReached(), now)

    def kill(self) -> None:
        """The process dies, and with it all that it knew."""
        self.core, self._stopped_until, self.wake = None, None, NEVER

    def stop(self, now: int, for_ns: int) -> None:
        """The process stops for a while; what comes meanwhile is taken afterwards."""
        if not self.awake:
            return
        self._stopped_until = now + for_ns
        life = self.life

        def goes_on(at: int) -> None:
            if self.life == life and self.core is not None:
                self._stopped_until = None
                self.feed(LoopStalled(gap_ns=for_ns), at)

        self._clockwork.at(now + for_ns, goes_on)

    def clock_steps(self, jump_ns: int, now: int) -> None:
        """Its wall clock moves."""
        self.told(ClockStepped(jump_ns=jump_ns), now)

    def at(self, at: int, work: Work) -> None:
        """Do `work` at `at`, or as soon as the process goes on; never if it has died since."""
        life = self.life

        def due(now: int) -> None:
            if self.life != life or self.core is None:
                return
            if self._stopped_until is not None:
                self._clockwork.at(max(now, self._stopped_until), due)
                return
            work(now)

        self._clockwork.at(at, due)

    def told(self, raw: Input, at: int) -> None:
        """Give it an input at `at`, or as soon as it goes on."""
        self.at(at, lambda now: self.feed(raw, now))

    def feed(self, raw: Input, now: int, *, usual: bool = False) -> None:
        """Give it an input now. `usual`: it says what the one before said; unless something is decided, it only puts
        deadlines off."""
        core = self.core
        assert core is not None
        self.inputs += 1
        decisions = core.feed(raw, now)
        if decisions:
            self.decided_at = now
            for decision in decisions:
                self._on_decision(decision, now)
        elif usual:
            return
        if self.core is core:
            self.look_at_the_clock()

    def look_at_the_clock(self) -> None:
        """When it wants to be woken."""
        wake = self.core.wake if self.core is not None else None
        self.wake = NEVER if wake is None else wake

    def due(self, now: int) -> None:
        """Its time to be woken has come, unless that was put off since."""
        if self._stopped_until is not None:
            self.wake = self._stopped_until
            return
        self.look_at_the_clock()
        if self.wake <= now:
            self.feed(DueReached(), now)
