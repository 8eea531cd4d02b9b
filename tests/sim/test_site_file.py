"""The plant is built as the site file says, or not at all."""

from importlib import resources

import pytest

from sim.errors import UsageError
from sim.plant import TAGS
from sim.site_file import settings

SHIPPED = resources.files("sim").joinpath("sites", "two_tanks.toml").read_text(encoding="utf-8")


def test_the_shipped_site_file_is_taken_over() -> None:
    found = settings(SHIPPED)
    assert found["scan_ms"] == 5
    assert found["tags"] == TAGS
    assert found["tolerance"] == (50, 50, 50)


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
        ("[group.tanks]\n", "[section.two]\n[group.tanks]\n", "no PLC section two"),
    ],
)
def test_what_this_plant_cant_be_is_refused(before: str, after: str, message: str) -> None:
    assert before in SHIPPED
    with pytest.raises(UsageError, match=message) as caught:
        settings(SHIPPED.replace(before, after))
    assert caught.value.mend
