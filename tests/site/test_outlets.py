"""The outlets in the site file: what they mean, and what is said of those that can't be."""

from dataclasses import replace
from pathlib import Path

import pytest

from otha.site.check import as_data
from otha.site.difference import restart_needed
from otha.site.load import load_site
from otha.site.outlets import Metrics, Syslog
from otha.site.problem import SiteErrors
from otha.site.written_outlets import Facility, Severity, SyslogTransport
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


def test_a_collector_needs_an_address_and_how_to_go_there(tmp_path: Path) -> None:
    loaded = load_site(site(tmp_path, '[syslog]\nendpoint = "127.0.0.1:514"\ntransport = "udp"'))
    assert loaded.syslog == Syslog(
        host="127.0.0.1",
        port=514,
        transport=SyslogTransport.UDP,
        facility=Facility.LOCAL0,
        least=Severity.INFORMATIONAL,
        server_name="127.0.0.1",
        ca_file=None,
        certificate_file=None,
        key_file=None,
        backlog_rows=1_000_000,
        enterprise_number=32_473,
    )
    assert loaded.digest == load_site(TWO_TANKS).digest
    assert loaded.warnings == load_site(TWO_TANKS).warnings
    assert as_data(loaded)["outside"]["syslog"]["transport"] == "udp"
    assert [each.detail for each in restart_needed(load_site(TWO_TANKS), loaded)] == ["[syslog] would be another"]


def test_files_of_tls_lie_beside_the_site_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    keys = 'ca_file = "ca.pem"\ncertificate_file = "own.pem"\nkey_file = "own.key"\nserver_name = "siem"'
    loaded = load_site(site(tmp_path, f'[syslog]\nendpoint = "192.0.2.5:6514"\ntransport = "tls"\n{keys}'))
    assert loaded.syslog is not None
    assert loaded.syslog.ca_file == tmp_path / "ca.pem"
    assert loaded.syslog.server_name == "siem"
    missing = [each.key for each in loaded.warnings if "there is no file" in each.wrong]
    assert missing == ["certificate_file", "key_file"]


def test_the_journal_on_an_open_way_is_a_doubt(tmp_path: Path) -> None:
    loaded = load_site(site(tmp_path, '[syslog]\nendpoint = "192.0.2.5:514"\ntransport = "tcp"'))
    assert any("reads the journal along" in problem.wrong for problem in loaded.warnings)


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
        ('[syslog]\nendpoint = "127.0.0.1:514"', "transport"),
        ('[syslog]\nendpoint = "127.0.0.1:514"\ntransport = "relp"', "relp"),
        ('[syslog]\nendpoint = "opc.tcp://127.0.0.1:514"\ntransport = "udp"', "not an OPC UA URL"),
        ('[syslog]\nendpoint = "127.0.0.1:514"\ntransport = "udp"\nca_file = "x"', "not used over udp"),
        ('[syslog]\nendpoint = "127.0.0.1:6514"\ntransport = "tls"\nkey_file = "x"', "a certificate needs its key"),
        ('[syslog]\nendpoint = "127.0.0.1:514"\ntransport = "udp"\nleast = "loud"', "loud"),
    ],
)
def test_what_cannot_be_is_refused_with_its_mend(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(site(tmp_path, table))
    assert any(said in str(problem) and problem.mend for problem in refused.value.problems)
