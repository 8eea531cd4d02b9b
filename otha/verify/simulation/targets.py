"""What of a site can go wrong: for each kind of fault, whom it can befall."""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core.conditions import AllOf, AnyOf, Compare, Comparison, ConditionTree, MachineConfig, MooN, TagConfig
from otha.core.config import GroupConfig, SiteConfig
from otha.core.watch.condition import leaves_of
from otha.core.words import GroupKind
from otha.site.decode import Decoder
from otha.site.model import Node, Site
from otha.verify.simulation.fault import AskedKind, FaultKind

EVERYWHERE = "every network"
RECORDS = "the store of the records"
SUPERVISOR = "the supervisor"
_WORDS = (
    "heartbeat", "cycle", "role", "level", "position", "acked", "lag_ms", "data_age_ms", "session", "epoch", "missing",
    "stored", "pending",
)  # fmt: skip


def words_of(node: Node) -> frozenset[str]:
    """The words of a `NodeReading` that this node's profile says."""
    decoder = node.decoder
    if not isinstance(decoder, Decoder):
        said = {name for name, _, _ in decoder.items}
        return frozenset(said | ({"level"} if decoder.level is not None else set()))
    read = len(decoder.block.unpack(bytes(decoder.block.size)))
    unsaid = {read + at for at, value in enumerate(decoder.constants) if value is None}
    return frozenset(name for name in _WORDS if getattr(decoder, name) not in unsaid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """`faults`: each kind with whom it can befall, without kinds that can befall nobody. `orders`: each kind with the
    groups of which it can be asked."""

    faults: tuple[tuple[FaultKind, tuple[str, ...]], ...]
    orders: tuple[tuple[AskedKind, tuple[str, ...]], ...]

    @classmethod
    def of(cls, site: Site) -> "Targets":
        found = [(kind, tuple(dict.fromkeys(_befalls(site, kind)))) for kind in FaultKind]
        asked = [(kind, tuple(_asked_of(site.core, kind))) for kind in AskedKind]
        return cls(
            faults=tuple((kind, names) for kind, names in found if names),
            orders=tuple((kind, names) for kind, names in asked if names),
        )


def _befalls(site: Site, kind: FaultKind) -> Iterator[str]:
    groups = site.core.groups
    match kind:
        case FaultKind.CRASH | FaultKind.PAUSE:
            yield from (node.name for node in site.nodes if node.is_read)
        case FaultKind.HANG | FaultKind.STALE | FaultKind.DEGRADED | FaultKind.SLOW | FaultKind.BUSY:
            yield from _members_saying(site, kind)
        case FaultKind.LAG:
            moved = [group for group in groups if group.rpo_ns is not None or group.tracked]
            yield from (node.name for group in moved for node in group.nodes)
        case FaultKind.LIES:
            liars = [group for group in groups if group.kind in (GroupKind.DRIVER, GroupKind.STORE)]
            yield from (node.name for group in liars for node in group.nodes)
        case FaultKind.CUT_OFF:
            yield from (node.name for group in groups if group.kind is GroupKind.DRIVER for node in group.nodes)
        case FaultKind.LOSS:
            yield from _networks(site)
            yield from (channel.name for channel in site.core.channels)
        case FaultKind.REQUESTS_LOST | FaultKind.ANSWERS_LOST:
            yield from (*_networks(site), EVERYWHERE)
        case FaultKind.BLACK_HOLE | FaultKind.COMMANDS | FaultKind.NO_PERMIT | FaultKind.NO_RETURN_PERMIT:
            yield from _sections(groups)
        case FaultKind.LOCAL | FaultKind.COLD_START | FaultKind.APART:
            yield from _sections(groups)
        case FaultKind.TAG_TURNS:
            yield from (tag.name for tag in site.core.tags if len(values_of(site.core, tag)) > 1)
        case FaultKind.TAG_BAD:
            yield from (tag.name for tag in site.core.tags)
        case FaultKind.STORE_AWAY | FaultKind.STORE_SLOW:
            yield RECORDS
        case FaultKind.SUPERVISOR | FaultKind.STALL | FaultKind.CLOCK_STEP:
            yield SUPERVISOR
        case FaultKind.CLIENT_DEAF:
            yield from (selector.client for selector in site.selectors)
        case FaultKind.FORGETS | FaultKind.MISSES_ROWS:
            yield from (node.name for group in groups if group.kind is GroupKind.STORE for node in group.nodes)
        case FaultKind.WINDOW:
            yield from (group.name for group in groups if group.failback.windows)


_NEEDED_WORD = {FaultKind.HANG: "cycle", FaultKind.STALE: "data_age_ms", FaultKind.DEGRADED: "level"}


def _members_saying(site: Site, kind: FaultKind) -> Iterator[str]:
    """The nodes of groups that a fault of this kind would show in, as they say."""
    needed = _NEEDED_WORD.get(kind)
    judged = {node.name: node for group in site.core.groups for node in group.nodes}
    for node in site.nodes:
        if node.name not in judged or (needed is not None and needed not in words_of(node)):
            continue
        if kind is FaultKind.STALE and not judged[node.name].data_stale_after_ns:
            continue
        yield node.name


def _networks(site: Site) -> list[str]:
    return [channel.network for channel in site.channels] + [reference.network for reference in site.references]


def _sections(groups: tuple[GroupConfig, ...]) -> list[str]:
    return [group.section for group in groups if group.kind is GroupKind.DRIVER]


def _asked_of(site: SiteConfig, kind: AskedKind) -> Iterator[str]:
    for group in site.groups:
        if group.kind is GroupKind.PAIR:
            continue
        driver = group.kind is GroupKind.DRIVER
        if kind in (AskedKind.SAFE, AskedKind.RELEASE) and not driver:
            continue
        if kind is AskedKind.BYPASS and not any(each.interlock for each in group.conditions):
            continue
        yield group.name


# Tags and what they do to conditions


def trees_of(group: GroupConfig) -> Iterator[ConditionTree]:
    """Every condition of a group, its machine's states included."""
    yield from (each.when for each in group.conditions)
    if group.machine is not None:
        yield from (state.when for state in group.machine.states if state.when is not None)


def values_of(site: SiteConfig, tag: TagConfig) -> tuple[int, ...]:
    """The raw values of a tag that conditions tell apart; the first is the one of a quiet plant.

    Quiet is what makes the most of the interlocks and permissives true, and the machine's first state.
    """
    leaves = [leaf for group in site.groups for tree in trees_of(group) for leaf in leaves_of(tree)]
    own = [leaf for leaf in leaves if leaf.tag == tag.name]
    found = {leaf.value + by for leaf in own for by in (-1, 0, 1)}
    valid = sorted(value for value in found if tag.valid_low <= value <= tag.valid_high)
    if not valid:
        return (max(tag.valid_low, min(0, tag.valid_high)),)
    best = max(valid, key=lambda value: (_pleases(site, tag.name, value), -value))
    return (best, *(value for value in valid if value != best))


def _pleases(site: SiteConfig, tag: str, value: int) -> int:
    """How many comparisons with this tag are as a quiet plant wants them."""
    wanted = [each.when for group in site.groups for each in group.conditions]
    wanted += [group.machine.states[0].when or AllOf(of=()) for group in site.groups if group.machine is not None]
    return sum(compared(leaf, value) for tree in wanted for leaf in leaves_of(tree) if leaf.tag == tag)


def compared(leaf: Compare, value: int) -> bool:
    """Whether the comparison holds by itself, without its delays."""
    match leaf.op:
        case Comparison.EQ:
            return value == leaf.value
        case Comparison.NE:
            return value != leaf.value
        case Comparison.LT:
            return value < leaf.value
        case Comparison.LE:
            return value <= leaf.value
        case Comparison.GT:
            return value > leaf.value
        case Comparison.GE:
            return value >= leaf.value


def holds(tree: ConditionTree, values: dict[str, int]) -> bool:
    """Whether a condition is true in the plant itself, whatever was read of it."""
    match tree:
        case Compare():
            return compared(tree, values[tree.tag])
        case AllOf(of=of):
            return all(holds(part, values) for part in of)
        case AnyOf(of=of):
            return any(holds(part, values) for part in of)
        case MooN(m=m, of=of):
            return sum(holds(part, values) for part in of) >= m


def machine_state(machine: MachineConfig, values: dict[str, int]) -> int | None:
    """Which state the machine is in, None if it is none of them."""
    for index, state in enumerate(machine.states):
        if state.when is not None and holds(state.when, values):
            return index
    return None
