"""A snapshot of the supervisor as values of variables: pure, without any OPC UA in it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from otha import names
from otha.core.alarm_list import DEFAULTS
from otha.names import Kind, Variable, variable_id

Json = Mapping[str, Any]  # Any: JSON
Value = bool | int | str | list[str]
Values = dict[str, tuple[Kind, Value]]
_RATIONALE = ("cause", "consequence", "response")
_OWN_WORDS = {str(each.code): tuple(getattr(each, key) for key in _RATIONALE) for each in DEFAULTS}

Part = tuple[str, Any, Callable[[], Values]]  # Any: JSON
"""A name, what the snapshot says of it, and the values that follow from that and from nothing else."""


def parts(status: Json) -> Iterator[Part]:
    """A snapshot in parts, so that one that says what it said before need not be looked at again."""
    site, alarms = _site(status), list(alarms_of(status))
    yield names.SITE, site, partial(_taken, names.SITE, names.SITE_VARIABLES, site)
    yield f"{names.SITE}/Alarm", alarms, partial(_own_alarm_values, alarms)
    channels = {each["name"]: _channel(each, status["links"].get(each["name"], {})) for each in status["channels"]}
    by_node: dict[str, dict[str, Json]] = {}
    for name, said in channels.items():
        by_node.setdefault(said["Node"], {})[name] = said
    for group in status["groups"]:
        own = {name: said for node in group["nodes"] for name, said in by_node.get(node["name"], {}).items()}
        yield names.group_id(group["name"]), (group, own), partial(_group_values, group, own)
    for name, said in channels.items():
        at = names.channel_id(name)
        yield at, said, partial(_taken, at, names.CHANNEL_VARIABLES, said)


def values(status: Json) -> Values:
    """The kind and value of every variable, by the name of its NodeId."""
    found: Values = {}
    for _, _, of_part in parts(status):
        found |= of_part()
    return found


def _own_alarm_values(alarms: Sequence[Json]) -> Values:
    found: Values = {}
    for each in alarms:
        _take(found, names.own_alarm_id(each["code"]), names.ALARM_VARIABLES, _alarm(each))
    return found


def _channel(channel: Json, link: Json) -> Json:
    return {
        "Node": channel["node"],
        "Pulse": channel["pulse"],
        "Connects": link.get("connects", 0),
        "Losses": link.get("losses", 0),
        "Trouble": link.get("trouble", ""),
    }


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


def _alarm(alarm: Json) -> Json:
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


def _group_values(group: Json, channels: Mapping[str, Json]) -> Values:
    found: Values = {}
    name, own = group["name"], _group(group)
    picture: dict[str, Any] = {"Group": _filled(names.GROUP_VARIABLES, own)}  # Any: JSON
    for section, variables, id_of, members in (
        ("Nodes", names.NODE_VARIABLES, names.node_id, _named(group["nodes"], _node)),
        ("Conditions", names.CONDITION_VARIABLES, names.condition_id, _named(group["conditions"], _condition)),
        ("Clients", names.CLIENT_VARIABLES, names.client_id, _named(group["clients"], _client)),
    ):
        for member, said in members.items():
            _take(found, id_of(name, member), variables, said)
        picture[section] = {member: _filled(variables, said) for member, said in members.items()}
    picture["Channels"] = {each: _filled(names.CHANNEL_VARIABLES, said) for each, said in channels.items()}
    _take(found, names.group_id(name), names.GROUP_VARIABLES, {**own, names.PICTURE: _line(picture)})
    for each in alarms_of(group):
        _take(found, names.alarm_id(name, each["code"]), names.ALARM_VARIABLES, _alarm(each))
    return found


def _named(listed: Sequence[Json], say: Callable[[Json], Json]) -> dict[str, Json]:
    return {each["name"]: say(each) for each in listed}


def _node(node: Json) -> Json:
    return {
        "Liveness": node["liveness"],
        "Role": node["role"],
        "ServiceLevel": node["level"],
        "InRpo": node["in_rpo"],
        "Ready": node["ready"],
        "Maintenance": node["maintenance"],
    }


def _condition(condition: Json) -> Json:
    return {
        "Verdict": condition["verdict"],
        "Interlock": condition["interlock"],
        "Class": condition["class"],
        "Bypassed": condition["bypassed"],
    }


def _client(client: Json) -> Json:
    return {
        "Critical": client["critical"],
        "Seen": client["seen"],
        "Node": client["node"],
        "Epoch": client["epoch"],
    }


def _filled(variables: Sequence[Variable], said: Json) -> Json:
    """What is said, as the variables have it, without what is false or empty."""
    found = ((each.name, _value(each.kind, said[each.name])) for each in variables if each.name != names.PICTURE)
    return {name: value for name, value in found if value or type(value) is int}


def _taken(owner: str, variables: Sequence[Variable], said: Json) -> Values:
    found: Values = {}
    _take(found, owner, variables, said)
    return found


def _take(found: Values, owner: str, variables: Sequence[Variable], said: Json) -> None:
    for variable in variables:
        found[variable_id(owner, variable.name)] = variable.kind, _value(variable.kind, said[variable.name])


def _value(kind: Kind, raw: Any) -> Value:  # Any: JSON
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


def _site(status: Json) -> Json:
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
    }


def _left(ms: int | None) -> int:
    return -1 if ms is None else ms


def _group(group: Json) -> Json:
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


def _line(data: Any) -> str:  # Any: JSON
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def as_text(data: Any) -> str:  # Any: JSON
    """JSON as one line."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
