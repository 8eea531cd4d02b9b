"""Plant tags: where they stand, how neighbours are read together, and what the registers say."""

import struct
from collections.abc import Sequence

from otha.core.conditions import TagConfig
from otha.site.decode import GarbledReadingError
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.model import Block, Node, OpcuaTagRead, Section, TagRead, TagSource
from otha.site.opcua import parse_node
from otha.site.profile_file import WordType
from otha.site.refer import refer
from otha.site.written import SiteFile, TagTable

MS = 1_000_000
# Registers between two tags that are rather read along than asked for by a request of their own.
GAP = 16
MAX_READ = 125
FASTEST_OPCUA_NS = 50 * MS
MOST_IN_ONE_READ = 200
RANGES = {
    WordType.U16: (0, 0xFFFF),
    WordType.I16: (-0x8000, 0x7FFF),
    WordType.U32: (0, 0xFFFF_FFFF),
    WordType.I32: (-0x8000_0000, 0x7FFF_FFFF),
    WordType.BOOL: (0, 1),
}
_LETTERS = {WordType.U16: "H", WordType.I16: "h", WordType.U32: "I", WordType.I32: "i", WordType.BOOL: "H"}


def width(kind: WordType) -> int:
    """Registers of one value."""
    return 2 if kind in (WordType.U32, WordType.I32) else 1


def kind_of(tag: TagTable) -> WordType:
    """What its values can be."""
    return tag.type or (WordType.U16 if tag.nodeid is None else WordType.I32)


def source_of(tag: TagTable) -> str:
    """The section or node that holds the tag, as its source is named in the inputs of the core."""
    return tag.section or tag.node or ""


def build_tags(doc: Document, file: SiteFile) -> tuple[TagConfig, ...]:
    """Every tag with its source and its valid range."""
    built = []
    for name, tag in file.tag.items():
        path: KeyPath = ("tag", name)
        if (tag.section is None) == (tag.node is None):
            doc.error(
                path,
                "section",
                "needs exactly one source",
                mend="Give either `section` or `node`, where the tag is read",
            )
        elif tag.section is not None:
            refer(doc, path, "section", tag.section, what="section", valid=file.section)
        elif tag.node is not None:
            refer(doc, path, "node", tag.node, what="node", valid=file.node)
        _check_place(doc, path, file, tag)
        low, high = _valid(doc, path, tag)
        built.append(
            TagConfig(name=name, source=source_of(tag), fresh_ns=tag.fresh_ms * MS, valid_low=low, valid_high=high)
        )
    return tuple(built)


def _speaks_opcua(file: SiteFile, tag: TagTable) -> bool:
    channels = file.node[tag.node].channels.values() if tag.node in file.node else ()
    return any(way.endpoint is not None and way.endpoint.is_opcua for way in channels)


def _check_place(doc: Document, path: KeyPath, file: SiteFile, tag: TagTable) -> None:
    """A tag stands in a register, or is a node of an OPC UA server."""
    if not _speaks_opcua(file, tag):
        if tag.address is None:
            doc.error(path, "address", "missing", mend="Give the address of its holding register")
        if tag.nodeid is not None:
            what = f"{source_of(tag) or 'its source'} speaks Modbus: it has registers and no NodeIds"
            doc.error(path, "nodeid", what, mend="Take it out and give `address`")
        return
    if tag.address is not None:
        doc.error(path, "address", f"{tag.node} speaks OPC UA: it has no registers", mend="Give `nodeid` instead")
    if tag.nodeid is None:
        mend = 'Give the NodeId of the value at that server, for example nodeid = "nsu=urn:plant;s=Burner.Flame"'
        doc.error(path, "nodeid", "missing", mend=mend)
        return
    try:
        parse_node(tag.nodeid)
    except ValueError as error:
        doc.error(path, "nodeid", f"is no NodeId: {error}", mend='Write it as "nsu=URI;s=NAME" or "nsu=URI;i=NUMBER"')


def _valid(doc: Document, path: KeyPath, tag: TagTable) -> tuple[int, int]:
    kind = kind_of(tag)
    low, high = RANGES[kind]
    if tag.valid is None:
        return low, high
    if len(tag.valid) != 2 or tag.valid[0] > tag.valid[1]:
        doc.error(path, "valid", "must be [lowest, highest]", mend=f"Give for example [{low}, {high}]")
        return low, high
    if tag.valid[0] < low or tag.valid[1] > high:
        doc.error(
            path,
            "valid",
            f"{list(tag.valid)} is wider than what type {kind.value} can hold, [{low}, {high}]",
            mend="Mend the range or the type",
        )
    return tag.valid[0], tag.valid[1]


def build_reads(
    doc: Document, file: SiteFile, sections: Sequence[Section], deadlines: dict[str, int]
) -> tuple[TagRead, ...]:
    """The requests that read all tags: neighbours of one source together, as often as the freshest needs it.

    A value must reach OTHA twice within its freshness, so that one lost reply makes nothing stale.
    """
    gates = {section.name: section for section in sections}
    reads: list[TagRead] = []
    sources = sorted({source_of(tag) for tag in file.tag.values()})
    for source in sources:
        tags = sorted(
            (tag.address, name)
            for name, tag in file.tag.items()
            if tag.address is not None and source_of(tag) == source
        )
        run: list[str] = []
        for address, name in tags:
            if run and not _joins(file.tag[run[0]], file.tag[run[-1]], file.tag[name]):
                reads.append(_read(file, source, run, deadlines))
                run = []
            run.append(name)
            gate = gates.get(source)
            span = Block(at=address, count=width(kind_of(file.tag[name])))
            if gate is not None and any(span.meets(block) for block in (gate.command, gate.frames)):
                doc.error(
                    ("tag", name),
                    "address",
                    f"{address} lies in a mailbox of the gate",
                    mend="Give the tag's own address",
                )
        if run:
            reads.append(_read(file, source, run, deadlines))
    return tuple(reads)


def build_opcua_reads(doc: Document, file: SiteFile, nodes: Sequence[Node]) -> tuple[OpcuaTagRead, ...]:
    """For each OPC UA node with tags the Read of them all, as often as the freshest needs it. A great many are read in
    parts: a message between OTHA's processes has its limit, and servers have theirs."""
    reads: list[OpcuaTagRead] = []
    for node in nodes:
        names = [name for name, tag in file.tag.items() if tag.node == node.name and tag.nodeid is not None]
        if not names or node.opcua is None:
            continue
        if not node.is_read:
            what = f"{node.name} is in no group and no group's client: nobody asks it"
            doc.error(("tag", names[0]), "node", what, mend="Read the tag from a node of a group, or from a section")
            continue
        reads += [
            _opcua_read(file, node, names[at : at + MOST_IN_ONE_READ]) for at in range(0, len(names), MOST_IN_ONE_READ)
        ]
    return tuple(reads)


def _opcua_read(file: SiteFile, node: Node, names: Sequence[str]) -> OpcuaTagRead:
    tags = [file.tag[name] for name in names]
    period_ns = max(min(tag.fresh_ms for tag in tags) * MS // 3, FASTEST_OPCUA_NS)
    return OpcuaTagRead(
        source=node.name,
        channels=tuple(channel.name for channel in node.channels),
        tags=tuple(names),
        nodeids=tuple(tag.nodeid or "" for tag in tags),
        counts_per_unit=tuple(tag.counts_per_unit for tag in tags),
        period_ns=period_ns,
        deadline_ns=period_ns,
    )


def _at(tag: TagTable) -> int:
    assert tag.address is not None, "a tag without an address is in no read of registers"
    return tag.address


def _joins(first: TagTable, last: TagTable, tag: TagTable) -> bool:
    near = _at(tag) <= _at(last) + width(kind_of(last)) + GAP
    return near and _at(tag) + width(kind_of(tag)) - _at(first) <= MAX_READ


def _read(file: SiteFile, source: str, names: Sequence[str], deadlines: dict[str, int]) -> TagRead:
    tags = [file.tag[name] for name in names]
    start = _at(tags[0])
    period_ns = max(min(tag.fresh_ms for tag in tags) * MS // 3, 5 * MS)
    return TagRead(
        source=source,
        block=Block(at=start, count=max(_at(tag) + width(kind_of(tag)) for tag in tags) - start),
        period_ns=period_ns,
        deadline_ns=min(period_ns, deadlines.get(source, period_ns)),
        tags=tuple(
            TagSource(name=name, offset=_at(tag) - start, type=kind_of(tag))
            for name, tag in zip(names, tags, strict=True)
        ),
    )


def decode_tags(read: TagRead, payload: bytes) -> tuple[tuple[str, int], ...]:
    """Name and raw value of every tag of a read, from the bytes of the reply, high byte and high word first.

    Raises GarbledReadingError when the reply has a wrong length.
    """
    if len(payload) != 2 * read.block.count:
        raise GarbledReadingError(f"tags of {read.source}: {len(payload)} bytes, expected {2 * read.block.count}")
    values = []
    for tag in read.tags:
        (value,) = struct.unpack_from(f">{_LETTERS[tag.type]}", payload, 2 * tag.offset)
        values.append((tag.name, int(value != 0) if tag.type is WordType.BOOL else value))
    return tuple(values)
