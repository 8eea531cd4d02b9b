"""What the engineer writes of alarms."""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass

from otha.core.words import AlarmPriority
from otha.site.read import key
from otha.site.written_group import When

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTable:
    """What this site says of one of OTHA's own alarms, by its code (docs/operator.md lists them); what is not said
    stays as it is. Under any other name, an alarm on plant tags: it needs `when`, priority, cause, consequence and
    response."""

    when: When | None = key("an alarm on plant tags: the condition on which it comes", default=None)
    group: str | None = key(
        "an alarm on plant tags: in whose list of alarms it stands; by default of the only group", default=None
    )
    priority: AlarmPriority | None = key("how soon an operator must act", default=None)
    on_delay_ms: int | None = key("it comes after its condition held for so long", default=None, low=0, high=HOUR_MS)
    off_delay_ms: int | None = key("it goes after its condition was gone so long", default=None, low=0, high=HOUR_MS)
    latching: bool | None = key("after its condition went an operator must reset it", default=None)
    cause: str | None = key("what it means here", default=None)
    consequence: str | None = key("what follows if nobody acts", default=None)
    response: str | None = key("what the operator does", default=None)
