"""OTHA's own ServiceLevel follows from what speaks against it, and that is told."""

from typing import Any

import pytest

from otha.interface.changes import values
from otha.interface.own_level import DEGRADED, HEALTHY, reasons, service_level
from tests.interface.house import first_status

HEARD: dict[str, Any] = {"isolated": False, "tilted": False}


def test_nothing_speaks_against_a_supervisor_that_is_well() -> None:
    status = {**first_status(), **HEARD}
    assert (reasons(status), service_level(status)) == ([], HEALTHY)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"isolated": True}, "isolated"),
        ({"tilted": True}, "tilted"),
        ({"journal": {"last_seq": 1, "trouble": "no space", "damage": ""}}, "journal: no space"),
        ({"journal": {"last_seq": 1, "trouble": "", "damage": "row 7"}}, "journal: row 7"),
        ({"records": {"trouble": "read-only"}}, "records: read-only"),
    ],
)
def test_what_degrades_it_is_told(changed: dict[str, Any], said: str) -> None:
    status = {**first_status(), **HEARD, **changed}
    assert (reasons(status), service_level(status)) == ([said], DEGRADED)
    assert values(status)["Site.Reasons"][1] == [said]
