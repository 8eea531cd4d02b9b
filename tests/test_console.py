"""What every command does with an error: a sentence, the mend, and an exit code that says who can mend it."""

import json

import pytest
import typer

from otha.console import BAD_INPUT, DAMAGE, FAILED, duration_ns, print_json, told
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


@pytest.mark.parametrize(("said", "seconds"), [("90s", 90), ("30m", 1_800), ("8h", 28_800), ("2d", 172_800)])
def test_a_duration_is_a_number_and_its_unit(said: str, seconds: int) -> None:
    assert duration_ns(said, units="smhd", mend="") == seconds * 1_000_000_000


@pytest.mark.parametrize("said", ["", "30", "1d", "s", "-5m", "1e3m", "\u0661m", "12345m", "5 m"])
def test_what_is_no_duration_is_told_with_its_mend(said: str) -> None:
    with pytest.raises(EngineerError, match="write 2s or 1m") as raised:
        duration_ns(said, units="sm", digits=4, mend="write 2s or 1m")
    assert raised.value.what == f"--for {said!r} is no time"
