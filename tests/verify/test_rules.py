"""The table of rules is true: its tests exist, and each fails when its rule is broken on purpose."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otha.verify import rules
from otha.verify.hold import Hold
from otha.verify.rules import HOLDS

ROOT = Path(__file__).resolve().parents[2]
BUILT = [f"S{n}" for n in range(1, 19)] + [f"L{n}" for n in range(1, 6)] + ["capacity"]

# The suite's own settings ask for plugins that a single test does not need.
INI = "[pytest]\nfilterwarnings = error\nmarkers = soak: long\n"
PLUGINS_NOT_NEEDED = ("hypothesispytest", "asyncio", "cacheprovider", "anyio")


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


def run(tree: Path, test: str) -> subprocess.CompletedProcess[str]:
    """Run one test in a copy of the tree. Exit code 1: it ran and failed."""
    switched_off = [f"-pno:{plugin}" for plugin in PLUGINS_NOT_NEEDED]
    # --import-mode as in the suite; stop at the first failure: one is enough.
    command = [sys.executable, "-m", "pytest", "-c", "mutant.ini", "--import-mode=importlib", "--assert=plain", "-xq"]
    return subprocess.run(
        [*command, *switched_off, test],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def copy_of_the_tree(at: Path) -> Path:
    for part in ("otha", "sim", "plc_profiles", "tests"):
        shutil.copytree(ROOT / part, at / part)
    (at / "mutant.ini").write_text(INI, encoding="utf-8")
    return at


def try_mutant(tree: Path, hold: Hold) -> str | None:
    """What is wrong with the row, None when its test fails on the mutant as it should."""
    path = tree / hold.mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(hold.mutant.old, hold.mutant.new), encoding="utf-8")
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
    try:
        result = run(tree, hold.test)
    finally:
        path.write_text(whole, encoding="utf-8")
    if result.returncode == 1:
        return None
    return f"{hold.rule} {hold.test}: exit code {result.returncode}\n{result.stdout[-2_000:]}{result.stderr[-500:]}"


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two copies, for two processors."""
    return [copy_of_the_tree(tmp_path_factory.mktemp("tree") / "copy") for _ in range(2)]


@pytest.mark.parametrize("quarter", range(4))
def test_each_test_fails_when_its_rule_is_broken(quarter: int, trees: list[Path]) -> None:
    def work(number: int) -> list[str | None]:
        return [try_mutant(trees[number], hold) for hold in HOLDS[quarter::4][number::2]]

    with ThreadPoolExecutor(2) as workers:
        wrong = [found for results in workers.map(work, range(2)) for found in results if found is not None]
    assert not wrong, "\n".join(wrong)


def test_a_test_of_the_table_passes_in_the_copy(trees: list[Path]) -> None:
    """What fails on a mutant fails because of the mutant."""
    result = run(trees[0], HOLDS[-1].test)
    assert result.returncode == 0, result.stdout[-2_000:]
