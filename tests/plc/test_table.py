"""The gate's table, scan by scan, from data: the same rows for the simulated gate and the Structured Text program."""

import pytest

from tests.plc import table
from tests.plc.table import Bench, Case, Row

CASES = table.cases()


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    bench = Bench()
    for row in table.way(CASES, case.name):
        bench.play(row)


def test_a_row_that_is_not_so_is_seen() -> None:
    seen, so = ("REVOKE(+1)", "frame"), ("DONE", "FREE", "frame_owner=+1")
    Bench().play(Row(1, seen, so))
    for wrong in ("HELD", "ALREADY", "epoch=+2", "refused_epoch=+1", "applied=1,2", "armed=1", "silent=1"):
        with pytest.raises(AssertionError, match="line 1"):
            Bench().play(Row(1, seen, (*so, wrong)))
    with pytest.raises(AssertionError, match="frame_owner moved"):
        Bench().play(Row(1, seen, so[:2]))
