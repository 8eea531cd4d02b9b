"""What of a site is explored: one group of each class of congruent groups, in the world that its kind needs.

Groups are congruent if they differ in nothing that the decisions of one group rest on: names, addresses, tags and
tolerances are judged before, by `otha.core.watch`, and come to the group as verdicts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core import canon
from otha.core.altered import altered
from otha.core.conditions import AllOf, ConditionConfig, MachineConfig, MachineStateConfig
from otha.core.config import GateConfig, GroupConfig, NodeConfig, SelectorConfig, SiteConfig
from otha.core.words import Arming, Authority, GroupKind
from otha.verify import explore, redirect_world
from otha.verify.around import Around

_ANY = AllOf(of=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A group to explore, as armed as a person may make it, and the names of the groups that it stands for."""

    group: GroupConfig
    names: tuple[str, ...]


def subjects(site: SiteConfig) -> tuple[Subject, ...]:
    """One subject for each class of congruent groups, in the order of the site file."""
    classes: dict[bytes, list[GroupConfig]] = {}
    for group in site.groups:
        if group.authority is Authority.OTHA:
            classes.setdefault(shape(group), []).append(group)
    return tuple(
        Subject(group=_as_explored(alike[0]), names=tuple(group.name for group in alike)) for alike in classes.values()
    )


def left_out(site: SiteConfig) -> tuple[str, ...]:
    """The groups that switch themselves: nothing of OTHA's moves them."""
    return tuple(group.name for group in site.groups if group.authority is Authority.NATIVE)


def starts(group: GroupConfig, *, faults: int, orders: int) -> Iterator[tuple[str, Around]]:
    """The worlds that an exploration of the group begins with, each with what it is."""
    if group.kind is GroupKind.DRIVER:
        yield f"{group.nodes[0].name} drives", explore.commissioned(group, faults=faults, orders=orders)
        yield "a first start", explore.first_start(group, faults=faults, orders=orders)
    else:
        running = redirect_world.commissioned(group)
        yield f"{group.nodes[0].name} is used", explore.settled(running, faults=faults, orders=orders)


def _as_explored(group: GroupConfig) -> GroupConfig:
    """Armed, since an order may arm it, and with an interlock in front: it is the first condition that is disturbed."""
    conditions = sorted(group.conditions, key=lambda each: not each.interlock)
    return altered(group, arming=Arming.ARMED, conditions=tuple(conditions))


def shape(group: GroupConfig) -> bytes:
    """What two groups share if they are congruent: the configuration without names and without what `watch` judges."""
    ranks = sorted(node.priority for node in group.nodes)
    bare = altered(
        group,
        name="",
        supervisor="",
        arming=Arming.ARMED,
        nodes=tuple(_bare_node(at, node, ranks) for at, node in enumerate(group.nodes)),
        gate=None if group.gate is None else _bare_gate(group.gate),
        selectors=tuple(_bare_selector(at, each) for at, each in enumerate(group.selectors)),
        conditions=tuple(_bare_condition(each) for each in group.conditions),
        machine=None if group.machine is None else _bare_machine(group.machine),
        tracked=(),
        upstream=("",) * len(group.upstream),
    )
    return canon.encode(bare)


def _bare_node(at: int, node: NodeConfig, ranks: list[int]) -> NodeConfig:
    return altered(
        node,
        name=str(at),
        number=at,
        priority=ranks.index(node.priority),
        channels=(),
        frozen_after_ns=0,
        data_stale_after_ns=0,
        cycle_ns=0,
        capacity=0,
    )


def _bare_gate(gate: GateConfig) -> GateConfig:
    return altered(
        gate,
        section="",
        paths=(),
        fast_poll_ns=0,
        stale_after_ns=0,
        fresh_owner_ns=0,
        owner_watchdog_ns=0,
        scan_ns=0,
        outputs=(),
        tolerance=(),
        discrete=(),
        holds=(),
    )


def _bare_selector(at: int, selector: SelectorConfig) -> SelectorConfig:
    return altered(selector, name=str(at), poll_ns=0, stale_after_ns=0)


def _bare_condition(condition: ConditionConfig) -> ConditionConfig:
    return altered(condition, name="", when=_ANY)


def _bare_machine(machine: MachineConfig) -> MachineConfig:
    def bare(state: MachineStateConfig) -> MachineStateConfig:
        return altered(state, name="", when=None)

    return altered(machine, states=tuple(bare(each) for each in machine.states), unknown=bare(machine.unknown))
