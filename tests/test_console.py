"""What every command does with an error: a sentence, the mend, and an exit code that says who can mend it."""

import json

import pytest
import typer

from otha.console import BAD_INPUT, DAMAGE, FAILED, print_json, told
from otha.core.errors import DefectError, EngineerError, HostError, OperatorError, OthaError
from otha.journal.errors import JournalUnreadable, RecordingDamaged


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineerError("no such node"), BAD_INPUT),
        (OperatorError("no such order"), FAILED),
        (HostError("no room"), FAILED),
        (DefectError("must not be"), FAILED),
        (JournalUnreadable("a damaged page"), DAMAGE),
        (RecordingDamaged("a changed byte", offset=7), DAMAGE),
    ],
)
def test_the_exit_code_says_who_can_mend_it(error: OthaError, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, told():
        raise error
    assert ended.value.exit_code == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [error.what, *([f"  {error.mend}"] if error.mend else [])]


def test_what_is_no_error_of_ours_stays_a_defect() -> None:
    with pytest.raises(ZeroDivisionError), told():
        raise ZeroDivisionError


def test_data_is_printed_in_one_order(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"b": 1, "a": 2})
    printed = capsys.readouterr().out
    assert list(json.loads(printed)) == ["a", "b"]
