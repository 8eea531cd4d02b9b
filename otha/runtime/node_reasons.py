"""What speaks against a node driving, told all the time and of every node: what a person looks for behind a
ServiceLevel. It decides nothing; what decides is `otha.core.group.guard`."""

from collections.abc import Iterator, Mapping, Sequence

from otha.core.config import GroupConfig
from otha.core.group.guard import HEALTHY_LEVEL
from otha.core.group.state import GroupState, NodeView
from otha.core.watch.tracking import Agreement
from otha.core.words import Liveness, Pulse, Role, Verdict
from otha.names import NodeReason, reason


def of_node(
    cfg: GroupConfig,
    g: GroupState,
    at: int,
    *,
    off: Sequence[Agreement],
    pulses: Mapping[str, Pulse],
) -> list[str]:
    """The reasons against the node at this place of the group, as they are published, in the order of their weight.

    `off`: its tracked tags that are not known to agree with the active's; `pulses`: those of its channels.
    """
    name, view = cfg.nodes[at].name, g.nodes[at]
    found = []
    if view.liveness is not Liveness.ALIVE:
        found.append(reason(NodeReason.NOT_ALIVE, view.liveness.value))
    if g.maintenance[at] or view.role is Role.MAINTENANCE:
        found.append(reason(NodeReason.MAINTENANCE))
    if view.level < HEALTHY_LEVEL:
        found.append(reason(NodeReason.LEVEL, str(view.level)))
    if g.record is None or g.record.active != name:
        found += _as_standby(view, off)
    found += [
        reason(NodeReason.CHANNEL, f"{channel} {pulse.value}")
        for channel, pulse in pulses.items()
        if pulse is not Pulse.ON_TIME
    ]
    return found


def _as_standby(view: NodeView, off: Sequence[Agreement]) -> Iterator[str]:
    """Of the active one no copy is asked for."""
    if view.in_rpo is not Verdict.TRUE:
        yield reason(NodeReason.RPO, view.in_rpo.value)
    if view.ready is not Verdict.TRUE:
        yield reason(NodeReason.READY, view.ready.value)
    for each in off:
        yield reason(NodeReason.TAG, f"{each.tag.name} {each.verdict.value}")
    for tag in view.one_shots:
        yield reason(NodeReason.ONE_SHOT, tag)
