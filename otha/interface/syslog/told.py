"""What a row of the journal says in syslog: how grave it is, by which name a SIEM tells it from others, its data."""

import json
from dataclasses import dataclass
from typing import Any, Final

from otha.core.reasons import Why
from otha.core.words import AlarmPriority, Ending
from otha.interface import telling
from otha.journal.entry import JournalRow
from otha.site.written_outlets import Severity

Json = dict[str, Any]  # Any: the body of a row

ORDER, REFUSED, TRANSFER, ALARM, STATE = "order", "order.refused", "transfer", "alarm", "state"

_REASONS: Final[dict[Why, tuple[Severity, str]]] = {
    Why.HALTED: (Severity.CRITICAL, STATE),
    Why.NEEDS_OPERATOR: (Severity.CRITICAL, STATE),
    Why.UNVERIFIED: (Severity.CRITICAL, TRANSFER),
    Why.ALARM_RAISED: (Severity.ERROR, ALARM),
    Why.ALARM_STOOD: (Severity.ERROR, ALARM),
    Why.SAFE_ASKED: (Severity.WARNING, TRANSFER),
    Why.TROUBLE: (Severity.WARNING, TRANSFER),
    Why.COURSE: (Severity.WARNING, TRANSFER),
    Why.BLOCKED: (Severity.WARNING, TRANSFER),
    Why.IN_FLIGHT: (Severity.WARNING, TRANSFER),
    Why.SUSPECTED: (Severity.WARNING, STATE),
    Why.ISOLATED: (Severity.WARNING, STATE),
    Why.TILT: (Severity.WARNING, STATE),
    Why.ORDER_REFUSED: (Severity.WARNING, REFUSED),
    Why.BYPASSED: (Severity.WARNING, ORDER),
    Why.BYPASS_ENDED: (Severity.NOTICE, ORDER),
    Why.ORDER_TAKEN: (Severity.NOTICE, ORDER),
    Why.SELECTED: (Severity.NOTICE, ORDER),
    Why.SELECTION_ENDED: (Severity.NOTICE, ORDER),
    Why.SECOND_PERSON_ASKED: (Severity.NOTICE, ORDER),
    Why.REQUEST_ENDED: (Severity.NOTICE, ORDER),
    Why.REQUESTED: (Severity.NOTICE, TRANSFER),
    Why.RESUMED: (Severity.NOTICE, TRANSFER),
    Why.WOULD_TRANSFER: (Severity.NOTICE, TRANSFER),
    Why.ENDED: (Severity.NOTICE, TRANSFER),
    Why.ALARM_CLEARED: (Severity.NOTICE, ALARM),
    Why.ALARM_ACKED: (Severity.NOTICE, ALARM),
    Why.ALARM_RESET: (Severity.NOTICE, ALARM),
    Why.ALARM_FLAGGED: (Severity.NOTICE, ALARM),
    Why.ALARM_UNFLAGGED: (Severity.NOTICE, ALARM),
    Why.ADOPTED: (Severity.NOTICE, STATE),
    Why.BEGINS_ANEW: (Severity.NOTICE, STATE),
    Why.EPOCH_RAISED: (Severity.NOTICE, STATE),
    Why.ORDER_REPEATED: (Severity.INFORMATIONAL, ORDER),
    Why.PHASE: (Severity.INFORMATIONAL, TRANSFER),
    Why.WAITS: (Severity.INFORMATIONAL, TRANSFER),
    Why.BUMP: (Severity.INFORMATIONAL, TRANSFER),
    Why.NODE: (Severity.INFORMATIONAL, STATE),
    # What comes and goes with every flicker of a value is for who looks for it.
    Why.CHANNEL: (Severity.DEBUG, STATE),
    Why.GATE: (Severity.DEBUG, STATE),
    Why.SELECTOR: (Severity.DEBUG, STATE),
    Why.CONDITION: (Severity.DEBUG, STATE),
    Why.FIRST_OUT: (Severity.DEBUG, STATE),
    Why.MACHINE: (Severity.DEBUG, STATE),
}
_ELSE: Final = Severity.INFORMATIONAL, STATE
_ENDINGS: Final = {Ending.DONE.value: Severity.NOTICE, Ending.NEEDS_OPERATOR.value: Severity.CRITICAL}
_AT_PRIORITY: Final = 3
_PRIORITIES: Final = {
    AlarmPriority.CRITICAL.value: Severity.CRITICAL,
    AlarmPriority.HIGH.value: Severity.ERROR,
    AlarmPriority.MEDIUM.value: Severity.WARNING,
    AlarmPriority.LOW.value: Severity.NOTICE,
}
_KINDS: Final = {
    "supervisor.start": Severity.NOTICE,
    "supervisor.stop": Severity.NOTICE,
    "supervisor.defect": Severity.CRITICAL,
    "order.refused": Severity.WARNING,
    "interface.login": Severity.NOTICE,
    "interface.logout": Severity.NOTICE,
    "interface.refused": Severity.WARNING,
    "interface.denied": Severity.WARNING,
    "interface.cut_off": Severity.WARNING,
    "interface.unanswered": Severity.WARNING,
    "order.unanswered": Severity.WARNING,
    "interface.end": Severity.WARNING,
    "interface.comment": Severity.NOTICE,
    "interface.access": Severity.NOTICE,
    "interface.act": Severity.NOTICE,
    "interface.acted": Severity.NOTICE,
    "site.apply": Severity.NOTICE,
    "site.applied": Severity.NOTICE,
    "site.refused": Severity.WARNING,
    "metrics.end": Severity.WARNING,
    "syslog.end": Severity.WARNING,
    "syslog.trouble": Severity.WARNING,
    "syslog.mended": Severity.NOTICE,
    "syslog.lost": Severity.ERROR,
    "alarm.standing": Severity.DEBUG,
    "group.standing": Severity.DEBUG,
    "site.standing": Severity.DEBUG,
    "journal.backup": Severity.NOTICE,
    "journal.removed": Severity.NOTICE,
    "effect.intent": Severity.DEBUG,
    "effect.outcome": Severity.DEBUG,
}
_OF_ORDER: Final = ("order", "id", "client", "node", "item", "comment", "arming", "transfer", "occurrence", "for_ms")
_OF_BODY: Final = ("order", "deed", "id", "client", "what", "why", "error", "comment", "path", "from", "to", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a row says. `params`: names and values, the most telling first."""

    severity: Severity
    id: str
    params: tuple[tuple[str, str], ...]
    text: str


def said(row: JournalRow) -> Said:
    """What this row says. One that another version wrote is told too, by its kind."""
    body = _body(row)
    severity, name = _judged(row, body)
    params = [("row", str(row.seq)), ("kind", row.kind)]
    params += [(key, value) for key, value in (("group", row.group), ("user", row.user), ("node", row.node)) if value]
    if row.epoch:
        params.append(("epoch", str(row.epoch)))
    reasons = [each for each in _reasons(body) if isinstance(each.get("why"), str)]
    if reasons:
        params.append(("why", ",".join(str(each["why"]).lower() for each in reasons)))
        rules = dict.fromkeys(str(each["rule"]) for each in reasons if each.get("rule"))
        params += [("rule", ",".join(rules))] if rules else []
    order = body.get("order")
    given, keys = (order, _OF_ORDER) if isinstance(order, dict) else (body, _OF_BODY)
    params += [(key, str(given[key])) for key in keys if given.get(key) not in (None, "") and key not in dict(params)]
    if isinstance(body.get("accepted"), bool):
        params.append(("accepted", "true" if body["accepted"] else "false"))
    return Said(severity=severity, id=name, params=tuple(params), text=_text(row, body))


def _judged(row: JournalRow, body: Json) -> tuple[Severity, str]:
    if row.kind == "decision":
        judged = [_reason(each) for each in _reasons(body)]
        severity, name = min(judged, key=lambda each: each[0].value) if judged else _ELSE
        if isinstance(body.get("order"), dict):  # who looks for orders finds all, whatever they have set going
            name = REFUSED if body.get("accepted") is False else ORDER
        return severity, name
    severity = _KINDS.get(row.kind, Severity.INFORMATIONAL)
    if row.kind == "interface.acted" and body.get("accepted") is False:
        severity = Severity.WARNING
    if row.kind.startswith("journal.") and row.kind != "journal.open":
        severity = Severity.WARNING
    return severity, row.kind


def _reason(reason: Json) -> tuple[Severity, str]:
    try:
        why = Why[str(reason["why"])]
    except KeyError:
        return _ELSE
    severity, name = _REASONS.get(why, _ELSE)
    args = reason.get("args")
    if why is Why.ENDED and isinstance(args, list) and args:
        severity = _ENDINGS.get(str(args[0]), Severity.WARNING)
    if why is Why.ALARM_RAISED and isinstance(args, list) and len(args) > _AT_PRIORITY:
        severity = _PRIORITIES.get(str(args[_AT_PRIORITY]), severity)
    return severity, name


def _body(row: JournalRow) -> Json:
    try:
        body = json.loads(row.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _reasons(body: Json) -> list[Json]:
    found = body.get("reasons")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(row: JournalRow, body: Json) -> str:
    try:
        return telling.message(row.kind, body)
    except (KeyError, TypeError, AttributeError):
        return row.kind
