"""The outlets in the site file: what they mean, and what is said of those that can't be."""

from dataclasses import replace
from pathlib import Path

import pytest

from otha.site import SiteErrors, load_site
from otha.site.check import as_data
from otha.site.difference import restart_needed
from otha.site.outlets import Metrics
from tests.site.examples import TWO_TANKS


def site(folder: Path, table: str) -> Path:
    path = folder / "site.toml"
    path.write_text(f"{TWO_TANKS.read_text(encoding='utf-8')}\n{table}\n", encoding="utf-8")
    return path


def test_without_the_tables_there_are_none() -> None:
    loaded = load_site(TWO_TANKS)
    assert loaded.metrics is None
    assert as_data(loaded)["outside"]["metrics"] is None


def test_figures_decide_nothing_and_need_a_restart(tmp_path: Path) -> None:
    loaded = load_site(site(tmp_path, '[metrics]\nendpoint = "127.0.0.1:9464"'))
    assert loaded.metrics == Metrics(host="127.0.0.1", port=9464)
    assert loaded.digest == load_site(TWO_TANKS).digest
    assert loaded.warnings == load_site(TWO_TANKS).warnings
    assert as_data(loaded)["outside"]["metrics"] == {"host": "127.0.0.1", "port": 9464}
    assert [each.detail for each in restart_needed(load_site(TWO_TANKS), replace(loaded, path=TWO_TANKS))] == [
        "[metrics] would be another"
    ]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "[::]"])
def test_figures_for_others_are_a_doubt(tmp_path: Path, host: str) -> None:
    loaded = load_site(site(tmp_path, f'[metrics]\nendpoint = "{host}:9464"'))
    assert any("reads along" in problem.wrong for problem in loaded.warnings)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[metrics]", "missing"),
        ('[metrics]\nendpoint = "opc.tcp://127.0.0.1:9464"', "not at an OPC UA URL"),
        ('[metrics]\nendpoint = "127.0.0.1:0"', "port of 1 to 65535"),
        ('[metrics]\nendpoint = "127.0.0.1:9464"\nuser = "x"', "no such key"),
    ],
)
def test_what_cannot_be_is_refused_with_its_mend(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(site(tmp_path, table))
    assert any(said in str(problem) and problem.mend for problem in refused.value.problems)
