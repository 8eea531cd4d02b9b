"""The rationalised alarm list: what the product says of each alarm, with what the site file says instead."""

from dataclasses import replace
from typing import Any

from otha.core.alarm_list import DEFAULTS, AlarmConfig
from otha.site.document import Document
from otha.site.problem import nearest
from otha.site.written_alarm import AlarmTable

MS = 1_000_000


def _changed(listed: AlarmConfig, table: AlarmTable) -> AlarmConfig:
    said: dict[str, Any] = {
        "priority": table.priority,
        "on_delay_ns": None if table.on_delay_ms is None else table.on_delay_ms * MS,
        "off_delay_ns": None if table.off_delay_ms is None else table.off_delay_ms * MS,
        "latching": table.latching,
        "cause": table.cause,
        "consequence": table.consequence,
        "response": table.response,
    }
    return replace(listed, **{name: value for name, value in said.items() if value is not None})


def build_alarms(doc: Document, tables: dict[str, AlarmTable]) -> tuple[AlarmConfig, ...]:
    """The list of this site; errors name codes that are none."""
    codes = [str(each.code) for each in DEFAULTS]
    for name in tables:
        if name not in codes:
            mend = f"Alarms are: {', '.join(codes)}"
            doc.error(("alarms", name), "", "there is no such alarm", near=nearest(name, codes), mend=mend)
    return tuple(_changed(each, tables.get(each.code, AlarmTable())) for each in DEFAULTS)
