"""Deaths and standstills with nothing else beside them: noticed within their printed bound, and what came of them."""

from dataclasses import dataclass

from otha.core.config import GroupConfig
from otha.core.errors import InvariantBreachError
from otha.core.words import GroupKind, Liveness
from otha.site.model import Site
from otha.verify.simulation.clockwork import Clockwork
from otha.verify.simulation.fault import Fault, FaultKind
from otha.verify.simulation.plant import Plant
from otha.verify.simulation.shell import Shell
from otha.verify.simulation.tally import Tally

_WATCHED = (FaultKind.CRASH, FaultKind.PAUSE, FaultKind.HANG)
_NOTICED = (Liveness.DEAD, Liveness.FROZEN)
_SLACK_NS = 10_000_000
_LOOK_NS = 1_000_000


@dataclass(slots=True, kw_only=True)
class _Watch:
    """A death under watch. `noticed_at`: when its node was judged dead or frozen."""

    fault: Fault
    group: GroupConfig
    was_active: bool
    bound_ns: int
    failover_ns: int
    noticed_at: int | None = None


class Detection:
    """Watches one death at a time; whatever else goes wrong meanwhile ends the watch."""

    def __init__(self, site: Site, plant: Plant, clockwork: Clockwork, shell: Shell, tally: Tally) -> None:
        self._plant = plant
        self._clockwork = clockwork
        self._shell = shell
        self._tally = tally
        self._timings = {timing.group: timing for timing in site.timings}
        self._watch: _Watch | None = None

    def disturbed(self) -> None:
        """Something else goes wrong, or is ordered: nothing is measured."""
        self._watch = None

    def begins(self, fault: Fault, now: int, *, settled_for_ns: int) -> None:
        """A fault has begun; nothing had gone wrong for `settled_for_ns` before it."""
        self._watch = None
        group = self._plant.group_of.get(fault.target)
        if fault.kind not in _WATCHED or group is None or not self._shell.awake:
            return
        bound_ns = self._bound_ns(fault, group)
        if bound_ns is None or fault.for_ns < bound_ns + _SLACK_NS or settled_for_ns < 2 * bound_ns:
            return
        assert self._shell.core is not None
        g = self._shell.core.group(group.name)
        active = g.record.active if g.record is not None else None
        watch = _Watch(
            fault=fault,
            group=group,
            was_active=active == fault.target and g.plan is None and g.suspicion is None,
            bound_ns=bound_ns,
            failover_ns=self._timings[group.name].failover.ns,
        )
        self._watch = watch
        self._clockwork.at(now + bound_ns + _LOOK_NS, lambda at: self._must_be_noticed(watch))

    def _bound_ns(self, fault: Fault, group: GroupConfig) -> int | None:
        timing = self._timings[group.name]
        if fault.kind is FaultKind.HANG:
            return timing.frozen.ns if timing.frozen is not None else None
        return max(timing.heartbeats.ns, *(over.heartbeats.ns for over in timing.over), 0)

    def looks(self, now: int) -> None:
        """After a decision: whether the death was noticed, and its target is driven again."""
        watch, core = self._watch, self._shell.core
        if watch is None or core is None:
            return
        if watch.noticed_at is None:
            if core.node(watch.fault.target).verdict.liveness not in _NOTICED:
                return
            watch.noticed_at = now
            took_ns = now - watch.fault.at_ns
            self._tally.detected(f"{watch.group.name}, {watch.fault.kind.name.lower()}", took_ns, watch.bound_ns)
            if took_ns > watch.bound_ns + _LOOK_NS:
                raise self._late(watch)
        g = core.group(watch.group.name)
        moved = g.record is not None and g.record.active != watch.fault.target and g.plan is None
        if watch.was_active and moved:
            self._watch = None
            if watch.group.kind is GroupKind.DRIVER and watch.fault.kind is not FaultKind.HANG:
                self._tally.failed_over(watch.group.name, now - watch.fault.at_ns, watch.failover_ns)

    def _must_be_noticed(self, watch: _Watch) -> None:
        if self._watch is watch and watch.noticed_at is None and self._shell.awake:
            raise self._late(watch)

    @staticmethod
    def _late(watch: _Watch) -> InvariantBreachError:
        bound_ms = watch.bound_ns // 1_000_000
        return InvariantBreachError("L1", f"{watch.fault} was not noticed within {bound_ms} ms")
