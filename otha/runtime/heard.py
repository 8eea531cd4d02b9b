"""What one channel has said: its last values, and how long its replies take. For people; nothing is decided by it."""

from dataclasses import asdict
from typing import Any

from otha.core.inputs import NodeReading
from otha.core.words import Answer
from otha.runtime.histogram import Histogram

Json = dict[str, Any]  # Any: JSON
# Bounds of what is counted together, in microseconds.
BOUNDS_US = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
_BOUNDS_NS = tuple(bound * 1000 for bound in BOUNDS_US)


class Heard:
    """Of one channel. `departed_ns`: when its last heartbeat left."""

    __slots__ = ("answer", "departed_ns", "reading", "reading_ns", "replies")

    def __init__(self) -> None:
        self.departed_ns = 0
        self.replies = Histogram()
        self.answer: Answer | None = None
        self.reading: NodeReading | None = None
        self.reading_ns = 0

    def ended(self, answer: Answer, reading: NodeReading | None, at_ns: int) -> None:
        """A heartbeat has ended. The age of a late reply is not known: it may be of an earlier departure."""
        self.answer = answer
        if answer is Answer.REPLIED:
            self.replies.add(at_ns - self.departed_ns)
        if reading is not None:
            self.reading, self.reading_ns = reading, at_ns

    def still(self) -> "Heard":
        """A copy that stands still while heartbeats go on."""
        copy = Heard()
        copy.departed_ns, copy.answer = self.departed_ns, self.answer
        copy.reading, copy.reading_ns = self.reading, self.reading_ns
        copy.replies = self.replies.still()
        return copy

    def as_json(self, now: int) -> Json:
        """For machines: `age_ms` is since the values were received, None before the first."""
        reading = self.reading
        return {
            "quality": "none" if self.answer is None else self.answer.name.lower(),
            "age_ms": None if reading is None else (now - self.reading_ns) // 1_000_000,
            "values": {} if reading is None else _values(reading),
            "replies": {**self.replies.summary_ns(), "counts": self.replies.within(_BOUNDS_NS)},
        }


def departures(lateness: Histogram) -> Json:
    """How late heartbeats left."""
    return {**lateness.summary_ns(), "counts": lateness.within(_BOUNDS_NS)}


def _values(reading: NodeReading) -> Json:
    said = {name: value for name, value in asdict(reading).items() if value is not None}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
