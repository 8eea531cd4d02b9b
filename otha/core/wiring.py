"""Where everything of a site belongs: tables by name, made once of its configuration."""

from collections.abc import Iterator

from otha.core.alarm_list import OWN
from otha.core.alarm_machine import Listed
from otha.core.conditions import ConditionTree, TagConfig
from otha.core.config import AdaptiveDetector, ChannelConfig, GroupConfig, NodeConfig, SiteConfig
from otha.core.watch.condition import leaves_of
from otha.core.watch.tracking import TrackedTags
from otha.core.words import GroupKind


class Wiring:
    """What leads from a name in an input to the places that it concerns. Never changes.

    `members`: of each node, its places (group, place in the group) and how it is configured there. `heard_on`: of each
    channel, how its node is configured and which of the node's channels it is. `names`: of each group, its nodes by
    their numbers; `tracked`: its tracked tags. `adaptive`: the channels whose detector needs to be asked again as time
    passes. `books`: of whom there are alarms, the groups and, behind them (`own`), the supervisor itself; `alarms`:
    those that each may have. `judged_by`: of each tag, the groups whose conditions, machine states or alarms are judged
    by it.
    """

    __slots__ = (
        "adaptive", "alarms", "books", "by_name", "by_section", "by_selector", "channels", "heard_on", "judged_by",
        "members", "names", "own", "plant_alarms", "shares_nodes", "tags", "tracked",
    )  # fmt: skip

    def __init__(self, cfg: SiteConfig) -> None:
        self.channels: dict[str, ChannelConfig] = {c.name: c for c in cfg.channels}
        self.tags: dict[str, TagConfig] = {t.name: t for t in cfg.tags}
        self.members: dict[str, list[tuple[int, int, NodeConfig]]] = {}
        for at, group in enumerate(cfg.groups):
            for index, member in enumerate(group.nodes):
                self.members.setdefault(member.name, []).append((at, index, member))
        self.heard_on: dict[str, tuple[NodeConfig, int]] = {}
        for places in self.members.values():
            node = places[0][2]
            self.heard_on |= {name: (node, index) for index, name in enumerate(node.channels)}
        self.tracked = [TrackedTags.of(group.tracked) for group in cfg.groups]
        # Whose gate it is comes first: it knows the owners by their numbers. A path that leads there looks on.
        self.by_section: dict[str, list[int]] = {}
        for at, group in sorted(enumerate(cfg.groups), key=lambda pair: pair[1].kind is not GroupKind.DRIVER):
            if group.gate is not None:
                self.by_section.setdefault(group.section, []).append(at)
        self.by_selector: dict[str, tuple[int, int]] = {
            each.name: (at, index) for at, g in enumerate(cfg.groups) for index, each in enumerate(g.selectors)
        }
        self.shares_nodes = any(len(places) > 1 for places in self.members.values())
        self.by_name: dict[str, int] = {g.name: at for at, g in enumerate(cfg.groups)}
        self.names: list[dict[int, str]] = [{n.number: n.name for n in g.nodes} for g in cfg.groups]
        self.adaptive = [c.name for c in cfg.channels if isinstance(c.detector, AdaptiveDetector)]
        self.own = len(cfg.groups)
        self.books: dict[str, int] = {cfg.supervisor: self.own, **self.by_name}
        self.plant_alarms = [tuple(each for each in cfg.plant_alarms if each.group == g.name) for g in cfg.groups]
        of_groups = [each for each in cfg.alarms if each.code not in OWN]
        self.alarms: list[Listed] = [
            {each.code: each for each in (*of_groups, *(plant.listed for plant in plants))}
            for plants in self.plant_alarms
        ]
        self.alarms.append({each.code: each for each in cfg.alarms if each.code in OWN})
        self.judged_by: dict[str, list[int]] = {name: [] for name in self.tags}
        for at, group in enumerate(cfg.groups):
            for name in dict.fromkeys(leaf.tag for tree in self._trees(at, group) for leaf in leaves_of(tree)):
                self.judged_by[name].append(at)

    def _trees(self, at: int, group: GroupConfig) -> Iterator[ConditionTree]:
        yield from (each.when for each in group.conditions)
        yield from (each.when for each in self.plant_alarms[at])
        if group.machine is not None:
            yield from (each.when for each in group.machine.states if each.when is not None)
