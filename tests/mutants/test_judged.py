"""What was judged of mutants is about code that is there, and docs/mutants.md tells of the rules as they are."""

from pathlib import Path

import pytest

from otha.verify.rules import HOLDS
from tests.mutants import judged, page
from tests.mutants.population import ROOT, file_of, modules_of, mutants_of


def test_every_judgement_is_of_a_mutant_that_there_is() -> None:
    known = judged.read()
    named = {file for file, *_ in (*known.equivalent, *known.gaps)}
    modules = [module for module in modules_of("otha.core") if str(file_of(module).relative_to(ROOT)) in named]
    assert known.stale(mutant for module in modules for mutant in mutants_of(module)) == []
    for test in known.gaps.values():
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8"), test


def test_a_judgement_of_code_that_changed_since_is_stale(tmp_path: Path) -> None:
    row = '[[equivalent]]\nfile = "alarm.py"\nfunction = "standing"\nold = "gone"\nnew = "come"\nwhy = "it is so"\n'
    file = tmp_path / "judged.toml"
    file.write_text(row, encoding="utf-8")
    known = judged.read(file)
    assert known.stale(mutants_of("otha.core.alarm")) == [("otha/core/alarm.py", "standing", "gone", "come", 0)]


def test_nothing_is_judged_twice(tmp_path: Path) -> None:
    row = 'file = "alarm.py"\nfunction = "standing"\nold = "a"\nnew = "b"\n'
    file = tmp_path / "judged.toml"
    file.write_text(
        f'[[equivalent]]\n{row}why = "it is so"\n[[gap]]\n{row}test = "tests/x.py::test_x"\n', encoding="utf-8"
    )
    with pytest.raises(AssertionError, match="judged twice"):
        judged.read(file)


def test_the_page_names_the_deliberate_mutants_of_today() -> None:
    assert page.deliberate(HOLDS) in (ROOT / "docs/mutants.md").read_text(encoding="utf-8"), "run `make mutants`"
