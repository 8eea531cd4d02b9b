"""What the groups of a site see of each other: who upstream is in trouble (S18), which nodes have no room left."""

from otha.core.config import SiteConfig
from otha.core.group.state import GroupState
from otha.core.judging import active_of
from otha.core.site_state import SiteState
from otha.core.wiring import Wiring


def in_trouble(g: GroupState) -> bool:
    """Failed or moving: what hangs on this group is not judged by its own data meanwhile (S18)."""
    return g.plan is not None or (g.suspicion is not None and g.confirm_at is None)


def loads(g: GroupState) -> tuple[str, ...]:
    """The nodes that the group makes use of: its active one, and the one that it is moving to."""
    names = (active_of(g), g.plan.to_node if g.plan is not None else None)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def troubled(cfg: SiteConfig, state: SiteState) -> tuple[str, ...]:
    """The groups that are failed or moving: a common cause is not a dead server."""
    return tuple(group.name for group, g in zip(cfg.groups, state.groups, strict=True) if in_trouble(g))


def full(wiring: Wiring, state: SiteState) -> tuple[str, ...]:
    """The nodes that are active, or about to be, in as many groups as they can."""
    load: dict[str, int] = {}
    for g in state.groups:
        for name in loads(g):
            load[name] = load.get(name, 0) + 1
    return tuple(name for name, places in wiring.members.items() if load.get(name, 0) >= places[0][2].capacity)
