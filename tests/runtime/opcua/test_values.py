"""What OPC UA values become, and how much CPU time a peer's bytes may cost."""

import mmap
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncua import ua as asyncua_ua

from otha.guard import PAGE_SIZE, Guard, PeerCostError, blamed
from otha.runtime.opcua.values import number, plain, resolve, text
from otha.site.opcua import INT64_MAX, Want

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "counts", "made"),
    [
        (7, 1, 7),
        (True, 1, 1),
        (12.345, 100, 1234),
        (float("nan"), 1, None),
        (float("inf"), 1, None),
        ("7", 1, None),
        ([7], 1, None),
        (None, 1, None),
        (INT64_MAX, 1, INT64_MAX),
        (INT64_MAX, 2, None),
        (1e300, 1, None),
        (1e308, 1000, None),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), 1, 1000),
        (datetime(1970, 1, 1, 0, 0, 1), 1, 1000),  # noqa: DTZ001 - asyncua may give UTC without saying so
        (datetime(1601, 1, 1, tzinfo=UTC), 1, None),
    ],
)
def test_numbers(value: object, counts: int, made: int | None) -> None:
    assert number(value, counts) == made


def test_texts() -> None:
    assert text("press") == "press"
    assert text(["first", "second"]) == "first"
    assert text(ua.LocalizedText("word")) == "word"
    assert text("x" * 1000) == "x" * 200
    assert text("half \ud800 pair") == "half ? pair"
    assert text(7) is None
    assert text([]) is None


def _value(value: Any, status: int = 0, then: datetime | None = None) -> Any:
    return ua.DataValue(ua.Variant(value), ua.StatusCode(status), then)


def test_a_status_decides_what_is_used() -> None:
    assert plain(_value(5), Want.NUMBER, 2, None) == 10
    assert plain(_value(5, 0x40000000), Want.NUMBER, 1, None) == 5
    assert plain(_value(5, 0x80000000), Want.NUMBER, 1, None) is None
    assert plain(_value("a"), Want.TEXT, 1, None) == "a"


def test_ages() -> None:
    then = NOW - timedelta(milliseconds=1500)
    assert plain(_value(5, then=then), Want.AGE, 1, NOW) == 1500
    assert plain(_value(5, then=NOW + timedelta(seconds=1)), Want.AGE, 1, NOW) == 0
    assert plain(_value(5, then=then), Want.AGE, 1, None) is None
    assert plain(_value(5), Want.AGE, 1, NOW) is None


def test_nodes_are_found_by_the_servers_own_indexes() -> None:
    spaces = ["http://opcfoundation.org/UA/", "urn:server", "urn:plant"]
    assert resolve("nsu=urn:plant;s=Speed", spaces) == ua.NodeId("Speed", 2)
    assert resolve("i=2267", spaces) == ua.NodeId(2267, 0)
    assert resolve("nsu=urn:other;s=Speed", spaces) is None


@pytest.fixture
def page() -> Iterator[mmap.mmap]:
    before = signal.getsignal(signal.SIGPROF)
    with mmap.mmap(-1, PAGE_SIZE) as page:
        yield page
    signal.signal(signal.SIGPROF, before)


def _toil(guard: Guard, page: mmap.mmap) -> None:
    with guard.taking(3):
        while blamed(page) == 3:
            pass


def test_work_that_does_not_end_is_ended(page: mmap.mmap) -> None:
    guard = Guard(page)
    with pytest.raises(PeerCostError):
        _toil(guard, page)
    tripped = [guard.tripped]
    assert blamed(page) is None
    with guard.taking(0):
        assert blamed(page) == 0
        tripped.append(guard.tripped)
    assert tripped == [True, False]
    assert blamed(page) is None


def test_memory_that_does_not_suffice_is_told(page: mmap.mmap) -> None:
    guard = Guard(page)

    def full() -> None:
        with guard.taking(1):
            raise MemoryError

    with pytest.raises(MemoryError):
        full()
    assert guard.tripped
