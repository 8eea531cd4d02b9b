"""`otha verify`: options that do not go together are refused, and nothing is written."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha import cli

SITE = Path(__file__).parents[1] / "sim" / "sites" / "two_tanks.toml"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--past-refusal", "--simulate", "1h"), "give --past-refusal alone"),
        (("--past-refusal", "--json", "FILE"), "give --past-refusal alone"),
        (("--simulate", "1h", "--report", "FILE"), "leave --report, --chart and --story out"),
        (("--simulate", "1h", "--story", "FILE"), "leave --report, --chart and --story out"),
        (("--faithful",), "give --simulate LENGTH"),
    ],
)
def test_options_that_do_not_go_together(options: tuple[str, ...], says: str, tmp_path: Path) -> None:
    file = tmp_path / "found"
    given = [str(file) if option == "FILE" else option for option in options]
    result = CliRunner().invoke(cli.app, ["verify", str(SITE), *given])
    assert (result.exit_code, says in result.output) == (2, True), result.output
    assert not file.exists()
