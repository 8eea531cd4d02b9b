"""Serial lines in the site file, and which path is on which."""

from collections.abc import Iterator, Mapping

from otha.site.document import Document
from otha.site.line import Line, Parity
from otha.site.locate import Path as KeyPath
from otha.site.read import Endpoint
from otha.site.refer import refer
from otha.site.written import LineTable, PathTable, ReferenceTable, SiteFile

MS = 1_000_000
UNITS = (1, 247)


def build_line(name: str, table: LineTable) -> Line:
    """A line with its defaults filled in."""
    stop_bits = 2 if table.parity is Parity.NONE else 1
    return Line(
        name=name,
        device=table.device,
        baud=table.baud,
        parity=table.parity,
        stop_bits=table.stop_bits or stop_bits,
        rs485=table.rs485,
        network=table.network,
        turnaround_ns=table.turnaround_ms * MS,
    )


def build_lines(doc: Document, file: SiteFile) -> dict[str, Line]:
    """All lines. Two lines on one device, and a line that no path uses, are told."""
    devices: dict[str, str] = {}
    for name, table in file.line.items():
        other = devices.setdefault(table.device, name)
        if table.device and other != name:
            doc.error(
                ("line", name), "device", f'"{table.device}" is already the device of line {other}', mend="Mend one"
            )
        if not any(entry.line == name for _, entry in line_paths(file)):
            doc.warn(("line", name), "", "no path uses it: it is not opened", mend="Name it in a path, or take it out")
    return {name: build_line(name, table) for name, table in file.line.items()}


def line_paths(file: SiteFile) -> Iterator[tuple[KeyPath, PathTable | ReferenceTable]]:
    """Everything that may be on a line, with its place."""
    for name, reference in file.reference.items():
        yield ("reference", name), reference
    for name, node in file.node.items():
        for channel, asked in node.channels.items():
            yield ("node", name, "channels", channel), asked
    for name, section in file.section.items():
        for way, entry in section.paths.items():
            yield ("section", name, "paths", way), entry


def check_path(doc: Document, path: KeyPath, entry: PathTable | ReferenceTable, lines: Mapping[str, LineTable]) -> None:
    """A path is reached by an endpoint over a network, or by a line, which is a network itself."""
    if entry.line is None:
        if entry.endpoint is None:
            doc.error(
                path,
                "endpoint",
                "missing",
                mend='Give an endpoint "host:port" or "opc.tcp://host:port/path" where the device listens, or `line`, '
                "the serial line on which it is",
            )
        if entry.network is None:
            doc.error(
                path,
                "network",
                "missing",
                mend="Give a text in quotes: the network (a domain of kind network) that this path uses",
            )
        return
    if entry.endpoint is not None:
        doc.error(
            path, "line", "given beside `endpoint`: a path has exactly one of the two", mend="Take one of them out"
        )
    if entry.network is not None:
        doc.error(path, "network", "given beside `line`, which says its network itself", mend="Take it out")
    if refer(doc, path, "line", entry.line, what="line", valid=lines) and not UNITS[0] <= entry.unit <= UNITS[1]:
        doc.error(
            path,
            "unit",
            f"{entry.unit} is no unit of a serial line",
            mend=f"Give {UNITS[0]} to {UNITS[1]}: 0 is for broadcasts, the others are reserved",
        )


def place(entry: PathTable | ReferenceTable, lines: Mapping[str, Line]) -> tuple[Endpoint | Line, str]:
    """Where a path leads, and its network; a placeholder for what was reported by `check_path`."""
    line = lines.get(entry.line or "")
    if line is not None:
        return line, line.network
    return entry.endpoint or Endpoint(host="", port=0), entry.network or ""
