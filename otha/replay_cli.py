"""What `otha replay` prints: the timeline of a recording, why each decision came out so, and the verdict."""

import json
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from otha.core.effects import Effect
from otha.core.group.turn import Decision
from otha.report import sentence
from otha.verify.explanation import explain, plain, waits_for
from otha.verify.replay import Moment, Origin, Replay, input_name
from otha.verify.timeline import Mark

Json = dict[str, Any]  # Any: JSON
FAILED = 1


def say(line: str) -> None:
    """One line of output, as it stands."""
    sys.stdout.write(f"{line}\n")


def run(
    recording: Path, *, since: Mark | None, until: Mark | None, group: str, why: bool, quiet: bool, as_json: bool
) -> int:
    """`otha replay`: the timeline as it is re-run, then the verdict; the exit code.

    Raises EngineerError where the recording has no such group, and what reading a recording raises.
    """
    replayed = Replay(path=recording, since=since, until=until)
    wants_moments = why or bool(group) or since is not None or until is not None
    told: list[Json] = []
    for moment in replayed.moments():
        for decision, explained in _explained(moment, group, why=why):
            if as_json:
                if wants_moments and not quiet:
                    told.append(_as_json(moment, decision, explained))
            elif not quiet and (decision.reasons or decision.effects):
                for line in lines(moment, decision, explained):
                    say(line)
    if group:
        replayed.check_group(group)
    if as_json:
        data = data_of(replayed)
        if wants_moments and not quiet:
            data["decisions_shown"] = told
        say(json.dumps(data, indent=2, sort_keys=True))
    else:
        for line in verdict(replayed):
            say(line)
    return 0 if replayed.difference is None else FAILED


def _explained(moment: Moment, group: str, *, why: bool) -> list[tuple[Decision, Json | None]]:
    """The decisions of a moment that are wanted, each explained if it is to be."""
    return [
        (decision, explain(decision, before, moment.input, moment.core, moment.now_ns) if why else None)
        for decision, before in zip(moment.decisions, moment.before, strict=True)
        if not group or decision.group == group
    ]


def _as_json(moment: Moment, decision: Decision, explained: Json | None) -> Json:
    told: Json = {
        "offset_ns": moment.offset_ns,
        "wall": wall(moment.wall_ns),
        "group": decision.group,
        "input": input_name(moment.input),
        "reasons": [
            {"why": each.why.name, "rule": each.rule, "args": list(each.args), "sentence": sentence.of_reason(each)}
            for each in decision.reasons
        ],
        "digest": decision.digest().hex(),
    }
    return told if explained is None else {**told, "explained": explained}


def wall(at_ns: int) -> str:
    """A wall time, UTC, to the millisecond."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // 1000)
    return at.isoformat(timespec="milliseconds")


def offset(at_ns: int) -> str:
    """An offset as a person reads it, and as `--from` takes it."""
    return str(timedelta(microseconds=at_ns // 1000))


def lines(moment: Moment, decision: Decision, explained: Json | None) -> list[str]:
    """One decision on a terminal."""
    at = offset(moment.offset_ns)
    said = [f"{at}  {decision.group} <- {input_name(moment.input)}"]
    if explained is not None:
        said += _inside(explained, wall(moment.wall_ns))
    said += [f"    {sentence.of_reason(reason)}" for reason in decision.reasons]
    if decision.answer is not None and not decision.answer.accepted:
        said += [f"    refused: {sentence.of_blocker(each)}" for each in decision.answer.blockers]
    for effect in decision.effects:
        bound = f", given up after {effect.within_ns // 1_000_000} ms"
        said.append(f"    asks {asked(effect)}; {waits_for(effect.needs)} ({effect.needs.value}){bound}")
    return said


def asked(effect: Effect) -> str:
    """What an effect asks for, in one line."""
    what = plain(effect.do)
    if (record := what.pop("record", None)) is not None:
        what = {**what, "epoch": record["epoch"], "active": record["active"], "milestone": record["milestone"]}
    said = ", ".join(f"{name} {_value(value)}" for name, value in what.items())
    return f"{type(effect.do).__name__}{f' ({said})' if said else ''}"


def _inside(explained: Json, at: str) -> list[str]:
    """What `--why` adds: the input, the state before, what was judged and what stood for and against."""
    said = [f"    at      {at}"]
    if values := _input(explained["input"]):
        said.append(f"    input   {values}")
    if explained["before"] is not None:
        said.append(f"    before  {state_line(explained['before'])}")
    if explained["after"] is None:
        return said
    return [*said, *(f"    {line}" for line in stood_lines(explained))]


def stood_lines(explained: Json, *, always: bool = False) -> list[str]:
    """What was judged, and all that stood for and against it; where nothing was judged that only if `always`."""
    said = []
    if judged := explained["judged"]:
        cause = f" because {judged['cause']}" if judged["cause"] else ""
        stands = "; ".join(_blocker(each) for each in explained["against"]) or "nothing"
        said.append(f"judged  {judged['kind']} to {judged['to_node']}{cause}, {_words(judged['stage'])}")
        said.append(f"against {stands}")
    if explained["vetoes"]:
        said.append(f"vetoes  {'; '.join(_blocker(each) for each in explained['vetoes'])}")
    return [*said, *_stood(explained)] if said or always else []


def _stood(explained: Json) -> list[str]:
    """Each thing that the judgement rested on, with value, age and verdict."""
    said = []
    for each in explained["conditions"]:
        kind = f"{each['class']} interlock" if each["interlock"] else "permissive"
        bypassed = ", bypassed" if each["bypassed"] else ""
        tags = "".join(f"; {_tag(tag)}" for tag in each["tags"])
        said.append(f"  {kind} {each['name']} is {each['verdict']}{bypassed}: {each['wants']}{tags}")
    for node in explained["nodes"]:
        out = ", in maintenance" if node["maintenance"] else ""
        level = f"ServiceLevel {node['level']}, in RPO {node['in_rpo']}, ready {node['ready']}"
        said.append(f"  node {node['name']}: {node['liveness']}, {node['role']}, {level}{out}")
    if (gate := explained["gate"]) is not None:
        said.append(f"  gate: {_gate(gate)}")
    said += [
        f"  client {each['name']}: {('uses ' + (each['node'] or 'nobody')) if each['seen'] else 'out of sight'}"
        for each in explained["clients"]
    ]
    if explained["machine"] is not None:
        said.append(f"  machine: {explained['machine']}")
    said += [f"  this observer is {word}" for word, holds in explained["site"].items() if holds]
    return said


def _tag(tag: Json) -> str:
    value = "no value" if tag["value"] is None else str(tag["value"])
    quality = "good" if tag["quality"] == "true" else tag["quality"]
    age = "never read" if tag["age_ms"] is None else f"{tag['age_ms']} of {tag['fresh_ms']} ms old"
    return f"{tag['name']} = {value} ({quality}, {age})"


def _gate(gate: Json) -> str:
    if not gate["seen"]:
        return "out of sight"
    hold = f", hold ends in {gate['hold_left_ms']} ms" if gate["hold_left_ms"] is not None else ""
    permit = "permit" if gate["permit"] else "no permit"
    fresh = "frames fresh" if gate["owner_fresh"] else "no fresh frames"
    return f"{gate['state']}, owner {gate['owner'] or '-'}, epoch {gate['epoch']}, {permit}, {fresh}{hold}"


def _input(told: Json) -> str:
    """What an input says, in one line."""
    said = dict(told)
    said.pop("input")
    reading = said.pop("reading", None)
    parts = [f"{name} {_value(value)}" for name, value in {**said, **(reading or {})}.items() if value is not None]
    return ", ".join(parts)


def _value(value: Any) -> str:  # Any: JSON
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(each)}" for name, each in value.items() if each not in (None, "", []))
    if isinstance(value, list):
        return "[" + " ".join(_value(each) for each in value) + "]"
    return "-" if value is None else str(value)


def state_line(told: Json) -> str:
    """Where a group stands, in one line."""
    parts = [told["standing"], f"active {told['active'] or '-'}", f"epoch {told['epoch'] or '-'}", told["arming"]]
    if told["concern"] is not None:
        parts.append(_blocker(told["concern"]))
    if told["suspicion"] is not None:
        left = "has stood" if told["confirm_left_ms"] is None else f"{told['confirm_left_ms']} ms left to stand"
        parts.append(f"suspicion {told['suspicion']}, {left}")
    if (plan := told["plan"]) is not None:
        parts.append(f"{plan['kind']} to {plan['to_node']} in {plan['course']}.{plan['phase']}")
    if told["holdoff_left_ms"] is not None:
        parts.append(f"hold-off {told['holdoff_left_ms']} ms left")
    return ", ".join(parts)


def _blocker(obstacle: Json) -> str:
    detail = f": {obstacle['detail']}" if obstacle["detail"] else ""
    return f"{sentence.of_block(obstacle['block'])}{detail} ({obstacle['rule']})"


def _words(stage: str) -> str:
    return {
        "start": "before it starts",
        "before_revoke": "before anything has left",
        "after_fence": "after the fence",
    }[stage]


def notices(replayed: Replay) -> list[str]:
    """Which runs, sites and versions the recording is of, where that is worth a line."""
    here, said = version("otha"), []
    for origin in _versions(replayed.origins):
        if origin.code_version != here:
            said.append(
                f"recorded by OTHA {origin.code_version}, replayed by {here}: a difference may be the version's"
            )
    sites = dict.fromkeys((each.site, each.site_hash) for each in replayed.origins)
    if len(sites) > 1:
        said.append(
            "the site file changed on the way: " + ", then ".join(f"{name} {hash_[:12]}" for name, hash_ in sites)
        )
    runs = len(dict.fromkeys(each.run for each in replayed.origins))
    if runs > 1:
        said.append(f"{runs} runs of OTHA")
    return said


def _versions(origins: list[Origin]) -> list[Origin]:
    return list({each.code_version: each for each in origins}.values())


def verdict(replayed: Replay) -> list[str]:
    """What the replay came to."""
    said = notices(replayed)
    said.append(f"{replayed.inputs} inputs, {replayed.decisions} decisions, {replayed.segments} segments")
    if replayed.gap_rows:
        said.append(f"{replayed.gap_rows} rows are missing: the disk did not take them when they were recorded")
    if replayed.torn_bytes:
        said.append(f"the last block was cut short ({replayed.torn_bytes} bytes): written when the recorder was killed")
    if replayed.difference is not None:
        return [*said, f"DIFFERS after {replayed.difference.inputs} inputs: {replayed.difference.what}"]
    upto = " up to --to; what comes after was not re-run" if replayed.cut else ""
    return [*said, f"every decision came out byte for byte as recorded{upto}"]


def data_of(replayed: Replay) -> Json:
    """The verdict for `--json`."""
    difference = replayed.difference
    return {
        "same": difference is None,
        "inputs": replayed.inputs,
        "decisions": replayed.decisions,
        "segments": replayed.segments,
        "gap_rows": replayed.gap_rows,
        "torn_bytes": replayed.torn_bytes,
        "cut": replayed.cut,
        "site_hash": replayed.site_hash,
        "code_version": replayed.code_version,
        "replayed_by": version("otha"),
        "origins": [
            {
                "run": each.run,
                "site": each.site,
                "site_hash": each.site_hash,
                "code_version": each.code_version,
                "python_version": each.python_version,
            }
            for each in replayed.origins
        ],
        "notices": notices(replayed),
        "difference": None if difference is None else {"inputs": difference.inputs, "what": difference.what},
    }
