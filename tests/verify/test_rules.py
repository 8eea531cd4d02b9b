"""The table of rules is true: its tests exist, and each fails when its rule is broken on purpose."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from otha.verify import rules
from otha.verify.hold import Hold
from otha.verify.rules import HOLDS
from tests.mutants import deliberate
from tests.mutants.tree import Tree

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


@pytest.fixture(scope="module")
def trees() -> Iterator[list[Tree]]:
    """Two copies, for two processors."""
    with deliberate.copies(2) as made:
        yield made


@pytest.mark.parametrize("quarter", range(4))
def test_each_test_fails_when_its_rule_is_broken(quarter: int, trees: list[Tree]) -> None:
    wrong = [found for _, found in deliberate.try_each(HOLDS[quarter::4], trees) if found is not None]
    assert not wrong, "\n".join(wrong)


def test_a_test_of_the_table_passes_in_the_copy(trees: list[Tree]) -> None:
    """What fails on a mutant fails because of the mutant."""
    code, said = trees[0].run(HOLDS[-1].test)
    assert code == 0, said[-2_000:]
