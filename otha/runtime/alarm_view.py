"""The alarms of a group as `otha status` and `otha alarms` show them: plain JSON, integers only."""

from typing import Any

from otha.core.alarm_machine import UNACKED, AlarmWatch
from otha.core.supervision import Supervision
from otha.core.words import AlarmState

Json = dict[str, Any]  # Any: JSON
MS = 1_000_000


def alarms(core: Supervision, group: str, now: int) -> list[Json]:
    """Every alarm of the group that is not normal, or is kept quiet by a flag."""
    return [_alarm(core, w, now) for w in core.alarm_watches(group) if w.state is not AlarmState.NORMAL or w.flags]


def _alarm(core: Supervision, w: AlarmWatch, now: int) -> Json:
    (listed,) = (each for each in core.cfg.alarms if each.code == w.code)
    left = None if w.shelved_until is None else max(w.shelved_until - now, 0) // MS
    return {
        "code": str(w.code),
        "detail": w.detail,
        "state": w.state.value,
        "flags": [flag.value for flag in w.flags],
        "active": w.holds,
        "unacked": w.state in UNACKED and not w.flags,
        "priority": listed.priority.value,
        "occurrence": w.occurrence,
        "first_out": w.first_out,
        "since_ms": max(now - w.since, 0) // MS,
        "shelved_left_ms": left,
        "one_shot": w.one_shot,
        "cause": listed.cause,
        "consequence": listed.consequence,
        "response": listed.response,
    }
