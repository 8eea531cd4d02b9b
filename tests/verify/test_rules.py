"""The table of rules is true: its tests exist, and each fails when its rule is broken on purpose."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otha.verify import rules
from otha.verify.hold import Hold
from otha.verify.rules import HOLDS

ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path(__file__).with_name("forked.py")
BUILT = [f"S{n}" for n in range(1, 19)] + [f"L{n}" for n in range(1, 6)] + ["capacity"]

# The suite's own settings ask for plugins that a single test does not need.
INI = "[pytest]\nfilterwarnings = error\nmarkers = soak: long\n"
PLUGINS_NOT_NEEDED = ("hypothesispytest", "asyncio", "cacheprovider", "anyio", "unraisableexception", "threadexception")


def test_every_rule_built_has_a_row() -> None:
    assert sorted({hold.rule for hold in HOLDS}) == sorted(BUILT)


@pytest.mark.parametrize("hold", HOLDS, ids=lambda hold: f"{hold.rule}-{hold.test.rpartition('::')[2][:40]}")
def test_a_row_names_files_tests_and_lines_that_exist(hold: Hold) -> None:
    for file in hold.decided_in:
        assert (ROOT / file).is_file(), file
    file, _, test = hold.test.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8"), hold.test
    assert (ROOT / hold.mutant.file).read_text(encoding="utf-8").count(hold.mutant.old) == 1, hold.mutant.old


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert rules.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_noticed_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    assert rules.main(["--check"]) == 1
    assert rules.main([]) == 0
    assert rules.main(["--check"]) == 0
    assert rules.main(["--verbose"]) == 2


class Tree:
    """A copy of the tree, and a process that runs its tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in ("otha", "sim", "plc_profiles", "tests"):
            shutil.copytree(ROOT / part, root / part)
        (root / "mutant.ini").write_text(INI, encoding="utf-8")
        # --import-mode as in the suite; stop at the first failure: one is enough.
        options = ["-c", "mutant.ini", "--import-mode=importlib", "--assert=plain", "-xq"]
        self._runner = subprocess.Popen(
            [sys.executable, "-P", str(RUNNER), *options, *(f"-pno:{plugin}" for plugin in PLUGINS_NOT_NEEDED)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, test: str) -> tuple[int, str]:
        """Run one test: exit code (1: it ran and failed) and what it said."""
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        self._runner.stdin.write(f"{test}\n")
        self._runner.stdin.flush()
        answer = json.loads(self._runner.stdout.readline())
        return answer["code"], answer["said"]

    def end(self) -> None:
        """End the process."""
        self._runner.communicate()


def try_mutant(tree: Tree, hold: Hold) -> str | None:
    """What is wrong with the row, None when its test fails on the mutant as it should."""
    path = tree.root / hold.mutant.file
    whole, then = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(whole.replace(hold.mutant.old, hold.mutant.new), encoding="utf-8")
    # Compiled code is told from older by the second and the size: what is compiled of this file stands aside meanwhile.
    compiled = list(path.parent.glob(f"__pycache__/{path.stem}.*.pyc"))
    for each in compiled:
        each.rename(each.with_suffix(".aside"))
    try:
        code, said = tree.run(hold.test)
    finally:
        path.write_text(whole, encoding="utf-8")
        os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))
        for each in compiled:
            each.with_suffix(".aside").rename(each)
    return None if code == 1 else f"{hold.rule} {hold.test}: exit code {code}\n{said[-2_500:]}"


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Tree]]:
    """Two copies, for two processors."""
    made = [Tree(tmp_path_factory.mktemp("tree") / "copy") for _ in range(2)]
    yield made
    for tree in made:
        tree.end()


@pytest.mark.parametrize("quarter", range(4))
def test_each_test_fails_when_its_rule_is_broken(quarter: int, trees: list[Tree]) -> None:
    def work(number: int) -> list[str | None]:
        return [try_mutant(trees[number], hold) for hold in HOLDS[quarter::4][number::2]]

    with ThreadPoolExecutor(2) as workers:
        wrong = [found for results in workers.map(work, range(2)) for found in results if found is not None]
    assert not wrong, "\n".join(wrong)


def test_a_test_of_the_table_passes_in_the_copy(trees: list[Tree]) -> None:
    """What fails on a mutant fails because of the mutant."""
    code, said = trees[0].run(HOLDS[-1].test)
    assert code == 0, said[-2_000:]
