"""Site files as people and their editors write them: byte order marks, mistyped addresses, names that are paths."""

from pathlib import Path

import pytest

from otha.site.load import load_site
from otha.site.problem import Problem, SiteErrors
from otha.site.read import Endpoint
from tests.site.examples import TWO_TANKS, changed, loaded

FIRST = 'endpoint = "127.0.0.1:15011"'


def _refused(path: Path) -> Problem:
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    (problem,) = refused.value.problems
    return problem


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    text = TWO_TANKS.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_site(path).core == load_site(TWO_TANKS).core


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_told_how_to_save_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(TWO_TANKS.read_text(encoding="utf-8").replace("coupled", "gekoppelte Behälter").encode(encoding))
    problem = _refused(path)
    assert (problem.wrong, problem.mend) == ("the file can't be read: it is not UTF-8 text", "Save it as UTF-8")


def test_nesting_beyond_what_can_be_read_is_an_error_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("a = " + "[" * 5_000 + "]" * 5_000)
    assert "nested too deeply" in _refused(path).wrong


@pytest.mark.parametrize("name", ["../../etc", "a/b", ".", "Kläranlage [red]"])
def test_a_site_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    problem = _refused(changed(tmp_path, ('name = "two_tanks"', f'name = "{name}"')))
    assert (problem.table, problem.key, problem.wrong) == ("site", "name", f'"{name}" is no name')


@pytest.mark.parametrize("host", ["10.0.0.300", "10.0.0", "a..b", "-a.b", "a" * 64, ".", "[::1.2]", "1"])
def test_a_host_that_can_be_no_address_and_no_name_is_refused(tmp_path: Path, host: str) -> None:
    problem = _refused(changed(tmp_path, (FIRST, f'endpoint = "{host}:502"')))
    assert (problem.table, problem.key) == ("node.sc_a.channels.net_a", "endpoint")
    assert "neither an IP address nor a host name" in problem.wrong


@pytest.mark.parametrize("host", ["plc-4.line_2.example", "plc.example.", "7up.example", "10.0.0.30"])
def test_addresses_and_names_are_taken(tmp_path: Path, host: str) -> None:
    site = loaded(tmp_path, (FIRST, f'endpoint = "{host}:502"'))
    assert site.channels[0].endpoint == Endpoint(host=host, port=502)


def test_tracked_tags_of_an_open_profile_are_given_in_the_site_file(tmp_path: Path) -> None:
    block = (
        'profile = "generic_modbus"\nregisters.heartbeat = { at = 2 }\nfrozen_after_ms = 300\ncycle_ms = 10\nnumber = 1'
    )
    old = 'profile = "sim_soft_controller"\nnumber = 1'
    with pytest.raises(SiteErrors) as refused:
        loaded(tmp_path, (old, block))
    mends = {problem.mend for problem in refused.value.problems if problem.table.startswith("group.tanks.tracked")}
    assert mends == {"Give its register in [node.sc_a.tracked], or take it out here"}


def test_where_there_is_no_network_the_mend_says_how_to_write_one(tmp_path: Path) -> None:
    nets = ((f'net_{n} = {{ kind = "network" }}', f'net_{n} = {{ kind = "switch" }}') for n in "ab")
    with pytest.raises(SiteErrors) as refused:
        loaded(tmp_path, *nets)
    mends = {problem.mend for problem in refused.value.problems if problem.key == "network"}
    assert 'Give it under [domain]: net_a = { kind = "network" }' in mends
