"""The command line: what it prints, and how it refuses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.faults import CATALOGUE
from tests.sim.conftest import Running

RUNNER = CliRunner()


def test_list_names_every_fault_with_its_arguments() -> None:
    printed = RUNNER.invoke(app, ["list"]).output
    for name, fault in CATALOGUE.items():
        assert f"{name}: {fault.help}" in printed
        for parameter in fault.parameters:
            assert f"    {parameter.name}: {parameter.help}" in printed


def test_a_fault_answers_as_json(running: Running) -> None:
    folder = str(running.directory)
    result = RUNNER.invoke(app, ["fault", "delay", "network=net_b", "node=sc_b", "ms=5", "--dir", folder])
    assert result.exit_code == 0
    assert json.loads(result.output)["at_ns"] > 0
    assert RUNNER.invoke(app, ["fault", "heal", "--dir", folder]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "mend"),
    [
        (["fault", "kill", "sc_a"], 2, "node=sc_a"),
        (["fault", "kill", "node=sc_a"], 1, "sim up"),
        (["up", "--plant", "nuclear"], 2, "two_tanks"),
        (["up", "nowhere.toml"], 2, "exists"),
    ],
)
def test_mistakes_are_told_with_a_mend(tmp_path: Path, arguments: list[str], code: int, mend: str) -> None:
    result = RUNNER.invoke(app, [*arguments, "--dir", str(tmp_path)])
    assert result.exit_code == code
    assert mend in result.stderr
