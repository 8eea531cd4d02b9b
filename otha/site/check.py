"""`otha check`: the judged site, or all that is wrong with it, for people and as JSON."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from otha.core.config import AdaptiveDetector, ChannelConfig, GroupConfig
from otha.core.words import GroupKind
from otha.site.cost import DeviceCost, devices
from otha.site.devices import endpoint_of
from otha.site.line import LineLoad
from otha.site.line_load import turn
from otha.site.load import load_site
from otha.site.model import Site
from otha.site.problem import SiteErrors, counted, render_errors
from otha.site.timing import GroupTiming, Total, show

GOOD, REFUSED = 0, 2
# Without a terminal there is no width to ask for; wide enough that no cell of a usual site wraps.
PLAIN_WIDTH = 140


def run(path: Path, as_json: bool) -> int:
    """Judge the site file and print the verdict; the exit code is 0 when it can be used, 2 when it is refused."""
    try:
        site = load_site(path)
    except SiteErrors as errors:
        if as_json:
            _print_json({"ok": False, "problems": [_plain(problem) for problem in errors.problems]})
        else:
            sys.stderr.write(render_errors(path, errors.problems))
        return REFUSED
    if as_json:
        _print_json(as_data(site))
    else:
        console = Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)
        show_site(site, console)
    return GOOD


def _print_json(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    """A dataclass, or anything inside one, as JSON takes it."""
    if hasattr(value, "__dataclass_fields__"):
        return _plain(asdict(value))
    match value:
        case Enum():
            return value.value
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Path():
            return str(value)
        case _:
            return value


def _sum(total: Total) -> dict[str, Any]:
    return {"total_ns": total.ns, "terms": {term.name: term.ns for term in total.terms}}


def as_data(site: Site) -> dict[str, Any]:
    """The judged site as JSON data. Times in nanoseconds."""
    return {
        "ok": True,
        "site": site.name,
        "digest": site.digest,
        "simulation": site.simulation,
        "state_dir": str(site.state_dir),
        "groups": [
            {
                **_plain(group),
                "worst_case": {
                    "heartbeats": _sum(worst.heartbeats),
                    "veto": None if worst.veto is None else _sum(worst.veto),
                    "frozen": None if worst.frozen is None else _sum(worst.frozen),
                    "failover": None if group.kind is GroupKind.PAIR else _sum(worst.failover),
                    "transfer": None if group.kind is GroupKind.PAIR else _sum(worst.transfer),
                    "held": None if worst.held is None else _sum(worst.held),
                    "lost_reply": None if worst.lost_reply is None else _sum(worst.lost_reply),
                    "over": {
                        over.link: {"heartbeats": _sum(over.heartbeats), "failover": _sum(over.failover)}
                        for over in worst.over
                    },
                },
            }
            for group, worst in zip(site.core.groups, site.timings, strict=True)
        ],
        "channels": _plain(site.channels),
        "sections": [
            {"name": section.name, "paths": _plain(section.paths), "writable": _plain(section.writable)}
            for section in site.sections
        ],
        "methods": [{"node": node.name, **_plain(method)} for node in site.nodes for method in node.profile.methods],
        "devices": [{**_plain(device), "connections": device.connections} for device in devices(site)],
        "lines": [{**_plain(load), "permille": load.permille} for load in site.lines],
        "outside": {
            "interface": _plain(site.interface),
            "metrics": _plain(site.metrics),
            "syslog": _plain(site.syslog),
            "journal": _plain(site.retention),
        },
        "problems": [_plain(problem) for problem in site.warnings],
    }


def show_site(site: Site, console: Console) -> None:
    """The judged site as tables."""
    kind = "simulated" if site.simulation else "real"
    console.print(f"[bold]{site.name}[/bold] ({kind}): can be used, {counted(len(site.warnings), 'warning')}")
    console.print(f"state in {site.state_dir}, model {site.digest[:16]}", highlight=False, soft_wrap=True)
    console.print(_groups(site))
    console.print(_nodes(site))
    for group, worst in zip(site.core.groups, site.timings, strict=True):
        console.print(_worst_case(group, worst))
    for group in site.core.groups:
        if group.kind is GroupKind.DRIVER:
            console.print(_holds(group))
    for group in site.core.groups:
        if group.failback.windows:
            windows = ", ".join(str(each) for each in group.failback.windows)
            text = f"{group.name} returns to {group.preferred} by itself, when all is met: {windows}, local time"
            console.print(text, highlight=False, soft_wrap=True)
    console.print(_devices(site))
    for load in site.lines:
        console.print(_line(load))
    for section in site.sections:
        blocks = ", ".join(f"{block.at}..{block.at + block.count - 1}" for block in section.writable)
        console.print(f"OTHA writes {section.name} {blocks} and nothing else", highlight=False)
    for node in site.nodes:
        for method in node.profile.methods:
            text = f"OTHA may call {method.method} of {node.name}: {method.doc}"
            console.print(_escaped(text), highlight=False, soft_wrap=True)
    for text in _outside(site):
        console.print(text, highlight=False, soft_wrap=True)
    for problem in site.warnings:
        console.print(f"\n[yellow]warning[/yellow] {_escaped(str(problem))}", highlight=False, soft_wrap=True)


def _outside(site: Site) -> Iterator[str]:
    """Where others reach OTHA."""
    if site.interface is not None:
        yield f"OTHA listens at {site.interface.host}:{site.interface.port} for OPC UA clients"
    if site.metrics is not None:
        yield f"OTHA serves figures at http://{site.metrics.host}:{site.metrics.port}/metrics"
    if site.syslog is not None:
        to = f"{site.syslog.host}:{site.syslog.port} over {site.syslog.transport.value}"
        yield f"OTHA sends its journal from {site.syslog.least.name.lower()} up to {to}"


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        name, right, _ = column.partition(">")
        table.add_column(name, justify="right" if right else "left", no_wrap=name in ("term", "ms"))
    return table


def _groups(site: Site) -> Table:
    table = _table(
        "Groups", "group", "kind", "mode", "members by priority", "drives", "arming", "fence", "confirm", "conditions"
    )
    for group in site.core.groups:
        members = sorted(group.nodes, key=lambda node: node.priority)
        interlocks = sum(condition.interlock for condition in group.conditions)
        table.add_row(
            group.name,
            group.kind.value,
            group.mode.value,
            ", ".join(node.name for node in members),
            group.section or "-",
            group.arming.value,
            group.fencing.value,
            group.confirm.value,
            f"{counted(interlocks, 'interlock')}, {counted(len(group.conditions) - interlocks, 'permissive')}",
        )
    return table


def _nodes(site: Site) -> Table:
    table = _table("Nodes and channels", "node", "profile", "channel", "endpoint", "network", "heartbeat", "lost after")
    configs = {channel.name: channel for channel in site.core.channels}
    for node in site.nodes:
        tried = "" if node.profile.tried_on_hardware or site.simulation else " (not tried on hardware)"
        for at, channel in enumerate(node.channels):
            config = configs.get(channel.name)
            table.add_row(
                node.name if at == 0 else "",
                node.profile.name + tried if at == 0 else "",
                channel.name,
                endpoint_of(channel.endpoint, channel.unit),
                channel.network,
                f"every {show(channel.period_ns)} ms" if node.is_read else "not read",
                _lost_after(config) if config is not None else "as a client only" if node.is_read else "",
            )
    return table


def _lost_after(config: ChannelConfig) -> str:
    deadline = f"deadline {show(config.deadline_ns)} ms"
    match config.detector:
        case AdaptiveDetector() as adaptive:
            return f"expected + {show(adaptive.margin_ns)} ms over {adaptive.window} replies, {deadline}"
        case fixed:
            return f"{fixed.misses} misses in a row, {deadline}"


_UNTIL = {
    GroupKind.DRIVER: "a death to outputs driven again and verified",
    GroupKind.PATH: "a death to the owner's frames at the gate again",
    GroupKind.STORE: "a death to rows kept again",
}


_UNTIL_ANSWERED = "a death to another link that answers, with all clients led to it"


def _worst_case(group: GroupConfig, worst: GroupTiming) -> Table:
    table = _table(f"Worst case of {group.name}", "term", "ms>", "made of")
    if group.kind is GroupKind.PAIR:
        return _detections(table, worst, moves=False)
    for term in worst.failover.terms:
        table.add_row(term.name, show(term.ns), term.made_of)
    table.add_section()
    to_no_gate = group.kind is GroupKind.PATH and group.gate is None
    table.add_row("failover", show(worst.failover.ns), _UNTIL_ANSWERED if to_no_gate else _UNTIL[group.kind])
    if worst.held is not None:
        table.add_row("outputs held", show(worst.held.ns), f"the gate allows {show(group.own_gate.hold_max_ns)}")
    if worst.lost_reply is not None:
        table.add_row("a lost reply", show(worst.lost_reply.ns), f"more, each time: {worst.lost_reply.spelled}")
    table.add_row("switchover", show(worst.transfer.ns), "an order to the same")
    if group.kind is GroupKind.STORE:
        table.add_row("backfill", show(group.timing.backfill_ns), "then the rows that were missed are fetched")
    table.add_section()
    return _detections(table, worst, moves=True)


def _detections(table: Table, worst: GroupTiming, *, moves: bool) -> Table:
    """After which time at the latest OTHA knows; and, where it `moves` the group, how long that takes then."""
    table.add_row("dead by heartbeats", show(worst.heartbeats.ns), worst.heartbeats.spelled)
    for over in worst.over:
        table.add_row(f"dead by heartbeats over {over.link}", show(over.heartbeats.ns), over.heartbeats.spelled)
        if moves:
            table.add_row(f"failover over {over.link}", show(over.failover.ns), "as above, with this link in use")
    if worst.veto is not None:
        table.add_row("dead by the gate", show(worst.veto.ns), worst.veto.spelled)
    if worst.frozen is not None:
        table.add_row("frozen", show(worst.frozen.ns), worst.frozen.spelled)
    if worst.frozen is not None and moves:
        total_ns = worst.failover.ns - worst.failover.terms[0].ns + worst.frozen.ns
        table.add_row("failover of a frozen one", show(total_ns), "as above, with this detection")
    return table


def _holds(group: GroupConfig) -> Table:
    """What the controller does with the outputs; OTHA does not carry it out."""
    table = _table(f"While {group.section} is held, its controller", "output", "machine state", "what it does")
    for first in group.own_gate.held(None):
        rules = [first, *(rule for rule in group.own_gate.holds if rule.output == first.output and rule.state)]
        for at, rule in enumerate(rules):
            others = "every other" if len(rules) > 1 else "every"
            table.add_row("" if at else rule.output, rule.state or others, rule.does)
    return table


def _devices(site: Site) -> Table:
    table = _table("What OTHA costs the devices", "device", "path", "connections>", "requests/s>", "values/s>", "limit")
    for device in devices(site):
        for at, cost in enumerate(device.endpoints):
            table.add_row(
                device.name if at == 0 else "",
                f"{cost.path} {cost.endpoint}",
                str(cost.connections),
                _rate(cost.reads_per_100s),
                _rate(cost.registers_per_100s),
                _limit(device) if at == 0 else "",
            )
    return table


def _line(load: LineLoad) -> Table:
    """Bus time: what each use takes of the line, and how long its answer can take when all others are asked before."""
    line = load.line
    title = f"{str(line).capitalize()}, {line.device} at {line.baud} baud: {load.permille / 10:.1f} % of its time"
    table = _table(title, "asked", "unit>", "ms on the line>", "every ms>", "answered within ms>", "deadline ms>")
    for use in load.uses:
        table.add_row(
            f"{use.what} of {use.user}",
            str(use.unit),
            show(use.exchange_ns),
            show(use.period_ns),
            show(turn(load, use).ns),
            show(use.deadline_ns),
        )
    return table


def _rate(per_100s: int) -> str:
    return f"{per_100s / 100:.1f}".removesuffix(".0")


def _limit(device: DeviceCost) -> str:
    if device.limit is None:
        return "unknown"
    others = f" + {device.others} of others" if device.others else ""
    return f"{device.connections}{others} of {device.limit}"
