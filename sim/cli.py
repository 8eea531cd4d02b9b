"""`otha sim up | fault | list`, also as `python -m sim`: start a simulated plant and disturb it."""

import asyncio
import json
import sys
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer

from sim import console, control, kinds, orchestrator
from sim.errors import SimError, UsageError
from sim.faults import CATALOGUE, Fault
from sim.plant import GATEWAY_PORTS, Plant, default_ports
from sim.ports import free_ports, substitute
from sim.site_file import settings
from sim.two_tanks import KIND as TWO_TANKS
from sim.whole import Scope

PLANTS = {name: (Scope.PAIR, kind) for name, kind in kinds.KINDS.items()} | {"whole_plant": (Scope.WHOLE, TWO_TANKS)}


class NativeAction(str, Enum):  # noqa: UP042 - StrEnum changes how typer prints the choices
    """What can be done to a pair that switches itself, or to one of its CPUs."""

    SWAP = "swap"
    CUT = "cut"
    MEND = "mend"
    STOP = "stop"
    OFF = "off"
    ON = "on"


app = typer.Typer(help="Simulated plants on real Modbus TCP sockets.", no_args_is_help=True, add_completion=False)


@app.command()
def up(
    site: Annotated[
        Path | None, typer.Argument(help="site file to adapt; default: the shipped one of the plant")
    ] = None,
    directory: Annotated[Path, typer.Option("--dir", help="folder for sockets, logs and recordings")] = Path("sim-run"),
    plant: Annotated[str, typer.Option("--plant", help=f"one of: {', '.join(PLANTS)}")] = "two_tanks",
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="free ports instead of the shipped ones")] = False,
    seed: Annotated[int, typer.Option("--seed", help="of the plant's noise")] = 1,
    check_frames: Annotated[
        bool, typer.Option("--check-frames/--no-check-frames", help="without: a gate that lets every frame through")
    ] = True,
    gateways: Annotated[
        bool, typer.Option("--gateways", help="with two gateways, each on a serial line of its own to the PLC")
    ] = False,
    stop_on_eof: Annotated[bool, typer.Option("--stop-on-eof", help="end when stdin is closed")] = False,
) -> None:
    """Start a plant and stay in front of it until SIGTERM or Ctrl-C. Prints `ready SITE_FILE` when it serves."""
    try:
        text = _site_text(site, plant)
        scope, kind = PLANTS[plant]
        orchestrator.prepare(directory)
        shipped = default_ports(scope) | (GATEWAY_PORTS if gateways else {})
        ports = free_ports(shipped) if ephemeral else shipped
        adapted = directory / "site.toml"
        adapted.write_text(substitute(text, ports), encoding="utf-8")
        built_with = settings(text, scope, kind)
        description = Plant(
            directory=directory.resolve(), ports=ports, seed=seed, check_frames=check_frames, scope=scope, **built_with
        )

        def ready() -> None:
            sys.stdout.write(f"ready {adapted}\n")
            sys.stdout.flush()

        asyncio.run(orchestrator.run(description, on_ready=ready, stop_on_eof=stop_on_eof))
    except SimError as error:
        _fail(error)


@app.command()
def fault(
    name: Annotated[str, typer.Argument(help="see `list`")],
    arguments: Annotated[list[str] | None, typer.Argument(help="name=value ...")] = None,
    directory: Annotated[Path, typer.Option("--dir", help="the folder given to `up`")] = Path("sim-run"),
) -> None:
    """Disturb a running plant; prints the answer as one JSON line."""
    try:
        given: dict[str, object] = {}
        for argument in arguments or ():
            key, equals, value = argument.partition("=")
            if not equals:
                raise UsageError(f"{argument!r} isn't name=value", mend="e.g. fault kill node=sc_a")
            given[key] = value
        sys.stdout.write(json.dumps(console.fault(directory, name, **given)) + "\n")
    except SimError as error:
        _fail(error)


@app.command("native")
def run_native(
    directory: Annotated[Path, typer.Option("--dir", help="folder for the door and the site file")] = Path("sim-run"),
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="free ports instead of the shipped ones")] = False,
    stop_on_eof: Annotated[bool, typer.Option("--stop-on-eof", help="end when stdin is closed")] = False,
) -> None:
    """Two pairs that switch themselves, M580-like and S7-1500R/H-like. Prints `ready SITE_FILE` when they serve."""
    from sim import native  # OPC UA takes its time to import, and the other commands need none

    def ready(site: Path) -> None:
        sys.stdout.write(f"ready {site}\n")
        sys.stdout.flush()

    try:
        asyncio.run(native.run(directory, ephemeral=ephemeral, on_ready=ready, stop_on_eof=stop_on_eof))
    except SimError as error:
        _fail(error)


@app.command("native-do")
def order_native(
    action: Annotated[NativeAction, typer.Argument(help="what to do")],
    of: Annotated[str, typer.Argument(help="a pair (swap, cut, mend: m580, s7) or a CPU (stop, off, on: pac_a ...)")],
    directory: Annotated[Path, typer.Option("--dir", help="the folder given to `native`")] = Path("sim-run"),
) -> None:
    """Do something to a pair of `native`, or to one of its CPUs; prints the answer as one JSON line."""
    from sim import native

    try:
        key = "pair" if action in (NativeAction.SWAP, NativeAction.CUT, NativeAction.MEND) else "cpu"
        what: dict[str, Any] = {key: of}
        answer = asyncio.run(control.call(directory / native.DOOR, action.value, **what))
        sys.stdout.write(json.dumps(answer) + "\n")
    except SimError as error:
        _fail(error)


@app.command("list")
def list_faults(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines")] = False) -> None:
    """The faults there are, with their arguments."""
    if as_json:
        sys.stdout.write(json.dumps([_as_json(entry) for entry in CATALOGUE.values()]) + "\n")
        return
    for entry in CATALOGUE.values():
        sys.stdout.write(f"{entry.name}: {entry.help}\n")
        for parameter in entry.parameters:
            default = "" if parameter.default is None else f" (default {parameter.default})"
            choices = f" [{', '.join(parameter.choices)}]" if parameter.choices else ""
            sys.stdout.write(f"    {parameter.name}: {parameter.help}{choices}{default}\n")


def _as_json(entry: Fault) -> dict[str, Any]:
    parameters = [
        {
            "name": each.name,
            "help": each.help,
            "kind": each.kind.__name__,
            "choices": list(each.choices),
            "default": each.default,
        }
        for each in entry.parameters
    ]
    return {"name": entry.name, "help": entry.help, "parameters": parameters}


def _site_text(site: Path | None, plant: str) -> str:
    if plant not in PLANTS:
        raise UsageError(f"there is no plant {plant!r}", mend=f"one of: {', '.join(PLANTS)}")
    try:
        if site is not None:
            return site.read_text(encoding="utf-8")
        return resources.files("sim").joinpath("sites", f"{plant}.toml").read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the site file can't be read: {error}", mend="name a site file that exists") from error


def _fail(error: SimError) -> None:
    sys.stderr.write(f"{error}\n  {error.mend}\n")
    raise typer.Exit(2 if isinstance(error, UsageError) else 1)
