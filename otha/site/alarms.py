"""The rationalised alarm list: what the product says of its own alarms, with what the site file says instead, and the
site's alarms on plant tags."""

from dataclasses import replace
from typing import Any

from otha.core.alarm_list import DEFAULTS, AlarmConfig
from otha.core.config import PlantAlarmConfig
from otha.site.conditions import condition_text, condition_tree
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.problem import nearest
from otha.site.refer import refer
from otha.site.written import SiteFile
from otha.site.written_alarm import AlarmTable

MS = 1_000_000
_NEEDED = {
    "priority": "Give critical, high, medium or low: how soon an operator must act",
    "cause": "Say what it means",
    "consequence": "Say what follows if nobody acts",
    "response": "Say what the operator does; without a response it is no alarm",
}


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


def build_alarms(doc: Document, file: SiteFile) -> tuple[tuple[AlarmConfig, ...], tuple[PlantAlarmConfig, ...]]:
    """OTHA's own alarms as this site has them, and its alarms on plant tags; errors name the key and the mend."""
    codes = [str(each.code) for each in DEFAULTS]
    plant = [
        _plant_alarm(doc, file, name, table)
        for name, table in file.alarms.items()
        if name not in codes and table.when is not None
    ]
    for name, table in file.alarms.items():
        if name not in codes and table.when is None:
            mend = f"OTHA's own are: {', '.join(codes)}; an alarm on plant tags needs `when`"
            doc.error(("alarms", name), "", "there is no such alarm", near=nearest(name, codes), mend=mend)
        for key in ("when", "group"):
            if name in codes and getattr(table, key) is not None:
                mend = "Take it out, or give an alarm on plant tags a name of its own"
                doc.error(
                    ("alarms", name), key, f"{name} is an alarm of OTHA's own, with a condition built in", mend=mend
                )
    own = tuple(_changed(each, file.alarms.get(each.code, AlarmTable())) for each in DEFAULTS)
    return own, tuple(each for each in plant if each is not None)


def _plant_alarm(doc: Document, file: SiteFile, name: str, table: AlarmTable) -> PlantAlarmConfig | None:
    """An alarm needs all that its operator needs (ISA-18.2, clause 9): how soon, why, what else, what to do."""
    path: KeyPath = ("alarms", name)
    for key, mend in _NEEDED.items():
        if getattr(table, key) is None:
            doc.error(path, key, "missing: an alarm on plant tags has no default", mend=mend)
    group = table.group if table.group is not None else next(iter(file.group), None)
    if table.group is not None:
        refer(doc, path, "group", table.group, what="group", valid=file.group)
    elif len(file.group) > 1:
        doc.error(path, "group", "missing, and there are several", mend=f"Give one of {', '.join(file.group)}")
    assert table.when is not None
    when = condition_tree(doc, file, (*path, "when"), table.when, of_alarm=True)
    if group is None or table.priority is None:
        return None
    listed = AlarmConfig(code=name, priority=table.priority, cause="", consequence="", response="")
    return PlantAlarmConfig(group=group, listed=_changed(listed, table), when=when, text=condition_text(when))


def check_names(doc: Document, file: SiteFile) -> None:
    """Alarms of a group are named by the group, the supervisor's own by the supervisor."""
    for name in file.supervisor:
        if name in file.group:
            what = "a group has the same name, and alarms are named by the one or the other"
            doc.error(("supervisor", name), "", what, mend="Rename one of the two")
