"""What the demo writes into its site file about its disk."""

from pathlib import Path

import pytest

from otha.core.errors import HostError
from otha.demo import disk
from otha.demo.play import site_text, write_site
from otha.site.load import load_site

MS = 1_000_000


def test_three_times_the_slowest_commit_within_reason() -> None:
    assert [disk.commit_ms(each) for each in (0, 5 * MS, 9 * MS, 40 * MS + 1, 300 * MS)] == [15, 15, 27, 121, 500]


def test_the_disk_is_measured_and_nothing_is_left(tmp_path: Path) -> None:
    assert disk.slowest_commit_ns(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError) as told:
        disk.slowest_commit_ns(tmp_path / "nowhere")
    assert told.value.mend


def test_the_acts_site_file_says_what_was_measured(tmp_path: Path) -> None:
    path, said = write_site(tmp_path, 20)
    site = load_site(path)
    assert site.core.channels[0].period_ns == 20 * MS
    cas = next(term for term in site.timings[0].failover.terms if term.name == "T_cas")
    assert said.endswith(f"commit_ms = {(cas.ns - 2 * MS) // MS}")
    assert site_text() in (site_text(50), site_text(None))
