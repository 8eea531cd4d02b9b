"""However a site file is mutilated, it loads or is refused with reasons; no other exception ever comes out."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otha.site.load import load_site
from otha.site.problem import Severity, SiteErrors
from tests.site.examples import TWO_TANKS

LINES = TWO_TANKS.read_text(encoding="utf-8").splitlines()
WORDS = re.findall(r"[\w.:@-]+|[{}\[\]=,\"]", TWO_TANKS.read_text(encoding="utf-8"))


def _judge(folder: Path, text: str) -> None:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_site(path)
    except SiteErrors as refused:
        errors = [problem for problem in refused.problems if problem.severity is Severity.ERROR]
        assert errors  # both ends of the attempt are right; only other exceptions are wrong
        assert all(error.wrong and error.mend for error in errors)


@pytest.mark.parametrize("at", range(len(LINES)))
def test_without_any_one_line(tmp_path: Path, at: int) -> None:
    _judge(tmp_path, "\n".join(LINES[:at] + LINES[at + 1 :]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.lists(st.integers(0, len(LINES) - 1), max_size=6),
    st.lists(st.tuples(st.sampled_from(sorted(set(WORDS))), st.sampled_from(sorted(set(WORDS)))), max_size=3),
)
def test_with_lines_gone_and_words_exchanged(tmp_path: Path, gone: list[int], exchanged: list[tuple[str, str]]) -> None:
    text = "\n".join(line for at, line in enumerate(LINES) if at not in gone)
    for old, new in exchanged:
        text = text.replace(old, new)
    _judge(tmp_path, text)
