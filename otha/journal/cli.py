"""`otha log ...`: read, verify and export a journal. Works on a running one and on a copy.

The context's object, if it has one, tells rows in sentences (`Say`). Its `meta` may hold, as `ROWS`, who asks a journal
elsewhere for rows (`Rows`), and as `TELL` who tells the supervisor of a copy (`Tell`).

Exit codes: 0 fine; 1 nobody answers elsewhere; 2 bad input (no journal there, a time that is none); 3 damage was found.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from otha.core.errors import EngineerError, OthaError
from otha.journal.anchor import anchor_text, load_anchor
from otha.journal.backup import Backup, back_up
from otha.journal.entry import JournalRow
from otha.journal.errors import JournalUnreadable
from otha.journal.reader import Query, Reader, Say, export_csv, export_jsonl, wall_text
from otha.journal.verify import verify as verify_journal

FAILED = 1
BAD_INPUT = 2
DAMAGE = 3
FOLLOW_S = 0.5
LAST_NS = 2**63 - 1  # what the journal's columns hold: a moment of the year 2262
MOST_ROWS = 10**9
WIDE = 140  # columns of a terminal on which the rows are a table

app = typer.Typer(help="Read, verify and export the journal.", no_args_is_help=True)

StateOption = Annotated[
    Path, typer.Option("--state", envvar="OTHA_STATE", help="State directory, journal directory or journal-NNNN.db.")
]
OptionalStateOption = Annotated[
    Path | None, typer.Option("--state", envvar="OTHA_STATE", help="State directory, journal directory or a segment.")
]
FromOption = Annotated[str, typer.Option("--from", help="First moment: ISO 8601 (UTC unless it says) or an age: 15m.")]
ToOption = Annotated[str, typer.Option("--to", help="First moment not wanted, written like --from.")]
GroupOption = Annotated[str, typer.Option(help="Only rows of this group.")]
NodeOption = Annotated[str, typer.Option(help="Only rows of this node.")]
UserOption = Annotated[str, typer.Option(help="Only rows of this user.")]
KindOption = Annotated[str, typer.Option(help='Only this kind; "transfer." means every kind that begins so.')]
TextOption = Annotated[str, typer.Option(help="Only rows with this text in the body.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]


ROWS = "otha.journal.rows"
Rows = Callable[[Query, int], list[JournalRow]]
"""The first rows that match, so many at most. Raises OthaError."""


TELL = "otha.journal.tell"
Tell = Callable[[Path, Path, Backup], int]
"""Tells the supervisor of the journal (its state) that a copy of it was made, and where; the row that tells it. Raises
OthaError."""


class Format(str, Enum):  # noqa: UP042 - StrEnum changes how typer prints the choices
    """What `export` writes."""

    CSV = "csv"
    JSONL = "jsonl"


@app.callback()
def log(ctx: typer.Context) -> None:
    """Read, verify and export the journal."""
    if ROWS in ctx.meta and ctx.invoked_subcommand != "query":
        typer.echo(f"otha log: {ctx.invoked_subcommand} can't be asked of a remote interface\n  query can", err=True)
        raise typer.Exit(BAD_INPUT)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turn errors into a sentence on stderr and the documented exit code."""
    try:
        yield
    except EngineerError as error:
        typer.echo(f"otha log: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except JournalUnreadable as error:
        typer.echo(f"otha log: {error}", err=True)
        raise typer.Exit(DAMAGE) from error
    except OthaError as error:
        typer.echo(f"otha log: {error}", err=True)
        raise typer.Exit(FAILED) from error


def moment_ns(text: str, option: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 moment or an age like 90s, 15m, 2h, 7d; None for "".

    Raises EngineerError if it is neither, or outside the years 1970 to 2261.
    """
    if not text:
        return None
    found = _age_ns(text) if re.fullmatch(r"[0-9]+[smhd]", text) else _iso_ns(text, option)
    if not 0 <= found <= LAST_NS:
        raise EngineerError(
            f"{option} {text[:40]!r} is outside the years 1970 to 2261",
            mend="write a moment of this time, or a shorter age; without it everything is meant",
        )
    return found


def _age_ns(text: str) -> int:
    number = int(text[:-1][:20])  # whatever has more digits is too long as well
    return time.time_ns() - number * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]] * 1_000_000_000


def _iso_ns(text: str, option: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        whole = int(moment.replace(microsecond=0).timestamp())
    except (ValueError, OverflowError) as error:
        raise EngineerError(
            f"{option} {text[:40]!r} is no moment", mend="write 2026-01-31T14:05:00Z, 2026-01-31 or an age like 15m"
        ) from error
    return whole * 1_000_000_000 + moment.microsecond * 1000


def _show(rows: list[JournalRow], as_json: bool, say: Say | None) -> None:
    """What a row says in sentences, or its body if it says nothing."""
    if as_json:
        export_jsonl(rows, sys.stdout, say)
        return

    def cell(row: JournalRow) -> str:
        return (say(row) if say is not None else "") or row.body

    cells = [
        (str(r.seq), wall_text(r.wall_ns), r.group, r.node, str(r.epoch or ""), r.user, r.kind, cell(r)) for r in rows
    ]
    console = Console(markup=False, highlight=False, emoji=False)  # a body is text, whatever brackets it holds
    if not console.is_terminal:
        for line in cells:
            typer.echo("\t".join(line))
        return
    if console.width < WIDE:
        # A table would leave the last column a few letters.
        for *head, what in cells:
            console.print(" ".join(cell for cell in head if cell))
            console.print(Padding(what, (0, 0, 0, 4)), overflow="fold")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("seq", "time (UTC)", "group", "node", "epoch", "user", "kind"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what", overflow="fold", ratio=1)
    for line in cells:
        table.add_row(*line)
    console.print(table)


def _query(from_: str, to: str, group: str, node: str, user: str, kind: str, text: str, after_seq: int = 0) -> Query:
    return Query(
        from_ns=moment_ns(from_, "--from"),
        to_ns=moment_ns(to, "--to"),
        group=group,
        node=node,
        user=user,
        kind=kind,
        text=text,
        after_seq=after_seq,
    )


@app.command()
def tail(
    ctx: typer.Context,
    state: StateOption,
    rows: Annotated[int, typer.Option("-n", "--rows", min=1, max=MOST_ROWS, help="How many of the newest rows.")] = 20,
    group: GroupOption = "",
    kind: KindOption = "",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with each new row until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the newest rows."""
    with _exit_codes(), Reader(state) as reader:
        found = reader.tail(rows, Query(group=group, kind=kind))
        _show(found, as_json, ctx.obj)
        last = found[-1].seq if found else 0
        while follow:
            time.sleep(FOLLOW_S)
            new = list(reader.query(Query(group=group, kind=kind, after_seq=last)))
            if new:
                _show(new, as_json, ctx.obj)
                last = new[-1].seq


@app.command()
def query(
    ctx: typer.Context,
    state: OptionalStateOption = None,
    from_: FromOption = "",
    to: ToOption = "",
    group: GroupOption = "",
    node: NodeOption = "",
    user: UserOption = "",
    kind: KindOption = "",
    text: TextOption = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="At most this many rows.")] = 1000,
    after: Annotated[int, typer.Option(min=0, max=LAST_NS, help="Only rows after this number: the next page.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Show the rows that match every condition, oldest first."""
    with _exit_codes():
        found = _rows(ctx, state)(_query(from_, to, group, node, user, kind, text, after), limit + 1)
        _show(found[:limit], as_json, ctx.obj)
        if len(found) > limit:
            typer.echo(f"more: --after {found[limit - 1].seq}", err=True)


def _rows(ctx: typer.Context, state: Path | None) -> Rows:
    """Who has the rows: a journal elsewhere, or the one at `state`. Raises EngineerError."""
    elsewhere: Rows | None = ctx.meta.get(ROWS)
    if elsewhere is not None:
        return elsewhere
    if state is None:
        raise EngineerError("which journal?", mend="give --state DIR, or set OTHA_STATE")

    def here(wanted: Query, limit: int) -> list[JournalRow]:
        with Reader(state) as reader:
            return list(reader.query(wanted, limit=limit))

    return here


@app.command()
def verify(
    state: StateOption,
    anchor: Annotated[Path | None, typer.Option(help="A checkpoint kept elsewhere (see `anchor`).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute the hash chain, check the signatures, name the first bad row."""
    with _exit_codes():
        found = verify_journal(state, load_anchor(anchor) if anchor else None)
    if as_json:
        typer.echo(json.dumps(found.as_json()))
    else:
        for report in found.segments:
            typer.echo(
                f"{report.path.name}: rows up to {report.last_good_seq} are as written"
                f" ({report.rows} rows, {report.checkpoints} checkpoints, signed up to {report.signed_seq})"
            )
        for fault in found.faults:
            typer.echo(f"DAMAGE {fault}")
        typer.echo(f"{'ok' if found.ok else 'damage found'}; {found.note}")
    if not found.ok:
        raise typer.Exit(DAMAGE)


def _told(tell: "Tell | None", state: Path, to: Path, made: Backup) -> tuple[int | None, str]:
    """The row in which the journal tells of a copy, or why it does not."""
    if tell is None:
        return None, "nobody was asked"
    try:
        return tell(state, to, made), ""
    except OthaError as error:
        return None, str(error)


@app.command()
def backup(
    ctx: typer.Context,
    state: StateOption,
    to: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")],
    as_json: JsonOption = False,
) -> None:
    """Copy the whole journal while it is written, and verify the copy; the key that signs is left out.

    The supervisor, where one runs, journals who made it and of what: closed files may be removed upon it.
    """
    with _exit_codes():
        made = back_up(state, to)
    ok, recorded = made.is_good, made.found.recorded
    row, why = _told(ctx.meta.get(TELL), state, to, made) if ok else (None, "the copy is not good")
    if as_json:
        said = {
            **made.found.as_json(),
            "ok": ok,
            "recorded": [str(fault) for fault in recorded],
            "row": row,
            "untold": why,
        }
        typer.echo(json.dumps({**said, "files": [path.name for path in made.segments]}))
    else:
        for fault in made.found.faults:
            typer.echo(f"DAMAGE {'known already, and told in the journal: ' if fault in recorded else ''}{fault}")
        if not made.is_whole:
            typer.echo(f"DAMAGE the copy ends before row {made.newest_seq}")
        typer.echo(
            f"{len(made.segments)} segments, {made.found.rows} rows up to {made.found.last_seq}, signed up to "
            f"{made.found.signed_seq}, in {to}: {'verified' if ok else 'damage found'}"
        )
        if row is not None:
            typer.echo(f"the journal tells of it in row {row}")
        else:
            typer.echo(f"the journal does not tell of it: {why}", err=True)
    if not ok:
        raise typer.Exit(DAMAGE)


@app.command()
def anchor(state: StateOption) -> None:
    """Print the newest signed checkpoint. Keep it elsewhere: it proves later that no row up to it was cut."""
    with _exit_codes(), Reader(state) as reader:
        if checkpoint := reader.last_checkpoint():
            typer.echo(anchor_text(checkpoint))


@app.command()
def export(
    ctx: typer.Context,
    state: StateOption,
    form: Annotated[Format, typer.Option("--format", help="csv, or jsonl: one JSON object a line.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A new file; standard output if not given.")] = None,
    from_: FromOption = "",
    to: ToOption = "",
    group: GroupOption = "",
    node: NodeOption = "",
    user: UserOption = "",
    kind: KindOption = "",
    text: TextOption = "",
) -> None:
    """Write matching rows, with all fields, as CSV or JSON lines."""
    write: Callable[..., int] = export_csv if form is Format.CSV else export_jsonl
    with _exit_codes(), Reader(state) as reader:
        rows = reader.query(_query(from_, to, group, node, user, kind, text))
        if out is None:
            write(rows, sys.stdout, ctx.obj)
            return
        try:
            with out.open("x", encoding="utf-8", newline="") as file:
                count = write(rows, file, ctx.obj)
        except OSError as error:
            raise EngineerError(f"{out} can't be written: {error.strerror}", mend="name a new file") from error
        typer.echo(f"{count} rows in {out}", err=True)
