"""What taking a peer's bytes may cost, and what is not counted against the peer."""

import gc
import hashlib
import threading
import time
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


def test_what_other_threads_spend_is_not_counted_against_a_peer(guard: Guard) -> None:
    def busy() -> None:
        until = time.thread_time() + 0.2
        while time.thread_time() < until:
            hashlib.sha256(bytes(1_000_000))

    thread = threading.Thread(target=busy)
    with guard.taking(1):
        thread.start()
        thread.join()
    assert not guard.tripped
