"""A mutant put into a child process, and what its tests say; so too one of the table of rules."""

import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from otha.core.config import SelfFence
from otha.core.group import self_fence
from otha.verify.hold import Hold
from otha.verify.hold import Mutant as Deliberate
from tests.mutants import deliberate, forks, swap, traced, trial
from tests.mutants.population import ROOT, Mutant, file_of, mutants_of
from tests.mutants.suite import Suite, with_tests
from tests.mutants.traced import trace

FENCE = "otha.core.group.self_fence"
TESTS = "tests/core/group/test_self_fence.py"
FENCE_TEST = f"{TESTS}::test_the_wait_must_be_longer_and_not_just_as_long"


def in_a_child(work: Callable[[], object]) -> forks.Ended:
    (ended,) = forks.each(1, lambda _: work(), beside=1, limit_s=60)
    return ended


def fence_mutant(new: str) -> Mutant:
    return next(mutant for mutant in mutants_of(FENCE) if mutant.new == new)


def plant() -> None:
    """In a process of its own, which collects tests: try two mutants, print what became of them as JSON."""
    planted = fence_mutant("needed_wait_ns(fence) <= fence.wait_ns")
    # Put in with the text that is there already.
    harmless = fence_mutant("fence.watchdog_ns - fence.stop_ns")
    harmless = replace(harmless, new=harmless.old)
    verdicts: list[tuple[str | None, bool]] = []

    def try_both(suite: Suite) -> None:
        found = trace(suite, [file_of(FENCE)], beside=1)
        limits_s = {test: found.limit_s(test) for test in suite.items}
        assert trial.control(suite, limits_s, beside=1) == []
        tried = trial.try_all(suite, found, [planted, harmless], first=lambda _: None, beside=1)
        verdicts.extend((verdict.killed_by, verdict.tried > 1) for verdict in tried)

    with_tests([TESTS], try_both)
    sys.stdout.write(f"\n{json.dumps(verdicts)}\n")


def test_a_planted_mutant_is_killed_and_one_that_changes_nothing_survives() -> None:
    command = [sys.executable, "-c", "from tests.mutants.test_trial import plant; plant()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    killed, survived = json.loads(result.stdout.splitlines()[-1])
    assert killed[0].startswith(FENCE_TEST)
    assert survived == [None, True]


def test_a_mutant_stays_in_its_child() -> None:
    fence = SelfFence(watchdog_ns=1_000, stop_ns=500, wait_ns=1_600, drift_ppm=0, hardware=True)

    def work() -> int:
        swap.put_in(fence_mutant("fence.watchdog_ns - fence.stop_ns"))
        return self_fence.needed_wait_ns(fence)

    assert in_a_child(work).answer == 500
    assert self_fence.needed_wait_ns(fence) == 1_500


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("otha.core.group.turn", "Turn.plan"),
        ("otha.core.supervision", "Supervision._known"),
        ("otha.core.supervision", "Supervision.restore"),
        ("otha.core.group.step", "_condition_judged"),
    ],
)
def test_properties_methods_of_classes_and_functions_are_found(module: str, function: str) -> None:
    assert swap.live(importlib.import_module(module), function).__code__.co_qualname == function


def test_a_child_that_does_not_end_is_ended() -> None:
    (ended,) = forks.each(1, lambda _: time.sleep(60), beside=1, limit_s=0.2)
    assert (ended.answer, ended.exit_code) == (None, -signal.SIGKILL)


def test_children_run_beside_each_other_and_all_answer() -> None:
    ended = forks.each(5, lambda number: number * number, beside=2, limit_s=60)
    assert sorted((each.number, each.answer) for each in ended) == [(0, 0), (1, 1), (2, 4), (3, 9), (4, 16)]


def hold(old: str, new: str, *, test: str = FENCE_TEST) -> Hold:
    mutant = Deliberate(file="otha/core/group/self_fence.py", old=old, new=new)
    return Hold(rule="S4", says="", decided_in=(), test=test, mutant=mutant)


_MORE = "it must change the body of one function, and nothing else"
TABLE = {
    "killed": hold("needed_wait_ns(fence) < fence.wait_ns", "needed_wait_ns(fence) <= fence.wait_ns"),
    "survives": hold("needed_wait_ns(fence) < fence.wait_ns", "fence.wait_ns > needed_wait_ns(fence)"),
    "ends the process": hold("needed_wait_ns(fence) < fence.wait_ns", "__import__('os')._exit(3)"),
    "no test": hold("needed_wait_ns(fence) < fence.wait_ns", "False", test=f"{TESTS}::test_that_never_was"),
    "no change": hold("needed_wait_ns(fence) < fence.nothing", "False"),
}


def try_table() -> None:
    """In a process of its own, which collects tests: try the table, print what became of its rows as JSON."""
    found: dict[str, tuple[str | None, str | None]] = {}

    def try_all(suite: Suite) -> None:
        names = {each: name for name, each in TABLE.items()}
        for each in deliberate.try_each(suite, list(names), beside=2):
            found[names[each.hold]] = each.killed_by, each.wrong
        assert deliberate.control(suite, suite.items, beside=2) == []

    with_tests([TESTS], try_all)
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def test_a_deliberate_mutant_is_killed_or_it_is_said_what_is_wrong() -> None:
    command = [sys.executable, "-c", "from tests.mutants.test_trial import try_table; try_table()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(result.stdout.splitlines()[-1])
    killed_by, wrong = found.pop("killed")
    assert killed_by.partition("[")[0] == FENCE_TEST
    assert wrong is None
    assert found == {
        "survives": [None, f"S4 {FENCE_TEST}: passes on the mutant"],
        "ends the process": [None, f"S4 {FENCE_TEST}: the process of its test ended with 3"],
        "no test": [None, f"S4 {TESTS}::test_that_never_was: no such test"],
        "no change": [
            None,
            "S4 otha/core/group/self_fence.py: the text to change is there 0 times: "
            "'needed_wait_ns(fence) < fence.nothing'",
        ],
    }


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("def driving() -> int:", "def driving() -> float:", _MORE),
        ("LIMIT = 1", "LIMIT = 2", _MORE),
        ("LIMIT\n\n\ndef other() -> int:\n    return 3", "2\n\n\ndef other() -> int:\n    return 2", _MORE),
        ("return LIMIT", "return  LIMIT", _MORE),
        ("return LIMIT", "return (", "no Python any more"),
        ("return 4", "return 5", "the text to change is there 0 times"),
        ("return", "raise", "the text to change is there 2 times"),
    ],
)
def test_a_deliberate_mutant_that_can_not_be_put_in_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, why: str
) -> None:
    monkeypatch.setattr(deliberate, "ROOT", tmp_path)
    text = "LIMIT = 1\n\n\ndef driving() -> int:\n    return LIMIT\n\n\ndef other() -> int:\n    return 3\n"
    (tmp_path / "rule.py").write_text(text, encoding="utf-8")
    with pytest.raises(deliberate.UnfitError, match=why):
        deliberate.change_of(Deliberate(file="rule.py", old=old, new=new))


def test_the_function_that_a_deliberate_mutant_changes_is_found() -> None:
    found = deliberate.change_of(TABLE["killed"].mutant)
    assert (found.file, found.function) == ("otha/core/group/self_fence.py", "counts")
    assert "needed_wait_ns(fence) <= fence.wait_ns" in found.text


def test_what_was_traced_is_traced_again_once_a_test_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced, "ROOT", tmp_path)
    (tmp_path / "tests/mutants").mkdir(parents=True)
    seen = []
    for text in ("one", "one", "other"):
        (tmp_path / "tests/test_it.py").write_text(text, encoding="utf-8")
        seen.append(traced.digest())
    assert seen[0] == seen[1] != seen[2]
    (tmp_path / "tests/mutants/page.py").write_text("this tool itself is no test", encoding="utf-8")
    assert traced.digest() == seen[2]
