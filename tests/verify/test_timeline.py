"""Moments of a recording as a person names them."""

import pytest

from otha.core.errors import EngineerError
from otha.journal.recording import Header
from otha.verify.timeline import Mark, Timeline, parse_mark

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("12s", Mark(offset_ns=12 * S)),
        ("+1.5s", Mark(offset_ns=3 * S // 2)),
        ("250ms", Mark(offset_ns=S // 4)),
        ("0.000000001s", Mark(offset_ns=1)),
        ("2m", Mark(offset_ns=120 * S)),
        ("0:01:02.25", Mark(offset_ns=62 * S + S // 4)),
        ("1 day, 1:00:00", Mark(offset_ns=25 * 3600 * S)),
        ("1970-01-01T00:00:10+00:00", Mark(wall_ns=10 * S)),
        ("1970-01-01T02:00:00.5+02:00", Mark(wall_ns=S // 2)),
    ],
)
def test_a_moment_is_an_offset_or_a_wall_time(text: str, mark: Mark) -> None:
    assert parse_mark(text, "--from") == mark


@pytest.mark.parametrize("text", ["", "12", "noon", "2026-11-29", "12:99:00", "-5s", "1e3s", "٣s"])
def test_anything_else_is_refused_and_says_how(text: str) -> None:
    with pytest.raises(EngineerError, match="--from") as refused:
        parse_mark(text, "--from")
    assert "0:01:12.5" in refused.value.mend


def header(run: str, wall_ns: int) -> Header:
    return Header(code_version="1", site_hash="x", python_version="3", snapshot=b"", run=run, wall_ns=wall_ns)


def test_a_run_counts_monotonic_and_the_next_one_by_the_wall() -> None:
    times = Timeline()
    times.begin(header("one", 1_000 * S))
    times.take(5 * S)
    assert (times.offset_ns(7 * S), times.wall_ns(7 * S)) == (2 * S, 1_002 * S)
    times.begin(header("one", 1_500 * S))  # the clock was set meanwhile
    times.take(15 * S)
    assert (times.offset_ns(16 * S), times.wall_ns(16 * S)) == (11 * S, 1_501 * S)
    times.begin(header("two", 2_000 * S))  # another start of the machine: its monotonic clock is younger
    times.take(1 * S)
    assert (times.offset_ns(3 * S), times.wall_ns(3 * S)) == (1_002 * S, 2_002 * S)
    assert times.reached(Mark(offset_ns=1_002 * S), 3 * S)
    assert not times.reached(Mark(wall_ns=2_003 * S), 3 * S)
