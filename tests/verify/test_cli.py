"""`otha verify`: what it says, writes and ends with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from otha.core.group import guard
from otha.core.words import Authority, Ending
from otha.demo.play import site_text
from otha.report import sentence
from otha.site.load import load_site
from otha.site.model import Site
from otha.verify import cli, story_file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    path = tmp_path_factory.mktemp("site") / "site.toml"
    path.write_text(site_text(), encoding="utf-8")
    return load_site(path)


def _run(site: Site, folder: Path, *, faults: int, orders: int) -> tuple[int, dict[str, object], str]:
    code = cli.run(
        site,
        faults=faults,
        orders=orders,
        jobs=1,
        states_at_most=50_000,
        json_file=folder / "found.json",
        report_file=folder / "report.html",
        sentence=sentence.of_reason,
        chart_file=folder / "story.svg",
        story_file=folder / "story.json",
    )
    data = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return code, data, (folder / "report.html").read_text(encoding="utf-8")


def test_what_was_never_reached_is_named_and_is_no_success(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data, page = _run(site, tmp_path, faults=0, orders=0)
    said = capsys.readouterr().out
    assert code == 1
    assert "NOT REACHED" in said
    assert all(f"ending {ending.value}" in said for ending in Ending)
    assert (data["proved"], data["complete"]) == (False, True)
    assert "NOT REACHED" in page
    assert "no rule is broken: no chart to write" in said
    assert [each.name for each in tmp_path.glob("story.*")] == []


def test_a_broken_rule_is_told_as_a_story(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())
    code, data, page = _run(site, tmp_path, faults=1, orders=1)
    said = capsys.readouterr().out
    assert code == 1
    assert "BREACH  S6" in said
    assert "otha/core/group/guard.py" in said
    assert "requested, sc_a to sc_b" in said
    assert "BROKEN: S6" in page
    parts = data["parts"]
    assert isinstance(parts, list)
    assert parts[0]["stories"][0]["rule"] == "S6"
    picture = (tmp_path / "story.svg").read_text(encoding="utf-8")
    assert picture.strip() in page
    assert "FAULT interlock false" in picture
    assert "✗ FAULT interlock false" in said
    told = story_file.read(tmp_path / "story.json")
    assert (told.rule, told.site_digest, told.start) == ("S6", site.digest, "sc_a drives")


def test_the_report_needs_nothing_beside_it_and_names_what_it_is_of(site: Site, tmp_path: Path) -> None:
    _, _, page = _run(site, tmp_path, faults=0, orders=0)
    assert site.text_hash in page
    assert site.digest in page
    assert "http" not in page
    assert "<script" not in page
    assert page.count("<table") == page.count("</table>")


def test_a_site_whose_groups_switch_themselves_is_no_success(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = tuple(replace(group, authority=Authority.NATIVE) for group in site.core.groups)
    code, data, _ = _run(replace(site, core=replace(site.core, groups=groups)), tmp_path, faults=1, orders=1)
    said = capsys.readouterr().out
    assert (code, data["proved"], data["left_out"]) == (1, False, ["tanks"])
    assert "NOTHING EXPLORED" in said


def test_a_limit_of_states_is_no_success(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(
        site,
        faults=1,
        orders=1,
        jobs=1,
        states_at_most=50,
        json_file=None,
        report_file=None,
        sentence=sentence.of_reason,
    )
    assert code == 1
    assert "NOT EXPLORED TO THE END" in capsys.readouterr().out
