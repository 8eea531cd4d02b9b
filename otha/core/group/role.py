"""Which role a node plays, as far as it is seen. Shown to persons; no decision hangs on it."""

from otha.core.config import GroupConfig
from otha.core.group.state import GroupState
from otha.core.words import GroupKind, Liveness, Role

_HEARD = (Liveness.ALIVE, Liveness.STALE_DATA)


def played(cfg: GroupConfig, g: GroupState, at: int) -> Role:
    """The role of node `at` in its own words; of a path that is there and has none to say, the one in which the clients
    use it. One client in use of it is enough for ACTIVE; STANDBY is what no client, all of them seen, uses."""
    view = g.nodes[at]
    if view.role is not Role.UNKNOWN or cfg.kind is not GroupKind.PATH or view.liveness not in _HEARD:
        return view.role
    if any(client.seen and client.node == cfg.nodes[at].name for client in g.selectors):
        return Role.ACTIVE
    return Role.STANDBY if g.selectors and all(client.seen for client in g.selectors) else Role.UNKNOWN
