"""Daily windows of wall time. Judged outside the core, which is told whether one is open: it has no clock."""

from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWindow:
    """From `from_min` to `to_min`, minutes of the day by the supervisor's local wall time, on `days` (0: Monday). One
    that ends no later than it begins runs past midnight and belongs to the day on which it begins."""

    days: tuple[int, ...]
    from_min: int
    to_min: int

    def is_open(self, weekday: int, minute: int) -> bool:
        """Whether minute `minute` of that day lies in it."""
        if self.from_min < self.to_min:
            return weekday in self.days and self.from_min <= minute < self.to_min
        begun_today = weekday in self.days and minute >= self.from_min
        begun_yesterday = (weekday - 1) % len(DAYS) in self.days and minute < self.to_min
        return begun_today or begun_yesterday

    def __str__(self) -> str:
        days = "daily" if len(self.days) == len(DAYS) else ",".join(DAYS[day] for day in self.days)
        return f"{days} {_clock(self.from_min)}-{_clock(self.to_min)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def any_open(windows: tuple[DayWindow, ...], weekday: int, minute: int) -> bool:
    """Whether one of them is open then."""
    return any(each.is_open(weekday, minute) for each in windows)


def parse(text: str) -> DayWindow:
    """The window that `text` writes: "mon-fri 02:00-04:30", "sat,sun 22:00-06:00", "daily 01:00-02:00".

    Raises ValueError with what is wrong.
    """
    days, _, times = text.strip().partition(" ")
    begin, dash, end = times.strip().partition("-")
    if not dash:  # nor is there one without a space
        raise ValueError("is no window of days and times")
    window = DayWindow(days=_days(days), from_min=_minute(begin), to_min=_minute(end))
    if window.from_min == window.to_min or window.from_min == _DAY_MIN:
        raise ValueError("ends when it begins; the whole day is 00:00-24:00")
    return window


def _days(text: str) -> tuple[int, ...]:
    if text == "daily":
        return tuple(range(len(DAYS)))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        last = last or first
        if first not in DAYS or last not in DAYS:
            raise ValueError(f'names no days with "{part}"; they are {", ".join(DAYS)}, or daily')
        day, until = DAYS.index(first), DAYS.index(last)
        found.add(day)
        while day != until:
            day = (day + 1) % len(DAYS)
            found.add(day)
    return tuple(sorted(found))


def _minute(text: str) -> int:
    hours, colon, minutes = text.strip().partition(":")
    digits = colon and len(hours) == len(minutes) == 2 and (hours + minutes).isdecimal() and (hours + minutes).isascii()
    if not digits or int(minutes) > 59 or int(hours) * 60 + int(minutes) > _DAY_MIN:
        raise ValueError(f'has no time of day in "{text.strip()}"; write 02:00')
    return int(hours) * 60 + int(minutes)
