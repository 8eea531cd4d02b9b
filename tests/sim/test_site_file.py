"""The plant is built as the site file says, or not at all."""

from dataclasses import replace
from importlib import resources

import pytest

from sim.errors import UsageError
from sim.kind import Kind
from sim.kinds import KINDS
from sim.plant import HEADER_TAGS, Header, field_tags
from sim.site_file import settings
from sim.whole import Scope

TAGS = field_tags(KINDS["two_tanks"])
WHOLE = resources.files("sim").joinpath("sites", "whole_plant.toml").read_text(encoding="utf-8")
SHIPPED = resources.files("sim").joinpath("sites", "two_tanks.toml").read_text(encoding="utf-8")


def test_the_shipped_site_file_is_taken_over() -> None:
    found = settings(SHIPPED)
    assert found["scan_ms"] == 5
    assert found["tags"] == TAGS
    assert found["tolerance"] == (50, 50, 50)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_each_kinds_site_file_describes_its_plant(kind: Kind) -> None:
    text = resources.files("sim").joinpath("sites", f"{kind.name}.toml").read_text(encoding="utf-8")
    found = settings(text, kind=kind)
    assert found["tags"] == field_tags(kind)
    assert (found["scan_ms"], found["cycle_ms"]) == (kind.scan_ms, kind.cycle_ms)
    assert (found["owner_watchdog_ms"], found["hold_max_ms"]) == (kind.gate.owner_watchdog_ms, kind.gate.hold_max_ms)
    assert found["tolerance"] == kind.gate.tolerance


def test_times_and_addresses_follow_the_file() -> None:
    text = SHIPPED.replace("hold_max_ms = 10_000", "hold_max_ms = 3000").replace("address = 2000", "address = 2020")
    found = settings(text)
    assert found["hold_max_ms"] == 3000
    assert found["tags"]["maintenance_key"] == 2020


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[site]", "[site", "no TOML"),
        ("[node.sc_b]", "[node.sc_c]", "no node sc_c"),
        ("number = 2", "number = 3", "number 3"),
        ("maintenance_key = {", "key = {", "no tag 'key'"),
        ('    { name = "valve", tolerance_pct = 0.5 },\n', "", "3 outputs, the site file 2"),
        ("scan_ms = 5\n", "scan_ms = 10\n", "scans of 5 ms"),
        ("[group.tanks]\n", "[section.two]\n[group.tanks]\n", "no PLC section two"),
    ],
)
def test_what_this_plant_cant_be_is_refused(before: str, after: str, message: str) -> None:
    assert before in SHIPPED
    with pytest.raises(UsageError, match=message) as caught:
        settings(SHIPPED.replace(before, after))
    assert caught.value.mend


def test_the_whole_plants_second_section_is_taken_over() -> None:
    found = settings(WHOLE, Scope.WHOLE)
    held = found["header"].hold
    assert [each["action"] for each in held[""]] == ["ramp", "hold"]
    assert replace(found["header"], hold={}) == Header()
    assert (found["status_base"], found["tags"]) == (1000, TAGS)
    moved = WHOLE.replace("address = 5010", "address = 5020").replace("hold_max_ms = 20_000", "hold_max_ms = 9000")
    header = settings(moved, Scope.WHOLE)["header"]
    assert (header.hold_max_ms, header.tags) == (9000, HEADER_TAGS | {"header_level": 5020})


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[section.header]", "[section.boiler]", "no PLC section boiler"),
        ("frame_base = 4300\nscan_ms = 5", "frame_base = 4300\nscan_ms = 10", "in one scan"),
        ('    { name = "return_valve", tolerance_pct = 0.5 },\n', "", "2 outputs, the site file 1"),
        ("header_level = {", "header_depth = {", "no tag 'header_depth'"),
    ],
)
def test_what_the_whole_plant_cant_be_is_refused(before: str, after: str, message: str) -> None:
    assert before in WHOLE
    with pytest.raises(UsageError, match=message) as caught:
        settings(WHOLE.replace(before, after), Scope.WHOLE)
    assert caught.value.mend


def test_the_tanks_know_nothing_of_the_header() -> None:
    with pytest.raises(UsageError, match="no PLC section header"):
        settings(WHOLE)
