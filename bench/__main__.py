"""`python -m bench`: measures, shows, and ends with 1 when a budget was missed.

`ONLY=name,...` (or --only) picks measurements, `COUNT=n` (or --count) the number of faults of each kind.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench import (
    bump,
    bump_live,
    core,
    cuts,
    explorer,
    failover,
    heartbeat,
    hmi,
    interface,
    journal,
    lateness,
    machine,
    phases,
    phases_live,
    scale,
    servers,
    simulation,
    table,
)
from bench.figure import Figure, holds
from bench.options import Measurement, Options
from bench.table import Run, Section
from otha.core.errors import OthaError

MEASUREMENTS = (
    core.MEASUREMENT,
    journal.MEASUREMENT,
    heartbeat.MEASUREMENT,
    lateness.MEASUREMENT,
    cuts.MEASUREMENT,
    failover.MEASUREMENT,
    explorer.MEASUREMENT,
    explorer.THREE,
    simulation.MEASUREMENT,
    bump.MEASUREMENT,
    phases.MEASUREMENT,
    bump_live.MEASUREMENT,
    phases_live.MEASUREMENT,
    scale.MEASUREMENT,
    servers.SCADA,
    servers.GATEWAY,
    servers.HISTORIAN,
    hmi.MEASUREMENT,
    interface.MEASUREMENT,
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="OTHA's figures against its budgets.")
    names = ", ".join(each.name for each in MEASUREMENTS)
    parser.add_argument("--only", default=os.environ.get("ONLY", ""), help=f"some of: {names}")
    parser.add_argument(
        "--count", type=int, default=int(os.environ.get("COUNT", "50")), help="faults of each kind (default 50)"
    )
    parser.add_argument(
        "--periods", default=os.environ.get("PERIODS", "50,10"), help="heartbeat periods of the failovers, ms"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each lateness run (default 60)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to this file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of measurements to this file")
    parser.add_argument(
        "--page", type=Path, nargs="+", metavar="JSON", help="measure nothing: --markdown of what earlier runs wrote"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the failovers' folders here")
    parser.add_argument("--list", action="store_true", help="name the measurements and stop")
    return parser.parse_args()


def _chosen(only: str) -> tuple[Measurement, ...]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    unknown = set(names) - {each.name for each in MEASUREMENTS}
    if unknown:
        sys.exit(f"there is no measurement {', '.join(sorted(unknown))}; --list names them")
    return tuple(each for each in MEASUREMENTS if (each.name in names if names else not each.on_request))


def _measure(measurement: Measurement, options: Options) -> Section:
    began = time.perf_counter()
    figures: list[Figure] = []
    try:
        for figure in measurement.measure(options):
            figures.append(figure)
    except OthaError as error:
        # What was measured before it stays.
        figures.append(holds(f"{measurement.name} ran to its end", False, str(error)))
    return Section(
        name=measurement.name,
        title=measurement.title,
        what=measurement.what,
        seconds=time.perf_counter() - began,
        figures=tuple(figures),
    )


def _page(files: Sequence[Path], markdown: Path | None) -> int:
    """Write one page of several runs; the exit code."""
    if markdown is None:
        sys.exit("--page writes a page: say where with --markdown FILE")
    runs = []
    for file in files:
        try:
            runs.append(table.from_json(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            sys.exit(f"{file} is not what a run of the benchmarks wrote with --json: {error}")
    markdown.write_text(table.markdown(runs, "make bench"), encoding="utf-8")
    return 0


def main() -> int:
    """Measure what was asked; the exit code."""
    arguments = _arguments()
    if arguments.list:
        for measurement in MEASUREMENTS:
            asked = " (only when named)" if measurement.on_request else ""
            print(f"{measurement.name:12} {measurement.title}{asked}")
        return 0
    if arguments.page is not None:
        return _page(arguments.page, arguments.markdown)
    options = Options(
        count=arguments.count,
        periods_ms=tuple(int(period) for period in arguments.periods.split(",")),
        lateness_s=arguments.seconds,
        keep=arguments.keep,
    )
    console, here = Console(soft_wrap=True), machine.describe()
    console.print(", ".join(f"{name}: {value}" for name, value in here.items()), highlight=False)
    sections = []
    for measurement in _chosen(arguments.only):
        sections.append(_measure(measurement, options))
        table.show(console, sections[-1])
    run = Run(machine=here, sections=tuple(sections))
    command = "make bench" + (f" ONLY={arguments.only}" if arguments.only else "")
    if arguments.json is not None:
        arguments.json.write_text(table.as_json(run), encoding="utf-8")
    if arguments.markdown is not None:
        arguments.markdown.write_text(table.markdown([run], command), encoding="utf-8")
    missed = [f"{section.name}: {name}" for section in sections for name in section.missed]
    console.print(f"missed: {'; '.join(missed)}" if missed else "every budget was kept", highlight=False, markup=False)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
