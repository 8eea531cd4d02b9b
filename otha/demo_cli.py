"""`otha demo`: a simulated plant, its acts, and what of the HMI stands beside it."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from otha.console import told


class HmiName(str, Enum):  # noqa: UP042 - StrEnum changes how typer prints the choices
    """What of the HMI a demo shows."""

    NONE = "0"
    WINDOW = "1"
    SHOT = "shot"


def hmi_of(wanted: HmiName | None, *, measured: bool) -> str:
    """What `play` is asked for. Where nobody said it the HMI opens if it can, but beside nothing that is `measured`:
    the figures of a document are the plant's alone."""
    if wanted is not None:
        return "" if wanted is HmiName.NONE else wanted.value
    from otha.demo.display import BESIDE, possible

    return BESIDE if not measured and possible() else ""


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

    with told():
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
                hmi=hmi_of(hmi, measured=any((json_file, svg_file, site))),
                site=site,
            )
        )
