"""An alarm as it is seen, with its rationale, as the lists and the horn want it."""

from typing import Final

from hmi import rationale
from hmi.alarm_rows import PRIORITIES, AlarmRow
from hmi.model import AlarmView

_WORDS: Final = ("Cause", "Consequence", "Response")


def row_of(alarm: AlarmView) -> AlarmRow:
    """OTHA's own alarms have their words here, those on plant tags bring theirs."""
    told = tuple(str(alarm.more.get(word, "")) for word in _WORDS)
    cause, consequence, response = rationale.of(alarm.code) or told
    return AlarmRow(
        group=alarm.group,
        owner=alarm.owner,
        code=alarm.code,
        state=alarm.state,
        active=alarm.active,
        unacked=alarm.unacked,
        flags=alarm.flags,
        occurrence=alarm.occurrence,
        priority=PRIORITIES[alarm.priority - 1],
        first_out=alarm.first_out,
        detail=alarm.detail,
        since_ms=alarm.at_ms,
        cause=cause,
        consequence=consequence,
        response=response,
    )
