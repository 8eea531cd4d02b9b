"""`otha study ...`: what can be known of a site's settings before it runs, beyond single decisions.

Exit codes: 0 done; 1 a detection took longer than its bound; 2 bad input.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Studies of a site's settings over long times.", no_args_is_help=True)

FAILED = 1
BAD_INPUT = 2
DAMAGE = 3
# So many heartbeats of each channel under each pattern, if nothing else is asked: some minutes.
_HEARTBEATS = 36_000_000
_WIDTH = 132


@app.callback()
def _all() -> None:
    """Studies of a site's settings over long times."""


@app.command()
def detectors(
    site: Annotated[
        Path | None, typer.Argument(help="study the detection of this site's groups", metavar="[SITE.toml]")
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option("--hours", min=1, max=10_000_000, help="of a living node, under each pattern of losses"),
    ] = None,
    deaths: Annotated[
        int, typer.Option("--deaths", min=100, max=1_000_000, help="how many deaths, under each pattern")
    ] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="the same seed gives the same numbers")] = 1,
    recorded: Annotated[
        Path | None,
        typer.Option("--recorded", help="judge these heartbeats instead: OTHA's recording, or a CSV file"),
    ] = None,
    report_file: Annotated[Path | None, typer.Option("--report", help="write a report, HTML, to this file")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures to this file")] = None,
) -> None:
    """False failovers a year and detection times: counted misses, expected arrivals, several channels."""
    from otha.core.errors import EngineerError, OthaError
    from otha.journal.errors import RecordingDamaged

    try:
        if recorded is None:
            code = _simulated(site, hours, deaths, seed, report_file, json_file)
        elif site is not None or hours is not None:
            raise EngineerError("what was recorded is judged as it is", mend="leave SITE.toml and --hours out")
        else:
            code = _as_recorded(recorded, report_file, json_file)
    except OthaError as error:
        sys.stderr.write(f"{error.what}\n" + (f"  {error.mend}\n" if error.mend else ""))
        bad = BAD_INPUT if isinstance(error, EngineerError) else FAILED
        raise typer.Exit(DAMAGE if isinstance(error, RecordingDamaged) else bad) from error
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n  give another file\n")
        raise typer.Exit(FAILED) from error
    raise typer.Exit(code)


def _simulated(
    site: Path | None, hours: float | None, deaths: int, seed: int, report_file: Path | None, json_file: Path | None
) -> int:
    from otha.core.errors import EngineerError
    from otha.site.load import load_site
    from otha.verify.study import page, rules, tell
    from otha.verify.study.network import PATTERNS, Pattern
    from otha.verify.study.run import Setting, study

    judged = None if site is None else load_site(site)
    settings = rules.usual() if judged is None else rules.of_site(judged)
    if not settings:
        raise EngineerError(f"{site}: no group has a channel", mend="give a site with groups")
    shortest_ns = min(setting.period_ns for setting in settings)
    lived_h = _HEARTBEATS * shortest_ns / 3600e9 if hours is None else hours

    def told(setting: Setting, pattern: Pattern) -> None:
        sys.stderr.write(f"{pattern.name}: {lived_h:,.0f} h at {setting.period_ns / 1e6:g} ms\n")

    outcomes = study(settings, PATTERNS, hours=lived_h, deaths=deaths, seed=seed, on_pattern=told)
    said = tell.verdict(outcomes)
    title = "Detectors" if judged is None else f"Detection of {judged.name}"
    if report_file is not None:
        facts = [("OTHA", version("otha")), ("hours under each pattern", f"{lived_h:,.0f}"), ("seed", str(seed))]
        facts += [] if judged is None else [("site file", str(site)), ("SHA-256 of the file", judged.text_hash)]
        report_file.write_text(page.html(title, said, outcomes, facts), encoding="utf-8")
    if json_file is not None:
        _write(json_file, {"seed": seed, "limits": list(tell.LIMITS), "outcomes": tell.as_data(outcomes)})
    _show([*tell.tables(outcomes)], [*said, "", "what it does not show:", *(f"  {each}" for each in tell.LIMITS)])
    return FAILED if any(line.startswith("DETECTION BEYOND") for line in said) else 0


def _as_recorded(path: Path, report_file: Path | None, json_file: Path | None) -> int:
    from otha.verify.study import page, recorded, rules, tell

    tracks = recorded.tracks(path)
    qualities = [recorded.quality(track) for track in tracks]
    period_ns = min(track.heard().period_ns for track in tracks)
    found = recorded.verdicts(tracks, rules.beside(period_ns))
    if report_file is not None:
        report_file.write_text(page.html_of_recorded(f"Heartbeats of {path.name}", qualities, found), encoding="utf-8")
    if json_file is not None:
        _write(json_file, tell.recorded_as_data(qualities, found))
    _show(
        [tell.quality_table(qualities), tell.verdict_table(found)],
        ["a spell is a false failover only if the node lived: that is for you to know"],
    )
    return 0


def _write(file: Path, data: Any) -> None:  # Any: whatever json takes
    file.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _show(tables: list[Any], said: list[str]) -> None:  # Any: rich is imported when it is needed
    from rich.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    for table in tables:
        console.print(table)
    for line in said:
        console.print(line, markup=False, highlight=False)
