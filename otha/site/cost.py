"""What OTHA costs each device: connections (or sessions), requests and registers (or OPC UA nodes) per second."""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core.config import GateConfig
from otha.site.line import Line
from otha.site.model import Node, Reference, Section, Site
from otha.site.opcua import OpcuaDecoder
from otha.site.read import Endpoint

SECOND = 1_000_000_000
# A standby path, and the connection for commands, are asked once a second: their loss is known before they are needed.
STANDBY_POLL_NS = SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCost:
    """One endpoint at rest. Rates per 100 seconds, so that slow polls are whole numbers too."""

    endpoint: Endpoint | Line
    path: str
    connections: int
    reads_per_100s: int
    registers_per_100s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCost:
    """All endpoints of one device. `table`: where it stands in the site file."""

    table: str
    name: str
    endpoints: tuple[EndpointCost, ...]
    limit: int | None
    others: int

    @property
    def connections(self) -> int:
        return sum(cost.connections for cost in self.endpoints)


def per_100s(period_ns: int) -> int:
    """How often something with this period happens in 100 seconds."""
    return 100 * SECOND // period_ns


def devices(site: Site) -> Iterator[DeviceCost]:
    """Every device that is read, in the order of the file."""
    for node in site.nodes:
        if node.is_read:
            tags = _tag_rates(site, node.name)
            yield DeviceCost(
                table="node",
                name=node.name,
                endpoints=tuple(
                    EndpointCost(
                        endpoint=channel.endpoint,
                        path=channel.name,
                        connections=_connections(channel.endpoint),
                        reads_per_100s=per_100s(channel.period_ns) + (tags[0] if at == 0 else 0),
                        registers_per_100s=per_100s(channel.period_ns) * _size(node) + (tags[1] if at == 0 else 0),
                    )
                    for at, channel in enumerate(node.channels)
                ),
                limit=node.profile.connection_limit,
                others=0,
            )
    gates = {group.section: group.gate for group in site.core.groups if group.gate is not None}
    for section in site.sections:
        yield DeviceCost(
            table="section",
            name=section.name,
            endpoints=tuple(_section(site, section, gates.get(section.name))),
            limit=section.connection_limit,
            others=section.other_connections,
        )
    periods = {reference.name: reference.period_ns for reference in site.core.references}
    for reference in site.references:
        rate = per_100s(periods[reference.name])
        yield DeviceCost(
            table="reference",
            name=reference.name,
            endpoints=(
                EndpointCost(
                    endpoint=reference.endpoint,
                    path=reference.name,
                    connections=_connections(reference.endpoint),
                    reads_per_100s=rate,
                    registers_per_100s=rate * _size(reference),
                ),
            ),
            limit=reference.profile.connection_limit,
            others=0,
        )


def _size(asked: Node | Reference) -> int:
    """What one heartbeat reads: registers, or OPC UA nodes."""
    return len(asked.decoder.reads) if isinstance(asked.decoder, OpcuaDecoder) else asked.decoder.length


def _connections(at: Endpoint | Line) -> int:
    """A serial line has no connections."""
    return int(isinstance(at, Endpoint))


def _section(site: Site, section: Section, gate: GateConfig | None) -> Iterator[EndpointCost]:
    """The first path carries polls and tags on one connection and commands on another; the rest are kept warm."""
    tag_reads, tag_registers = _tag_rates(site, section.name)
    for at, path in enumerate(section.paths):
        first = at == 0
        warm = per_100s(STANDBY_POLL_NS)
        rate = 0 if gate is None else per_100s(gate.poll_ns) + warm if first else warm
        yield EndpointCost(
            endpoint=path.endpoint,
            path=path.name,
            connections=_connections(path.endpoint) * (2 if first and gate is not None else 1),
            reads_per_100s=rate + (tag_reads if first else 0),
            registers_per_100s=rate * section.status.count + (tag_registers if first else 0),
        )


def _tag_rates(site: Site, source: str) -> tuple[int, int]:
    """Requests and registers per 100 s for the tags of one source."""
    reads = [read for read in site.tag_reads if read.source == source]
    return (
        sum(per_100s(read.period_ns) for read in reads),
        sum(per_100s(read.period_ns) * read.block.count for read in reads),
    )
