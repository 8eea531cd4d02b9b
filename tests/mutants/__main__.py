"""Break the core on purpose and see what notices: `python -m tests.mutants` writes docs/mutants.md.

`--only deliberate` or `--only mechanical` tries one kind and writes nothing; so does another `--seed` or `--count`.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from otha.verify.rules import HOLDS
from tests.mutants import deliberate, judged, page, trial, typed
from tests.mutants.judged import Judged
from tests.mutants.population import ROOT, Mutant, file_of, modules_of, mutants_of, sample
from tests.mutants.suite import PLACES, Suite, with_tests
from tests.mutants.traced import kept_or_traced

PACKAGE = "otha.core"
SEED, COUNT = 1, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    seed: int
    count: int
    beside: int
    only: str | None

    @property
    def writes_the_page(self) -> bool:
        return self.only is None and (self.seed, self.count) == (SEED, COUNT)


def _arguments(given: Sequence[str]) -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED, help="which sample of the mechanical mutants is drawn")
    parser.add_argument("--count", type=int, default=COUNT, help="how many of them")
    parser.add_argument("--beside", type=int, default=os.cpu_count() or 1, help="how many are tried at a time")
    parser.add_argument("--only", choices=["deliberate", "mechanical"])
    found = parser.parse_args(given)
    return Arguments(seed=found.seed, count=found.count, beside=found.beside, only=found.only)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def try_deliberate(beside: int) -> list[str]:
    """What is wrong with the rows of the table of rules."""
    tried: list[deliberate.Tried] = []
    wrong: list[str] = []

    def with_suite(suite: Suite) -> None:
        for each in deliberate.try_each(suite, HOLDS, beside=beside):
            hold = each.hold
            say(f"{'killed  ' if each.wrong is None else 'SURVIVED'}  {hold.rule:4} {hold.says}  by {hold.test}")
            tried.append(each)
        killers = {each.killed_by for each in tried if each.killed_by is not None}
        wrong.extend(f"{test} fails without a mutant" for test in deliberate.control(suite, killers, beside=beside))

    with_tests(sorted({hold.test.partition("::")[0] for hold in HOLDS}), with_suite)
    return [each.wrong for each in tried if each.wrong is not None] + wrong


def try_mechanical(arguments: Arguments, verdicts_known: Judged) -> tuple[page.Outcome, list[str]]:
    """A sample of the mechanical mutants, and what is wrong: survivors nobody judged, and judgements of nothing."""
    mutants = [mutant for module in modules_of(PACKAGE) for mutant in mutants_of(module)]
    sampled = sample(mutants, seed=arguments.seed, count=arguments.count)
    wrong = [f"judged.toml: no such mutant any more: {key}" for key in verdicts_known.stale(mutants)]
    tried = verdicts_known.with_gaps(sampled, mutants)
    found: dict[Mutant, trial.Verdict] = {}

    def with_suite(suite: Suite) -> None:
        traced = kept_or_traced(suite, [file_of(module) for module in modules_of(PACKAGE)], beside=arguments.beside)
        say(f"{len(suite.items)} tests")
        limits_s = {test: traced.limit_s(test) for test in suite.items}
        wrong.extend(
            f"{test} fails without a mutant" for test in trial.control(suite, limits_s, beside=arguments.beside)
        )
        if wrong:
            return
        first = verdicts_known.gaps
        for verdict in trial.try_all(
            suite, traced, tried, first=lambda mutant: first.get(mutant.key), beside=arguments.beside
        ):
            found[verdict.mutant] = verdict
            say(_line(verdict))

    with_tests(PLACES, with_suite)
    survived = [mutant for mutant, verdict in found.items() if verdict.killed_by is None]
    for mutant in typed.refused(survived):
        found[mutant] = replace(found[mutant], killed_by=typed.NAME)
        say(_line(found[mutant]))
    verdicts = [found[mutant] for mutant in tried] if not wrong else []
    wrong += [problem for verdict in verdicts if (problem := _problem(verdict, verdicts_known)) is not None]
    return page.Outcome(seed=arguments.seed, found=len(mutants), sampled=len(sampled), verdicts=verdicts), wrong


def _line(verdict: trial.Verdict) -> str:
    mutant = verdict.mutant
    end = "SURVIVED" if verdict.killed_by is None else "no end  " if verdict.timed_out else "killed  "
    by = "" if verdict.killed_by is None else f"  by {verdict.killed_by}"
    return f"{end}  {mutant.place} {mutant.function}: {mutant.old} -> {mutant.new}{by}  ({verdict.tried} tried)"


def _problem(verdict: trial.Verdict, known: Judged) -> str | None:
    mutant = verdict.mutant
    where = f"{mutant.place} {mutant.function}: {mutant.old} -> {mutant.new}"
    if verdict.killed_by is None:
        return (
            None
            if mutant.key in known.equivalent or mutant.key in known.open
            else f"nobody has judged the survivor {where}"
        )
    if mutant.key in known.equivalent:
        return f"judged as equivalent, but {verdict.killed_by} tells it from the code: {where}"
    if mutant.key in known.open:
        return f"judged as a gap that is open, but {verdict.killed_by} closes it: {where}"
    if (test := known.gaps.get(mutant.key)) is not None and verdict.killed_by.partition("[")[0] != test:
        return f"{test} does not kill {where}"
    return None


def main(given: Sequence[str], *, at: Path = ROOT / "docs/mutants.md") -> int:
    arguments = _arguments(given)
    wrong = try_deliberate(arguments.beside) if arguments.only != "mechanical" else []
    if arguments.only != "deliberate":
        known = judged.read()
        outcome, more = try_mechanical(arguments, known)
        wrong += more
        if arguments.writes_the_page and not wrong:
            at.write_text(page.page(HOLDS, outcome, known), encoding="utf-8")
    for line in wrong:
        say(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
