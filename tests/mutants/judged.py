"""What a person has judged of mutants that survived: see `judged.toml`."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.population import Mutant

FILE = Path(__file__).with_name("judged.toml")

Key = tuple[str, str, str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`equivalent`: why no test can tell the mutant from the code. `open`: what a test that is still missing would have
    to do. `gaps`: the test that was missing, and kills it."""

    equivalent: Mapping[Key, str]
    open: Mapping[Key, str]
    gaps: Mapping[Key, str]

    def stale(self, mutants: Iterable[Mutant]) -> list[Key]:
        """What was judged of code that is not there any more, or made anew: it must be judged again, or taken out."""
        known = {mutant.key for mutant in mutants}
        return [key for key in (*self.equivalent, *self.open, *self.gaps) if key not in known]

    def with_gaps(self, sampled: Sequence[Mutant], mutants: Iterable[Mutant]) -> list[Mutant]:
        """The sample, and all gaps that were found, whatever the seed."""
        keys = {mutant.key for mutant in sampled}
        return [*sampled, *(each for each in mutants if each.key in self.gaps and each.key not in keys)]


def read(path: Path = FILE) -> Judged:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    judged = Judged(
        equivalent={_key(row): row["why"] for row in tables.get("equivalent", ())},
        open={_key(row): row["why"] for row in tables.get("open", ())},
        gaps={_key(row): row["test"] for row in tables.get("gap", ())},
    )
    rows = sum(len(each) for each in tables.values())
    assert len({*judged.equivalent, *judged.open, *judged.gaps}) == rows, "a mutant is judged twice"
    return judged


def _key(row: Mapping[str, str | int]) -> Key:
    file, function, old, new = (str(row[name]) for name in ("file", "function", "old", "new"))
    return (f"otha/core/{file}", function, old, new, int(row.get("nth", 0)))
