"""The ways that channels go by: links in a group of their own, of which one is in use (rules S8 and S18).

Silence over a way that is failed or moving proves nothing about the node behind it, and a slower way is granted what
the site file says. All of it follows from the states of the groups, so that nothing of it is kept in a snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from otha.core.config import AdaptiveDetector, Allowance, ChannelConfig, FixedDetector, GroupConfig, SiteConfig
from otha.core.group.guard import node_view
from otha.core.group.state import GroupState
from otha.core.words import Liveness, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`links`: those that may be in use now, all where it is not known. `carries`: one in use answers, none moves."""

    links: tuple[str, ...]
    carries: bool


def way_of(cfg: GroupConfig, g: GroupState) -> Way:
    """The way that a group of links is now. Of a pair that switches itself the one is used that alone says so."""
    claiming = [node.name for node, view in zip(cfg.nodes, g.nodes, strict=True) if view.role is Role.ACTIVE]
    used = g.record.active if g.record is not None else claiming[0] if len(claiming) == 1 else None
    plan = g.plan
    moving = plan is not None and plan.revoked
    answering = [
        node.name
        for node, view in zip(cfg.nodes, g.nodes, strict=True)
        if view.liveness in (Liveness.ALIVE, Liveness.STALE_DATA)
    ]
    if used is None or node_view(cfg, g, used) is None:
        # The one in use may be any: only if all answer is it known to.
        all_answer = len(answering) == len(cfg.nodes)
        return Way(links=tuple(node.name for node in cfg.nodes), carries=all_answer and not moving)
    if moving and plan is not None:
        return Way(links=tuple(dict.fromkeys((used, plan.to_node))), carries=False)
    return Way(links=(used,), carries=used in answering)


def _widest(one: Allowance, other: Allowance) -> Allowance:
    deadline_ns = max(one.deadline_ns, other.deadline_ns)
    match one.detector, other.detector:
        case FixedDetector(misses=mine), FixedDetector(misses=others):
            return replace(one, deadline_ns=deadline_ns, detector=FixedDetector(misses=max(mine, others)))
        case AdaptiveDetector() as mine, AdaptiveDetector() as others:
            return replace(one, deadline_ns=deadline_ns, detector=max(mine, others, key=lambda each: each.margin_ns))
        case _:
            raise AssertionError("links that differ in the kind of detector")


def granted(cfg: ChannelConfig, way: Way) -> ChannelConfig:
    """The channel with the deadline and the detector that are in force while these links may be in use."""
    found = [each for each in cfg.allowances if each.link in way.links]
    if not found:
        return cfg
    widest = found[0]
    for each in found[1:]:
        widest = _widest(widest, each)
    return replace(cfg, deadline_ns=widest.deadline_ns, detector=widest.detector)


class Ways:
    """The ways of a site by the names of their groups, and every channel as it is in force now."""

    def __init__(self, cfg: SiteConfig, groups: Sequence[GroupState]) -> None:
        self.cfg = cfg
        self._behind: dict[str, tuple[ChannelConfig, ...]] = {}
        for each in cfg.channels:
            if each.via is not None:
                self._behind[each.via] = (*self._behind.get(each.via, ()), each)
        self._ways: dict[str, Way] = {}
        self.channels: dict[str, ChannelConfig] = {each.name: each for each in cfg.channels}
        # Replaced when it changes, so that who looks at it often sees by its identity that it has not.
        self.deadlines: dict[str, int] = {}
        for at, g in enumerate(groups):
            self.moved(at, g)

    def carries(self, cfg: ChannelConfig) -> bool:
        """Whether silence on this channel says anything about its node."""
        return cfg.via is None or self._ways[cfg.via].carries

    def turned_since(self, before: "Ways") -> tuple[ChannelConfig, ...]:
        """The channels of both whose silence counts now and did not then, or the other way round."""
        known = before.channels
        return tuple(
            each
            for name, each in self.channels.items()
            if name in known and self.carries(each) is not before.carries(known[name])
        )

    def moved(self, at: int, g: GroupState) -> tuple[ChannelConfig, ...]:
        """Group `at` is in this state now: the channels behind it whose silence counts from now on, or does no more."""
        group = self.cfg.groups[at]
        behind = self._behind.get(group.name)
        if behind is None:
            return ()
        was, way = self._ways.get(group.name), way_of(group, g)
        if way == was:
            return ()
        self._ways[group.name] = way
        for each in behind:
            self.channels[each.name] = granted(each, way)
        self.deadlines = self.deadlines | {each.name: self.channels[each.name].deadline_ns for each in behind}
        same = was is not None and was.carries == way.carries
        return () if same else tuple(self.channels[each.name] for each in behind)
