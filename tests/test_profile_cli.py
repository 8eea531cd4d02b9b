"""`otha profile`: what it tells of the shipped profiles, and of every simulated device; planted mistakes are named."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otha.profile_cli import app
from otha.site.load import load_site
from otha.site.profile import load_profile, shipped_profiles

WAIT_S = 60.0
LIBRARY = Path(__file__).resolve().parent.parent / "plc_profiles"


@contextmanager
def running(*command: str) -> Iterator[Path]:
    """The site file of a simulated plant, which ends with the context."""
    folder = Path(command[-1])
    whole = [sys.executable, "-m", "sim", *command[:-1], "--dir", str(folder), "--ephemeral"]
    with subprocess.Popen(whole, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("ready ")
            yield folder / "site.toml"
        finally:
            process.terminate()
            process.wait(WAIT_S)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running("up", "--plant", "whole_plant", "--gateways", str(tmp_path_factory.mktemp("whole"))) as site:
        yield site


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running("native", str(tmp_path_factory.mktemp("native"))) as site:
        yield site


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def tried(*arguments: str, lasting: str = "0s") -> dict[str, Any]:
    """What a check tells; its exit code agrees."""
    code, output = run("check", *arguments, "--for", lasting, "--json")
    told: dict[str, Any] = json.loads(output)
    assert code == (0 if told["ok"] else 1)
    return told


def wrong(told: dict[str, Any]) -> dict[str, str]:
    """Items that are wrong, each with what is said and how it is mended."""
    return {each["item"]: f"{each['wrong']} | {each['mend']}" for each in told["findings"] if each["grade"] == "wrong"}


def endpoint(site: Path, node: str) -> tuple[str, str]:
    way = load_site(site).node(node).channels[0]
    return str(way.endpoint), str(way.unit)


NODES = tuple(node.name for node in load_site(Path(__file__).parent.parent / "sim/sites/whole_plant.toml").nodes)


@pytest.mark.parametrize("node", NODES)
def test_the_devices_of_the_whole_plant_are_as_their_profiles_say(plant: Path, node: str) -> None:
    told = tried("--site", str(plant), "--node", node)
    assert told["ok"], wrong(told)
    assert {each["grade"] for each in told["findings"]} <= {"good", "doubt"}
    profile = load_site(plant).node(node).profile
    assert set(profile.item_names) <= {each["item"] for each in told["findings"]}


SECTIONS = ("plc", "header")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_gates_of_the_whole_plant_are_as_the_site_file_says(plant: Path, section: str) -> None:
    told = tried("--site", str(plant), "--section", section)
    assert told["ok"], wrong(told)
    assert {each["grade"] for each in told["findings"]} <= {"good", "doubt"}
    judged = load_site(plant)
    tags = {tag.name for read in judged.tag_reads if read.source == section for tag in read.tags}
    paths = {path.name for path in judged.section(section).paths[1:]}
    assert {f"tag {tag}" for tag in tags} | {f"path {path}" for path in paths} <= {
        each["item"] for each in told["findings"]
    }


GATES = {
    "base": (r"(?m)^status_base = (\d+)", "status_base = 9000", "status request", "exception 2"),
    "hold": (r"(?m)^hold_max_ms = [0-9_]+", "hold_max_ms = 11_000", "hold_max_ms", "the site file says 11000"),
    "number": (r"(?m)^number = 1$", "number = 8", "owner", "the file knows 2 sc_b"),
}


@pytest.mark.parametrize("mistake", GATES)
def test_a_site_file_that_does_not_fit_its_gate_is_told(plant: Path, mistake: str) -> None:
    old, new, item, says = GATES[mistake]
    text, count = re.subn(old, new, plant.read_text(encoding="utf-8"), count=1)
    assert count == 1
    path = plant.with_name(f"{mistake}.toml")
    path.write_text(text, encoding="utf-8")
    found = wrong(tried("--site", str(path), "--section", "plc"))
    assert says in found.get(item, ""), found


def test_a_gate_takes_an_empty_command_for_none(plant: Path) -> None:
    before = tried("--site", str(plant), "--section", "plc")
    told = tried("--site", str(plant), "--section", "plc", "--write")
    assert told["ok"], wrong(told)
    after = tried("--site", str(plant), "--section", "plc")
    (was,) = [each["said"] for each in before["findings"] if each["item"] == "refusals"]
    (now,) = [each["said"] for each in after["findings"] if each["item"] == "refusals"]
    assert was == now


def test_a_section_that_the_file_does_not_have(plant: Path) -> None:
    code, output = run("check", "--site", str(plant), "--section", "plx")
    assert (code, "it has plc, header" in output) == (2, True), output


def test_a_reference_point(plant: Path) -> None:
    reference = load_site(plant).references[0]
    assert tried("sim_reference", "--against", str(reference.endpoint))["ok"]


@pytest.mark.parametrize("node", ["pac_a", "pac_b", "cpu_1", "cpu_2"])
def test_the_native_pairs_are_as_their_profiles_say(pairs: Path, node: str) -> None:
    told = tried("--site", str(pairs), "--node", node)
    assert told["ok"], wrong(told)
    (role,) = [each["said"] for each in told["findings"] if each["item"] == "role"]
    assert ("active" if node in ("pac_a", "cpu_1") else "standby") in role


def planted(folder: Path, name: str, *changes: tuple[str, str]) -> str:
    """A shipped profile with mistakes in it, as a file of its own."""
    text = (LIBRARY / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return str(folder / f"{name}.toml")


CYCLE = 'cycle = { at = 4, type = "u32" }'
BEAT = 'heartbeat = { at = 2, type = "u32" }'
NO_LEVEL = ("level = { at = 7 }", "level = { fixed = 200 }")
SESSION = 'session = { at = 14, type = "u32" }'
MODBUS: dict[str, tuple[tuple[tuple[str, str], ...], str, str]] = {
    "wrong register": ((("length = 27", "length = 125"),), "heartbeat request", "exception 2"),
    "wrong layout": ((("value = 1 # layout", "value = 2 # layout"),), "check", "must be 0x0002"),
    "shifted by one": ((("at = 0\nvalue = 0x5343", "at = 1\nvalue = 0x5343"),), "check", "count from 0"),
    "word order": ((("length = 27", 'length = 27\nword_order = "low_first"'),), "cycle", 'word_order = "high_first"'),
    "data type": (((CYCLE, "cycle = { at = 4 }"),), "cycle", 'type = "u32"'),
    "no counter": (((BEAT, "heartbeat = { at = 1 }"),), "heartbeat", "FROZEN"),
    "no role": ((("role = { at = 6,", "role = { at = 7,"), NO_LEVEL), "role", "known role"),
    "no level": ((("level = { at = 7 }", "level = { at = 0 }"),), "level", "0 to 255"),
    "no nonce": (((SESSION, 'session = { at = 4, type = "u32" }'),), "session", "changes"),
    "function": ((("function = 3", "function = 4"),), "", ""),
}


@pytest.mark.parametrize("mistake", MODBUS)
def test_a_planted_mistake_in_a_modbus_profile_is_named(plant: Path, tmp_path: Path, mistake: str) -> None:
    changes, item, says = MODBUS[mistake]
    at, unit = endpoint(plant, "sc_a")
    told = tried(planted(tmp_path, "sim_soft_controller", *changes), "--against", at, "--unit", unit)
    if not item:
        assert told["ok"], "the simulated controllers answer both functions alike"
        return
    assert says in wrong(told).get(item, ""), told


def test_a_register_that_can_not_be_read_is_told_item_by_item(plant: Path, tmp_path: Path) -> None:
    name = planted(
        tmp_path, "sim_soft_controller", ("output_2 = { at = 25 }", "output_2 = { at = 99 }"), ("length = 27\n", "")
    )
    at, _ = endpoint(plant, "sc_a")
    found = wrong(tried(name, "--against", at))
    assert set(found) == {"heartbeat request", "tracked output_2"}
    assert "illegal data address" in found["tracked output_2"]


def test_a_read_only_register_where_a_command_must_be_written(plant: Path, tmp_path: Path) -> None:
    name = planted(
        tmp_path, "sim_soft_controller", ("writable = []", 'writable = [{ at = 6, count = 1, doc = "role" }]')
    )
    at, _ = endpoint(plant, "sc_a")
    told = tried(name, "--against", at)
    (untried,) = [each for each in told["findings"] if each["item"].startswith("writable")]
    assert (untried["grade"], told["ok"]) == ("untried", True), "it only reads unless it is told to write"
    found = wrong(tried(name, "--against", at, "--write"))
    assert "can't be written, and a command must be: exception 2" in found["writable (role)"]


def test_another_unit(plant: Path) -> None:
    at, _ = endpoint(plant, "sc_a")
    found = wrong(tried("sim_soft_controller", "--against", at, "--unit", "9"))
    assert "exception 11" in found["heartbeat request"]
    assert "--unit" in found["heartbeat request"]


SPACE = "nsu=urn:otha:sim:historian;s="
PROMOTE = f'method = "{SPACE}Promote"'
ORDERS = "method (orders the store)"


def cycle(node: str) -> tuple[str, str]:
    return f'cycle = {{ node = "{SPACE}Cycle" }}', f'cycle = {{ node = "{node}" }}'


OPCUA: dict[str, tuple[tuple[str, str], str, str]] = {
    "bad NodeId": (cycle(f"{SPACE}Cicle"), "cycle", "BadNodeId"),
    "namespace": (cycle("nsu=urn:other;s=Cycle"), "cycle", "does not know the namespace urn:other"),
    "type": (cycle("i=2255"), "cycle", "wrong type"),
    "an object": (cycle(f"{SPACE}Node"), "cycle", "this one has no value"),
    "no counter": (cycle(f"{SPACE}Role"), "cycle", "stands still"),
    "no role": ((f'role = {{ node = "{SPACE}Role"', f'role = {{ node = "{SPACE}Heartbeat"'), "role", "known role"),
    "no level": (('level = { node = "i=2267" }', 'level = { node = "i=2258" }'), "level", "0 to 255"),
    "null": (('level = { node = "i=2267" }', 'level = { node = "i=2742" }'), "level", "level = { fixed = 200 }"),
    "no nonce": ((f'session = {{ node = "{SPACE}Session"', 'session = { node = "i=2258"'), "session", "changes"),
    "no method": ((PROMOTE, f'method = "{SPACE}Role"'), ORDERS, "is no method"),
    "method": ((PROMOTE, f'method = "{SPACE}Promot"'), ORDERS, "BadNodeId"),
}


@pytest.mark.parametrize("mistake", OPCUA)
def test_a_planted_mistake_in_an_opcua_profile_is_named(plant: Path, tmp_path: Path, mistake: str) -> None:
    change, item, says = OPCUA[mistake]
    at, _ = endpoint(plant, "hist_a")
    lasting = "2s" if mistake in ("no counter", "no nonce") else "0s"  # those two show in time alone
    told = tried(planted(tmp_path, "sim_historian", change), "--against", at, lasting=lasting)
    assert says in wrong(told).get(item, ""), told


def test_an_open_profile_alone_leaves_its_addresses_untried(pairs: Path) -> None:
    at, _ = endpoint(pairs, "cpu_1")
    told = tried("siemens_wincc_redundancy", "--against", at)
    assert {each["item"]: each["grade"] for each in told["findings"]} == {
        "role": "untried",
        "level": "good",
        "session": "good",
    }


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("sim_soft_controler", "--against", "127.0.0.1:1"), 2, "did you mean sim_soft_controller?"),
        (("sim_soft_controller",), 2, "--against ENDPOINT"),
        (("sim_soft_controller", "--against", "127.0.0.1"), 2, "is no endpoint"),
        (("sim_soft_controller", "--against", "opc.tcp://127.0.0.1:4840"), 2, "another protocol"),
        (("sim_scada", "--against", "127.0.0.1:4840"), 2, 'begins with "opc.tcp://"'),
        (("otha_gate", "--against", "127.0.0.1:1"), 2, "no profile of a node"),
        (("sim_soft_controller", "--against", "127.0.0.1:1", "--for", "soon"), 2, "is no time"),
        (("sim_soft_controller", "--against", "127.0.0.1:1"), 1, "can't be reached"),
        (("sim_scada", "--against", "opc.tcp://127.0.0.1:1/", "--timeout-ms", "500"), 1, "connection refused"),
        (("--site", "nowhere.toml", "--node", "x"), 2, "can't be read"),
    ],
)
def test_what_can_not_be_tried(arguments: tuple[str, ...], code: int, says: str) -> None:
    got, output = run("check", *arguments)
    assert (got, says in output) == (code, True), output


def test_a_check_as_a_person_reads_it(plant: Path) -> None:
    code, output = run("check", "--site", str(plant), "--node", "sc_a", "--for", "1s")
    assert code == 0
    assert re.search(r"^good +cycle  registers 4\.\.5 u32  \d+ -> \d+", output, flags=re.MULTILINE), output
    assert "sim_soft_controller at sc_a." in output


def test_the_list_names_every_profile() -> None:
    code, output = run("list", "--json")
    told = json.loads(output)
    assert code == 0
    assert [each["name"] for each in told] == list(shipped_profiles())
    assert all(each["source"] for each in told)
    assert "siemens_s7_1500rh" in run("list")[1]


def test_one_profile_shown() -> None:
    code, output = run("show", "schneider_m580_modbus")
    assert code == 0
    assert "authority native; fencing none" in output
    assert output.count("left open: ") == len(load_profile("schneider_m580_modbus", Path()).leaves_open)


@pytest.mark.parametrize("flag", [[], ["--opcua"]])
def test_a_new_profile_loads_as_it_stands(tmp_path: Path, flag: list[str]) -> None:
    code, output = run("new", "press_line", "--dir", str(tmp_path), *flag)
    assert (code, output) == (0, f"{tmp_path / 'press_line.toml'}\n")
    profile = load_profile("press_line.toml", tmp_path)
    assert {"heartbeat", "level"} <= set(profile.item_names)
    text = (tmp_path / "press_line.toml").read_text()
    assert run("new", "press_line", "--dir", str(tmp_path))[0] == 2
    assert (tmp_path / "press_line.toml").read_text() == text, "what is there is left alone"


@pytest.mark.parametrize(
    ("name", "says"), [("1st", "is no name"), ("sim_scada", "comes with OTHA"), ("../x", "is no name")]
)
def test_a_name_that_can_not_be(tmp_path: Path, name: str, says: str) -> None:
    code, output = run("new", name, "--dir", str(tmp_path))
    assert (code, says in output) == (2, True)
    assert list(tmp_path.iterdir()) == []
