"""`otha study detectors`: what it says, writes and ends with."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha.verify.study.cli import app

SITE = Path(__file__).parents[3] / "sim" / "sites" / "two_tanks.toml"


def test_tables_report_and_figures(tmp_path: Path) -> None:
    page, data = tmp_path / "report.html", tmp_path / "figures.json"
    asked = ["detectors", "--hours", "20", "--deaths", "100", "--report", str(page), "--json", str(data)]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    assert "loss 1 %, 20 h" in ran.output
    assert "what it does not show" in ran.output
    figures = json.loads(data.read_text(encoding="utf-8"))
    assert {each["judged_by"] for each in figures["outcomes"]} >= {"3 misses", "2 of 3 channels, 3 misses"}
    text = page.read_text(encoding="utf-8")
    assert text.count("<table") == text.count("</table>")
    assert "<svg" in text
    assert "<script" not in text


def test_a_site_is_studied_with_its_own(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["detectors", str(SITE), "--hours", "1", "--deaths", "100"])
    assert ran.exit_code == 0, ran.output
    assert "worst: tanks" in ran.output


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["detectors", "no_such.toml"], 2),
        (["detectors", "--recorded", "no_such_recording"], 2),
        (["detectors", str(SITE), "--recorded", "x.csv"], 2),
        (["detectors", "--hours", "1", "--deaths", "100", "--json", "/no/such/place.json"], 1),
    ],
)
def test_what_can_not_be_done_is_said(asked: list[str], code: int) -> None:
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == code
    assert ran.exception is None or isinstance(ran.exception, SystemExit)
