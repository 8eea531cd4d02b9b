"""The table of rules is true: its tests exist, and each fails when its rule is broken on purpose."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from otha.verify import rules
from otha.verify.hold import Hold
from otha.verify.rules import HOLDS

ROOT = Path(__file__).resolve().parents[2]
BUILT = [f"S{n}" for n in range(1, 19)] + [f"L{n}" for n in range(1, 6)] + ["capacity"]


def test_every_rule_built_has_a_row() -> None:
    assert sorted({hold.rule for hold in HOLDS}) == sorted(BUILT)


def test_every_rule_is_broken_in_two_ways_at_least() -> None:
    assert {rule: count for rule, count in Counter(hold.rule for hold in HOLDS).items() if count < 2} == {}


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


def test_each_test_fails_when_its_rule_is_broken_and_passes_when_it_is_not() -> None:
    command = [sys.executable, "-m", "tests.mutants", "--only", "deliberate"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    assert sum(line.startswith("killed ") for line in result.stdout.splitlines()) == len(HOLDS)
