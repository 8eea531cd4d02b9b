"""What every command on the terminal does alike: its options, its exit codes, how it tells an error.

Exit codes: 0 done; 1 it ran and did not succeed (an act missed its bound, an order was refused, nobody answers, a
replay differs); 2 bad input (site file, arguments, no such state directory); 3 damage found in a journal or a
recording. They are the same of a remote interface; one that shows another certificate than before, or does not know
user and password, is bad input.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

FAILED = 1
BAD_INPUT = 2
DAMAGE = 3

SiteArgument = Annotated[Path, typer.Argument(help="the site file", metavar="SITE.toml")]
# Who may not read it is told by what opens it, and is told whom to ask.
StateOption = Annotated[
    Path | None, typer.Option("--state", envvar="OTHA_STATE", help="the state directory", readable=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of tables")]
SiteOption = Annotated[Path | None, typer.Option("--site", help="the site file, to find its state directory")]

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration_ns(text: str, *, units: str, mend: str, digits: int = 6) -> int:
    """Nanoseconds of `90s`, `30m`, `8h` or `2d`, as far as `units` has their letters. Raises EngineerError with `mend`
    for anything else, and for more digits."""
    from otha.core.errors import EngineerError

    number, unit = text[:-1], text[-1:]
    if not unit or unit not in units or not (number.isascii() and number.isdecimal()) or len(number) > digits:
        raise EngineerError(f"--for {text!r} is no time", mend=mend)
    return int(number) * _UNITS_S[unit] * 1_000_000_000


@contextmanager
def told() -> Iterator[None]:
    """Turn OTHA's own errors into a sentence on stderr and an exit code; anything else is a defect and stays one."""
    from otha.core.errors import EngineerError, OthaError
    from otha.journal.errors import JournalUnreadable, RecordingDamaged

    try:
        yield
    except OthaError as error:
        sys.stderr.write(f"{error.what}\n")
        if error.mend:
            sys.stderr.write(f"  {error.mend}\n")
        match error:
            case RecordingDamaged() | JournalUnreadable():
                raise typer.Exit(DAMAGE) from error
            case EngineerError():
                raise typer.Exit(BAD_INPUT) from error
            case _:
                raise typer.Exit(FAILED) from error


def print_json(data: Any) -> None:  # Any: whatever json takes
    """Data on standard output."""
    sys.stdout.write(json.dumps(data, indent=2, sort_keys=True) + "\n")
