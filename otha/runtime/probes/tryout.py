"""What both ways of trying a profile on a device share: the pace of the trial, and how it ends."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otha.site.tryout import Finding, Grade

PERIOD_NS = 100_000_000
LEAST_READS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a profile is tried. `write`: what the profile may write is written as well, with what was read there."""

    timeout_ns: int
    lasting_ns: int
    write: bool


def moments(trial: Trial) -> Iterator[None]:
    """Yields whenever it is time to read, for as long as the trial lasts and a few times at least."""
    began, done = time.monotonic_ns(), 0
    while done < LEAST_READS or time.monotonic_ns() - began < trial.lasting_ns:
        yield
        done += 1
        time.sleep(PERIOD_NS / 1_000_000_000)


def failed(findings: Sequence[Finding]) -> bool:
    """Whether something is wrong; a doubt alone is none."""
    return any(each.grade is Grade.WRONG for each in findings)
