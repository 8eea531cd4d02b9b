"""Broken site files and what is said about them: every error at once, each with its place and its mend.

The golden texts are renewed by `python -m tests.site.test_broken` and read by a person before they are committed.
"""

from pathlib import Path

import pytest

from otha.site.load import load_site
from otha.site.problem import Severity, SiteErrors, render_errors
from tests.site.examples import BROKEN, PROFILES_OF_THEIR_OWN

FILES = [path for path in sorted(BROKEN.glob("*.toml")) if path.name not in PROFILES_OF_THEIR_OWN]


def _said(path: Path) -> str:
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    return render_errors(path, refused.value.problems)


def test_there_are_enough() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message_is_the_golden_one(path: Path) -> None:
    assert _said(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_error_can_be_acted_on(path: Path) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    errors = [problem for problem in refused.value.problems if problem.severity is Severity.ERROR]
    assert errors
    for error in errors:
        assert error.file.endswith(".toml")
        assert error.line is not None
        assert error.wrong
        assert error.mend
        assert not error.mend.endswith(".")
        for word in ("Traceback", "None", "object at", "dataclass", "class '"):
            assert word not in str(error)


if __name__ == "__main__":
    for file in FILES:
        file.with_suffix(".txt").write_text(_said(file), encoding="utf-8")
