"""A few transfers of each plant against their twins: within the budgets, and far outside them without tracking."""

import pytest

from bench.bump import KINDS, bump
from sim.kind import Kind


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_transfer_hardly_moves_the_plant(kind: Kind) -> None:
    told = bump(kind, 2, integrals=0.1)
    transfers = (*told.planned, *told.unplanned)
    assert all(each.done for each in transfers)
    assert max(each.step for each in transfers) <= 0.1
    assert sum(each.stray for each in transfers) == 0
    assert max(each.brief.output for each in told.planned) <= 0.1
    assert max(each.brief.output for each in told.unplanned) <= 0.5


def test_without_tracking_it_moves_much() -> None:
    free = bump(KINDS[0], 1, tracking=False, tolerant=True, integrals=0.1)
    assert free.planned[0].done
    assert free.planned[0].brief.output > 5.0


def test_without_tracking_the_gate_lets_nobody_in() -> None:
    refused = bump(KINDS[0], 1, tracking=False, integrals=0.1)
    assert not refused.planned[0].done
    assert not refused.unplanned[0].done
