"""The table [interface]: what it means, and what is said of one that can't be."""

from pathlib import Path

import pytest

from otha.site.interface import Interface
from otha.site.load import load_site
from otha.site.problem import SiteErrors
from tests.site.examples import TWO_TANKS


def site(folder: Path, table: str) -> Path:
    path = folder / "site.toml"
    path.write_text(f"{TWO_TANKS.read_text(encoding='utf-8')}\n{table}\n", encoding="utf-8")
    return path


def test_without_the_table_nobody_listens() -> None:
    assert load_site(TWO_TANKS).interface is None


def test_it_needs_no_more_than_an_address(tmp_path: Path) -> None:
    loaded = load_site(site(tmp_path, '[interface]\nendpoint = "127.0.0.1:4840"'))
    assert loaded.interface == Interface(
        host="127.0.0.1", port=4840, allow_none=False, sessions=50, connections=100, idle_lock_ms=1_800_000
    )
    assert loaded.digest == load_site(TWO_TANKS).digest  # it decides nothing


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[interface]", "missing"),
        ('[interface]\nendpoint = "opc.tcp://127.0.0.1:4840"', "not on a URL"),
        ('[interface]\nendpoint = "127.0.0.1:4840"\nconnections = 10', "10 connections can't carry 50 sessions"),
        ('[interface]\nendpoint = "127.0.0.1:4840"\nidle_lock_min = -1', "idle_lock_min"),
        ('[interface]\nendpoint = "127.0.0.1:4840"\nanonymous = true', "no such key"),
    ],
)
def test_what_cannot_be_is_refused_with_its_mend(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(site(tmp_path, table))
    assert any(said in str(problem) for problem in refused.value.problems)


def test_policy_none_is_a_doubt(tmp_path: Path) -> None:
    loaded = load_site(site(tmp_path, '[interface]\nendpoint = "0.0.0.0:4840"\nallow_none = true'))
    assert any("on every network" in problem.wrong for problem in loaded.warnings)
