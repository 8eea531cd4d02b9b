"""An alarm as it is seen, with its rationale, as the lists and the horn want it."""

from hmi import rationale
from hmi.alarm_rows import PRIORITIES, AlarmRow
from hmi.model import AlarmView


def row_of(alarm: AlarmView) -> AlarmRow:
    """OTHA's own alarms have their words here, in the operator's language; those of the site file go before them."""
    told = alarm.cause, alarm.consequence, alarm.response
    own = None if alarm.site_words else rationale.of(alarm.code)
    cause, consequence, response = own or told
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
