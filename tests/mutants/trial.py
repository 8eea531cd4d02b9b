"""Mutants tried one after the other: what killed each, or that nothing did."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray

from tests.mutants import forks, swap
from tests.mutants.population import Mutant
from tests.mutants.suite import Suite
from tests.mutants.traced import Traced

_LIMIT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`killed_by`: the test that failed or did not end, None for a survivor. `tried`: how many tests ran."""

    mutant: Mutant
    killed_by: str | None
    timed_out: bool
    tried: int


def try_all(
    suite: Suite, traced: Traced, mutants: Sequence[Mutant], *, first: Callable[[Mutant], str | None], beside: int
) -> Iterator[Verdict]:
    """Each mutant with the tests that run what it changes: `first` of them the one that is said to kill it."""
    rows = [_row(traced, mutant, first(mutant)) for mutant in mutants]
    limits_s = [[traced.limit_s(test) for test in row] for row in rows]
    begun = RawArray("l", len(mutants))

    def work(number: int) -> int | None:
        swap.put_in(mutants[number])
        return suite.first_failure(rows[number], limits_s[number], lambda at: begun.__setitem__(number, at))

    def work_and_say(number: int) -> tuple[int | None]:
        return (work(number),)

    for ended in forks.each(len(mutants), work_and_say, beside=beside, limit_s=_LIMIT_S):
        mutant, row, at = mutants[ended.number], rows[ended.number], begun[ended.number]
        if ended.answer is not None:
            (failed,) = ended.answer
            killed_by = row[failed] if failed is not None else None
            yield Verdict(mutant=mutant, killed_by=killed_by, timed_out=False, tried=at + 1 if row else 0)
        else:
            timed_out = ended.exit_code in (-signal.SIGPROF, -signal.SIGKILL)
            yield Verdict(mutant=mutant, killed_by=row[at], timed_out=timed_out, tried=at + 1)


def _row(traced: Traced, mutant: Mutant, first: str | None) -> list[str]:
    tests = traced.for_mutant(mutant)
    # Of a test with parameters each of its rows may be the one.
    begin = [test for test in traced.seconds if first is not None and test.partition("[")[0] == first]
    return [*begin, *(test for test in tests if test not in begin)]


def control(suite: Suite, limits_s: Mapping[str, float], *, beside: int) -> list[str]:
    """Those of the tests in `limits_s` that fail with no mutant at all, in the order and way that mutants are tried:
    there must be none."""
    tests = sorted(limits_s, key=lambda test: (limits_s[test], test))
    rows = [tests[number::beside] for number in range(beside)]

    def work(number: int) -> list[str]:
        row = rows[number]
        failed = suite.first_failure(row, [limits_s[test] for test in row], lambda _: None)
        return [] if failed is None else [row[failed]]

    found: list[str] = []
    for ended in forks.each(beside, work, beside=beside, limit_s=_LIMIT_S):
        found += ["a test that does not end"] if ended.answer is None else ended.answer
    return found
