"""`otha demo`: plant up, supervise, the acts, the evidence checked, a table, nothing left running."""

import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from otha.core.errors import EngineerError, HostError, OthaError
from otha.demo import disk
from otha.demo.act import Act, Result
from otha.demo.boiler_acts import BOILER_ACTS
from otha.demo.cast import ARCHIVE
from otha.demo.crane_acts import CRANE_ACTS
from otha.demo.display import BESIDE, SHOT, WINDOW, Display, check_hmi
from otha.demo.gateway_acts import GATEWAY_ACTS
from otha.demo.historian_acts import HISTORIAN_ACTS, archive_is_whole
from otha.demo.pump_acts import PUMP_ACTS
from otha.demo.safe_acts import SAFE_ACTS
from otha.demo.server_acts import SERVER_ACTS
from otha.demo.stage import Stage
from otha.demo.tank_acts import TANK_ACTS
from otha.demo.terminal_log import takeovers_allowed
from otha.journal.verify import verify as verify_journal
from otha.verify.replay import Replay

_PICTURE_WIDTH = 150
# The whole plant is two dozen processes: on two cores a claim waits longer for a core than for the disk. With 15 ms 14
# of 164 failovers had to claim a second time, on a disk that needed 2.
_CROWDED_MS = 60
_TERMS = ("T_detect", "T_confirm", "T_cas", "T_fence", "T_promote", "T_redirect", "T_track", "T_release", "T_verify")
TWO_TANKS = "two_tanks"
WHOLE_PLANT = "whole_plant"
PICTURES = "hmi-pictures"
PLANTS = {
    TWO_TANKS: TANK_ACTS,
    WHOLE_PLANT: (*TANK_ACTS, *SERVER_ACTS, *GATEWAY_ACTS, *HISTORIAN_ACTS, *SAFE_ACTS),
    "boiler": BOILER_ACTS,
    "crane": CRANE_ACTS,
    "pump_station": PUMP_ACTS,
}


def list_acts(plant: str) -> None:
    """Print the names and titles of a plant's acts. Raises EngineerError for a plant that is none."""
    for act in _acts(plant):
        asked = " (only when named)" if act.on_request else ""
        sys.stdout.write(f"{act.name:12} {act.title}{asked}\n")


def _acts(plant: str) -> tuple[Act, ...]:
    if plant not in PLANTS:
        raise EngineerError(f"there is no plant {plant}", mend=f"one of: {', '.join(PLANTS)}")
    return PLANTS[plant]


def _chosen(names: tuple[str, ...], plant: str) -> tuple[Act, ...]:
    known = {act.name: act for act in _acts(plant)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise EngineerError(f"there is no act {', '.join(unknown)}", mend=f"the acts: {', '.join(known)}")
    return tuple(act for act in known.values() if (act.name in names if names else not act.on_request))


def site_text(period_ms: int | None = None, *, commit_ms: int | None = None, plant: str = TWO_TANKS) -> str:
    """A plant's shipped site file, with another heartbeat period of the controllers or `commit_ms` if one is given."""
    text = resources.files("sim").joinpath("sites", f"{plant}.toml").read_text(encoding="utf-8")
    if period_ms is not None:
        shipped = re.search(r"detection = \{ period_ms = \d+", text)
        text = _changed(text, shipped[0] if shipped else "period_ms", f"detection = {{ period_ms = {period_ms}")
    if commit_ms is not None:
        text = _changed(text, "simulation = true\n", f"simulation = true\ncommit_ms = {commit_ms}\n")
    return text


def _changed(text: str, shipped: str, wanted: str) -> str:
    if text.count(shipped) != 1:
        raise EngineerError(f"the shipped site file has no {shipped!r} to change", mend="restore sim/sites")
    return text.replace(shipped, wanted)


def write_site(
    folder: Path, period_ms: int | None, plant: str = TWO_TANKS, *, commit_ms_min: int = 0
) -> tuple[Path, str]:
    """Write the acts' site file, for the disk that `folder` is on, and say in a sentence what was measured of it.

    `commit_ms_min`: what the disk is allowed at the least, however fast it was.
    """
    slowest_ns = disk.slowest_commit_ns(folder)
    crowded_ms = _CROWDED_MS if plant == WHOLE_PLANT else 0
    commit_ms = max(disk.commit_ms(slowest_ns), commit_ms_min, crowded_ms)
    template = folder / "site-template.toml"
    template.write_text(site_text(period_ms, commit_ms=commit_ms, plant=plant), encoding="utf-8")
    return (
        template,
        f"the slowest of 100 durable writes took {slowest_ns / 1e6:.1f} ms: commit_ms = {commit_ms}",
    )


def _copy_site(folder: Path, site: Path) -> Path:
    """An own version of the plant's site file beside the demo's other files. Raises EngineerError."""
    template = folder / "site-template.toml"
    try:
        template.write_text(site.read_text(encoding="utf-8"), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineerError(f"{site} can't be read: {error}", mend="name a site file with --site") from error
    return template


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    try:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="otha-demo-")) if directory is None else directory.resolve()
    except OSError as error:
        where = tempfile.gettempdir() if directory is None else directory
        raise HostError(
            f"no folder can be made at {where}: {error.strerror}", mend="give another with --dir"
        ) from error
    try:
        yield folder
    finally:
        if directory is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM unwind what was set up, as Ctrl-C does."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_writable(*files: Path | None) -> None:
    """Better told before the acts than after them."""
    for file in files:
        if file is None:
            continue
        try:
            file.open("a").close()
        except OSError as error:
            raise HostError(f"{file} can't be written: {error.strerror}", mend="name another file") from error


def _play_one(console: Console, number: int, act: Act, stage: Stage) -> Result:
    console.print(f"\n[bold]{number}. {act.title}[/bold]")
    result = Result(name=act.name, title=act.title)
    began = time.monotonic()
    try:
        act.play(stage, result)
    except OthaError as error:
        result.expect(False, str(error))
        # What it left disturbed must not make the next ones fail as well.
        stage.mend()
    for note in result.notes:
        console.print(f"   {escape(note)}")
    verdict = "[green]passed[/green]" if result.passed else "[bold red]FAILED[/bold red]"
    console.print(f"   {verdict} ({time.monotonic() - began:.1f} s)")
    return result


def _admitted(display: Display, stage: Stage, console: Console) -> bool:
    """Whether the HMI can come in. Raises OthaError where a person asked for it; else the demo goes on without it."""
    try:
        console.print(escape(display.admit(stage)))
    except OthaError as error:
        if display.wanted != BESIDE:
            raise
        console.print(escape(f"no HMI beside it: {error}"))
        return False
    return True


@contextmanager
def _shown(display: Display | None, stage: Stage, console: Console) -> Iterator[None]:
    """The HMI beside what is played."""
    if display is None or not _admitted(display, stage, console):
        yield
        return
    try:
        if display.wanted != SHOT:
            display.open()
        yield
        if display.wanted == SHOT:
            for picture in display.shoot():
                console.print(escape(picture))
        elif display.wanted == WINDOW:
            console.print("close the HMI's window to end the demo")
            display.wait()
    finally:
        display.close()


def _archives(stage: Stage) -> Result:
    """Both archives against what was produced, while the plant still runs: the standby is fed until it has all."""
    archives = Result(name="archives", title="historians' archives against what was produced")
    for historian in ARCHIVE.nodes:
        archive_is_whole(stage, archives, historian)
    return archives


def _evidence(stage: Stage) -> list[Result]:
    """The run's own records, checked after everything has stopped."""
    from sim import checker

    journal = Result(name="journal", title="hash chain of the journal")
    verification = verify_journal(stage.state_dir)
    journal.expect(verification.ok, f"{verification.rows} rows verified, {len(verification.faults)} faults found")
    recording = Result(name="replay", title="recorded inputs replayed")
    replayed = Replay(path=stage.state_dir / "recordings")
    for _ in replayed.moments():
        pass
    same = replayed.difference is None
    what = "byte-identical" if same else str(replayed.difference)
    recording.expect(same, f"{replayed.inputs} inputs, {replayed.decisions} decisions, {what}")
    checked = [journal, recording]
    for findings in checker.check_all(stage.plant_dir):
        bus = Result(name=f"bus-{findings.section}", title="bus recorder and terminal log, checked offline")
        bus.notes += checker.report(findings).splitlines()
        bus.right = findings.ok
        checked.append(bus)
    if stage.kind.forbidden:
        checked.append(takeovers_allowed(stage))
    return checked


def _table(results: list[Result]) -> Table:
    table = Table(title="milliseconds, measured / bound", title_justify="left")
    table.add_column("act")
    table.add_column("group")
    for name in (*_TERMS, "total"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)

    def cell(value: float | None, bound: float | None) -> str:
        if value is None:
            return ""
        return f"{value:.0f} / {bound:.0f}" if bound is not None else f"{value:.0f}"

    for result in results:
        cells = [cell(result.terms_ms.get(name), result.bounds_ms.get(name)) for name in _TERMS]
        total = cell(result.total_ms, result.bound_ms)
        table.add_row(result.name, result.group, *cells, total, "ok" if result.passed else "FAILED")
    return table


def _plain(results: list[Result]) -> Iterator[str]:
    for result in results:
        verdict = "ok" if result.passed else "FAILED"
        terms = " ".join(
            f"{name}={value:.1f}/{result.bounds_ms[name]:.0f}" if name in result.bounds_ms else f"{name}={value:.1f}"
            for name, value in result.terms_ms.items()
        )
        total = f"total={result.total_ms:.1f}/{result.bound_ms:.0f}" if result.total_ms and result.bound_ms else ""
        yield " ".join(part for part in (f"{result.name:12}", verdict, terms, total) if part)


def _data(results: list[Result], environment: str, seconds: float) -> dict[str, Any]:
    return {
        "environment": environment,
        "seconds": round(seconds, 1),
        "passed": all(result.passed for result in results),
        "acts": [
            {
                "name": result.name,
                "title": result.title,
                "group": result.group,
                "passed": result.passed,
                "right": result.right,
                "in_time": result.in_time,
                "notes": result.notes,
                "terms_ms": {name: round(value, 3) for name, value in result.terms_ms.items()},
                "bounds_ms": result.bounds_ms,
                "total_ms": result.total_ms,
                "bound_ms": result.bound_ms,
            }
            for result in results
        ],
    }


def play(
    names: tuple[str, ...],
    *,
    json_file: Path | None,
    directory: Path | None,
    period_ms: int | None,
    svg_file: Path | None = None,
    plant: str = WHOLE_PLANT,
    commit_ms_min: int = 0,
    hmi: str = "",
    site: Path | None = None,
) -> int:
    """Play the acts named (all without a name); the exit code is 1 when one failed or missed its bound.

    `svg_file`: a picture of the terminal, for documents. `commit_ms_min`: as in `write_site`. `hmi`: WINDOW opens the
    HMI, which ends the demo when it is closed; BESIDE opens it, and the demo goes on and ends as it would without; SHOT
    takes pictures of its pages, after the acts if any are named. `site`: an own version of the plant's site file, taken
    as it stands.
    """
    if site is not None and (period_ms is not None or commit_ms_min):
        raise EngineerError(
            "--period-ms and --commit-ms change the shipped site file alone", mend=f"write them in {site}"
        )
    acts = _chosen(names, plant) if names or hmi != SHOT else ()
    _check_writable(json_file, svg_file)
    if hmi in (WINDOW, SHOT):
        check_hmi()
    console = Console(soft_wrap=True, highlight=False)
    if svg_file is not None:
        console = Console(record=True, force_terminal=True, width=_PICTURE_WIDTH, highlight=False)
    began = time.monotonic()
    results: list[Result] = []
    archives: list[Result] = []
    with _ended_in_order(), _folder(directory) as folder:
        if site is None:
            template, measured = write_site(folder, period_ms, plant, commit_ms_min=commit_ms_min)
        else:
            template, measured = _copy_site(folder, site), f"the site file is {site}, as it stands"
        console.print(escape(measured))
        display = Display(folder, hmi, (directory or Path.cwd()) / PICTURES) if hmi else None
        if display is not None:
            template.write_text(template.read_text(encoding="utf-8") + display.site_lines(), encoding="utf-8")
        with Stage(folder, template=template, plant=plant) as stage:
            console.print(f"simulated plant and supervisor are up ({time.monotonic() - began:.1f} s)")
            with _shown(display, stage, console):
                for number, act in enumerate(acts, 1):
                    results.append(_play_one(console, number, act, stage))
            if plant == WHOLE_PLANT:
                archives.append(_archives(stage))
            environment = stage.environment()
        console.print("\n[bold]evidence[/bold]")
        for evidence in (*_evidence(stage), *archives):
            console.print(f"   {evidence.title}: {'ok' if evidence.passed else 'FAILED'}")
            for note in evidence.notes:
                console.print(f"      {escape(note)}")
            results.append(evidence)
    seconds = time.monotonic() - began
    console.print()
    if console.is_terminal:
        if any(result.terms_ms for result in results):
            console.print(_table([result for result in results if result.terms_ms]))
    else:
        for line in _plain(results):
            console.print(line)
    failed = [result.name for result in results if not result.passed]
    verdict = "all passed" if not failed else f"FAILED: {', '.join(failed)}"
    console.print(f"{len(acts)} acts in {seconds:.0f} s: {verdict}")
    if json_file is not None:
        json_file.write_text(json.dumps(_data(results, environment, seconds), indent=2) + "\n", encoding="utf-8")
    if svg_file is not None:
        # Without rich's web fonts: a document must not fetch anything.
        picture = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make demo"), flags=re.DOTALL)
        svg_file.write_text(picture, encoding="utf-8")
    return 1 if failed else 0
