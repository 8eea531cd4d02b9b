"""What OTHA tells in codes and numbers, as a person reads it."""

import os
import time
from collections.abc import Iterator

import pytest

from hmi import say


@pytest.fixture
def station_in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(os.environ, "TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("station_in_berlin")
@pytest.mark.parametrize(
    ("iso", "said"),
    [
        ("2026-01-04T08:00:59.821518Z", "2026-01-04 09:00"),
        ("2026-07-04T22:30:00+00:00", "2026-07-05 00:30"),
        ("never", "never"),
        ("", ""),
    ],
)
def test_a_moment_is_the_stations_own_to_the_minute(iso: str, said: str) -> None:
    assert say.moment(iso) == said
