"""The Structured Text's numbers are those of plc_profiles/otha_gate.toml and of the simulated gate."""

import tomllib
from importlib import resources
from typing import Any

import pytest

from sim.gate import FRAME_REFUSALS, REFUSALS
from sim.hold_action import ACTIONS
from sim.registers import Answer, Opcode, State, gate_map
from tests.plc.pair import FILES, FOLDER, library, source
from tests.plc.st.types import Array, Struct

COUNTERS = (*REFUSALS.values(), *FRAME_REFUSALS)


def gate_file() -> dict[str, Any]:
    return tomllib.loads(resources.files("plc_profiles").joinpath("otha_gate.toml").read_text(encoding="utf-8"))


def wanted(name: str) -> int:
    """What a constant of that name has to be, by its first word."""
    kind, _, rest = name.partition("_")
    raw = gate_file()
    tables = {"STATUS": raw["status"], "COMMAND": raw["command"], "FRAME": raw["frame"]}
    match kind:
        case "STATE":
            return State[rest]
        case "ANSWER":
            return Answer[rest]
        case "COUNT":
            return COUNTERS.index(rest.lower())
        case "MAGIC" | "LAYOUT":
            return int(raw["gate"][name.lower()])
        case _ if rest in ("LENGTH", "STRIDE"):
            return int(tables[kind][rest.lower()])
        case _:
            return next(int(field["at"]) for field in tables[kind]["fields"] if field["name"] == rest.lower())


@pytest.mark.parametrize(("unit", "name", "value"), library().constants())
def test_every_constant_is_the_register_maps(unit: str, name: str, value: int) -> None:
    assert value == wanted(name), f"{unit}.{name}"


def test_every_field_of_the_map_is_taken_or_shown() -> None:
    """A field that is added to the map and forgotten in the program is missed here."""
    named = {name for _, name, _ in library().constants()}
    raw = gate_file()
    # Ten counters in a row are shown by the first one's place; what is reserved is nobody's.
    for table in ("status", "command"):
        for field in raw[table]["fields"]:
            name = field["name"]
            if name.startswith("reserved") or name in COUNTERS[1:]:
                continue
            assert f"{table.upper()}_{name.upper()}" in named
    places = [field["at"] for field in raw["status"]["fields"] if field["name"] in COUNTERS]
    assert places == list(range(places[0], places[0] + len(COUNTERS)))
    for field in raw["frame"]["fields"]:
        assert field["at"] < 0 or f"FRAME_{field['name'].upper()}" in named


def test_the_blocks_have_the_maps_sizes() -> None:
    shape, raw, types = gate_map(), gate_file(), library().types
    sizes = {name: found.high + 1 for name, found in types.items() if isinstance(found, Array) and found.low == 0}
    assert sizes["OTHA_STATUS_WORDS"] == shape.status_total(raw["gate"]["max_outputs"])
    assert sizes["OTHA_COMMAND_WORDS"] == shape.command_length
    assert sizes["OTHA_FRAME_WORDS"] == shape.frame_stride * shape.max_nodes
    assert sizes["OTHA_OUTPUTS"] == raw["gate"]["max_outputs"]
    counts = dict(types["OTHA_GATE_DATA"].fields)["COUNTS"] if isinstance(types["OTHA_GATE_DATA"], Struct) else None
    assert isinstance(counts, Array)
    assert counts.high + 1 == len(COUNTERS)


def test_choices_by_number_say_what_they_choose() -> None:
    gate, hold = source("otha_gate"), source("otha_hold")
    for opcode in Opcode:
        assert f"    {opcode.value}: (* {opcode.name} *)" in gate
    kinds = dict(enumerate(ACTIONS))
    assert [word.upper() for word in kinds.values()] == ["HOLD", "VALUE", "RAMP", "STOP_MOTION", "LOCAL_LOOP"]
    for said in ("1, 3: (* VALUE, STOP_MOTION *)", "2: (* RAMP *)", "4: (* LOCAL_LOOP *)", "ELSE (* HOLD,"):
        assert said in hold


def test_all_shipped_files_are_tested_and_nothing_in_them_is_unused() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.st" for name in FILES}
    assert library().unused == []
