"""What taking a peer's bytes may cost, and what is not counted against the peer."""

import gc
from collections.abc import Iterator

import pytest

from otha.guard import PAGE_SIZE, Guard, PeerCostError


@pytest.fixture
def guard() -> Iterator[Guard]:
    """One over a page of nobody's, and the collector as it was."""
    enabled = gc.isenabled()
    yield Guard(bytearray(PAGE_SIZE), limit_s=0.05)
    if enabled:
        gc.enable()


def test_a_collection_of_the_whole_process_is_not_counted_against_a_peer(guard: Guard) -> None:
    gc.enable()
    with guard.taking(1):
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    with guard.taking(1):
        pass
    assert not gc.isenabled()


def test_a_peer_that_costs_too_much_is_stopped_and_the_collector_goes_on(guard: Guard) -> None:
    def busy() -> None:
        while True:
            pass

    gc.enable()
    with pytest.raises(PeerCostError), guard.taking(1):
        busy()
    assert guard.tripped
    assert gc.isenabled()
