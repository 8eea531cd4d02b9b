"""`otha alarms ...`: the alarms of a site as a table, and what an operator does about one.

Exit codes as of `otha`: 0 done, 1 refused, 2 bad input.
"""

import sys
import uuid
from pathlib import Path
from typing import Annotated

import typer

from otha import console
from otha.console import FAILED, JsonOption, SiteOption, StateOption, print_json, told
from otha.core.errors import EngineerError
from otha.core.words import OrderKind

app = typer.Typer(help="Show alarms; acknowledge, reset, shelve them, or take them out of service.")

GroupArgument = Annotated[str, typer.Argument(help="of which group")]
CodeArgument = Annotated[str, typer.Argument(help="which alarm, by its code")]
CommentOption = Annotated[str, typer.Option("--comment", help="kept in the journal")]
IdOption = Annotated[str, typer.Option("--id", help="repeat an order with its id: it is carried out once")]


def duration_ns(text: str) -> int:
    """Nanoseconds of 90s, 30m or 8h. Raises EngineerError for anything else."""
    return console.duration_ns(text, units="smh", mend="write 90s, 30m or 8h")


@app.callback(invoke_without_command=True)
def show(
    ctx: typer.Context,
    state: StateOption = None,
    site: SiteOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="with cause and consequence of each")] = False,
    as_json: JsonOption = False,
) -> None:
    """All alarms that are not normal, the most urgent first, with what to do about each."""
    from otha import terminal_alarms
    from otha.asking import asking

    if ctx.invoked_subcommand is not None:
        return
    with told(), asking(state, site) as client:
        found = terminal_alarms.alarm_rows(client.status())
    if as_json:
        print_json(found)
    else:
        terminal_alarms.show_alarms(found, explain=explain)


def _give(
    kind: OrderKind,
    group: str,
    code: str,
    *,
    occurrence: int | None = None,
    for_: str = "",
    comment: str,
    order_id: str,
    state: Path | None,
    site: Path | None,
    as_json: bool,
) -> None:
    from otha.asking import asking, repeatable
    from otha.core.inputs import Order
    from otha.report import sentence
    from otha.wire.message import to_json

    with told():
        given = Order(
            id=order_id or uuid.uuid4().hex,
            kind=kind,
            group=group,
            user="",
            client="cli",
            node=None,
            arming=None,
            comment=comment,
            item=code,
            occurrence=occurrence,
            for_ns=duration_ns(for_) if for_ else None,
        )
        with asking(state, site) as client, repeatable(given.id):
            reply = client.order(given)
    if as_json:
        print_json({name: value for name, value in to_json(reply).items() if name != "kind"})
    else:
        said = "taken" if reply.accepted else "refused"
        sys.stdout.write(f"{kind.value} {group} {code}: {said} (order {reply.id})\n")
        for obstacle in reply.obstacles:
            detail = f": {obstacle.detail}" if obstacle.detail else ""
            sys.stdout.write(f"  {sentence.of_block(obstacle.block)}{detail} ({obstacle.rule})\n")
    if not reply.durable:
        sys.stderr.write("the journal's disk has not taken this answer yet; see `otha status`\n")
    raise typer.Exit(0 if reply.accepted else FAILED)


@app.command()
def kpi(
    state: Annotated[
        Path | None, typer.Option("--state", envvar="OTHA_STATE", help="state or journal directory")
    ] = None,
    from_: Annotated[str, typer.Option("--from", help="first moment: ISO 8601 or an age: 30d")] = "",
    to: Annotated[str, typer.Option("--to", help="first moment not wanted, written alike")] = "",
    as_json: JsonOption = False,
) -> None:
    """How well the alarms serve their operators (EEMUA 191, ISA-18.2), from the journal."""
    from otha import terminal_alarms
    from otha.asking import elsewhere
    from otha.journal.cli import moment_ns
    from otha.journal.reader import Reader
    from otha.report.kpi import of_journal

    with told():
        from_ns, to_ns, remote = moment_ns(from_, "--from"), moment_ns(to, "--to"), elsewhere()
        if remote is not None:
            with remote:
                found = remote.kpi(from_ns, to_ns)
        elif state is not None:
            with Reader(state) as reader:
                found = of_journal(reader, from_ns, to_ns)
        else:
            raise EngineerError("which journal?", mend="give --state DIR, or set OTHA_STATE")
    if as_json:
        print_json(found)
    else:
        terminal_alarms.show_kpi(found)


@app.command()
def ack(
    group: GroupArgument,
    code: CodeArgument,
    occurrence: Annotated[int, typer.Argument(help="which occurrence was seen; `otha alarms` shows it")],
    comment: CommentOption = "",
    order_id: IdOption = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Acknowledge an alarm: somebody has seen it and acts. A newer occurrence stays unacknowledged."""
    what = (OrderKind.ALARM_ACK, group, code)
    _give(*what, occurrence=occurrence, comment=comment, order_id=order_id, state=state, site=site, as_json=as_json)


@app.command()
def reset(
    group: GroupArgument,
    code: CodeArgument,
    comment: CommentOption = "",
    order_id: IdOption = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reset an alarm that latched, after its cause is gone and it was acknowledged."""
    _give(
        OrderKind.ALARM_RESET, group, code, comment=comment, order_id=order_id, state=state, site=site, as_json=as_json
    )


@app.command()
def shelve(
    group: GroupArgument,
    code: CodeArgument,
    for_: Annotated[str, typer.Option("--for", help="90s, 30m, 8h (12h at most); without it: until it is normal")] = "",
    comment: CommentOption = "",
    order_id: IdOption = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep an alarm quiet for a while, or until it returns to normal."""
    _give(
        OrderKind.SHELVE,
        group,
        code,
        for_=for_,
        comment=comment,
        order_id=order_id,
        state=state,
        site=site,
        as_json=as_json,
    )


@app.command()
def unshelve(
    group: GroupArgument,
    code: CodeArgument,
    comment: CommentOption = "",
    order_id: IdOption = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the shelving now."""
    _give(OrderKind.UNSHELVE, group, code, comment=comment, order_id=order_id, state=state, site=site, as_json=as_json)


@app.command("out-of-service")
def out_of_service(
    group: GroupArgument,
    code: CodeArgument,
    comment: CommentOption = "",
    order_id: IdOption = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep an alarm quiet until it is taken back into service. For engineers."""
    _give(
        OrderKind.OUT_OF_SERVICE,
        group,
        code,
        comment=comment,
        order_id=order_id,
        state=state,
        site=site,
        as_json=as_json,
    )


@app.command("in-service")
def in_service(
    group: GroupArgument,
    code: CodeArgument,
    comment: CommentOption = "",
    order_id: IdOption = "",
    state: StateOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an alarm back into service. For engineers."""
    _give(
        OrderKind.IN_SERVICE, group, code, comment=comment, order_id=order_id, state=state, site=site, as_json=as_json
    )
