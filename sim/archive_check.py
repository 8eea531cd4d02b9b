"""Compares historians' archives row by row with what the plant produced. Shares no code with historian and collector.

`python -m sim.archive_check DIR` prints what it found for each archive in a plant's folder; exit code 1 when a row is
missing, doubled, changed or made up, 2 when nothing can be read. Rows younger than the bound may still be on their way.
"""

import argparse
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.errors import RecordError

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """About one archive. The tuples hold sequence numbers in ascending order.

    `missing` were produced and aren't there, `doubled` are there more than once, `changed` have other content than was
    produced, `made_up` were never produced. `young` is how many absent ones are younger than the bound.
    """

    archive: str
    produced: int
    stored: int
    missing: tuple[int, ...]
    doubled: tuple[int, ...]
    changed: tuple[int, ...]
    made_up: tuple[int, ...]
    young: int

    @property
    def ok(self) -> bool:
        """The archive holds what the plant produced, once."""
        return not (self.missing or self.doubled or self.changed or self.made_up)


def check(directory: Path, archive: str, *, bound_ms: int = 0) -> Findings:
    """Judge the archive of the historian of that name. Raises RecordError when something can't be read."""
    # The archive first: what is in it was produced before.
    stored = _stored(directory / f"{archive}.sqlite")
    produced = _produced(directory / "produced.log")
    count = Counter(row[0] for row in stored)
    old_enough_ns = max((row[1] for row in produced.values()), default=0) - bound_ms * 1_000_000
    absent = [seq for seq in produced if seq not in count]
    missing = [seq for seq in absent if produced[seq][1] <= old_enough_ns]
    return Findings(
        archive=archive,
        produced=len(produced),
        stored=len(stored),
        missing=tuple(sorted(missing)),
        doubled=tuple(sorted(seq for seq, times in count.items() if times > 1)),
        changed=tuple(sorted({row[0] for row in stored if produced.get(row[0], row) != row})),
        made_up=tuple(sorted(seq for seq in count if seq not in produced)),
        young=len(absent) - len(missing),
    )


def _produced(path: Path) -> dict[int, tuple[int, ...]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path} can't be read: {error}", mend="was the collector running?") from error
    rows: dict[int, tuple[int, ...]] = {}
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            row = tuple(int(word) for word in line.split())
            if row[0] in rows:
                raise ValueError(f"seq {row[0]} again")
            rows[row[0]] = row
        except (ValueError, IndexError) as error:
            raise RecordError(f"{path} line {number} is damaged: {error}", mend="check an unchanged copy") from error
    return rows


def _stored(path: Path) -> list[tuple[int, ...]]:
    if not path.exists():
        raise RecordError(f"there is no {path}", mend="name a historian of the plant")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as archive:
            return archive.execute("SELECT * FROM sample").fetchall()
    except sqlite3.Error as error:
        raise RecordError(f"{path} can't be read: {error}", mend="check an unchanged copy") from error


def report(findings: Findings) -> str:
    """What was found, for people."""
    lines = [
        f"{findings.archive}: {findings.stored} rows of {findings.produced} produced: "
        f"missing {len(findings.missing)}, doubled {len(findings.doubled)}, changed {len(findings.changed)}, "
        f"made up {len(findings.made_up)}; {findings.young} too young to judge"
    ]
    for name in ("missing", "doubled", "changed", "made_up"):
        seqs: tuple[int, ...] = getattr(findings, name)
        if seqs:
            more = f" and {len(seqs) - _SHOWN} more" if len(seqs) > _SHOWN else ""
            lines.append(f"    {name}: {', '.join(map(str, seqs[:_SHOWN]))}{more}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Entry of `python -m sim.archive_check`."""
    parser = argparse.ArgumentParser(description="Compare historians' archives with what the plant produced.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("archive", nargs="*", default=["hist_a", "hist_b"])
    parser.add_argument("--bound-ms", type=int, default=2000, help="younger rows may still be on their way")
    given = parser.parse_args(arguments)
    try:
        found = [check(given.directory, name, bound_ms=given.bound_ms) for name in given.archive]
    except RecordError as error:
        sys.stderr.write(f"{error}\n  {error.mend}\n")
        return 2
    for findings in found:
        sys.stdout.write(report(findings))
    return 0 if all(findings.ok for findings in found) else 1


if __name__ == "__main__":
    sys.exit(main())
