"""The tests that mutants are tried with: collected once, run in children of this process as often as it takes."""

import resource
import signal
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.mutants.population import ROOT

# What asks the core alone, without processes, sockets and clocks, and is quick.
PLACES = ("tests/core", "tests/scenarios")
_BYTES_AT_MOST = 4 << 30
# Whether an example fails is all that is asked: none is made smaller, or explained.
_EXAMPLES = (Phase.explicit, Phase.generate, Phase.target)

Items = Sequence[pytest.Item]


class Suite:
    """Collected tests. `run` and what it needs belong into a child: a test leaves traces in the process it ran in."""

    def __init__(self, items: Items) -> None:
        self.items = {item.nodeid: item for item in items}
        self._failed = False

    def named(self, test: str) -> list[str]:
        """The tests that pytest would run for this name: of a test with parameters all its rows."""
        return [each for each in self.items if each == test or each.startswith(f"{test}[")]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    def passes(self, test: str, then: str | None, *, limit_s: float | None = None) -> bool:
        """Run one test; `then`: the one that will follow. One that takes more of the processor than `limit_s` ends the
        process with SIGPROF."""
        self._failed = False
        item, following = self.items[test], self.items[then] if then is not None else None
        signal.setitimer(signal.ITIMER_PROF, limit_s or 0)
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        signal.setitimer(signal.ITIMER_PROF, 0)
        return not self._failed

    def first_failure(self, tests: Sequence[str], limits_s: Sequence[float], tell: Callable[[int], None]) -> int | None:
        """The first of `tests` that fails, by its number in the row; None when all pass. `tell`: which one begins."""
        resource.setrlimit(resource.RLIMIT_AS, (_BYTES_AT_MOST, _BYTES_AT_MOST))
        following: Iterable[str | None] = [*tests[1:], None] if tests else []
        for number, (test, then, limit_s) in enumerate(zip(tests, following, limits_s, strict=True)):
            tell(number)
            if not self.passes(test, then, limit_s=limit_s):
                return number
        return None


class _Collector:
    def __init__(self, then: Callable[[Suite], None]) -> None:
        self._then = then

    def pytest_sessionstart(self) -> None:
        # The same examples in every run, and none remembered from a mutant.
        settings.register_profile(
            "mutants", parent=settings.get_profile("otha"), derandomize=True, database=None, phases=_EXAMPLES
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        suite = Suite(session.items)
        session.config.pluginmanager.register(suite)
        # One place for temporary files, made before there are several processes that would each make it.
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # pytest has no other way to it
        self._then(suite)
        return True


def with_tests(places: Sequence[str], then: Callable[[Suite], None], *, root: Path = ROOT) -> None:
    """Collect the tests of `places` and hand them to `then`, as pytest would run them."""
    arguments = ["-qq", "--no-header", "--no-summary", "--assert=plain", "--capture=no"]
    # Nobody reads what a failed test says, and the long way of saying it takes longer than most tests.
    arguments += ["--tb=native"]
    # Qt's events have nothing to do with these tests.
    arguments += ["-p", "no:cacheprovider", "-p", "no:pytest-qt"]
    code = pytest.main(
        [*arguments, f"--rootdir={root}", *(str(root / place) for place in places)],
        plugins=[_Collector(then)],
    )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(int(code))
