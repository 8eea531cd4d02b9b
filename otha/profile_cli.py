"""`otha profile ...`: the profiles there are, a new one, and one tried on a live device.

Exit codes: 0 done, and nothing is wrong; 1 something is wrong at the device, or it can't be reached; 2 bad input.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from otha.console import FAILED, duration_ns, told
from otha.core.errors import EngineerError

if TYPE_CHECKING:
    from otha.runtime.probes.tryout import Trial
    from otha.runtime.probes.tryout_opcua import Way
    from otha.site.model import Node, Site
    from otha.site.profile import Profile
    from otha.site.read import Endpoint
    from otha.site.tryout import Finding

app = typer.Typer(help="Profiles: how devices are read.", no_args_is_help=True)

_STYLES = {"good": "green", "doubt": "yellow", "wrong": "bold red", "untried": "dim"}
_PLAIN_WIDTH = 160

JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


def _print_json(data: Any) -> None:  # Any: whatever json takes
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH)


@app.command("list")
def list_profiles(as_json: JsonOption = False) -> None:
    """The profiles that come with OTHA: of which device, who switches such a pair, and from which document."""
    from otha.site.profile import load_profile, shipped_profiles

    profiles = [load_profile(name, Path()) for name in shipped_profiles()]
    if as_json:
        _print_json([_told(profile) for profile in profiles])
        return
    table = Table("profile", "device", "speaks", "authority", "fencing", "tried", title_justify="left")
    for profile in profiles:
        table.add_row(
            profile.name,
            escape(profile.description),
            profile.protocol.value,
            profile.authority.value,
            ", ".join(fence.value for fence in profile.fencing),
            "yes" if profile.tried_on_hardware else "no",
        )
    _console().print(table)


@app.command("show")
def show_profile(
    name: Annotated[str, typer.Argument(help="a shipped profile's name, or a file that ends in .toml")],
    as_json: JsonOption = False,
) -> None:
    """One profile: its document, what that leaves open, and what it reads."""
    with told():
        profile = _profile(name)
    if as_json:
        _print_json(_told(profile))
        return
    console = _console()
    console.print(f"[bold]{profile.name}[/bold]: {escape(profile.description)}", highlight=False, soft_wrap=True)
    console.print(f"source: {escape(profile.source)}", highlight=False, soft_wrap=True)
    tried = "tried on the real device" if profile.tried_on_hardware else "not tried on the real device"
    limit = "not known" if profile.connection_limit is None else str(profile.connection_limit)
    fencing = ", ".join(fence.value for fence in profile.fencing)
    console.print(
        f"{tried}; authority {profile.authority.value}; fencing {fencing}; connections at most: {limit}",
        highlight=False,
        soft_wrap=True,
    )
    for text in profile.leaves_open:
        console.print(f"left open: {escape(text)}", highlight=False, soft_wrap=True)
    for item, place in _places(profile):
        console.print(f"  {item}: {escape(place)}", highlight=False, soft_wrap=True)


def _places(profile: "Profile") -> list[tuple[str, str]]:
    def place(word: Any) -> str:  # Any: a Word, whose module is only imported when it is needed
        if word.node is not None:
            return str(word.node)
        if word.at is not None:
            return f"register {word.at} {word.type.value}"
        return f"always {word.fixed}" if word.fixed is not None else "address from the site file"

    items = [(name, place(word)) for name, word in profile.items]
    return items + [(f"tracked {name}", place(word)) for name, word in profile.tracked]


def _told(profile: "Profile") -> dict[str, Any]:
    return {
        "name": profile.name,
        "kind": profile.kind.value,
        "protocol": profile.protocol.value,
        "description": profile.description,
        "source": profile.source,
        "leaves_open": list(profile.leaves_open),
        "tried_on_hardware": profile.tried_on_hardware,
        "authority": profile.authority.value,
        "fencing": [fence.value for fence in profile.fencing],
        "connection_limit": profile.connection_limit,
        "open": profile.open,
        "items": dict(_places(profile)),
    }


def _profile(name: str) -> "Profile":
    """A profile by name or file. Raises EngineerError for a name that there is none of, SiteErrors for a wrong file."""
    from otha.site.gate_map import GATE_PROFILE
    from otha.site.problem import nearest
    from otha.site.profile import load_profile, shipped_profiles

    if name == GATE_PROFILE:
        raise EngineerError(
            f"{GATE_PROFILE} is the gate's own register map, no profile of a node",
            mend="try a gate with --site SITE.toml --section NAME; what to test before power-on: docs/wiring_guide.md",
        )
    if not name.endswith(".toml") and name not in shipped_profiles():
        near = nearest(name, shipped_profiles())
        hint = f"did you mean {near}? " if near else ""
        raise EngineerError(
            f'there is no profile "{name}"', mend=f"{hint}`otha profile list` names them; a file's name ends in .toml"
        )
    return load_profile(name, Path())


@app.command()
def check(
    profile: Annotated[
        str | None, typer.Argument(help="a shipped profile's name, or a file that ends in .toml", show_default=False)
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help='the device: "host:port", or "opc.tcp://host:port/path"')
    ] = None,
    unit: Annotated[int, typer.Option("--unit", min=0, max=255, help="Modbus: the unit")] = 1,
    site: Annotated[
        Path | None, typer.Option("--site", help="instead: a node of this site file, as it reads it")
    ] = None,
    node: Annotated[str | None, typer.Option("--node", help="which node of --site")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="by which of its channels; default: the first")
    ] = None,
    section: Annotated[
        str | None,
        typer.Option("--section", help="instead of a node: a section of --site, its gate and tags"),
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="for how long: 2s, 30s, 1m")] = "2s",
    timeout_ms: Annotated[
        int, typer.Option("--timeout-ms", min=10, max=60_000, help="longest wait for a reply")
    ] = 3000,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="also write: what was read, where the profile lets OTHA write, or an empty command to a gate: "
            "NOT in operation",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Try a profile on a live device and report each item. It only reads, unless told otherwise.

    It takes a connection of its own: at a device that takes few, look first that it drops nobody else's.
    """
    from otha.runtime.probes.tryout import Trial, failed

    with told():
        lasting_ns = duration_ns(for_, units="sm", mend="write 2s, 30s or 1m", digits=4)
        trial = Trial(timeout_ns=timeout_ms * 1_000_000, lasting_ns=lasting_ns, write=write)
        if site is not None and section is not None:
            found, where, name = _gate(site, section, trial)
        elif site is not None:
            found, where, name = _by_site(site, node, channel, trial)
        else:
            found, where, name = _by_endpoint(profile, against, unit, trial)
    ok = not failed(found)
    if as_json:
        findings = [{**asdict(each), "grade": each.grade.value} for each in found]
        _print_json({"profile": name, "against": where, "ok": ok, "findings": findings})
    else:
        _show(found, where, name)
    raise typer.Exit(0 if ok else FAILED)


def _by_endpoint(
    profile: str | None, against: str | None, unit: int, trial: "Trial"
) -> tuple[tuple["Finding", ...], str, str]:
    from otha.site.profile_file import Protocol
    from otha.site.read import parse_endpoint

    if profile is None or against is None:
        raise EngineerError(
            "which profile, and at which device?", mend="give PROFILE --against ENDPOINT, or --site and --node"
        )
    chosen = _profile(profile)
    endpoint = parse_endpoint(against)
    if endpoint is None:
        raise EngineerError(
            f'"{against}" is no endpoint', mend='write "192.0.2.10:502" or "opc.tcp://192.0.2.10:4840/"'
        )
    if endpoint.is_opcua is not (chosen.protocol is Protocol.OPCUA):
        raise EngineerError(
            f"{chosen.name} speaks {chosen.protocol.value}, and {against} is of another protocol",
            mend='an OPC UA endpoint begins with "opc.tcp://"',
        )
    where = str(endpoint) if endpoint.is_opcua else f"{endpoint} unit {unit}"
    if endpoint.is_opcua:
        from otha.runtime.probes.tryout_opcua import Way

        return _opcua(chosen, Way(endpoint=endpoint, access=None, own=None), trial), where, chosen.name
    return _modbus(chosen, endpoint, unit, trial), where, chosen.name


def _gate(path: Path, name: str, trial: "Trial") -> tuple[tuple["Finding", ...], str, str]:
    from otha.runtime.probes.tryout_gate import try_gate
    from otha.site.gate_map import GATE_PROFILE
    from otha.site.load import load_site

    judged = load_site(path)
    names = [each.name for each in judged.sections]
    if name not in names:
        raise EngineerError(f"{path.name} has no section {name}", mend=f"it has {', '.join(names) or 'none'}")
    section = judged.section(name)
    return try_gate(judged, section, trial), f"{name}, {section.paths[0].endpoint}", GATE_PROFILE


def _by_site(
    path: Path, name: str | None, channel: str | None, trial: "Trial"
) -> tuple[tuple["Finding", ...], str, str]:
    from otha.site.devices import endpoint_of
    from otha.site.load import load_site
    from otha.site.read import Endpoint

    judged = load_site(path)
    names = [each.name for each in judged.nodes]
    if name not in names:
        raise EngineerError(f"which node of {path.name}?", mend=f"give --node: {', '.join(names)}")
    node = judged.node(name)
    ways = {each.name.partition(".")[2]: each for each in node.channels}
    if channel is not None and channel not in ways:
        raise EngineerError(f"{name} has no channel {channel}", mend=f"it has {', '.join(ways)}")
    way = node.channels[0] if channel is None else ways[channel]
    if not isinstance(way.endpoint, Endpoint):
        raise EngineerError(
            f"{way.name} goes over a serial line, and only one may speak there", mend="try it over its gateway, by TCP"
        )
    where = f"{way.name}, {endpoint_of(way.endpoint, way.unit)}"
    if way.endpoint.is_opcua:
        return _opcua(node.profile, _way(judged, node, way.endpoint), trial), where, node.profile.name
    return _modbus(node.profile, way.endpoint, way.unit, trial), where, node.profile.name


def _way(site: "Site", node: "Node", endpoint: "Endpoint") -> "Way":
    from otha.certificates import own_identity
    from otha.runtime.probes.tryout_opcua import Way

    secured = node.opcua is not None and node.opcua.server_certificate is not None
    own = own_identity(site.state_dir / "opcua", site.name) if secured else None
    return Way(endpoint=endpoint, access=node.opcua, own=own)


def _modbus(profile: "Profile", endpoint: "Endpoint", unit: int, trial: "Trial") -> tuple["Finding", ...]:
    from otha.runtime.probes.tryout_modbus import try_modbus

    return try_modbus(profile, endpoint, unit, trial)


def _opcua(profile: "Profile", way: "Way", trial: "Trial") -> tuple["Finding", ...]:
    from otha.runtime.probes.tryout_opcua import try_opcua

    return try_opcua(profile, way, trial)


def _show(found: tuple["Finding", ...], where: str, name: str) -> None:
    console = _console()
    for each in found:
        style = _STYLES[each.grade.value]
        said = f"  {escape(each.said)}" if each.said else ""
        line = f"[{style}]{each.grade.value:<8}[/{style}] {escape(each.item)}  [dim]{escape(each.place)}[/dim]{said}"
        console.print(line, highlight=False, soft_wrap=True)
        if each.wrong:
            mend = f". {each.mend}" if each.mend else ""
            console.print(f"           {escape(each.wrong + mend)}", highlight=False, soft_wrap=True)
    counts = {grade: sum(each.grade.value == grade for each in found) for grade in _STYLES}
    counted = ", ".join(f"{count} {grade}" for grade, count in counts.items() if count)
    console.print(f"{name} at {escape(where)}: {counted or 'nothing was tried'}", highlight=False, soft_wrap=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="the profile's name, letters, digits, _ and -")],
    opcua: Annotated[bool, typer.Option("--opcua", help="of an OPC UA server; else of a Modbus device")] = False,
    directory: Annotated[Path, typer.Option("--dir", help="where the file is written")] = Path(),
) -> None:
    """Write a commented skeleton of a profile, NAME.toml; a file that is there already is left alone."""
    from otha.site.skeleton import write_skeleton

    with told():
        path = write_skeleton(name, directory, opcua=opcua)
    sys.stdout.write(f"{path}\n")
