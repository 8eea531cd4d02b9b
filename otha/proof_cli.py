"""`otha verify` and `otha replay`: what a site may come to, and what it came to."""

import os
from pathlib import Path
from typing import Annotated

import typer

from otha.console import told


def verify(
    site: Annotated[Path, typer.Argument(help="the site file", metavar="SITE.toml")],
    faults: Annotated[int, typer.Option("--faults", min=0, max=9, help="how many faults, at any moments")] = 1,
    orders: Annotated[int, typer.Option("--orders", min=0, max=9, help="how many orders, at any moments")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", min=0, max=256, help="processes; 0: one for each core")] = 0,
    states: Annotated[int, typer.Option("--states", min=1, help="give up an exploration beyond so many")] = 20_000_000,
    json_file: Annotated[Path | None, typer.Option("--json", help="write what was found to this file")] = None,
    report_file: Annotated[Path | None, typer.Option("--report", help="write a report, HTML, to this file")] = None,
    chart_file: Annotated[
        Path | None, typer.Option("--chart", help="write a breaking story as a sequence chart, SVG, to this file")
    ] = None,
    story_file: Annotated[
        Path | None, typer.Option("--story", help="write a breaking story to this file, for `otha replay`")
    ] = None,
    simulate: Annotated[
        str | None, typer.Option("--simulate", help="instead: so long in virtual time, as 100h")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="with --simulate: of its first hour")] = 1,
    faithful: Annotated[bool, typer.Option("--faithful", help="with --simulate: feed every heartbeat")] = False,
    past_refusal: Annotated[
        bool, typer.Option("--past-refusal", help="a file that loading refuses: show what the refusal prevents")
    ] = False,
) -> None:
    """Explore every fault and order at every moment, in the site's own groups: the shortest story of a broken rule."""
    from otha.core.errors import EngineerError, HostError

    workers = jobs or len(os.sched_getaffinity(0))
    with told():
        drawn = any((report_file, chart_file, story_file))
        if past_refusal and (simulate is not None or json_file or drawn):
            raise EngineerError(
                "no file is written past a refusal, and nothing simulated", mend="give --past-refusal alone"
            )
        if simulate is not None and drawn:
            raise EngineerError(
                "simulated hours are told on the terminal and by --json",
                mend="leave --report, --chart and --story out; the seed that is printed tells the story again",
            )
        if simulate is None and faithful:
            raise EngineerError("--faithful is of simulated hours", mend="give --simulate LENGTH, as 100h")
        try:
            if past_refusal:
                code = _past_refusal(site, faults=faults, orders=orders, workers=workers, states=states)
            elif simulate is not None:
                code = _simulated(site, simulate, seed=seed, faithful=faithful, workers=workers, json_file=json_file)
            else:
                code = _explored(
                    site,
                    faults=faults,
                    orders=orders,
                    workers=workers,
                    states=states,
                    json_file=json_file,
                    report_file=report_file,
                    chart_file=chart_file,
                    story_file=story_file,
                )
        except OSError as error:
            raise HostError(f"{error.filename}: {error.strerror}", mend="give another file") from None
    raise typer.Exit(code)


def _past_refusal(site: Path, *, faults: int, orders: int, workers: int, states: int) -> int:
    from otha.report import sentence
    from otha.site.past_refusal import load_past_refusal
    from otha.verify import refusal_cli

    return refusal_cli.run(
        load_past_refusal(site),
        faults=faults,
        orders=orders,
        jobs=workers,
        states_at_most=states,
        sentence=sentence.of_reason,
    )


def _simulated(site: Path, length: str, *, seed: int, faithful: bool, workers: int, json_file: Path | None) -> int:
    from otha.report import sentence
    from otha.site.load import load_site
    from otha.verify.simulation import cli as simulation_cli

    return simulation_cli.run(
        load_site(site),
        length=length,
        seed=seed,
        jobs=workers,
        faithful=faithful,
        json_file=json_file,
        sentence=sentence.of_reason,
    )


def _explored(
    site: Path,
    *,
    faults: int,
    orders: int,
    workers: int,
    states: int,
    json_file: Path | None,
    report_file: Path | None,
    chart_file: Path | None,
    story_file: Path | None,
) -> int:
    from otha.report import sentence
    from otha.site.load import load_site
    from otha.verify import cli as verify_cli

    return verify_cli.run(
        load_site(site),
        faults=faults,
        orders=orders,
        jobs=workers,
        states_at_most=states,
        json_file=json_file,
        report_file=report_file,
        sentence=sentence.of_reason,
        chart_file=chart_file,
        story_file=story_file,
    )


def replay(
    recording: Annotated[Path, typer.Argument(help="a recording's folder, one of its segments, or a story")],
    since: Annotated[
        str, typer.Option("--from", metavar="TIME", help="show from here on: 12.5s, 0:01:12, or 2026-11-29T07:30:12")
    ] = "",
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="stop here")] = "",
    group: Annotated[str, typer.Option("--group", help="show the decisions of this group alone")] = "",
    why: Annotated[
        bool, typer.Option("--why", help="show what each decision rested on: input, state, conditions, obstacles")
    ] = False,
    what_if: Annotated[
        Path | None,
        typer.Option("--what-if", metavar="SITE.toml", help="what would have happened with this site file instead"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="the verdict alone")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table")] = False,
) -> None:
    """Re-run a recording, or step a story of `otha verify --story`: every decision must come out byte for byte."""
    from otha import replay_cli, story_cli, what_if_cli
    from otha.core.errors import EngineerError
    from otha.verify.timeline import parse_mark

    with told():
        if story_cli.is_story(recording):
            if since or until or group or what_if is not None:
                raise EngineerError(
                    "a story has moves, and no times or groups", mend="give --why, --quiet or --json alone"
                )
            raise typer.Exit(story_cli.run(recording, why=why, quiet=quiet, as_json=as_json))
        if what_if is not None:
            if since or until or group or why or quiet:
                raise EngineerError(
                    "--what-if looks at the whole recording",
                    mend="leave --from, --to, --group, --why and --quiet out, or give --json and pick from it",
                )
            raise typer.Exit(what_if_cli.run(recording, what_if, as_json=as_json))
        code = replay_cli.run(
            recording,
            since=parse_mark(since, "--from") if since else None,
            until=parse_mark(until, "--to") if until else None,
            group=group,
            why=why,
            quiet=quiet,
            as_json=as_json,
        )
    raise typer.Exit(code)
