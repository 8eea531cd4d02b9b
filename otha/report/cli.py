"""`otha report ...`: evidence of transfers, drills and incidents, from a journal. Works on a running one and on a copy.

Exit codes: 0 fine; 2 bad input (no journal there, no such record); 3 damage was found in the journal.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from otha.core.errors import EngineerError, HostError
from otha.journal.errors import JournalUnreadable
from otha.journal.reader import Query, Reader, wall_text
from otha.journal.verify import Verification
from otha.journal.verify import verify as verify_journal
from otha.report import evidence, sheet
from otha.report.evidence import Dossier

BAD_INPUT = 2
DAMAGE = 3

app = typer.Typer(help="Evidence of transfers, drills and incidents, from the journal.", no_args_is_help=True)

StateOption = Annotated[
    Path, typer.Option("--state", envvar="OTHA_STATE", help="State directory, journal directory or journal-NNNN.db.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
IdArgument = Annotated[int, typer.Argument(help="the record's number, as `otha report transfers` shows it")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="write the sheet here: .html, or plain text under any other name")
]


def _read(state: Path) -> list[Dossier]:
    """Raises JournalNotFound and JournalUnreadable."""
    with Reader(state) as reader:
        return evidence.dossiers(reader.query(Query()))


def _fail(error: Exception) -> typer.Exit:
    typer.echo(f"otha report: {error}", err=True)
    return typer.Exit(DAMAGE if isinstance(error, JournalUnreadable) else BAD_INPUT)


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


@app.command()
def transfers(
    state: StateOption,
    group: Annotated[str, typer.Option(help="only of this group")] = "",
    drills: Annotated[bool, typer.Option("--drills", help="drills alone")] = False,
    as_json: JsonOption = False,
) -> None:
    """Every transfer that the journal tells of, one a line."""
    try:
        found = list(evidence.chosen(_read(state), group=group, drills=drills))
    except (EngineerError, JournalUnreadable) as error:
        raise _fail(error) from error
    if as_json:
        json.dump([evidence.as_json(each) for each in found], sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    lines = [_line(each) for each in found]
    if not sys.stdout.isatty():
        for line in lines:
            typer.echo("\t".join(line))
        return
    table = Table(box=box.SIMPLE)
    for heading in (
        "id",
        "requested (UTC)",
        "group",
        "what",
        "from",
        "to",
        "by",
        "verified ms",
        "took ms",
        "bump %",
        "ending",
    ):
        table.add_column(heading, justify="right" if heading.endswith((" ms", "id")) else "left")
    for line in lines:
        table.add_row(*line)
    Console(highlight=False, markup=False).print(table)


def _line(each: Dossier) -> tuple[str, ...]:
    t = each.transfer
    what = f"drill: {t.kind}" if each.drill else t.kind
    late = [step.name for step in each.steps if step.kept is False]
    unknown = "commands UNKNOWN" if each.in_flight else ""
    steps = f"late: {', '.join(late)}" if late else ""
    ending = " ".join(filter(None, (t.ending or "goes on", t.detail, unknown, steps)))
    return (
        str(each.id),
        wall_text(each.requested_wall_ns)[:19],
        t.group,
        what,
        t.from_node,
        t.to_node,
        each.ordered_by or t.cause,
        _ms(each.verified_ms),
        _ms(each.took_ms),
        "" if each.bump is None else str(each.bump),
        ending,
    )


def _one(state: Path, id_: int) -> tuple[Dossier, Verification]:
    found = next((each for each in _read(state) if each.id == id_), None)
    if found is None:
        raise EngineerError(f"no transfer was requested in row {id_}", mend="`otha report transfers` shows them")
    verification = verify_journal(state)
    return replace(found, chain=evidence.chain_over(verification, found)), verification


def _sheet(state: Path, id_: int, out: Path | None, as_json: bool, *, drill: bool) -> None:
    try:
        found, verification = _one(state, id_)
        if drill and not found.drill:
            raise EngineerError(f"row {id_} is of no drill", mend=f"otha report incident {id_}")
        if as_json:
            json.dump(evidence.as_json(found), sys.stdout, indent=2)
            sys.stdout.write("\n")
        elif out is None:
            sys.stdout.write(sheet.text(found))
        if out is not None:
            made = sheet.html(found) if out.suffix.lower() in (".html", ".htm") else sheet.text(found)
            try:
                out.write_text(made, encoding="utf-8")
            except OSError as error:
                raise HostError(f"{out} can't be written: {error.strerror}", mend="name another file") from error
    except (EngineerError, JournalUnreadable, HostError) as error:
        raise _fail(error) from error
    if not verification.ok:
        raise typer.Exit(DAMAGE)


@app.command()
def drill(id_: IdArgument, state: StateOption, out: OutOption = None, as_json: JsonOption = False) -> None:
    """The sheet of one drill: who, when, each phase against its bound, ending, and whether the journal's chain fits."""
    _sheet(state, id_, out, as_json, drill=True)


@app.command()
def incident(id_: IdArgument, state: StateOption, out: OutOption = None, as_json: JsonOption = False) -> None:
    """The sheet of any transfer, from the first suspicion on."""
    _sheet(state, id_, out, as_json, drill=False)
