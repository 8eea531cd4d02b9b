"""Which test runs which function of the core, and for how long: what a mutant is tried with, and in which order.

Found by running every test once, and kept until a source or test is another one. Lines would tell more than functions;
but to trace them takes ten times as long as the tests, and a profiler in C hardly longer than they do.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from cProfile import Profile
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from time import process_time
from types import CodeType

from tests.mutants import forks
from tests.mutants.population import ROOT, Mutant
from tests.mutants.suite import Suite

KEPT = ROOT / "build/mutants"
_LIMIT_S = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """`seconds`: of the processor, while traced. `tests`: by file and function or method."""

    seconds: dict[str, float]
    tests: dict[str, dict[str, frozenset[str]]]

    def for_mutant(self, mutant: Mutant) -> list[str]:
        """The tests that run the function that is changed, the quickest first."""
        found = self.tests.get(mutant.file, {}).get(mutant.function, frozenset())
        return sorted(found, key=lambda test: (self.seconds[test], test))

    def limit_s(self, test: str) -> float:
        """How much of the processor a test may take before it counts as one that does not end."""
        return 3 + 5 * self.seconds[test]


def trace(suite: Suite, files: Sequence[Path], *, beside: int) -> Traced:
    """Trace all tests of the suite, file by file; SystemExit when one fails."""
    rows = [list(row) for _, row in groupby(suite.items, key=lambda test: test.partition("::")[0])]
    names = {str(path): str(path.relative_to(ROOT)) for path in files}

    def work(number: int) -> list[tuple[str, float, list[tuple[str, str]]]]:
        found = []
        tests = rows[number]
        for test, then in zip(tests, [*tests[1:], None], strict=True):
            began, profile = process_time(), Profile(subcalls=False, builtins=False)
            profile.enable()
            passed = suite.passes(test, then)
            profile.disable()
            if not passed:
                raise SystemExit(f"{test} fails without a mutant")
            codes = [entry.code for entry in profile.getstats() if isinstance(entry.code, CodeType)]
            ran = {(names[code.co_filename], code.co_qualname) for code in codes if code.co_filename in names}
            found.append((test, process_time() - began, sorted(ran)))
        return found

    seconds: dict[str, float] = {}
    tests: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for ended in forks.each(len(rows), work, beside=beside, limit_s=_LIMIT_S):
        if ended.answer is None:
            raise SystemExit(f"{rows[ended.number][0].partition('::')[0]}: a test fails without a mutant")
        for test, taken_s, ran in ended.answer:
            seconds[test] = taken_s
            for file, function in ran:
                tests[file][function].add(test)
    return Traced(
        seconds=seconds,
        tests={file: {name: frozenset(on) for name, on in of_file.items()} for file, of_file in tests.items()},
    )


def kept_or_traced(suite: Suite, files: Sequence[Path], *, beside: int, kept: Path = KEPT) -> Traced:
    """What an earlier run found, when nothing has changed since."""
    path = kept / f"traced-{digest()}.json"
    if path.is_file():
        return _read(path)
    found = trace(suite, files, beside=beside)
    kept.mkdir(parents=True, exist_ok=True)
    for old in kept.glob("traced-*.json"):
        old.unlink()
    _write(path, found)
    return found


def digest() -> str:
    """Of all that may change what a test runs."""
    digest = blake2b(digest_size=12)
    for folder in ("otha", "plc_profiles", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT)
            if path.is_file() and "__pycache__" not in name.parts and name.parts[:2] != ("tests", "mutants"):
                digest.update(str(name).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _write(path: Path, found: Traced) -> None:
    names = sorted(found.seconds)
    number = {test: at for at, test in enumerate(names)}
    ran = {
        file: {function: sorted(number[test] for test in on) for function, on in of_file.items()}
        for file, of_file in found.tests.items()
    }
    path.write_text(json.dumps({"seconds": [[test, found.seconds[test]] for test in names], "ran": ran}))


def _read(path: Path) -> Traced:
    kept = json.loads(path.read_text())
    names = [test for test, _ in kept["seconds"]]
    return Traced(
        seconds=dict(kept["seconds"]),
        tests={
            file: {function: frozenset(names[at] for at in on) for function, on in of_file.items()}
            for file, of_file in kept["ran"].items()
        },
    )
