"""`otha ...`: the composition root. Everything is imported when its command runs, so that `otha --help` is quick.

Exit codes: 0 done; 1 it ran and did not succeed (an act missed its bound, an order was refused, nobody answers, a
replay differs); 2 bad input (site file, arguments, no such state directory); 3 damage found in a journal or a
recording. They are the same of a remote interface; one that shows another certificate than before, or does not know
user and password, is bad input.
"""

import json
import os
import signal
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otha import proof_cli

if TYPE_CHECKING:
    import asyncio

    from otha.journal.entry import JournalRow

FAILED = 1
BAD_INPUT = 2
DAMAGE = 3

app = typer.Typer(
    name="otha",
    help="OT High Availability: supervises redundant servers, gateways and controllers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# What `--help` says of each group of commands; each says it of itself too.
GROUPS = {
    "log": "Read, verify and export the journal.",
    "alarms": "Show alarms; acknowledge, reset, shelve them, or take them out of service.",
    "report": "Evidence of transfers, drills and incidents, from the journal.",
    "study": "Studies of a site's settings over long times.",
    "user": "Users of OTHA's OPC UA interface.",
    "cert": "Certificates that OTHA's OPC UA interface trusts, and its own.",
    "interface": "OTHA's own OPC UA server.",
    "profile": "Profiles: how devices are read.",
    "sim": "Simulated plants on real Modbus TCP sockets.",
}


@app.callback()
def root(
    ctx: typer.Context,
    remote: Annotated[
        str, typer.Option("--remote", help="ask OTHA's OPC UA interface at this URL: opc.tcp://host:4840")
    ] = "",
    user: Annotated[str, typer.Option("--user", help="with --remote: as which of its users")] = "",
    password_file: Annotated[
        str, typer.Option("--password-file", help="with --remote: a file whose first line is the password; - is stdin")
    ] = "",
    trust: Annotated[str, typer.Option("--trust", help="with --remote: the server's SHA-256 fingerprint")] = "",
) -> None:
    """OT High Availability: supervises redundant servers, gateways and controllers."""
    if ctx.invoked_subcommand == "log":
        from otha.asking import tell_of_backup
        from otha.journal.cli import TELL

        ctx.meta[TELL] = tell_of_backup
    if remote:
        from otha.asking import choose

        with _told():
            choose(ctx, remote, user, password_file, trust)


SiteArgument = Annotated[Path, typer.Argument(help="the site file", metavar="SITE.toml")]
# Who may not read it is told by what opens it, and is told whom to ask.
StateOption = Annotated[
    Path | None, typer.Option("--state", envvar="OTHA_STATE", help="the state directory", readable=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of tables")]


class OrderName(str, Enum):  # noqa: UP042 - StrEnum changes how typer prints the choices
    """The orders, as in `otha.core.words.OrderKind`."""

    SWITCHOVER = "switchover"
    FAILBACK = "failback"
    DRILL = "drill"
    DRILL_ABORT = "drill-abort"
    CONFIRM = "confirm"
    REJECT = "reject"
    SELECT = "select"
    OPERATE = "operate"
    CANCEL = "cancel"
    BYPASS = "bypass"
    UNBYPASS = "unbypass"
    SAFE = "safe"
    RELEASE = "release"
    ACK = "ack"
    MAINTENANCE_IN = "maintenance-in"
    MAINTENANCE_OUT = "maintenance-out"
    ARM = "arm"


class TransferName(str, Enum):  # noqa: UP042 - as above
    """What a drill rehearses, as in `otha.core.words.TransferKind`."""

    FAILOVER = "failover"
    SWITCHOVER = "switchover"
    FAILBACK = "failback"


class ArmingName(str, Enum):  # noqa: UP042 - as above
    """How far OTHA may act in a group."""

    OBSERVE = "observe"
    ADVISE = "advise"
    ARMED = "armed"


class HmiName(str, Enum):  # noqa: UP042 - as above
    """What of the HMI a demo shows."""

    NONE = "0"
    WINDOW = "1"
    SHOT = "shot"


@contextmanager
def _told() -> Iterator[None]:
    """Turn OTHA's own errors into a sentence on stderr and an exit code; anything else is a defect and stays one."""
    from otha.core.errors import EngineerError, OthaError
    from otha.journal.errors import RecordingDamaged

    try:
        yield
    except OthaError as error:
        sys.stderr.write(f"{error.what}\n")
        if error.mend:
            sys.stderr.write(f"  {error.mend}\n")
        code = (
            DAMAGE if isinstance(error, RecordingDamaged) else BAD_INPUT if isinstance(error, EngineerError) else FAILED
        )
        raise typer.Exit(code) from error


def _print_json(data: Any) -> None:  # Any: whatever json takes
    sys.stdout.write(json.dumps(data, indent=2, sort_keys=True) + "\n")


def socket_of(state: Path | None, site: Path | None) -> Path:
    """The socket of the supervisor that is meant. Raises EngineerError."""
    from otha.core.errors import EngineerError
    from otha.wire.place import SOCKET_NAME

    if state is not None:
        folder = state
    elif site is not None:
        from otha.site.load import load_site

        folder = load_site(site).state_dir
    else:
        raise EngineerError("which supervisor?", mend="give --state DIR (or set OTHA_STATE), or --site SITE.toml")
    try:
        folder.stat()
    except FileNotFoundError:
        mend = "give the --state that `otha run` was given, or start it"
        raise EngineerError(f"there is no state directory {folder}", mend=mend) from None
    except OSError:
        pass  # who connects is told what is wrong
    return folder / SOCKET_NAME


SiteOption = Annotated[Path | None, typer.Option("--site", help="the site file, to find its state directory")]


@app.command()
def check(site: SiteArgument, as_json: JsonOption = False) -> None:
    """Judge a site file: what it says, what it costs, what can't be right."""
    from otha.site import check as site_check

    raise typer.Exit(site_check.run(site, as_json))


@app.command()
def run(
    site: SiteArgument,
    state: StateOption = None,
    live: Annotated[bool, typer.Option("--live", help="a live table instead of log lines")] = False,
    stop_on_eof: Annotated[bool, typer.Option("--stop-on-eof", help="end when stdin is closed")] = False,
) -> None:
    """Supervise a site until stopped (SIGTERM or Ctrl-C)."""
    import asyncio

    from otha.runtime import supervisor
    from otha.runtime.service_manager import ServiceManager
    from otha.site.load import load_site

    async def until_stopped() -> int:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if stop_on_eof:
            threading.Thread(target=_stop_at_eof, args=(asyncio.get_running_loop(), stop), daemon=True).start()
        service = ServiceManager(os.environ)
        return await supervisor.run(judged, state or judged.state_dir, live=live, stop=stop, service=service)

    with _told():
        judged = load_site(site)
        raise typer.Exit(asyncio.run(until_stopped()))


@app.command()
def apply(
    site: SiteArgument,
    state: StateOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "--diff", help="show the difference and stop")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    comment: Annotated[str, typer.Option("--comment", help="kept in the journal")] = "",
    order_id: Annotated[str, typer.Option("--id", help="repeat it with its id: it is carried out once")] = "",
    as_json: JsonOption = False,
) -> None:
    """Change the site under a running supervisor: judge the file, show the difference, take it. No gate is touched."""
    from otha import apply_cli
    from otha.site import check as site_check
    from otha.site.load import load_site
    from otha.site.problem import SiteErrors

    try:
        judged = load_site(site)
    except SiteErrors:
        raise typer.Exit(site_check.run(site, as_json)) from None
    with _told():
        code, told = apply_cli.run(
            site,
            socket_of(state or judged.state_dir, None),
            look_only=dry_run,
            yes=yes,
            order_id=order_id or uuid.uuid4().hex,
            comment=comment,
            as_json=as_json,
        )
    if as_json:
        _print_json(told)
    raise typer.Exit(code)


def _stop_at_eof(loop: "asyncio.AbstractEventLoop", stop: "asyncio.Event") -> None:
    """Wait for the end of stdin in a thread of its own: any file may stand there, and some can't be waited for."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _duration_ns(text: str) -> int | None:
    """Nanoseconds of `90s`, `30m`, `8h` or `2d`; None for "". Raises EngineerError for anything else."""
    from otha.core.errors import EngineerError

    if not text:
        return None
    number, unit = text[:-1], {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1])
    if unit is None or not number.isdecimal() or not number.isascii() or len(number) > 6:
        raise EngineerError(f"--for {text!r} is no time", mend="write 90s, 30m, 8h or 2d")
    return int(number) * unit * 1_000_000_000


def _check_order(
    kind: OrderName, node: str | None, arming: ArmingName | None, item: str | None, for_: str, comment: str
) -> None:
    from otha.core.errors import EngineerError

    if kind in (OrderName.BYPASS, OrderName.UNBYPASS) and item is None:
        raise EngineerError(f"{kind.value} of which interlock?", mend="give --item INTERLOCK; `otha why` lists them")
    if kind is OrderName.BYPASS and not for_:
        raise EngineerError("bypass for how long?", mend="give --for 30m")
    if kind in (OrderName.BYPASS, OrderName.SAFE, OrderName.REJECT) and not comment.strip():
        raise EngineerError(f"{kind.value} why?", mend='give --comment "..."')
    if kind in (OrderName.MAINTENANCE_IN, OrderName.MAINTENANCE_OUT) and node is None:
        raise EngineerError(f"{kind.value} of which node?", mend="give --node NODE")
    if kind is OrderName.ARM and arming is None:
        raise EngineerError("arm to which level?", mend="give --level observe, advise or armed")


@app.command()
def order(
    kind: Annotated[OrderName, typer.Argument(help="what to order")],
    group: Annotated[str, typer.Argument(help="of which group")],
    to: Annotated[str | None, typer.Option("--to", "--node", help="which node")] = None,
    arming: Annotated[ArmingName | None, typer.Option("--level", help="for `arm`")] = None,
    transfer: Annotated[TransferName | None, typer.Option("--transfer", help="for `drill`: what it rehearses")] = None,
    item: Annotated[
        str | None,
        typer.Option("--item", help="for `bypass` and `unbypass`: which interlock"),
    ] = None,
    request: Annotated[
        int | None,
        typer.Option("--request", help="for `confirm`, `reject`: which request, by the number that `status` shows"),
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="for how long: 90s, 30m, 8h")] = "",
    comment: Annotated[str, typer.Option("--comment", help="kept in the journal")] = "",
    order_id: Annotated[str, typer.Option("--id", help="repeat an order with its id: it is carried out once")] = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an order; exit code 1 when it is refused, with every reason."""
    from otha import terminal
    from otha.asking import asking, repeatable
    from otha.core.errors import EngineerError
    from otha.core.inputs import Order
    from otha.core.words import Arming, OrderKind, TransferKind
    from otha.wire.message import to_json

    with _told():
        _check_order(kind, to, arming, item, for_, comment)
        if kind in (OrderName.CONFIRM, OrderName.REJECT) and request is None:
            raise EngineerError(f"{kind.value} what?", mend="give --request NUMBER; `otha status` shows what waits")
        for_ns = _duration_ns(for_)
        if kind is OrderName.DRILL and transfer is None:
            raise EngineerError("a drill of what?", mend="give --transfer failover, switchover or failback")
    given = Order(
        id=order_id or uuid.uuid4().hex,
        kind=OrderKind(kind.value),
        group=group,
        user="",
        client="cli",
        node=to,
        arming=Arming(arming.value) if arming is not None else None,
        comment=comment,
        transfer=TransferKind(transfer.value) if transfer is not None else None,
        item=item,
        for_ns=for_ns,
        request=request,
    )
    with _told(), asking(state, site) as client, repeatable(given.id):
        reply = client.order(given)
    if as_json:
        _print_json({name: value for name, value in to_json(reply).items() if name != "kind"})
    else:
        sys.stdout.write("".join(f"{line}\n" for line in terminal.order_lines(kind.value, group, to_json(reply))))
    if not reply.durable:
        sys.stderr.write(
            "the journal's disk has not taken this answer yet; a crash now would lose the record of it\n"
            f"  see `otha status`; the same order with --id {reply.id} does nothing anew and tells when it is kept\n"
        )
    raise typer.Exit(0 if reply.accepted else FAILED)


@app.command()
def status(state: StateOption = None, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """What the supervisor sees and does now."""
    from otha import terminal
    from otha.asking import asking

    with _told(), asking(state, site) as client:
        snapshot = client.status()
    if as_json:
        _print_json(snapshot)
    else:
        terminal.show_status(snapshot)


@app.command()
def why(
    group: Annotated[str, typer.Argument(help="which group")],
    to: Annotated[str | None, typer.Option("--to", help="to which node; default: the best standby")] = None,
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why a group can or can't switch now: every condition with value, quality, age and verdict."""
    from otha import terminal
    from otha.asking import asking

    with _told(), asking(state, site) as client:
        answer = client.why(group, to)
    if as_json:
        _print_json(answer)
    else:
        terminal.show_why(answer)


app.command()(proof_cli.verify)
app.command()(proof_cli.replay)


def _hmi_of(wanted: HmiName | None, *, measured: bool) -> str:
    """What `play` is asked for. Where nobody said it the HMI opens if it can, but beside nothing that is `measured`:
    the figures of a document are the plant's alone."""
    if wanted is not None:
        return "" if wanted is HmiName.NONE else wanted.value
    from otha.demo.display import BESIDE, possible

    return BESIDE if not measured and possible() else ""


@app.command()
def demo(
    acts: Annotated[str, typer.Option("--acts", help="which acts, by name, with commas; default: all")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="write the measured figures to this file")] = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="keep everything in this folder")] = None,
    period_ms: Annotated[
        int | None, typer.Option("--period-ms", min=5, max=60_000, help="another heartbeat period")
    ] = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="a picture of the terminal, for documents")] = None,
    plant: Annotated[
        str, typer.Option("--plant", help="two_tanks, boiler, crane, pump_station: one pair alone")
    ] = "whole_plant",
    commit_ms: Annotated[
        int,
        typer.Option("--commit-ms", min=0, max=500, help="allow a durable write so long, however fast the disk was"),
    ] = 0,
    site: Annotated[
        Path | None,
        typer.Option("--site", help="an own version of the plant's site file, taken as it stands"),
    ] = None,
    list_acts: Annotated[bool, typer.Option("--list", help="name the acts and stop")] = False,
    hmi: Annotated[
        HmiName | None,
        typer.Option(
            "--hmi", help="1: the HMI beside it; shot: pictures of its pages; 0: neither. Left out: 1 with a display"
        ),
    ] = None,
) -> None:
    """A simulated plant, supervised live, with one fault after another, and each time measured."""
    from otha.demo import play

    with _told():
        chosen = tuple(name.strip() for name in acts.split(",") if name.strip())
        if list_acts:
            play.list_acts(plant)
            return
        raise typer.Exit(
            play.play(
                chosen,
                json_file=json_file,
                directory=directory,
                period_ms=period_ms,
                svg_file=svg_file,
                plant=plant,
                commit_ms_min=commit_ms,
                hmi=_hmi_of(hmi, measured=any((json_file, svg_file, site))),
                site=site,
            )
        )


def group_of(name: str) -> typer.Typer:
    """The commands of one group."""
    match name:
        case "log":
            from otha.journal.cli import app as found
        case "alarms":
            from otha.alarm_cli import app as found
        case "report":
            from otha.report.cli import app as found
        case "study":
            from otha.verify.study.cli import app as found
        case "user":
            from otha.access_cli import users_app as found
        case "cert":
            from otha.access_cli import certificates_app as found
        case "interface":
            from otha.interface_cli import app as found
        case "profile":
            from otha.profile_cli import app as found
        case "sim":
            from sim.cli import app as found
        case _:
            raise ValueError(f"there is no group of commands {name}")
    return found


def _mount(words: list[str]) -> None:
    """Mount the groups of commands: those that are asked for; of the others what `--help` says is enough."""
    for name, says in GROUPS.items():
        if name in words:
            app.add_typer(group_of(name), name=name)
        else:
            app.command(name, help=says)(lambda: None)


def _say(row: "JournalRow") -> str:
    from otha.report import rows

    return rows.text(row.kind, row.body)


def _refuse_bytes(arguments: list[str]) -> None:
    """Bytes that are no text have no place in an order, a query or a journal."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            sys.stderr.write(f"{argument[:80]!a} is not UTF-8 text\n  write it anew\n")
            raise SystemExit(BAD_INPUT) from None


def main() -> None:
    """Entry of the console script."""
    _refuse_bytes(sys.argv[1:])
    # Nothing here multiplies matrices: numpy need not start a thread for each processor, which is half of its loading.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What a shell wants completed, it says in the environment.
    completed = [word for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS") for word in os.environ.get(name, "").split()]
    _mount([*sys.argv[1:], *completed])
    from otha.asking import remote_first

    try:
        app(remote_first(sys.argv[1:]), obj=_say)
    except BrokenPipeError:
        # The reader of our output went away (`otha log tail | head`): that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
