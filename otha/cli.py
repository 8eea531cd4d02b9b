"""`otha ...`: the composition root. Everything is imported when its command runs, so that `otha --help` is quick.

What the exit codes mean stands in `otha.console`.
"""

import os
import signal
import sys
import threading
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from otha import demo_cli, order_cli, proof_cli
from otha.console import BAD_INPUT, JsonOption, SiteArgument, SiteOption, StateOption, print_json, told

if TYPE_CHECKING:
    import asyncio

    from otha.journal.entry import JournalRow

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

        with told():
            choose(ctx, remote, user, password_file, trust)


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

    with told():
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
    from otha.asking import socket_of
    from otha.site import check as site_check
    from otha.site.load import load_site
    from otha.site.problem import SiteErrors

    try:
        judged = load_site(site)
    except SiteErrors:
        raise typer.Exit(site_check.run(site, as_json)) from None
    with told():
        code, changed = apply_cli.run(
            site,
            socket_of(state or judged.state_dir, None),
            look_only=dry_run,
            yes=yes,
            order_id=order_id or uuid.uuid4().hex,
            comment=comment,
            as_json=as_json,
        )
    if as_json:
        print_json(changed)
    raise typer.Exit(code)


def _stop_at_eof(loop: "asyncio.AbstractEventLoop", stop: "asyncio.Event") -> None:
    """Wait for the end of stdin in a thread of its own: any file may stand there, and some can't be waited for."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


app.command()(order_cli.order)


@app.command()
def status(state: StateOption = None, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """What the supervisor sees and does now."""
    from otha import terminal
    from otha.asking import asking

    with told(), asking(state, site) as client:
        snapshot = client.status()
    if as_json:
        print_json(snapshot)
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

    with told(), asking(state, site) as client:
        answer = client.why(group, to)
    if as_json:
        print_json(answer)
    else:
        terminal.show_why(answer)


for _command in (proof_cli.verify, proof_cli.replay, demo_cli.demo):
    app.command()(_command)


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
