"""What `Why` says of one job, and what a transfer may be expected to move. Pure."""

from collections.abc import Mapping
from typing import Any

from hmi.job import Job
from hmi.reply import obstacle_text
from hmi.why_view import TrackedView, WhyView


def against(why: WhyView, job: Job) -> tuple[str, ...]:
    """What stands against a job now, of those that OTHA tells of."""
    match job:
        case Job.SWITCHOVER:
            return _texts(why.raw.get("obstacles"))
        case Job.FAILBACK:
            back = why.raw.get("failback")
            return _texts(back.get("obstacles")) if isinstance(back, Mapping) else ()
        case Job.RELEASE:
            return _texts(why.raw.get("release"))
        case _:
            return ()


def _texts(told: Any) -> tuple[str, ...]:  # Any: JSON
    return tuple(obstacle_text(each) for each in told or ())


def holds(why: WhyView) -> tuple[str, ...]:
    """What the controller does with each output while nobody drives."""
    return tuple(f"{each['output']} {each['does']}" for each in why.raw.get("holds") or ())


def apart(row: TrackedView) -> float | None:
    """How far active and standby are from each other; None: one of them is not known."""
    if isinstance(row.active, int | float) and isinstance(row.standby, int | float):
        return abs(row.active - row.standby)
    return None


def bump(why: WhyView, node: str) -> TrackedView | None:
    """The output of `node` that would move the most, in units of its tolerance; one of which nothing is known goes
    before. None: nothing is tracked."""
    outputs = [row for row in why.tracked if row.kind == "output" and row.node == node]
    unknown = next((row for row in outputs if apart(row) is None), None)
    return unknown or max(outputs, key=lambda row: (apart(row) or 0) / max(row.tolerance or 0, 1), default=None)
