"""Alarms of a group, or of the supervisor itself, as `otha status` and `otha alarms` show them: JSON, integers only."""

from typing import Any

from otha.core.alarm_machine import UNACKED, AlarmWatch
from otha.core.supervision import Supervision
from otha.core.watch import condition
from otha.core.words import AlarmFlag, AlarmState

Json = dict[str, Any]  # Any: JSON
MS = 1_000_000


def alarms(core: Supervision, group: str, now: int) -> list[Json]:
    """Every alarm of the group, or of the supervisor, by its name, that is not normal, is kept quiet by a flag, or
    can't be judged now."""
    unjudged = core.unjudged_alarms(group)
    codes = [w.code for w in unjudged]
    shown = [w for w in core.alarm_watches(group) if _worth_a_line(w) or w.code in codes]
    known = [w.code for w in shown]
    shown += [w for w in unjudged if w.code not in known]
    return [_alarm(core, group, w, now, judged=w.code not in codes) for w in shown]


def _worth_a_line(w: AlarmWatch) -> bool:
    """What is suppressed by design, and would be normal without that, is nothing to an operator."""
    by_a_person = any(flag is not AlarmFlag.SUPPRESSED for flag in w.flags)
    return w.state is not AlarmState.NORMAL or by_a_person or (w.suppressed and w.holds)


def _alarm(core: Supervision, group: str, w: AlarmWatch, now: int, *, judged: bool) -> Json:
    listed = core.listed_alarm(group, w.code)
    left = None if w.shelved_until is None else max(w.shelved_until - now, 0) // MS
    return {
        "code": str(w.code),
        "detail": w.detail,
        "state": w.state.value,
        "flags": [flag.value for flag in w.flags],
        "active": w.holds,
        "judged": judged,
        "unacked": w.state in UNACKED and not w.flags,
        "priority": listed.priority.value,
        "occurrence": w.occurrence,
        "first_out": w.first_out,
        "since_ms": max(now - w.since, 0) // MS if w.occurrence or w.flags else None,
        "shelved_left_ms": left,
        "one_shot": w.one_shot,
        "values": _values(core, w.code, now),
        "cause": listed.cause,
        "consequence": listed.consequence,
        "response": listed.response,
    }


def _values(core: Supervision, code: str, now: int) -> list[Json]:
    """The tags of an alarm on plant tags, as they are now."""
    trees = [each.when for each in core.cfg.plant_alarms if each.listed.code == code]
    names = dict.fromkeys(leaf.tag for tree in trees for leaf in condition.leaves_of(tree))
    return [
        {
            "tag": cfg.name,
            "value": core.tag(cfg.name).value,
            "quality": condition.quality(cfg, core.tag(cfg.name), now).value,
        }
        for cfg in core.cfg.tags
        if cfg.name in names
    ]
