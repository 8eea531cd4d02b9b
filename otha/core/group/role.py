"""Which role a node plays, as far as it is seen. Shown to persons; no decision hangs on it."""

from otha.core.config import GroupConfig
from otha.core.group.state import GroupState
from otha.core.words import GroupKind, Role


def played(cfg: GroupConfig, g: GroupState, at: int) -> Role:
    """The role of node `at` in its own words; of a path that has none to say, the one in which the clients use it."""
    said = g.nodes[at].role
    if said is not Role.UNKNOWN or cfg.kind is not GroupKind.PATH:
        return said
    used = {client.node for client in g.selectors if client.seen}
    if not used:
        return Role.UNKNOWN
    return Role.ACTIVE if cfg.nodes[at].name in used else Role.STANDBY
