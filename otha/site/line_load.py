"""What OTHA asks over each serial line, what that takes of its time, and what it makes of other times."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from otha.site.cost import STANDBY_POLL_NS
from otha.site.decode import Decoder
from otha.site.detection import deadline_ms, reference_pace
from otha.site.document import Document
from otha.site.line import Line, LineLoad, LineUse
from otha.site.lines import line_paths
from otha.site.model import Node, Reference, Section, TagRead
from otha.site.timing import Term, Total, show
from otha.site.written import SiteFile

MS = 1_000_000
SECOND = 1_000_000_000
FULL_PERMILLE = 1000
DOUBTED_PERMILLE = 700
# How often a command is reckoned with: the magic number read, the command written, its echo read.
COMMAND_PERIOD_NS = SECOND
_READ_PDU, _REPLY_PDU = 5, 2
_WRITE_PDU, _WRITTEN_PDU = 6, 5


def line_loads(
    file: SiteFile,
    lines: Mapping[str, Line],
    nodes: Sequence[Node],
    sections: Sequence[Section],
    references: Sequence[Reference],
    reads: Sequence[TagRead],
) -> dict[str, LineLoad]:
    """All uses of each line. Any path to a section may be the one in use, so each counts as if it were."""
    uses: dict[str, list[LineUse]] = {name: [] for name in lines}
    for node in nodes:
        # An OPC UA node on a line was refused.
        if node.groups and isinstance(node.decoder, Decoder):
            mine = [read for read in reads if read.source == node.name]
            for at, channel in enumerate(node.channels):
                if isinstance(channel.endpoint, Line):
                    uses[channel.endpoint.name] += _channel_uses(file, node, at, channel.endpoint, mine)
    for section in sections:
        mine = [read for read in reads if read.source == section.name]
        for at, path in enumerate(section.paths):
            if isinstance(path.endpoint, Line):
                uses[path.endpoint.name] += _path_uses(file, section, at, path.endpoint, mine)
    for reference in references:
        if isinstance(reference.endpoint, Line) and isinstance(reference.decoder, Decoder):
            use = _reference_use(file, reference, reference.decoder, reference.endpoint)
            uses[reference.endpoint.name].append(use)
    return {name: LineLoad(line=line, uses=tuple(uses[name])) for name, line in lines.items()}


def _read_ns(line: Line, count: int) -> int:
    return line.exchange_ns(_READ_PDU, _REPLY_PDU + 2 * count)


def _channel_uses(file: SiteFile, node: Node, at: int, line: Line, reads: Sequence[TagRead]) -> Iterator[LineUse]:
    channel = node.channels[at]
    heartbeat = LineUse(
        user=channel.name,
        what="heartbeat",
        unit=channel.unit,
        exchange_ns=_read_ns(line, node.registers.length),
        period_ns=channel.period_ns,
        deadline_ns=channel.deadline_ns,
        at=("group", node.groups[0], "detection"),
        key="deadline_ms",
    )
    yield heartbeat
    if at == 0:
        # They have a queue of their own, for the pauses between heartbeats.
        yield from _tag_uses(file, line, f"{channel.name} tags", channel.unit, reads)


def _reference_use(file: SiteFile, reference: Reference, decoder: Decoder, line: Line) -> LineUse:
    pace = reference_pace(file, reference.name)
    return LineUse(
        user=reference.name,
        what="reference point",
        unit=reference.unit,
        exchange_ns=_read_ns(line, decoder.length),
        period_ns=pace.period_ms * MS,
        deadline_ns=pace.deadline_ms * MS,
        at=("reference", reference.name),
        key="deadline_ms",
    )


def _tag_uses(file: SiteFile, line: Line, user: str, unit: int, reads: Sequence[TagRead]) -> Iterator[LineUse]:
    for read in reads:
        freshest = min((tag.name for tag in read.tags), key=lambda name: file.tag[name].fresh_ms)
        yield LineUse(
            user=user,
            what=f"tags from {read.block.at}",
            unit=unit,
            exchange_ns=_read_ns(line, read.block.count),
            period_ns=read.period_ns,
            deadline_ns=read.deadline_ns,
            at=("tag", freshest),
            key="fresh_ms",
        )


def _path_uses(file: SiteFile, section: Section, at: int, line: Line, reads: Sequence[TagRead]) -> Iterator[LineUse]:
    path = section.paths[at]
    yield from _tag_uses(file, line, path.name, path.unit, reads)
    if section.group is None:
        return
    detection = file.group[section.group].detection
    poll_ns = (file.section[section.name].poll_ms or detection.period_ms) * MS
    status_ns = _read_ns(line, section.status.count)
    poll = LineUse(
        user=path.name,
        what="gate poll",
        unit=path.unit,
        exchange_ns=status_ns,
        period_ns=poll_ns,
        deadline_ns=section.deadline_ns,
        at=("group", section.group, "detection"),
        key="deadline_ms",
    )
    yield poll
    user = f"{path.name} commands"
    yield replace(poll, user=user, what="command path kept warm", period_ns=STANDBY_POLL_NS)
    write_ns = line.exchange_ns(_WRITE_PDU + 2 * section.command.count, _WRITTEN_PDU)
    yield replace(poll, user=user, what="command, written", exchange_ns=write_ns, period_ns=COMMAND_PERIOD_NS)
    yield replace(poll, user=user, what="command, read before and after", period_ns=COMMAND_PERIOD_NS // 2)


def turn(load: LineLoad, use: LineUse) -> Total:
    """The longest time from a request's coming up to its reply: each other user has its turn before."""
    others = [other for other in load.longest().values() if other.user != use.user]
    return Total(
        terms=(
            Term(name=f"{use.what} of {use.user}", ns=use.exchange_ns, made_of="own exchange"),
            *(Term(name=f"{other.what} of {other.user}", ns=other.exchange_ns, made_of="waits") for other in others),
        )
    )


def with_line_times(file: SiteFile, loads: Mapping[str, LineLoad]) -> SiteFile:
    """The file with `round_trip_ms`, `fast_poll_ms` and `fast_deadline_ms` of each section behind a line, where they
    are left out."""
    sections = dict(file.section)
    for name, needed_ms in needed_round_trips_ms(file, loads).items():
        table = sections[name]
        round_trip = table.round_trip_ms or needed_ms
        # A poll leaves when the last one was answered: between a change and the poll that shows it lies one more.
        fast = table.fast_poll_ms or max(5, table.scan_ms, round_trip)
        detections = [group.detection for group in file.group.values() if group.target == name]
        beat_ms = max((deadline_ms(each) for each in detections), default=1)
        # The unit whose death is the reason for the transfer may be the one that is silent.
        patient = table.fast_deadline_ms or max(beat_ms, round_trip, needed_fast_deadlines_ms(file, loads)[name])
        sections[name] = replace(table, round_trip_ms=round_trip, fast_poll_ms=fast, fast_deadline_ms=patient)
    return replace(file, section=sections)


def needed_round_trips_ms(file: SiteFile, loads: Mapping[str, LineLoad]) -> dict[str, int]:
    """The longest request and reply, with the wait for the other users, of each section behind a line; rounded up."""
    needed: dict[str, int] = {}
    for path, entry in line_paths(file):
        load = loads.get(entry.line or "")
        if path[0] != "section" or load is None:
            continue
        section, way = str(path[1]), f"{path[1]}.{path[3]}"
        turns = [turn(load, use).ns for use in load.uses if use.user == way]
        needed[section] = max(needed.get(section, 1), -(-max(turns, default=0) // MS))
    return needed


def needed_fast_deadlines_ms(file: SiteFile, loads: Mapping[str, LineLoad]) -> dict[str, int]:
    """As `needed_round_trips_ms`, while the worst other unit on the line is silent."""
    needed: dict[str, int] = {}
    for path, entry in line_paths(file):
        load = loads.get(entry.line or "")
        if path[0] == "section" and load is not None:
            section, way = str(path[1]), f"{path[1]}.{path[3]}"
            turns = [turn(load, use).ns + load.silent_ns(use.unit) for use in load.uses if use.user == way]
            needed[section] = max(needed.get(section, 1), -(-max(turns, default=0) // MS))
    return needed


def judge_lines(doc: Document, file: SiteFile, loads: Sequence[LineLoad]) -> None:
    """A line has one second in a second, and nothing on it is answered before its turn came."""
    for load in loads:
        if load.permille > DOUBTED_PERMILLE:
            _too_much(doc, load)
        told: set[tuple[tuple[str | int, ...], str]] = set()
        # The one that needs most stands for the others with the same deadline.
        for use in sorted(load.uses, key=lambda use: -turn(load, use).ns):
            if (use.at, use.key) not in told and _deadline(doc, load, use):
                told.add((use.at, use.key))
    by_line = {load.line.name: load for load in loads}
    for name, needed_ms in needed_fast_deadlines_ms(file, by_line).items():
        fast_ms = file.section[name].fast_deadline_ms or needed_ms
        if fast_ms < needed_ms:
            doc.warn(
                ("section", name),
                "fast_deadline_ms",
                f"{fast_ms} ms is shorter than the {needed_ms} ms that its serial line can need while a unit is silent",
                mend=f"Give at least {needed_ms}, or leave it out",
            )
    for name, needed_ms in needed_round_trips_ms(file, by_line).items():
        given_ms = file.section[name].round_trip_ms or 0
        if given_ms < needed_ms:
            doc.warn(
                ("section", name),
                "round_trip_ms",
                f"{given_ms} ms is shorter than the {needed_ms} ms that its serial line can need",
                mend=f"Give at least {needed_ms}, or leave it out",
            )


def _too_much(doc: Document, load: LineLoad) -> None:
    parts = ", ".join(
        f"{use.what} of {use.user} {use.exchange_ns / use.period_ns * 100:.1f} % "
        f"({show(use.exchange_ns)} of every {show(use.period_ns)} ms)"
        for use in load.uses
    )
    wrong = f"{load.permille / 10:.1f} % of the line's time: {parts}"
    mend = "Ask less often (period_ms, poll_ms, fresh_ms), raise baud, or lead a path over another line"
    if load.permille > FULL_PERMILLE:
        doc.error(("line", load.line.name), "baud", wrong, mend=mend)
    else:
        doc.warn(("line", load.line.name), "baud", f"{wrong}; little is left for repeats", mend=mend)


def _deadline(doc: Document, load: LineLoad, use: LineUse) -> bool:
    """Judge one deadline; whether something was said."""
    total, name = turn(load, use), load.line.name
    if use.deadline_ns < total.ns:
        doc.error(
            use.at,
            use.key,
            f"leaves {use.what} of {use.user} {show(use.deadline_ns)} ms, and on line {name} it can take {total}",
            mend=f"Allow at least {-(-total.ns // MS)} ms (with a longer period), raise baud, or use another line",
        )
        return True
    silent_ns = load.silent_ns(use.unit)
    if use.deadline_ns < total.ns + silent_ns:
        doc.warn(
            use.at,
            use.key,
            f"leaves {use.what} of {use.user} {show(use.deadline_ns)} ms: enough on line {name} ({total}), but a "
            f"silent unit takes {show(silent_ns)} ms more, and its failure would look like this one's as well",
            mend=f"Allow at least {-(-(total.ns + silent_ns) // MS)} ms, or lead one of them over another line",
        )
        return True
    return False
