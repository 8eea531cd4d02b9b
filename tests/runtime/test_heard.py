"""What a channel has said: how long replies take, the last values, and how old they are."""

from otha.core.words import Answer
from otha.runtime.heard import BOUNDS_US, Heard, departures
from otha.runtime.histogram import Histogram
from tests.core.build import reading

MS = 1_000_000


def test_before_the_first_reply_nothing_is_known() -> None:
    told = Heard().as_json(5)
    assert (told["quality"], told["age_ms"], told["values"], told["replies"]["count"]) == ("none", None, {}, 0)


def test_a_reply_is_counted_and_a_miss_leaves_its_values_to_age() -> None:
    heard = Heard()
    heard.departed_ns = 10 * MS
    heard.ended(Answer.REPLIED, reading(level=200), 13 * MS)
    still = heard.still()
    heard.departed_ns = 60 * MS
    heard.ended(Answer.MISSED, None, 100 * MS)
    told = heard.as_json(113 * MS)
    assert (told["quality"], told["age_ms"], told["values"]["level"]) == ("missed", 100, 200)
    assert all(said is not None for said in told["values"].values())
    assert told["replies"]["max"] == 3 * MS
    assert dict(zip(BOUNDS_US, told["replies"]["counts"], strict=False))[5_000] == 1
    assert still.as_json(14 * MS)["quality"] == "replied"


def test_of_a_late_reply_only_the_values_count() -> None:
    heard = Heard()
    heard.ended(Answer.LATE, reading(), MS)
    assert (heard.as_json(MS)["replies"]["count"], heard.as_json(MS)["age_ms"]) == (0, 0)


def test_departures_are_counted_between_bounds() -> None:
    lateness = Histogram()
    for late in (0, 150_000, 3_000_000, 2_000_000_000):
        lateness.add(late)
    counts = departures(lateness)["counts"]
    assert len(counts) == len(BOUNDS_US) + 1
    assert (sum(counts), counts[0], counts[1], counts[-1]) == (4, 1, 1, 1)
