"""A mutant put into a child process, and what its tests say; a mutant of the table of rules in a tree of its own."""

import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from tests.mutants.tree import INI, Tree

FENCE = "otha.core.group.self_fence"
TESTS = "tests/core/group/test_self_fence.py"


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
        assert trial.control(suite, found, beside=1) == []
        tried = trial.try_all(suite, found, [planted, harmless], first=lambda _: None, beside=1)
        verdicts.extend((verdict.killed_by, verdict.tried > 1) for verdict in tried)

    with_tests([TESTS], try_both)
    sys.stdout.write(f"\n{json.dumps(verdicts)}\n")


def test_a_planted_mutant_is_killed_and_one_that_changes_nothing_survives() -> None:
    command = [sys.executable, "-c", "from tests.mutants.test_trial import plant; plant()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    killed, survived = json.loads(result.stdout.splitlines()[-1])
    assert killed[0].startswith(f"{TESTS}::test_the_wait_must_be_longer_and_not_just_as_long")
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


def hold(*, old: str, new: str) -> Hold:
    mutant = Deliberate(file="otha/rule.py", old=old, new=new)
    return Hold(rule="S1", says="", decided_in=(), test="tests/test_rule.py::test_it", mutant=mutant)


@contextmanager
def small_tree(at: Path) -> Iterator[Tree]:
    for name, text in {
        "otha/__init__.py": "",
        "otha/rule.py": "def driving() -> int:\n    return 1\n",
        "tests/test_rule.py": "from otha.rule import driving\n\n\ndef test_it() -> None:\n    assert driving() <= 1\n",
        "mutant.ini": INI,
    }.items():
        (at / name).parent.mkdir(exist_ok=True)
        (at / name).write_text(text, encoding="utf-8")
    tree = Tree(at)
    try:
        yield tree
    finally:
        tree.end()


def test_a_deliberate_mutant_is_killed_or_said_to_survive(tmp_path: Path) -> None:
    with small_tree(tmp_path) as tree:
        whole = (tree.root / "otha/rule.py").read_text(encoding="utf-8")
        assert deliberate.try_one(tree, hold(old="return 1", new="return 2")) is None
        survived = deliberate.try_one(tree, hold(old="return 1", new="return 0"))
        assert survived is not None
        assert survived.startswith("S1 tests/test_rule.py::test_it: exit code 0")
        assert (tree.root / "otha/rule.py").read_text(encoding="utf-8") == whole


@pytest.mark.parametrize(("old", "times"), [("return 3", 0), ("r", 3)])
def test_a_deliberate_mutant_that_can_not_be_put_in_is_an_error(tmp_path: Path, old: str, times: int) -> None:
    with small_tree(tmp_path) as tree:
        found = deliberate.try_one(tree, hold(old=old, new="return 2"))
    assert found is not None
    assert f"the text to change is there {times} times" in found


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
