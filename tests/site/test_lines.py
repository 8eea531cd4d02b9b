"""Serial lines: what is written, what is refused, and the sums that are shown."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from otha.site.check import as_data, show_site
from otha.site.line import Line, Parity
from otha.site.line_load import turn
from otha.site.load import load_site
from otha.site.model import Site
from otha.site.problem import Severity, SiteErrors
from tests.site.examples import TWO_TANKS, changed

MS = 1_000_000
OVER_TCP = 'paths.net_b = { endpoint = "127.0.0.1:15023", network = "net_b" }'
DOMAIN = 'net_b = { kind = "network" }\n'
TABLE = '[line.bus]\ndevice = "/dev/ttyUSB0"\nbaud = 19200\nnetwork = "field"\n\n'
# The demo site at an easier pace, and the second path to its PLC over a line.
ON_A_LINE = (
    (OVER_TCP, 'paths.bus = { line = "bus", unit = 3 }'),
    (DOMAIN, DOMAIN + 'field = { kind = "network" }\n'),
    ("[reference.ref_a]", TABLE + "[reference.ref_a]"),
    ("period_ms = 50", "period_ms = 500"),
    ("rpo_ms = 500", "rpo_ms = 5000"),
    ("holdoff_s = 30", "holdoff_s = 60"),
)


def lined(folder: Path, *more: tuple[str, str]) -> Site:
    return load_site(changed(folder, *ON_A_LINE, *more))


def refused(folder: Path, *more: tuple[str, str]) -> dict[tuple[str, str], str]:
    with pytest.raises(SiteErrors) as errors:
        lined(folder, *more)
    return {(p.table, p.key): str(p) for p in errors.value.problems if p.severity is Severity.ERROR}


def test_a_path_over_a_line(tmp_path: Path) -> None:
    site = lined(tmp_path)
    line = site.lines[0].line
    path = site.section("plc").paths[1]
    assert path.endpoint == line
    assert (path.unit, path.network) == (3, "field")
    assert (line.device, line.baud, line.parity, line.stop_bits) == ("/dev/ttyUSB0", 19200, Parity.EVEN, 1)
    assert line.bits == 11
    assert str(line) == "line bus"


def test_without_parity_there_are_two_stop_bits(tmp_path: Path) -> None:
    line = lined(tmp_path, ("baud = 19200", 'baud = 19200\nparity = "none"')).lines[0].line
    assert (line.bits, line.stop_bits) == (11, 2)
    line = lined(tmp_path, ("baud = 19200", 'baud = 19200\nparity = "none"\nstop_bits = 1')).lines[0].line
    assert line.bits == 10


def test_the_times_of_a_line() -> None:
    """Modbus over serial line 1.02: 3.5 characters, above 19,200 baud 1.75 ms."""
    line = Line(
        name="l",
        device="/dev/x",
        baud=9600,
        parity=Parity.EVEN,
        stop_bits=1,
        rs485=False,
        network="n",
        turnaround_ns=20 * MS,
    )
    assert line.wire_ns(1) == 1_145_834
    assert line.silence_ns == 4_010_419
    assert line.exchange_ns(5, 2 + 2 * 55) == line.wire_ns(8) + 20 * MS + line.wire_ns(115) + line.silence_ns


def test_the_fixed_silence_of_fast_lines(tmp_path: Path) -> None:
    line = lined(tmp_path, ("baud = 19200", "baud = 115200")).lines[0].line
    assert line.silence_ns == 1_750_000


def test_the_bounds_of_the_group_know_the_line(tmp_path: Path) -> None:
    """Without `round_trip_ms` it is the exchange with the waits before it; a poll of a transfer takes as long."""
    site = lined(tmp_path, ("round_trip_ms = 2\n", ""))
    load = site.lines[0]
    poll = next(use for use in load.uses if use.what == "gate poll")
    needed_ms = -(-turn(load, poll).ns // MS)
    assert site.group("tanks").own_gate.fast_poll_ns == needed_ms * MS
    (fence,) = (term for term in site.timings[0].failover.terms if term.name == "T_fence")
    assert fence.ns == (2 * needed_ms + 5 + needed_ms + needed_ms + 2) * MS
    assert not [p for p in site.warnings if p.key == "round_trip_ms"]


def test_a_round_trip_shorter_than_the_line_needs_is_doubted(tmp_path: Path) -> None:
    assert [p.table for p in lined(tmp_path).warnings if p.key == "round_trip_ms"] == ["section.plc"]


def test_every_use_of_the_line_is_counted(tmp_path: Path) -> None:
    load = lined(tmp_path).lines[0]
    uses = {(use.user, use.what): use for use in load.uses}
    assert sorted(uses) == [
        ("plc.bus", "gate poll"),
        ("plc.bus", "tags from 2000"),
        ("plc.bus commands", "command path kept warm"),
        ("plc.bus commands", "command, read before and after"),
        ("plc.bus commands", "command, written"),
    ]
    poll = uses["plc.bus", "gate poll"]
    assert poll.exchange_ns == load.line.exchange_ns(5, 2 + 2 * 55)
    assert poll.period_ns == 500 * MS
    assert load.permille == sum(-(-1000 * use.exchange_ns // use.period_ns) for use in load.uses)
    # Polls and tags share one queue, commands have their own.
    assert turn(load, poll).ns == 2 * poll.exchange_ns


def test_it_is_shown(tmp_path: Path) -> None:
    site = lined(tmp_path)
    out = io.StringIO()
    show_site(site, Console(file=out, width=160))
    assert "Line bus, /dev/ttyUSB0 at 19200 baud" in out.getvalue()
    assert "gate poll of plc.bus" in out.getvalue()
    assert "plc.bus line bus" in out.getvalue()
    data = as_data(site)
    assert data["lines"][0]["permille"] == site.lines[0].permille
    assert [device["connections"] for device in data["devices"] if device["name"] == "plc"] == [2]


def test_a_line_that_has_more_to_carry_than_there_is_time(tmp_path: Path) -> None:
    found = refused(tmp_path, ("scan_ms = 5", "scan_ms = 5\npoll_ms = 80"))
    assert "% of the line's time: " in found["line.bus", "baud"]
    assert "gate poll of plc.bus 115." in found["line.bus", "baud"].replace("\n    ", " ")


def test_a_line_that_is_nearly_full_is_doubted(tmp_path: Path) -> None:
    site = lined(tmp_path, ("scan_ms = 5", "scan_ms = 5\npoll_ms = 250"))
    assert 700 < site.lines[0].permille <= 1000
    assert ("line.bus", "baud") in {(p.table, p.key) for p in site.warnings}


def test_a_deadline_that_the_line_can_not_keep(tmp_path: Path) -> None:
    found = refused(tmp_path, ("misses = 3 }", "misses = 3, deadline_ms = 150 }"))
    said = found["group.tanks.detection", "deadline_ms"].replace("\n    ", " ")
    assert "leaves gate poll of plc.bus 150 ms, and on line bus it can take" in said
    assert "= 184.9 ms" in said


SECOND_UNIT = (
    'channels.net_b = { endpoint = "127.0.0.1:15022", network = "net_b" }',
    'channels.bus = { line = "bus", unit = 4 }',
)
SLOW_TAGS = ('{ section = "plc", ', '{ section = "plc", fresh_ms = 3000, ')


def test_a_deadline_that_holds_only_while_the_other_unit_answers_is_doubted(tmp_path: Path) -> None:
    site = lined(tmp_path, SECOND_UNIT, SLOW_TAGS, ("misses = 3 }", "misses = 3, deadline_ms = 450 }"))
    assert not [p for p in site.warnings if p.key == "deadline_ms"]
    site = lined(tmp_path, SECOND_UNIT, SLOW_TAGS, ("misses = 3 }", "misses = 3, deadline_ms = 280 }"))
    (said,) = (p.wrong for p in site.warnings if p.key == "deadline_ms")
    assert "but a silent unit takes 184.9 ms more" in said


@pytest.mark.parametrize(
    ("key", "words", "path"),
    [
        pytest.param("line", "exactly one of the two", '{ line = "bus", endpoint = "127.0.0.1:1" }', id="both"),
        pytest.param("network", "says its network itself", '{ line = "bus", network = "net_b" }', id="network"),
        pytest.param("line", 'there is no line "bsu"', '{ line = "bsu" }', id="no such line"),
        pytest.param("unit", "0 is no unit of a serial line", '{ line = "bus", unit = 0 }', id="broadcast"),
        pytest.param("unit", "248 is no unit of a serial line", '{ line = "bus", unit = 248 }', id="reserved"),
        pytest.param("endpoint", "missing", '{ network = "net_b" }', id="neither"),
        pytest.param("network", "missing", '{ endpoint = "127.0.0.1:15023" }', id="no network"),
    ],
)
def test_paths_that_lead_nowhere(tmp_path: Path, key: str, words: str, path: str) -> None:
    found = refused(tmp_path, ('paths.bus = { line = "bus", unit = 3 }', f"paths.bus = {path}"))
    (said,) = (text for (_, at), text in found.items() if at == key)
    assert words in said.replace("\n    ", " ")


def test_one_unit_over_one_line_is_one_path(tmp_path: Path) -> None:
    found = refused(tmp_path, (SECOND_UNIT[0], 'channels.bus = { line = "bus", unit = 3 }'))
    (said,) = (text for (_, key), text in found.items() if key == "unit")
    assert "line bus unit 3 is already used by [node.sc_b.channels.bus]" in said


def test_opc_ua_is_not_spoken_on_a_line(tmp_path: Path) -> None:
    channel = 'channels.net_b = { endpoint = "127.0.0.1:15022", network = "net_b" }'
    name = TWO_TANKS.read_text(encoding="utf-8").split("[node.sc_b]")[1].split('profile = "')[1].split('"')[0]
    node = f'[node.sc_b]\nprofile = "{name}"'
    found = refused(
        tmp_path,
        (channel, 'channels.bus = { line = "bus", unit = 4 }'),
        (node, node.replace(name, "generic_opcua")),
    )
    assert "a serial line carries Modbus RTU, and the profile speaks OPC UA" in found[
        "node.sc_b.channels.bus", "line"
    ].replace("\n    ", " ")


def test_two_lines_on_one_device(tmp_path: Path) -> None:
    found = refused(tmp_path, (TABLE, TABLE + TABLE.replace("line.bus", "line.other")))
    assert "already the device of line bus" in found["line.other", "device"]


def test_a_line_that_no_path_uses_is_told(tmp_path: Path) -> None:
    other = TABLE.replace("line.bus", "line.other").replace("USB0", "USB1")
    assert [p.table for p in lined(tmp_path, (TABLE, TABLE + other)).warnings if "no path uses it" in p.wrong] == [
        "line.other"
    ]


def test_a_line_is_a_network(tmp_path: Path) -> None:
    found = refused(tmp_path, ('network = "field"', 'network = "host_a"'))
    assert "there is no domain of kind network" in found["line.bus", "network"]


REFERENCE = '[reference.ref_l]\nprofile = "sim_reference"\nline = "bus"\nunit = 7\n\n'


def test_a_reference_point_on_the_line(tmp_path: Path) -> None:
    """Otherwise nobody could tell a dead line from dead units (rule S8)."""
    site = lined(tmp_path, SECOND_UNIT, ("[reference.ref_a]", REFERENCE + "[reference.ref_a]"), SLOW_TAGS)
    reference = next(each for each in site.references if each.name == "ref_l")
    assert (reference.endpoint, reference.network, reference.unit) == (site.lines[0].line, "field", 7)
    (use,) = (use for use in site.lines[0].uses if use.user == "ref_l")
    assert (use.what, use.period_ns, use.deadline_ns) == ("reference point", 500 * MS, 400 * MS)
    assert use.exchange_ns == site.lines[0].line.exchange_ns(5, 2 + 2 * 2)
    assert not [p for p in site.warnings if p.table == "domain.field"]


def test_a_reference_point_without_a_place(tmp_path: Path) -> None:
    found = refused(tmp_path, ("[reference.ref_a]", REFERENCE.replace('line = "bus"\n', "") + "[reference.ref_a]"))
    assert {key for table, key in found if table == "reference.ref_l"} == {"endpoint", "network"}


def _needed(site: Site) -> int:
    load = site.lines[0]
    return max(turn(load, use).ns + load.silent_ns(use.unit) for use in load.uses if use.user == "plc.bus")


SLOWLY_POLLED = (
    ("round_trip_ms = 2\n", ""),
    ("scan_ms = 5", "scan_ms = 5\npoll_ms = 6000"),
    ("hold_max_ms = 10_000", "hold_max_ms = 100_000"),
    ("holdoff_s = 60", "holdoff_s = 120"),
)


def test_a_read_in_a_transfer_has_a_heartbeats_time(tmp_path: Path) -> None:
    site = lined(tmp_path, *SLOWLY_POLLED)
    assert site.section("plc").deadline_ns == 4800 * MS
    assert _needed(site) <= site.section("plc").fast_deadline_ns == 400 * MS


def test_over_a_slow_line_it_has_the_time_that_the_line_needs_while_a_unit_is_silent(tmp_path: Path) -> None:
    quick_heartbeats = tuple(change for change in ON_A_LINE if change[0] != "period_ms = 50")
    site = load_site(changed(tmp_path, *quick_heartbeats, *SLOWLY_POLLED))
    fast_ns = site.section("plc").fast_deadline_ns
    assert 40 * MS < _needed(site) <= fast_ns < _needed(site) + MS


def test_a_deadline_of_a_transfer_that_the_line_cant_keep_is_doubted(tmp_path: Path) -> None:
    site = lined(tmp_path, ("scan_ms = 5", "scan_ms = 5\nfast_deadline_ms = 20"))
    said = [str(p) for p in site.warnings if p.key == "fast_deadline_ms"]
    assert len(said) == 1
    assert "20 ms is shorter than the" in said[0]
