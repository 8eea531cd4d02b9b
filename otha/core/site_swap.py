"""A changed site takes the place of the present one while it is supervised.

Groups that did not change go on with all that they know. What changed, or is new, begins as after a start, and adopts
only on agreeing evidence; who drives, its epoch and its record are not touched, and nothing is asked of a gate. What
would change who is who at a gate is refused while the group may act.
"""

from dataclasses import replace

from otha.core import alarm_machine, alarm_orders
from otha.core.alarm_list import AlarmConfig
from otha.core.conditions import AllOf, AnyOf, Compare, ConditionTree, MooN
from otha.core.config import GroupConfig, NodeConfig, SiteConfig
from otha.core.group.record import STORE_ERRANDS
from otha.core.group.state import GroupState
from otha.core.inputs import (
    AlarmsStood,
    EffectEnded,
    GatePolled,
    HeartbeatEnded,
    Input,
    OrderGiven,
    ReferencePolled,
    SelectorPolled,
    SiteSwapped,
    TagsPolled,
    WindowTurned,
)
from otha.core.reasons import Block, Blocker, Reason
from otha.core.site_state import SiteState
from otha.core.wiring import Wiring
from otha.core.words import Arming, GroupKind

_ARMING_RANK = {Arming.OBSERVE: 0, Arming.ADVISE: 1, Arming.ARMED: 2}


def _by_name(cfg: SiteConfig) -> dict[str, GroupConfig]:
    return {group.name: group for group in cfg.groups}


def _tags(tree: ConditionTree) -> tuple[str, ...]:
    match tree:
        case Compare(tag=tag):
            return (tag,)
        case AllOf(of=of) | AnyOf(of=of) | MooN(of=of):
            return tuple(tag for part in of for tag in _tags(part))


def _tags_of(group: GroupConfig) -> tuple[str, ...]:
    trees = [each.when for each in group.conditions]
    states = group.machine.states if group.machine is not None else ()
    trees += [each.when for each in states if each.when is not None]
    return tuple(tag for tree in trees for tag in _tags(tree))


class _Kept:
    """Which watches of the present site stand in the next one too: the same thing, asked and judged as before."""

    def __init__(self, old: SiteConfig, given: SiteSwapped) -> None:
        before, after = Wiring(old), Wiring(given.cfg)
        tags = {tag.name: tag for tag in old.tags}
        self.nodes = [
            name
            for name, places in after.members.items()
            if name in before.members
            and name not in given.nodes
            and _watched(places[0][2]) == _watched(before.members[name][0][2])
            and all(after.channels[each] == before.channels.get(each) for each in places[0][2].channels)
        ]
        self.sections = [
            name
            for name, places in after.by_section.items()
            if name in before.by_section
            and name not in given.sections
            and given.cfg.groups[places[0]].gate == old.groups[before.by_section[name][0]].gate
            and after.names[places[0]] == before.names[before.by_section[name][0]]
        ]
        self.tags = [tag.name for tag in given.cfg.tags if tags.get(tag.name) == tag and tag.name not in given.tags]
        references = {each.name: each for each in old.references}
        self.references = [
            each.name
            for each in given.cfg.references
            if references.get(each.name) == each and each.name not in given.references
        ]


def _watched(member: NodeConfig) -> tuple[object, ...]:
    """What a node's watch goes by; the rest of it is its group's."""
    return (member.channels, member.frozen_after_ns, member.data_stale_after_ns, member.cycle_ns)


def begun(old: SiteConfig, given: SiteSwapped) -> tuple[str, ...]:
    """The groups that begin anew, or for the first time, in the order of the next site."""
    return _begun(old, given, _Kept(old, given))


def _begun(old: SiteConfig, given: SiteSwapped, kept: _Kept) -> tuple[str, ...]:
    present = _by_name(old)

    def goes_on(group: GroupConfig) -> bool:
        return (
            present.get(group.name) == group
            and all(node.name in kept.nodes for node in group.nodes)
            and (group.gate is None or group.section in kept.sections)
            and not any(each.name in given.selectors for each in group.selectors)
            and all(tag in kept.tags for tag in _tags_of(group))
        )

    return tuple(group.name for group in given.cfg.groups if not goes_on(group))


def ended(old: SiteConfig, given: SiteSwapped) -> tuple[str, ...]:
    """The groups that are supervised no more."""
    names = _by_name(given.cfg)
    return tuple(group.name for group in old.groups if group.name not in names)


def arming_after(before: GroupConfig, after: GroupConfig, present: Arming) -> Arming:
    """How far OTHA may act in a group that begins anew: as at present where the file says what it said before, else as
    it says now, for a person has looked at the difference. More than at present only where the file was changed to say
    more."""
    if after.arming is before.arming:
        return present
    says_more = _ARMING_RANK[after.arming] > _ARMING_RANK[before.arming]
    return after.arming if says_more else lesser(after.arming, present)


def lesser(one: Arming, other: Arming) -> Arming:
    """The one of the two that lets OTHA do less."""
    return min(one, other, key=lambda each: _ARMING_RANK[each])


def against(old: SiteConfig, state: SiteState, given: SiteSwapped) -> tuple[Blocker, ...]:
    """What stands against the change now."""
    found: list[Blocker] = []
    for what, one, other in (
        ("site", old.name, given.cfg.name),
        ("supervisor", old.supervisor, given.cfg.supervisor),
    ):
        if one != other:
            found.append(Blocker(block=Block.RESTART_NEEDED, detail=f"{what} {one} would be {other}"))
    if state.shared.tilted:
        found.append(Blocker(block=Block.TILT, detail=""))
    begin, end = begun(old, given), ended(old, given)
    after = _by_name(given.cfg)
    for group, g in zip(old.groups, state.groups, strict=True):
        found += _busy(group, g)
        if group.name in begin or group.name in end:
            if g.errand is not None and g.errand.phase != STORE_ERRANDS[0]:
                found.append(Blocker(block=Block.COMMAND_UNDER_WAY, detail=f"{group.name}: {g.errand.phase}"))
            if g.arming is not Arming.OBSERVE:
                found += _identity(group, after.get(group.name), g, given)
    return tuple(found)


def _busy(group: GroupConfig, g: GroupState) -> list[Blocker]:
    """Persons or a transfer are busy with the group: what they rest on must not change under them."""
    found = []
    if g.plan is not None:
        found.append(Blocker(block=Block.TRANSFER_RUNNING, detail=f"{group.name}: {g.plan.phase.value}"))
    if g.selection is not None:
        found.append(Blocker(block=Block.SELECTED, detail=f"{group.name}, by {g.selection.by}"))
    if g.request is not None:
        found.append(Blocker(block=Block.REQUEST_PENDING, detail=f"{group.name}: {g.request.kind.value}"))
    if g.safe_for is not None:
        found.append(Blocker(block=Block.SAFE_ORDERED, detail=group.name))
    return found


def _identity(before: GroupConfig, after: GroupConfig | None, g: GroupState, given: SiteSwapped) -> list[Blocker]:
    """A group that may act must not meet another gate, other numbers at it, or another record under its commands."""
    name = before.name
    takers = [
        each.name
        for each in given.cfg.groups
        if each.kind is GroupKind.DRIVER and each.section == before.section and each.name != name
    ]
    if before.kind is GroupKind.DRIVER and takers:
        what = f"{before.section} would be driven by {takers[0]}, under another record"
        return [Blocker(block=Block.OTHER_IDENTITY, detail=f"{name}: {what}")]
    if after is None:
        return []
    changes = []
    if after.kind is not before.kind:
        changes.append(f"its kind would be {after.kind.value}")
    if after.section != before.section:
        changes.append(f"its target would be {after.section or 'none'}")
    elif before.gate is not None and before.section in given.gates:
        changes.append(f"paths or registers of the gate of {before.section} would change")
    numbers = {node.name: node.number for node in after.nodes}
    for node in before.nodes:
        if numbers.get(node.name, node.number) != node.number:
            changes.append(f"{node.name} would be number {numbers[node.name]} at the gate")
    drives = {g.gate.owner if g.gate.seen else None, g.record.active if g.record is not None else None}
    changes += [f"{node.name} is active and would leave" for node in before.nodes if node.name in drives - {*numbers}]
    return [Blocker(block=Block.OTHER_IDENTITY, detail=f"{name}: {what}") for what in changes]


Told = dict[str, tuple[Reason, ...]]
"""What there is to tell, by the group, or the supervisor, that it is about."""


def carried(old: SiteConfig, state: SiteState, given: SiteSwapped, now: int) -> tuple[SiteState, Told]:
    """The state of the next site: what is kept as it stands, the rest as at a start; and what became of alarms."""
    told: Told = {}
    kept = _Kept(old, given)
    begin = _begun(old, given, kept)
    places = {group.name: at for at, group in enumerate(old.groups)}
    new = SiteState.start(given.cfg, now)
    before, wiring = Wiring(old), Wiring(given.cfg)
    members = wiring.members
    for name in kept.nodes:
        new.nodes[name] = state.nodes[name]
        for channel in members[name][0][2].channels:
            new.channels[channel] = state.channels[channel]
    new.gates |= {name: state.gates[name] for name in kept.sections}
    new.tags |= {name: state.tags[name] for name in kept.tags}
    new.references |= {name: state.references[name] for name in kept.references}
    for at, group in enumerate(given.cfg.groups):
        was = places.get(group.name)
        if was is None:
            continue
        anew = group.name in begin
        new.alarms[at] = state.alarms[was]
        change = _relisted(before, was, wiring, at, kept)
        if anew or change.meant or wiring.alarms[at] != before.alarms[was]:
            new.alarms[at], told[group.name] = alarm_machine.carried(change, state.alarms[was], now, anew=anew)
        new.answered[at] = state.answered[was]
        if _same_plant_alarms(before, was, wiring, at, kept):
            new.plant[at] = state.plant[was]
        if anew:
            new.groups[at] = _anew(old.groups[was], group, state.groups[was], new.groups[at])
            continue
        new.groups[at], new.wakes[at], new.nodes_at[at] = state.groups[was], state.wakes[was], state.nodes_at[was]
        new.let_go[at], new.delays[at], new.judge_at[at] = state.let_go[was], state.delays[was], state.judge_at[was]
        new.selectors |= {each.name: state.selectors[each.name] for each in group.selectors}
    new.alarms[-1] = state.alarms[-1]
    if wiring.alarms[-1] != before.alarms[-1]:
        change = _relisted(before, before.own, wiring, wiring.own, kept)
        new.alarms[-1], told[old.supervisor] = alarm_machine.carried(change, state.alarms[-1], now, anew=False)
    told |= {name: alarm_machine.gone(state.alarms[places[name]], {}) for name in ended(old, given)}
    new.answered[-1], new.troubles = state.answered[-1], state.troubles
    new.shared, new.rejoin_until = state.shared, state.rejoin_until
    if state.shared.isolated and not given.cfg.references:
        # Nobody is left to say that the observer is connected: what was silent gets its time, as at a return.
        new.rejoin_until = now + max((group.timing.settle_ns for group in given.cfg.groups), default=0)
    return new, told


def _meaning(listed: AlarmConfig) -> tuple[object, ...]:
    """What an operator acknowledges when he acknowledges this alarm. Delays and latching are no part of it."""
    return listed.priority, listed.cause, listed.consequence, listed.response


def _relisted(before: Wiring, was: int, after: Wiring, at: int, kept: _Kept) -> alarm_machine.Relisted:
    """Which alarms of a list mean something else in the next site: by their words, or by their condition or the tags
    that it looks at."""
    old, new = before.alarms[was], after.alarms[at]
    words = [code for code, each in new.items() if code in old and _meaning(each) != _meaning(old[code])]
    trees = {} if was == before.own else {each.listed.code: each.when for each in before.plant_alarms[was]}
    others = [
        each.listed.code
        for each in (() if at == after.own else after.plant_alarms[at])
        if each.listed.code in trees
        and (trees[each.listed.code] != each.when or any(tag not in kept.tags for tag in _tags(each.when)))
    ]
    return alarm_machine.Relisted(listed=new, meant=tuple(dict.fromkeys((*words, *others))), judged=tuple(others))


def _same_plant_alarms(before: Wiring, was: int, after: Wiring, at: int, kept: _Kept) -> bool:
    """The same conditions on the same tags: where in its delay or deadband each is goes on to count."""
    alarms = after.plant_alarms[at]
    same = [each.when for each in alarms] == [each.when for each in before.plant_alarms[was]]
    return same and all(tag in kept.tags for each in alarms for tag in _tags(each.when))


def _anew(before: GroupConfig, after: GroupConfig, g: GroupState, fresh: GroupState) -> GroupState:
    """A group that begins anew keeps what persons ordered of it or are still to see (S13), what bounds its automatic
    transfers (S7), and the numbers by which late answers are told from new ones."""
    out = {node.name for node, is_out in zip(before.nodes, g.maintenance, strict=True) if is_out}
    arming = arming_after(before, after, g.arming)
    return replace(
        fresh,
        arming=arming,
        # Where the file does not say what holds, an order does: the next start must know.
        arming_ordered=arming is not after.arming or (g.arming_ordered and after.arming is before.arming),
        maintenance=tuple(node.name in out for node in after.nodes),
        serial=g.serial,
        errand_attempt=g.errand_attempt,
        requests=g.requests,
        harmless=g.harmless,
        holdoff_until=g.holdoff_until,
        recent=g.recent,
        extra_used=g.extra_used,
        halted=g.halted,
        bypasses=tuple(each for each in g.bypasses if _same_interlock(before, after, each.item)),
        declined=g.declined,
        in_flight=g.in_flight,
    )


def _same_interlock(before: GroupConfig, after: GroupConfig, name: str) -> bool:
    """What two persons have bypassed is in the next site what they meant."""
    one, other = [next((c for c in each.conditions if c.name == name), None) for each in (before, after)]
    return one is not None and one == other


class Sieve:
    """Tells inputs that waited behind a change of the site and speak of what is not there any more, or is another."""

    def __init__(self, given: SiteSwapped) -> None:
        wiring = Wiring(given.cfg)
        self._groups = frozenset(wiring.by_name)
        self._books = frozenset(wiring.books)
        self._channels = frozenset(name for name, each in wiring.channels.items() if each.node not in given.nodes)
        self._sections = frozenset(name for name in wiring.by_section if name not in given.sections)
        self._selectors = frozenset(name for name in wiring.by_selector if name not in given.selectors)
        self._tags = frozenset(name for name in wiring.tags if name not in given.tags)
        self._references = frozenset(each.name for each in given.cfg.references if each.name not in given.references)

    def lets_through(self, raw: Input) -> bool:
        """The input is of the site as it is now."""
        match raw:
            case HeartbeatEnded(channel=channel):
                return channel in self._channels
            case GatePolled(section=section):
                return section in self._sections
            case SelectorPolled(selector=selector):
                return selector in self._selectors
            case TagsPolled(values=values):
                return all(name in self._tags for name, _ in values)
            case ReferencePolled(name=name):
                return name in self._references
            case OrderGiven(order=order):
                return order.group in (self._books if order.kind in alarm_orders.KINDS else self._groups)
            case AlarmsStood(group=group):
                return group in self._books
            case EffectEnded(id=id_):
                return id_.group in self._groups
            case WindowTurned(group=group):
                return group in self._groups
            case _:
                return True
