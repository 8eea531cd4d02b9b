"""What the command line says, and its exit code, when nobody can answer or something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha.cli import GROUPS, app, group_of, main
from otha.console import BAD_INPUT, FAILED


@pytest.fixture(autouse=True)
def _no_default_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTHA_STATE", raising=False)


def said(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, result.stderr


ASKING = (("status",), ("why", "tanks"), ("order", "ack", "tanks"))


@pytest.mark.parametrize("command", ASKING)
def test_which_supervisor(command: tuple[str, ...]) -> None:
    code, text = said(*command)
    assert code == BAD_INPUT
    assert "--state" in text
    assert "--site" in text


@pytest.mark.parametrize("command", ASKING)
def test_no_such_state_directory_is_bad_input(command: tuple[str, ...], tmp_path: Path) -> None:
    code, text = said(*command, "--state", tmp_path / "nowhere")
    assert code == BAD_INPUT
    assert f"there is no state directory {tmp_path / 'nowhere'}" in text


@pytest.mark.parametrize("command", ASKING)
def test_nobody_supervises(command: tuple[str, ...], tmp_path: Path) -> None:
    code, text = said(*command, "--state", tmp_path)
    assert code == FAILED
    assert "no supervisor answers" in text
    assert "otha run" in text


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        (("maintenance-in", "tanks"), "--node"),
        (("maintenance-out", "tanks"), "--node"),
        (("arm", "tanks"), "--level"),
        (("bypass", "tanks"), "--item"),
        (("bypass", "tanks", "--item", "level_ok", "--comment", "why"), "--for"),
        (("bypass", "tanks", "--item", "level_ok", "--for", "30m"), "--comment"),
        (("bypass", "tanks", "--item", "level_ok", "--for", "30", "--comment", "why"), "30m"),
        (("bypass", "tanks", "--item", "level_ok", "--for", "1e3m", "--comment", "why"), "30m"),
        (("unbypass", "tanks"), "--item"),
        (("safe", "tanks"), "--comment"),
        (("reject", "tanks"), "--comment"),
        (("reject", "tanks", "--comment", "why"), "--request"),
        (("confirm", "tanks"), "--request"),
    ],
)
def test_an_order_that_lacks_something_is_not_sent(arguments: tuple[str, ...], mend: str, tmp_path: Path) -> None:
    code, text = said("order", *arguments, "--state", tmp_path)
    assert code == BAD_INPUT
    assert mend in text


@pytest.mark.parametrize("place", [1, 2])
def test_bytes_that_are_no_text_are_bad_input(
    place: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["otha", "log", "tail"]
    arguments[place] = b"\xff".decode(errors="surrogateescape")
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == BAD_INPUT
    assert "is not UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("period", ["-5", "0", "99999999999999999999", "nan", ""])
def test_a_demo_with_an_impossible_period_is_bad_input(period: str) -> None:
    code, text = said("demo", f"--period-ms={period}")
    assert (code, "--period-ms" in text) == (BAD_INPUT, True)


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_of_commands_says_of_itself_what_is_said_of_it(name: str) -> None:
    """What is not asked for is not imported: `otha --help` knows of it by heart."""
    assert group_of(name).info.help == GROUPS[name]


ROOT = Path(__file__).resolve().parent.parent
_OTHA = "import sys; sys.argv[0] = 'otha'; from otha.cli import main; main()"


def test_a_group_of_commands_is_there_when_it_is_asked_for() -> None:
    command = [sys.executable, "-c", _OTHA, "report", "--help"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Usage: otha report [OPTIONS] COMMAND" in result.stdout, result.stderr
    assert "transfers" in result.stdout


@pytest.mark.parametrize(
    "asks",
    [
        {"_OTHA_COMPLETE": "complete_bash", "COMP_WORDS": "otha report ", "COMP_CWORD": "2"},
        {"_OTHA_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "otha report "},
    ],
    ids=["bash", "zsh"],
)
def test_a_shell_completes_the_commands_of_a_group(asks: dict[str, str]) -> None:
    command, environment = [sys.executable, "-c", _OTHA], {**os.environ, **asks}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "transfers" in result.stdout, result.stderr
