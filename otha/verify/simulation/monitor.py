"""The rules as predicates over the virtual plant: what really is, beside what the supervisor knows and does.

The core checks itself on every step (`otha.core.group.invariant`); a breach halts the group, and that is a breach here
too. What stands here is judged from the outside: gates, clients, stores, tags and nodes as they are.
"""

from collections.abc import Mapping

from otha.core.config import GroupConfig
from otha.core.effects import Demote, Effect, Grant, Promote, Release, Revoke, Select, SwapRecord, Void
from otha.core.errors import InvariantBreachError
from otha.core.group.state import GroupState, Plan
from otha.core.group.turn import Decision
from otha.core.inputs import Record
from otha.core.reasons import Reason, Why
from otha.core.watch.condition import leaves_of
from otha.core.words import Course, GateState, GroupKind, Milestone, OrderKind, RpoMiss, TransferKind
from otha.site.model import Site
from otha.verify.gate_model import GateModel
from otha.verify.simulation.fault import Fault, FaultKind
from otha.verify.simulation.plant import Plant
from otha.verify.simulation.section import Section
from otha.verify.simulation.tally import Tally
from otha.verify.simulation.targets import trees_of

_SECOND = 1_000_000_000
_REMEMBERED = 8
_ENDED, _PHASE, _REQUESTED, _HALTED, _TAKEN = Why.ENDED, Why.PHASE, Why.REQUESTED, Why.HALTED, Why.ORDER_TAKEN


def hold(rule: str, holds: bool, what: str) -> None:
    """Raise InvariantBreachError if it does not hold."""
    if not holds:
        raise InvariantBreachError(rule, what)


class Monitor:
    """Judges every change of the plant and every decision. `records`: what the store holds, once it is known."""

    def __init__(self, site: Site, tally: Tally) -> None:
        cfg = site.core
        self.records: Mapping[str, Record | None] = {}
        self.tally = tally
        self.plant: Plant | None = None
        self._groups = {group.name: group for group in cfg.groups}
        self._cfg = cfg
        self._owners: dict[str, dict[int, str]] = {}
        self._drove: dict[str, str] = {}  # by section who drove it last, which a gate may have forgotten
        self._chosen: dict[str, dict[int, str]] = {}
        self._plans: dict[str, Plan | None] = dict.fromkeys(self._groups)
        self._begun_at: dict[str, int] = {}
        self._moved_at: dict[str, int] = {}
        self._tilt_until = 0
        self._calm_from: int | None = None
        self._false_since: dict[str, int] = {}
        self._gone_since: dict[str, int] = {}
        self._ill_until: dict[str, int] = {}
        self._isolated_since: int | None = None
        self._silent_ns = silences(site)

    # The plant

    def on_gate(self, section: Section, before: GateModel, gate: GateModel, now: int) -> None:
        """A gate has changed."""
        name = section.cfg.section
        for each in (before, gate):
            if each.state is GateState.OWNED and each.owner is not None:
                self._drove[name] = each.owner
        hold("S2", gate.epoch >= before.epoch, f"the epoch of the gate of {name} shrank")
        if gate.state is GateState.OWNED and gate.owner is not None:
            known = self._owners.setdefault(name, {})
            first = known.setdefault(gate.owner_epoch, gate.owner)
            hold(
                "S1", first == gate.owner, f"{first} and {gate.owner} both drove {name} under epoch {gate.owner_epoch}"
            )
            _forget_old(known)
            if before.state is not GateState.OWNED:
                self.tally.judged["S1"] += 1

    def on_arrival(self, effect: Effect, now: int) -> None:
        """A command, or a swap that will win, reaches its target."""
        plant, group, do = self.plant, self._groups[effect.id.group], effect.do
        assert plant is not None
        record = self.records[group.name]
        epoch = record.epoch if record is not None else 0
        match do:
            case SwapRecord(record=wanted):
                self.tally.judged["S2"] += 1
                hold("S2", record is None or wanted.epoch >= epoch, f"the epoch in the record of {group.name} shrank")
            case Revoke() | Void() | Grant() | Release() | Select() | Promote() | Demote():
                self.tally.judged["S9"] += 1
                hold("S9", do.epoch <= epoch, f"{group.name} is told epoch {do.epoch}, and nobody claimed it")
            case _:
                pass
        if isinstance(do, Select) and do.node is not None:
            chosen = self._chosen.setdefault(group.name, {})
            first = chosen.setdefault(do.epoch, do.node)
            hold("S2", first == do.node, f"clients are led to {first} and {do.node} under epoch {do.epoch}")
            _forget_old(chosen)
        if isinstance(do, Promote):
            self._promoted(plant, group, do)

    def _promoted(self, plant: Plant, group: GroupConfig, do: Promote) -> None:
        self.tally.judged["S3"] += 1
        for each in group.selectors:
            client = plant.clients[each.name]
            still = each.critical and client.epoch <= do.epoch and client.node not in (None, do.node)
            hold("S3", not still, f"{do.node} is promoted while {each.name} uses {client.node}")

    def on_faults(self, now: int) -> None:
        """Faults of the plant have begun or ended."""
        plant = self.plant
        assert plant is not None
        for name, body in plant.bodies.items():
            if not body.well:
                self._ill_until[name] = 1 << 62
            elif self._ill_until.get(name) == 1 << 62:
                self._ill_until[name] = now
            _since(self._gone_since, name, now, holds=not body.answers)
        for name, group in self._groups.items():
            unread = any(plant.lasts(FaultKind.TAG_BAD, tag) for tag in _tags_of(group))
            _since(self._false_since, name, now, holds=unread or not plant.interlocks_hold(group))
        reached = [each.name for each in self._cfg.references if plant.network.reaches_reference(each.name)]
        isolated = bool(self._cfg.references) and not reached
        self._isolated_since = None if not isolated else self._isolated_since or now

    # The supervisor

    def supervisor_died(self) -> None:
        """What it had promised to keep in mind is gone with it."""
        self._plans = dict.fromkeys(self._groups)
        self._moved_at.clear()
        self._begun_at.clear()
        self._tilt_until = 0

    def jumped(self, fault: Fault, now: int) -> None:
        """Its clock was stepped, or its loop stalled, by so much."""
        size = fault.size if fault.kind is FaultKind.CLOCK_STEP else fault.for_ns
        if abs(size) > self._cfg.tilt_gap_ns:
            self._tilt_until = now + self._cfg.tilt_for_ns

    def calm(self, now: int | None) -> None:
        """From now on no transfer may begin: no fault has happened, and nobody asks (L5). None: that is over."""
        self._calm_from = now

    def on_decision(self, decision: Decision, now: int) -> None:
        """Something was decided."""
        self.tally.decisions += 1
        group = self._groups.get(decision.group)
        for reason in decision.reasons:
            self._said(decision.group, group, reason, now)
        if group is None:
            return
        g, before = decision.state, self._plans[decision.group]
        if g.plan is not before:
            self._plan_moved(group, before, g, now)
        for effect in decision.effects:
            self._leaves(group, before, g, effect, now)
        self._plans[group.name] = g.plan

    def _said(self, name: str, group: GroupConfig | None, reason: Reason, now: int) -> None:
        why = reason.why
        if why is _HALTED:
            raise InvariantBreachError(reason.rule, f"{name} halted: {reason.args[0]}")
        if why is _PHASE:
            self.tally.phases[str(reason.args[0])] += 1
        elif why is _REQUESTED:
            self.tally.phases["requested"] += 1
            hold("L5", self._calm_from is None, f"a transfer of {name} without a fault and without an order")
        elif why is _ENDED:
            self.tally.endings[str(reason.args[0])] += 1
        elif why is _TAKEN and group is not None:
            if reason.args[0] == OrderKind.ACKNOWLEDGE.value:
                self._moved_at.pop(name, None)
            if reason.args[0] == OrderKind.DRILL.value:
                self.tally.judged["S14"] += 1
                hold("S14", group.drills, f"a drill in {name}, which is not marked for drills")

    def _plan_moved(self, group: GroupConfig, before: Plan | None, g: GroupState, now: int) -> None:
        plan, name = g.plan, group.name
        begun = plan is not None and (before is None or plan.serial != before.serial)
        if before is not None and (plan is None or begun):
            took_ns, limit_ns = now - self._begun_at[name], self.longest_ns(group)
            hold("L2", took_ns <= limit_ns, f"a transfer of {name} took {took_ns // _SECOND} s")
            if before.revoked and before.automatic:
                self._moved_at[name] = now
        if plan is None or not begun:
            return
        self._begun_at[name] = now
        positive = plan.cause is not None and plan.cause.positive
        if plan.automatic and not positive and name in self._moved_at:
            self.tally.judged["S7"] += 1
            over = self._moved_at[name] + group.timing.holdoff_ns
            hold("S7", now >= over, f"another automatic transfer of {name} within its hold-off")

    @staticmethod
    def longest_ns(group: GroupConfig) -> int:
        """How long a transfer may last, its waiting for persons and for the machine included (L2)."""
        timing, waits = group.timing, 0
        if group.machine is not None:
            states = (*group.machine.states, group.machine.unknown)
            waits = sum(rule.limit_ns for state in states for rule in (state.switchover, state.failover))
        hold_ns = group.gate.hold_max_ns if group.gate is not None else 0
        persons = group.persons.confirm_ns + timing.order_ttl_ns
        return 2 * (persons + waits + hold_ns + timing.transfer_end_ns) + timing.settle_ns

    def _leaves(self, group: GroupConfig, before: Plan | None, g: GroupState, effect: Effect, now: int) -> None:
        """An effect is asked for: judged by what is so in the plant at this moment."""
        do, plan = effect.do, g.plan
        hold("authority", group.kind is not GroupKind.PAIR, f"{group.name} switches itself, and is commanded")
        if isinstance(do, SwapRecord):
            claims = do.record.milestone is Milestone.CLAIMED and plan is not None and not plan.continued
            if claims:
                self._in_tilt(group, now)
            return
        if plan is None:
            return
        first = isinstance(do, Revoke | Select) and (
            before is None or before.serial != plan.serial or not before.revoked
        )
        resumed = first and before is None and plan.cause is None
        if first and not resumed and not plan.continued:
            self._in_tilt(group, now)
            self.tally.transfers[f"{group.name} {plan.kind.value}"] += 1
            if plan.automatic:
                self._moves_by_itself(group, plan, now)
        if isinstance(do, Grant | Promote):
            self._promotes(group, g, plan, do.node, now)

    def _in_tilt(self, group: GroupConfig, now: int) -> None:
        self.tally.judged["S10"] += 1
        hold("S10", now >= self._tilt_until, f"{group.name} begins to move in TILT")

    def _moves_by_itself(self, group: GroupConfig, plan: Plan, now: int) -> None:
        plant, node = self.plant, plan.from_node
        assert plant is not None
        cause = plan.cause
        if cause is not None and not cause.positive and self._isolated_since is not None:
            longest = max(each.misses * each.period_ns + each.deadline_ns for each in self._cfg.references)
            self.tally.judged["S8"] += 1
            isolated_ns = now - self._isolated_since
            hold("S8", isolated_ns <= 2 * longest + _SECOND, f"{group.name} moves, seen by an isolated observer")
        ill_until = self._ill_until.get(node or "", 0)
        # One that was ill a short while ago is left for that: it was heard of, and had to stand.
        lately = now - self._silent_ns.get(node or "", 0) - group.timing.confirm_ns - group.timing.not_driving_ns
        if ill_until < lately and plant.drives(group, node):
            what = f"{group.name} left {node}, which served its target ({cause.value if cause is not None else '-'})"
            self.tally.false_failovers.append(what)

    def _promotes(self, group: GroupConfig, g: GroupState, plan: Plan, node: str, now: int) -> None:
        plant, timing = self.plant, group.timing
        assert plant is not None
        gone = self._gone_since.get(node)
        self.tally.judged["S3"] += 1
        long_gone = gone is not None and now - gone > self._silent_ns[node] + timing.confirm_ns
        hold("S3", not long_gone, f"{node} is promoted, and has been silent for long")
        if plan.course is Course.RETURN:
            return
        since = self._false_since.get(group.name)
        if since is not None and not g.bypasses:
            self.tally.judged["S6"] += 1
            hold(
                "S6", now - since <= self._known_after(group), f"{node} is promoted with an interlock not true for long"
            )
        self._in_sync(plant, group, plan, node, now)

    def _known_after(self, group: GroupConfig) -> int:
        """After which time the supervisor knows that an interlock is not true, or that it can't know it."""
        names = _tags_of(group)
        fresh = max((tag.fresh_ns for tag in self._cfg.tags if tag.name in names), default=0)
        return fresh + max(_off_delays(group), default=0) + group.timing.promote_ns

    def _in_sync(self, plant: Plant, group: GroupConfig, plan: Plan, node: str, now: int) -> None:
        """Rule S5, from the truth: what the old active had done that the new one does not know of."""
        body = plant.bodies[node]
        judged = group.rpo_ns is not None and group.on_rpo_miss is RpoMiss.BLOCK and group.kind is GroupKind.DRIVER
        if not judged or body.lags_from is None or plan.kind is TransferKind.FAILBACK:
            return
        if node == self._drove.get(group.own_gate.section):
            return  # it takes up again what it did itself: nobody has done more
        old = plant.bodies.get(plan.from_node or "")
        stopped = old.hung_at if old is not None and old.hung_at is not None else now
        self.tally.judged["S5"] += 1
        allowed = (group.rpo_ns or 0) + self._silent_ns[node]
        hold("S5", stopped - body.lags_from <= allowed, f"{node} is promoted far outside the RPO of {group.name}")


def silences(site: Site) -> dict[str, int]:
    """After which time of silence, or of standing still, each node is known to be dead or frozen; over its slowest
    way."""
    found: dict[str, int] = {}
    for group, timing in zip(site.core.groups, site.timings, strict=True):
        bounds = [timing.heartbeats.ns, *(over.heartbeats.ns for over in timing.over)]
        bounds += [timing.frozen.ns] if timing.frozen is not None else []
        found |= {node.name: max(bounds) for node in group.nodes}
    return found


def _since(table: dict[str, int], name: str, now: int, *, holds: bool) -> None:
    if holds:
        table.setdefault(name, now)
    else:
        table.pop(name, None)


def _forget_old(known: dict[int, str]) -> None:
    while len(known) > _REMEMBERED:
        del known[min(known)]


def _tags_of(group: GroupConfig) -> set[str]:
    """The tags that its interlocks are judged by."""
    return {leaf.tag for each in group.conditions if each.interlock for leaf in leaves_of(each.when)}


def _off_delays(group: GroupConfig) -> list[int]:
    return [leaf.off_ns for tree in trees_of(group) for leaf in leaves_of(tree)]
