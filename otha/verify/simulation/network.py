"""The ways between the supervisor and everything else: networks, channels, the paths to a section's gate."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from random import Random
from typing import TYPE_CHECKING
from zlib import crc32

from otha.core.config import ChannelConfig
from otha.core.words import GroupKind
from otha.site.line import Line
from otha.site.model import Channel, GatePath, Site
from otha.verify.simulation.chance import happens
from otha.verify.simulation.fault import Fault, FaultKind
from otha.verify.simulation.targets import EVERYWHERE

if TYPE_CHECKING:
    from otha.verify.simulation.plant import Plant

_LOST_PERCENT = 90  # of what is sent in a burst
_BETWEEN_BURSTS = 8  # as long as a burst, on average


@cache
def bursts(fault: Fault) -> tuple[int, ...]:
    """The begins and ends of a loss's bursts, one after the other: Gilbert's and Elliott's two states, whose times are
    exponentially distributed. Between the bursts nothing is lost."""
    chance, at = Random(fault.salt), fault.at_ns
    found: list[int] = []
    while True:
        for mean in (_BETWEEN_BURSTS * fault.size if found else fault.size, fault.size):
            at += 1 + round(chance.expovariate(1 / mean))
            if at >= fault.until_ns:
                return tuple(found)
            found.append(at)


class Network:
    """What carries, as the plant's lasting faults leave it."""

    def __init__(self, site: Site, plant: Plant) -> None:
        self._plant = plant
        self._channels: dict[str, Channel] = {channel.name: channel for channel in site.channels}
        self._of_node: dict[str, list[Channel]] = {}
        for channel in site.channels:
            self._of_node.setdefault(channel.node, []).append(channel)
        self._references = {reference.name: reference.network for reference in site.references}
        self._paths: dict[str, tuple[GatePath, ...]] = {section.name: section.paths for section in site.sections}
        # A path that ends where a node listens goes through that node, as through a gateway.
        listens = {(str(each.endpoint), each.unit): each.node for each in site.channels}
        by_endpoint = {endpoint: node for (endpoint, _), node in listens.items()}
        self._through = {
            path.name: by_endpoint.get(str(path.endpoint))
            for paths in self._paths.values()
            for path in paths
            if not isinstance(path.endpoint, Line)
        }
        self._links = {
            group.name: tuple(each.name for each in group.selectors) or None
            for group in site.core.groups
            if group.kind in (GroupKind.PATH, GroupKind.PAIR)
        }
        self._losses: list[Fault] = []
        self._cut: frozenset[str] = frozenset()

    def loses(self, fault: Fault) -> None:
        """A loss begins."""
        self._losses.append(fault)

    def loses_no_more(self, fault: Fault) -> None:
        """It is over."""
        self._losses.remove(fault)

    def in_burst(self, now: int) -> bool:
        """Whether something is being lost."""
        return any(bisect_right(bursts(fault), now) % 2 == 1 for fault in self._losses)

    def _is_cut(self, network: str) -> bool:
        return network in self._cut or EVERYWHERE in self._cut

    def changed(self) -> None:
        """Something begins, or ceases, to last."""
        kinds = (FaultKind.REQUESTS_LOST, FaultKind.ANSWERS_LOST)
        self._cut = frozenset(name for kind, name in self._plant.lasting if kind in kinds)

    def reaches_reference(self, name: str) -> bool:
        """Whether a reference point can be reached at all, bursts apart."""
        return not self._is_cut(self._references[name])

    def _is_lost(self, names: tuple[str, ...], number: int, now: int) -> bool:
        """Whether this exchange falls into a burst."""
        for fault in self._losses:
            in_burst = fault.target in names and bisect_right(bursts(fault), now) % 2 == 1
            if in_burst and happens(fault.salt ^ crc32(names[0].encode()), number, _LOST_PERCENT):
                return True
        return False

    def carries_channel(self, cfg: ChannelConfig, number: int, now: int) -> bool:
        """Whether heartbeat `number` on this channel comes to the node, and its answer back."""
        if not self._plant.lasting:
            return True
        network = self._channels[cfg.name].network
        if self._is_cut(network) or (cfg.via is not None and not self._link_works(cfg.via)):
            return False
        return not (self._losses and self._is_lost((cfg.name, network), number, now))

    def _link_works(self, via: str) -> bool:
        """Whether the link in use works: the one that the first client has chosen, or that the pair uses."""
        plant, selectors = self._plant, self._links.get(via)
        used = plant.clients[selectors[0]].node if selectors else plant.pairs.get(via)
        body = plant.bodies.get(used or "")
        return body is not None and body.works

    def reaches_node(self, node: str) -> bool:
        """Whether some channel of a node carries both ways."""
        if not self._plant.lasting:
            return True
        return any(not self._is_cut(channel.network) for channel in self._of_node.get(node, ()))

    def carries_reference(self, name: str, number: int, now: int) -> bool:
        """Whether a reference point answers."""
        network = self._references[name]
        return not self._is_cut(network) and not self._is_lost((network, name), number, now)

    def path(self, section: str, number: int, now: int) -> int | None:
        """The first path over which the section's gate can be read now; None if there is none."""
        plant = self._plant
        if not plant.lasting:
            return 0
        if plant.lasts(FaultKind.BLACK_HOLE, section):
            return None
        for at, path in enumerate(self._paths[section]):
            through = self._through.get(path.name)
            if through is not None and not plant.bodies[through].works:
                continue
            if not self._is_cut(path.network) and not self._is_lost((path.network, path.name), number, now):
                return at
        return None

    def path_name(self, section: str, at: int) -> str:
        """The name of a path of a section."""
        return self._paths[section][at].name
