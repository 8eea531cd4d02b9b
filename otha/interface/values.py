"""A snapshot of the supervisor as values of variables: pure, without any OPC UA in it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from otha.core.alarm_list import DEFAULTS
from otha.interface import own_level
from otha.names import Kind

Json = Mapping[str, Any]  # Any: JSON
Value = bool | int | str | list[str]
Values = dict[str, tuple[Kind, Value]]
_RATIONALE = ("cause", "consequence", "response")
_OWN_WORDS = {str(each.code): tuple(getattr(each, key) for key in _RATIONALE) for each in DEFAULTS}


def blocked(obstacle: Json) -> str:
    """One thing that stands against something, as a text."""
    detail = f": {obstacle['detail']}" if obstacle["detail"] else ""
    rule = f" ({obstacle['rule']})" if obstacle["rule"] else ""
    return f"{obstacle['block'].replace('_', ' ')}{detail}{rule}"


def quiet_alarm(code: str) -> Json:
    """An alarm that is normal, which a snapshot leaves out."""
    return {
        "code": code,
        "state": "normal",
        "active": False,
        "unacked": False,
        "flags": (),
        "occurrence": 0,
        "priority": "",
        "first_out": False,
        "detail": "",
        **dict.fromkeys(_RATIONALE, ""),
    }


def alarms_of(owner: Json) -> Iterator[Json]:
    """Every alarm that a group, or the supervisor, can have, normal or not."""
    told = {alarm["code"]: alarm for alarm in owner["alarms"]}
    for code in owner["alarm_codes"]:
        yield told.get(code) or quiet_alarm(code)


def of_alarm(alarm: Json) -> Json:
    """An alarm, by the names of its variables."""
    words = tuple(alarm[key] for key in _RATIONALE)
    return {
        "State": alarm["state"],
        "Active": alarm["active"],
        "Unacked": alarm["unacked"],
        "Flags": alarm["flags"],
        "Occurrence": alarm["occurrence"],
        "Priority": alarm["priority"],
        "FirstOut": alarm["first_out"],
        "Detail": alarm["detail"],
        "Cause": alarm["cause"],
        "Consequence": alarm["consequence"],
        "Response": alarm["response"],
        "SiteWords": any(words) and words != _OWN_WORDS.get(alarm["code"]),
    }


def of_node(node: Json) -> Json:
    """A node as member of a group, by the names of its variables."""
    return {
        "Liveness": node["liveness"],
        "Role": node["role"],
        "ServiceLevel": node["level"],
        "InRpo": node["in_rpo"],
        "Ready": node["ready"],
        "Maintenance": node["maintenance"],
        "Reasons": node["reasons"],
    }


def of_condition(condition: Json) -> Json:
    """An interlock or permissive, by the names of its variables."""
    return {
        "Verdict": condition["verdict"],
        "Interlock": condition["interlock"],
        "Class": condition["class"],
        "Bypassed": condition["bypassed"],
    }


def of_client(client: Json) -> Json:
    """A client that a group leads, by the names of its variables."""
    return {
        "Critical": client["critical"],
        "Seen": client["seen"],
        "Node": client["node"],
        "Epoch": client["epoch"],
    }


def value(kind: Kind, raw: Any) -> Value:  # Any: JSON
    """What a variable of this kind has for it."""
    match kind:
        case Kind.BOOLEAN:
            return bool(raw)
        case Kind.BYTE:
            return min(max(int(raw or 0), 0), 255)
        case Kind.INT32 | Kind.INT64:
            return int(raw or 0)
        case Kind.TEXT:
            return "" if raw is None else str(raw)
        case Kind.TEXTS:
            return [str(each) for each in raw or ()]


def of_site(status: Json) -> Json:
    """The supervisor's own state, by the names of its variables."""
    loop = status["loop"]
    return {
        "Name": status["site"],
        "Supervisor": status["supervisor"],
        "Version": status["version"],
        "Simulation": status["simulation"],
        "SeenMs": status["mono_ns"] // 1_000_000,
        "Isolated": status["isolated"],
        "Tilted": status["tilted"],
        "Notices": status["notices"],
        "Heartbeats": loop["lateness_ns"]["count"],
        "Skipped": loop["skipped"],
        "LatenessP999Us": loop["lateness_ns"]["p99_9"] // 1000,
        "Stalls": loop["stalls"],
        "LongestStallUs": loop["longest_stall_ns"] // 1000,
        "JournalSeq": status["journal"]["last_seq"],
        "JournalTrouble": status["journal"]["trouble"] or status["journal"]["damage"],
        "RecordTrouble": status["records"]["trouble"],
        "Reasons": own_level.reasons(status),
    }


def _left(ms: int | None) -> int:
    return -1 if ms is None else ms


def of_channel(channel: Json, link: Json) -> Json:
    """A heartbeat path and its connection, by the names of its variables."""
    return {
        "Node": channel["node"],
        "Pulse": channel["pulse"],
        "Connects": link.get("connects", 0),
        "Losses": link.get("losses", 0),
        "Trouble": link.get("trouble", ""),
    }


def of_group(group: Json) -> Json:
    """A group without its members, by the names of its variables."""
    concern = group["concern"]
    heard = [alarm for alarm in group["alarms"] if not alarm["flags"]]
    return {
        "Kind": group["kind"],
        "Section": group["section"],
        "Arming": group["arming"],
        "Authority": group["authority"],
        "Standing": group["standing"],
        "Concern": "" if concern is None else blocked(concern),
        "Halted": group["halted"],
        "Store": group["store"],
        "Active": group["active"],
        "Epoch": group["epoch"],
        "Milestone": group["milestone"],
        "Suspicion": group["suspicion"],
        "TransfersInWindow": group["transfers_in_window"],
        "Drills": group["drills"],
        "ActiveAlarms": sum(bool(alarm["active"]) for alarm in heard),
        "UnackedAlarms": sum(bool(alarm["unacked"]) for alarm in heard),
        **_transfer(group["plan"] or {}),
        **_gate(group["gate"] or {}),
        **_machine(group["machine"] or {}),
        **_failback(group["failback"] or {}),
        **_persons(group["persons"]),
    }


def _transfer(plan: Json) -> Json:
    return {
        "TransferKind": plan.get("kind"),
        "TransferCause": plan.get("cause"),
        "TransferFrom": plan.get("from_node"),
        "TransferTo": plan.get("to_node"),
        "TransferCourse": plan.get("course"),
        "TransferPhase": plan.get("phase"),
        "TransferDueMs": _left(plan.get("due_in_ms")),
        "TransferDrill": plan.get("drill"),
        "TransferBy": plan.get("by"),
        "TransferAgainst": [blocked(each) for each in plan.get("against", ())],
        "TransferRequest": plan.get("request"),
        "TransferAbout": plan.get("about"),
    }


def _gate(gate: Json) -> Json:
    return {
        "GateSeen": gate.get("seen"),
        "GateState": gate.get("state"),
        "GateOwner": gate.get("owner"),
        "GateEpoch": gate.get("epoch"),
        "GateArmed": gate.get("armed"),
        "GatePermit": gate.get("permit"),
        "GateDriven": gate.get("driven"),
        "GateShadow": gate.get("shadow"),
        "GateHoldNo": gate.get("hold_no"),
        "GateHoldLeftMs": _left(gate.get("hold_left_ms")),
    }


def _machine(machine: Json) -> Json:
    return {
        "MachineState": machine.get("state"),
        "MachineSwitchover": machine.get("switchover", {}).get("does"),
        "MachineFailover": machine.get("failover", {}).get("does"),
    }


def _failback(failback: Json) -> Json:
    return {
        "FailbackTo": failback.get("to_node"),
        "FailbackSteady": failback.get("steady"),
        "FailbackAgainst": [blocked(each) for each in failback.get("obstacles", ())],
    }


def _persons(persons: Json) -> Json:
    selection, request = persons["selection"] or {}, persons["request"] or {}
    return {
        "SelectedBy": selection.get("by"),
        "SelectedTo": selection.get("to_node"),
        "SelectionLeftMs": _left(selection.get("left_ms")),
        "RequestOrder": request.get("order"),
        "RequestNumber": request.get("number"),
        "RequestBy": request.get("by"),
        "RequestItem": request.get("item"),
        "RequestForMs": request.get("for_ms"),
        "RequestComment": request.get("comment"),
        "RequestLeftMs": _left(request.get("left_ms")),
        "Bypasses": [
            f"{each['item']} by {each['by']} and {each['second']}, {each['left_ms'] // 1000} s left"
            for each in persons["bypasses"]
        ],
        "SafeOrdered": persons["safe_ordered"],
    }


def as_text(data: Any) -> str:  # Any: JSON
    """JSON as one line."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
