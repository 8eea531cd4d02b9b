"""The command line: what it prints, and how it refuses."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.faults import CATALOGUE

RUNNER = CliRunner()


def test_list_names_every_fault_with_its_arguments() -> None:
    printed = RUNNER.invoke(app, ["list"]).output
    for name, fault in CATALOGUE.items():
        assert f"{name}: {fault.help}" in printed
        for parameter in fault.parameters:
            assert f"    {parameter.name}: {parameter.help}" in printed


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
