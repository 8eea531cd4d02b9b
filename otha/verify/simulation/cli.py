"""`otha verify --simulate`: progress, figures, and the story of the first seed that breaks a rule.

Exit codes: 0 all hours lived through, nothing broken, everything reached; 1 a rule was broken, or something was not
reached.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from textwrap import wrap
from typing import Any

from otha.core.errors import EngineerError
from otha.core.reasons import Reason
from otha.site.model import Site
from otha.verify.rules import HOLDS
from otha.verify.simulation.fault import MS, SECOND
from otha.verify.simulation.hours import Simulation, simulate
from otha.verify.simulation.schedule import HOUR_NS
from otha.verify.simulation.shrink import Failure
from otha.verify.simulation.tally import Tally, upper_bound

_TELL_EACH_S = 10.0
_WIDTH = 120
_LINES_AT_MOST = 120
_UNITS_NS = {"h": 3_600 * SECOND, "m": 60 * SECOND, "s": SECOND}
Sentence = Callable[[Reason], str]


def parse_length(text: str) -> tuple[int, int]:
    """How many seeds, and for how long each: "1000h" is a thousand seeds of an hour, "10m" one of ten minutes.

    Raises EngineerError.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS_NS or not number.isascii() or not number.isdecimal() or not int(number):
        raise EngineerError(f"{text!r} is no length of time", mend="write 1000h, 90m or 600s")
    length_ns = int(number) * _UNITS_NS[unit]
    return (-(-length_ns // HOUR_NS), HOUR_NS) if length_ns >= HOUR_NS else (1, length_ns)


class _Teller:
    """Tells on stderr how far it is: on a terminal in one line, else now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._began = self._told_at = time.perf_counter()

    def __call__(self, tally: Tally, done: int, hours: int) -> None:
        now = time.perf_counter()
        rate = tally.simulated_ns / SECOND / max(now - self._began, 1e-9)
        moved = sum(tally.transfers.values())
        line = f"  {done:,} of {hours:,} seeds, {tally.hours:,.1f} h, {rate:,.0f} x real time, {moved:,} transfers"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        elif now - self._told_at >= _TELL_EACH_S:
            sys.stderr.write(f"{line}\n")
            self._told_at = now

    def end(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")


def run(
    site: Site, *, length: str, seed: int, jobs: int, faithful: bool, json_file: Path | None, sentence: Sentence
) -> int:
    """Simulate a site that was loaded, and tell of it. Raises OSError when the file can't be written."""
    hours, length_ns = parse_length(length)
    teller = _Teller()
    done = simulate(site, hours=hours, seed=seed, jobs=jobs, faithful=faithful, length_ns=length_ns, on_hour=teller)
    teller.end()
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(done), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write("".join(f"{line}\n" for line in lines(done, sentence)))
    return 0 if done.failure is None and not done.missed else 1


# For a person


def lines(done: Simulation, sentence: Sentence) -> list[str]:
    """What the hours have come to, for a terminal."""
    tally = done.tally
    rate = tally.simulated_ns / SECOND / done.seconds if done.seconds else 0.0
    said = [
        f"{done.site.name}: {tally.hours:,.1f} simulated hours, seeds {done.seed} to {done.seed + done.hours - 1}, "
        f"in {done.seconds:,.1f} s ({rate:,.0f} x real time)",
        *_entry("inputs", f"{tally.inputs:,} fed, {tally.skipped:,} taken in at once"),
        *_entry("faults", _numbers(tally.faults)),
        *_entry("orders", _numbers(tally.orders)),
        *_entry("transfers", _numbers(tally.transfers)),
        *_entry("phases", _numbers(tally.phases)),
        *_entry("endings", _numbers(tally.endings)),
        *_entry("judged", _numbers(tally.judged)),
        *_entry("rests", f"{_numbers(tally.rests)}; within {_terms(done)} after the last fault"),
    ]
    for name, samples in sorted(tally.detections.items()):
        said += _entry("noticed", f"{name}: {_spread(samples)}")
    for name, samples in sorted(tally.failovers.items()):
        said += _entry("driven again", f"{name}: {_spread(samples)}")
    said += _entry("false moves", _false(tally))
    return [*said, "", *verdict(done, sentence)]


def verdict(done: Simulation, sentence: Sentence) -> list[str]:
    """What it comes to."""
    if done.failure is not None:
        return _story(done, done.failure, sentence)
    if done.missed:
        missed = f"NOT REACHED: {', '.join(done.missed)}"
        return [*wrap(missed, _WIDTH), "nothing is broken in what was lived through; more hours reach more"]
    return ["no rule is broken, every kind of fault, every phase and every ending was reached"]


def _story(done: Simulation, failure: Failure, sentence: Sentence) -> list[str]:
    replay = f"--simulate 1h --seed {failure.seed}" + (" --faithful" if done.faithful else "")
    said = [
        f"seed {failure.seed} breaks a rule; again: {replay}",
        f"of its {failure.parts_before} faults and orders {len(failure.kept)} are enough:",
    ]
    start = failure.kept[0].at_ns if failure.kept else failure.told[0].at_ns
    told = [each for each in failure.told if each.at_ns >= start]
    if len(told) > _LINES_AT_MOST:
        said.append(f"{'':19}(the first {len(told) - _LINES_AT_MOST} lines are left out)")
    for each in told[-_LINES_AT_MOST:]:
        if each.what:
            said.append(f"{'':5}{(each.at_ns - start) / MS:10.1f} ms  {each.what}")
        said += [f"{'':21}{sentence(reason)}" for reason in each.reasons]
    broken = failure.shrunk_breach
    said.append(f"{'':5}BREACH  {broken}")
    files = dict.fromkeys(file for hold in HOLDS if hold.rule == broken.rule for file in hold.decided_in)
    if files:
        said += _entry("", f"{broken.rule} is decided in {', '.join(files)}; docs/rules.md says where it is tested")
    return [*said, "", f"BROKEN: {failure.breach}"]


def _entry(name: str, value: str) -> list[str]:
    return wrap(value, _WIDTH, initial_indent=f"  {name:<13}", subsequent_indent=" " * 15)


def _numbers(of: Counter[str]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(of.items()) if number) or "none"


def _terms(done: Simulation) -> str:
    terms = " + ".join(f"{what} {ns / SECOND:.1f} s" for what, ns in done.rest_bound if ns)
    return f"{done.rest_bound_ns / SECOND:.1f} s ({terms})"


def _spread(samples: list[tuple[int, int]]) -> str:
    took = sorted(ns for ns, _ in samples)
    bound = max(ns for _, ns in samples)
    late = sum(ns > limit for ns, limit in samples)
    beyond = f", {late} beyond it" if late else ""
    median, longest = took[len(took) // 2] / MS, took[-1] / MS
    return f"{len(took)}, median {median:.0f} ms, longest {longest:.0f} of {bound / MS:.0f} ms{beyond}"


def _false(tally: Tally) -> str:
    count = len(tally.false_failovers)
    at_most = upper_bound(count) / tally.hours if tally.hours else 0.0
    kinds = "; ".join(f"{what} ({number})" for what, number in Counter(tally.false_failovers).most_common(5))
    said = f"{count} away from a node that served its target; at most {at_most:.4f} an hour (95 %)"
    return f"{said}: {kinds}" if kinds else said


# For a machine


def as_json(done: Simulation) -> dict[str, Any]:  # Any: whatever json takes
    """What the hours have come to, for a machine."""
    tally = done.tally
    return {
        "site": done.site.name,
        "site_digest": done.site.digest,
        "seed": done.seed,
        "seeds": done.hours,
        "jobs": done.jobs,
        "faithful": done.faithful,
        "seconds": round(done.seconds, 3),
        "simulated_hours": round(tally.hours, 3),
        "inputs": tally.inputs,
        "taken_in_at_once": tally.skipped,
        "decisions": tally.decisions,
        "digests": list(done.digests),
        "faults": dict(tally.faults),
        "orders": dict(tally.orders),
        "transfers": dict(tally.transfers),
        "phases": dict(tally.phases),
        "endings": dict(tally.endings),
        "judged": dict(tally.judged),
        "rests": dict(tally.rests),
        "rest_bound_ms": done.rest_bound_ns // MS,
        "noticed": {name: _samples_json(samples) for name, samples in sorted(tally.detections.items())},
        "driven_again": {name: _samples_json(samples) for name, samples in sorted(tally.failovers.items())},
        "false_failovers": tally.false_failovers,
        "false_failovers_per_hour_at_most": round(upper_bound(len(tally.false_failovers)) / tally.hours, 6)
        if tally.hours
        else None,
        "missed": list(done.missed),
        "failure": None if done.failure is None else _failure_json(done.failure),
    }


def _samples_json(samples: list[tuple[int, int]]) -> dict[str, Any]:  # Any: as above
    return {"took_ms": [took / MS for took, _ in samples], "bound_ms": max(bound for _, bound in samples) / MS}


def _failure_json(failure: Failure) -> dict[str, Any]:  # Any: as above
    return {
        "seed": failure.seed,
        "rule": failure.breach.rule,
        "what": failure.breach.what,
        "at_ns": failure.breach.at_ns,
        "parts_before": failure.parts_before,
        "enough": [f"{part.at_ns / SECOND:.3f} s: {part}" for part in failure.kept],
    }
