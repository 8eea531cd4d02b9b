"""Alarms and their figures as tables for a terminal."""

from typing import Any

from otha.core.words import AlarmPriority
from otha.terminal_table import folded, plain_console

Json = dict[str, Any]  # Any: JSON as `otha.runtime.snapshot` makes it

_URGENCY = [priority.value for priority in AlarmPriority]
_STATES = {
    "normal": "",
    "unacked": "unacknowledged",
    "acked": "acknowledged",
    "rtn_unacked": "over, unacknowledged",
    "latched_unacked": "over, latched, unacknowledged",
    "latched_acked": "over, latched: reset it",
}


def _state(alarm: Json) -> str:
    """The state of an alarm in words, or what keeps it quiet."""
    quiet = [flag.replace("_", " ") for flag in alarm["flags"]]
    if alarm["shelved_left_ms"] is not None:
        quiet.append(f"for another {_age(alarm['shelved_left_ms'])}")
    if alarm["one_shot"]:
        quiet.append("until it next returns")
    parts = [" ".join(quiet), _STATES[alarm["state"]]]
    if quiet and alarm["state"] == "normal" and alarm["active"]:
        parts.append("condition holds")
    if not alarm["judged"]:
        parts.append("can't be judged now")
    return ", ".join(part for part in parts if part)


def _values(alarm: Json) -> str:
    """The present values of an alarm's tags, and what is wrong with those that can't be used."""
    told = [
        f"{each['tag']} = {each['value']}" if each["quality"] == "true" else f"{each['tag']} is {each['quality']}"
        for each in alarm["values"]
    ]
    return ", ".join(told)


def alarm_line(alarm: Json) -> str:
    """One alarm among other lines."""
    head = "ALARM" if alarm["state"] in ("unacked", "acked") and not alarm["flags"] else "alarm"
    detail = f": {alarm['detail']}" if alarm["detail"] else ""
    return f"{head} {alarm['code']}{detail} ({_state(alarm)}, occurrence {alarm['occurrence']})"


def _age(ms: int) -> str:
    seconds = ms // 1000
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def alarm_rows(status: Json) -> list[Json]:
    """The alarms of all groups and of the supervisor itself: what is not acknowledged first, then what stands, then
    what is kept quiet; of these by priority, then the newest."""
    rows = [{"group": group["name"], **alarm} for group in status["groups"] for alarm in group["alarms"]]
    rows += [{"group": status["supervisor"], **alarm} for alarm in status["alarms"]]
    return sorted(rows, key=_urgency)


def _urgency(row: Json) -> tuple[bool, bool, int, int]:
    since = row["since_ms"]
    return not row["unacked"], bool(row["flags"]), _URGENCY.index(row["priority"]), 0 if since is None else since


def alarm_summary(rows: list[Json]) -> str:
    """How many alarms want somebody: the line that is read first."""
    heard = [row for row in rows if not row["flags"]]
    unacked = sum(row["unacked"] for row in heard)
    counts = (
        (unacked, "unacknowledged"),
        (sum(row["active"] for row in heard), "active"),
        (sum(row["state"].startswith("latched") for row in heard), "latched"),
        (len(rows) - len(heard), "kept quiet"),
        (sum(not row["judged"] for row in rows), "that can't be judged"),
    )
    return "alarms: " + (", ".join(f"{count} {what}" for count, what in counts if count) or "none that wants anybody")


def _explained(row: Json) -> list[str]:
    """An alarm as it is rationalised: what it means, what follows, what to do (ISA-18.2, clause 9)."""
    return [
        f"{row['group']} {row['code']}, {row['priority']}, occurrence {row['occurrence']}: {_state(row)}",
        *(f"  {name}: {row[name]}" for name in ("cause", "consequence", "response")),
        *([f"  now: {_values(row)}"] if row["values"] else []),
    ]


def show_alarms(rows: list[Json], *, explain: bool = False) -> None:
    """`otha alarms`; `explain`: with cause and consequence, one under another instead of in a table."""
    console = plain_console()
    if not rows:
        console.print("no alarm")
        return
    console.print(alarm_summary(rows))
    if explain:
        for row in rows:
            for line in _explained(row):
                console.print(line)
        return
    table = folded("priority", "state", "since", "group", "alarm", "no", "response")
    for row in rows:
        first = " (first-out)" if row["first_out"] else ""
        values = f" [{_values(row)}]" if row["values"] else ""
        which = row["code"] + (f": {row['detail']}" if row["detail"] else "") + values + first
        since = "" if row["since_ms"] is None else _age(row["since_ms"])
        table.add_row(row["priority"], _state(row), since, row["group"], which, str(row["occurrence"]), row["response"])
    console.print(table)


def show_kpi(found: Json) -> None:
    """`otha alarms kpi`. The figures in brackets are what EEMUA 191 and ISA-18.2 accept for one operator."""
    console = plain_console()
    tenth = found["per_10_min_milli"] / 1000
    cut = ", where the journal begins" if found.get("cut_to_journal") else ""
    console.print(f"looked at: {found['from']}{cut}, to {found['to']}")
    if found["unwatched_s"]:
        gone = f"{found['unwatched_times']} times, {_age(found['unwatched_s'] * 1000)} in all"
        console.print(f"not watched, and not counted: {gone}: no supervisor ran, or nothing says that one did")
    console.print(f"annunciations: {found['annunciations']} in {found['periods']} periods of 10 min")
    console.print(f"per 10 min: {tenth:.2f} on average (1, at most 2), peak {found['peak_10_min']} (10)")
    console.print(f"periods with more than 10: {found['above_10_permille'] / 10:.1f} % (below 1)")
    console.print(f"floods: {found['floods']}, {found['in_flood_permille'] / 10:.1f} % of the time (below 1)")
    for heading, key in (("standing for more than 24 h (below 5)", "standing_24_h"), ("chattering (0)", "chattering")):
        names = ", ".join(f"{each['group']} {each['alarm']}" for each in found[key])
        console.print(f"{heading}: {len(found[key])}{f': {names}' if names else ''}")
    table = folded("priority", "count", "share", "expected")
    for priority, each in found["priorities"].items():
        share, expected = f"{each['permille'] / 10:.1f} %", f"{each['expected_permille'] / 10:.0f} %"
        table.add_row(priority, str(each["count"]), share, expected)
    console.print(table)
    top = folded("most frequent", "group", "count", "share")
    for each in found["top_ten"]:
        top.add_row(each["alarm"], each["group"], str(each["count"]), f"{each['permille'] / 10:.1f} %")
    console.print(top)
