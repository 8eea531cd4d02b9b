"""What a study found, as tables on a terminal, and as data for a machine."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table

from otha.verify.study.recorded import Quality, Verdicts
from otha.verify.study.run import Outcome

NS_PER_MS = 1_000_000
# What the figures do not say by themselves.
LIMITS = (
    "The detectors alone: OTHA acts only if no gate sees the node's frames fresh, the observer reaches a reference "
    "point (S8) and the suspicion stands for confirm_ms. A false verdict is a false failover only without those.",
    "Losses and bursts befall each network by itself; whatever takes two networks at once (a switch, a cabinet's "
    "power) makes several channels worth one.",
    "A pause is the node's own: all of its channels are silent together, and answer late when it goes on. Such a node "
    "does not drive meanwhile either: to move away from it may be right.",
    "A reply's way is exponential, its mean 1/40 of the deadline. A late reply is waited for as long as it takes.",
    "Bursts and pauses come once a day, exponentially long; rates go with how often they come.",
)


def seconds(ns: int) -> str:
    return f"{ns / 1e9:.3f}"


def rate(value: float) -> str:
    """A number of events a year, with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """One table for each pattern."""
    found = []
    for pattern in dict.fromkeys(each.pattern for each in outcomes):
        mine = [each for each in outcomes if each.pattern == pattern]
        table = Table(box=box.SIMPLE, title=f"{pattern.name}, {mine[0].hours:,.0f} h", title_justify="left")
        table.add_column("judged by", overflow="fold")
        for heading in ("false verdicts", "failovers/year", "at most (95 %)", "Chen", "p50 s", "p99 s", "max s"):
            table.add_column(heading, justify="right")
        for each in mine:
            table.add_row(*cells(each))
        found.append(table)
    return found


def cells(each: Outcome) -> tuple[str, ...]:
    """One line of a table."""
    expected = "" if each.expected is None else rate(each.expected / each.years)
    return (
        each.rule.name,
        f"{each.mistakes:,}",
        rate(each.per_year),
        rate(each.per_year_at_most),
        expected,
        *(seconds(each.detection(share)) for share in (0.5, 0.99, 1.0)),
    )


def verdict(outcomes: Sequence[Outcome]) -> list[str]:
    """What it comes to: the formula kept, the bound kept, and the worst of a site."""
    said = []
    checked = [each for each in outcomes if each.expected is not None and each.expected >= 10]
    if checked:
        worst = max(checked, key=lambda each: abs(each.deviation or 0))
        said.append(
            f"against Chen's formula, {len(checked)} rates with 10 or more mistakes expected: at most "
            f"{abs(worst.deviation or 0):.1f} standard deviations away ({worst.rule.name}, {worst.pattern.name})"
        )
    over = [each for each in outcomes if each.bound_ns is not None and each.detection(1.0) > each.bound_ns]
    said += [f"DETECTION BEYOND ITS BOUND: {each.rule.name}, {each.pattern.name}" for each in over]
    if not over:
        said.append("every death was noticed within misses x period + deadline, by those that count misses")
    of_site = [each for each in outcomes if each.rule.groups]
    if of_site:
        worst = max(of_site, key=lambda each: (each.per_year_at_most, each.pattern.name))
        said.append(
            f"worst: {worst.rule.name}; under {worst.pattern.name} {rate(worst.per_year)} false failovers a year "
            f"(at most {rate(worst.per_year_at_most)})"
        )
    return said


def as_data(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:  # Any: whatever json takes
    return [
        {
            "pattern": each.pattern.name,
            "judged_by": each.rule.name,
            "groups": list(each.rule.groups),
            "period_ns": each.setting.period_ns,
            "deadline_ns": each.setting.deadline_ns,
            "hours": each.hours,
            "false_verdicts": each.mistakes,
            "false_failovers": each.failovers,
            "false_failovers_per_year": each.per_year,
            "false_failovers_per_year_at_most_95": each.per_year_at_most,
            "longest_ns": each.longest_ns,
            "expected_false_verdicts": each.expected,
            "deaths": len(each.detection_ns),
            "detection_p50_ns": each.detection(0.5),
            "detection_p99_ns": each.detection(0.99),
            "detection_max_ns": each.detection(1.0),
            "detection_bound_ns": each.bound_ns,
        }
        for each in outcomes
    ]


def quality_table(found: Sequence[Quality]) -> Table:
    """What the recorded network did."""
    title = "what was heard: misses, the runs of them in a row, and what was missed after a miss"
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    table.add_column("channel", no_wrap=True)
    for heading in (
        "hours",
        "heartbeats",
        "missed",
        "%",
        "late",
        "runs",
        "mean",
        "longest",
        "after a miss %",
        "slower ms p50",
        "p99",
        "max",
    ):
        table.add_column(heading, justify="right")
    for each in found:
        table.add_row(*quality_cells(each))
    return table


def quality_cells(each: Quality) -> tuple[str, ...]:
    return (
        each.channel,
        f"{each.hours:.3g}",
        f"{each.heartbeats:,}",
        f"{each.missed:,}",
        f"{100 * each.loss:.3f}",
        f"{each.late:,}",
        f"{each.runs:,}",
        f"{each.mean_run:.2f}",
        f"{each.longest_run:,}",
        f"{100 * each.lost_after_lost:.1f}",
        *(f"{ns / NS_PER_MS:.2f}" for ns in each.slower_ns),
    )


def verdict_table(found: Sequence[Verdicts]) -> Table:
    """What each detector would have said of the recorded heartbeats."""
    table = Table(box=box.SIMPLE, title="judged lost, all channels together", title_justify="left")
    table.add_column("node")
    table.add_column("detector")
    for heading in ("hours", "times", "longest s", "first at h"):
        table.add_column(heading, justify="right")
    for each in found:
        table.add_row(*verdict_cells(each))
    return table


def verdict_cells(each: Verdicts) -> tuple[str, ...]:
    spells = each.spells
    longest = f"{int((spells.end - spells.begin).max()) / 1e9:.3f}" if len(spells) else ""
    first = f"{(int(spells.begin[0]) - each.since_ns) / 3600e9:.3f}" if len(spells) else ""
    return each.node, each.detector, f"{each.hours:.3g}", f"{len(spells):,}", longest, first


def recorded_as_data(qualities: Sequence[Quality], found: Sequence[Verdicts]) -> dict[str, Any]:  # Any: as above
    return {
        "channels": [
            {
                "channel": each.channel,
                "hours": each.hours,
                "heartbeats": each.heartbeats,
                "missed": each.missed,
                "late": each.late,
                "runs_of_misses": each.runs,
                "mean_run": each.mean_run,
                "longest_run": each.longest_run,
                "missed_after_a_miss": each.lost_after_lost,
                "slower_than_fastest_ns": list(each.slower_ns),
            }
            for each in qualities
        ],
        "verdicts": [
            {
                "node": each.node,
                "channels": list(each.channels),
                "detector": each.detector,
                "in_use": each.used,
                "hours": each.hours,
                "lost": [
                    [int(begin) - each.since_ns, int(end) - each.since_ns]
                    for begin, end in zip(each.spells.begin, each.spells.end, strict=True)
                ],
            }
            for each in found
        ],
    }
