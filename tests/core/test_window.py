"""Daily windows of wall time: days, hours, midnight."""

import pytest

from otha.core.window import any_open, parse

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def at(hours: int, minutes: int = 0) -> int:
    return hours * 60 + minutes


@pytest.mark.parametrize(
    ("text", "weekday", "minute", "is_open"),
    [
        ("mon-fri 02:00-04:00", MON, at(2), True),
        ("mon-fri 02:00-04:00", MON, at(1, 59), False),
        ("mon-fri 02:00-04:00", FRI, at(3, 59), True),
        ("mon-fri 02:00-04:00", FRI, at(4), False),
        ("mon-fri 02:00-04:00", SAT, at(3), False),
        # Past midnight it belongs to the day on which it begins.
        ("sun 22:00-06:00", SUN, at(22), True),
        ("sun 22:00-06:00", MON, at(5, 59), True),
        ("sun 22:00-06:00", MON, at(6), False),
        ("sun 22:00-06:00", MON, at(23), False),
        ("sun 22:00-06:00", SUN, at(5), False),
        ("sat-mon 10:00-11:00", SUN, at(10), True),
        ("sat-mon 10:00-11:00", TUE, at(10), False),
        ("mon,wed 10:00-11:00", WED, at(10, 30), True),
        ("mon,wed 10:00-11:00", TUE, at(10, 30), False),
        ("daily 00:00-24:00", THU, at(23, 59), True),
        ("daily 23:00-24:00", THU, at(0), False),
    ],
)
def test_a_window_is_open_from_its_begin_to_before_its_end(text: str, weekday: int, minute: int, is_open: bool) -> None:
    assert parse(text).is_open(weekday, minute) is is_open


@pytest.mark.parametrize(
    "text", ["daily 01:00-02:00", "mon,wed 10:00-11:30", "sat,sun 22:00-06:00", "daily 00:00-24:00", "fri 23:00-24:00"]
)
def test_what_is_read_is_shown_as_it_was_written(text: str) -> None:
    assert str(parse(text)) == text


def test_one_of_several_windows_is_enough() -> None:
    windows = (parse("mon 02:00-03:00"), parse("tue 04:00-05:00"))
    assert any_open(windows, TUE, at(4))
    assert not any_open(windows, MON, at(4))
    assert not any_open((), MON, at(4))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no window"),
        ("02:00-04:00", "no window"),
        ("mon 02:00", "no window"),
        ("monday 02:00-04:00", "names no days"),
        ("mon- 24:00-25:00", "has no time"),
        ("mon 2:00-4:00", "has no time"),
        ("mon 02:60-04:00", "has no time"),
        ("mon 02:00-24:01", "has no time"),
        ("mon 02:00-04:00:00", "has no time"),
        ("mon 03:00-03:00", "ends when it begins"),
        ("mon 24:00-02:00", "ends when it begins"),
    ],
)
def test_what_is_no_window_says_why(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse(text)
