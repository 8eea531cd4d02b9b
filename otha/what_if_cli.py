"""What `otha replay --what-if` prints: where the changed site leaves the recording, why, and how both end."""

import json
from pathlib import Path
from typing import Any

from otha.core.reasons import Reason, Why
from otha.replay_cli import FAILED, asked, offset, say, stood_lines, wall
from otha.report import sentence
from otha.site.load import load_site
from otha.verify.explanation import state_told
from otha.verify.what_if import Branch, Course, Findings, Told, WhatIf

Json = dict[str, Any]  # Any: JSON
RECORDED = (
    "recorded: when nodes answer and work, plant tags, permits, sight of the gate, reference points, stalls and clock "
    "steps",
    "modelled after the branch: the group's record and gate, what its nodes say of roles, sync and tracked tags (in "
    "step with the recorded active one), outputs that stand still, and effects, which take as long as recorded ones do "
    "(the median)",
    "not known: what the plant would have done otherwise, and what people would have ordered; addresses and profiles "
    "are not compared",
)
_SHOWN = 60


def run(recording: Path, site: Path, *, as_json: bool) -> int:
    """`otha replay --what-if`: 0 when the changed site was followed to the recording's end, else 1.

    Raises what loading a site file and reading a recording raise, and EngineerError where the recording can't answer.
    """
    judged = load_site(site)
    found = WhatIf(recording, judged.core).run()
    if as_json:
        say(json.dumps(data_of(found, judged.digest), indent=2, sort_keys=True))
    else:
        for line in lines(found, judged.digest):
            say(line)
    return FAILED if found.stopped else 0


def lines(found: Findings, digest: str) -> list[str]:
    """The report on a terminal."""
    said = [f"what if {found.site} had been {digest[:12]} instead of {found.site_hash[:12]}:"]
    said += [f"  {change}" for change in found.changes] or ["  nothing that is decided by differs"]
    for group, (one, other) in found.first_said.items():
        said += ["", f"{group}: the first thing said otherwise"]
        said += [f"  recorded  {_brief(one)}", f"  what if   {_brief(other)}"]
    for branch in found.branches.values():
        said += ["", *_branch(branch), *_courses(found, branch)]
    if not found.branches:
        said += ["", "nothing would have been done otherwise: every effect and answer is as recorded"]
    for at, order in found.orders_left_out:
        said.append(f"left out, since people ordered it for what they saw: {offset(at)} {order}")
    said += ["", *_ends(found)]
    if found.branches:
        said += ["", *RECORDED]
    if found.stopped:
        said.append(f"STOPPED at {offset(found.ended_ns)}: {found.stopped}")
    return said


def _brief(told: Told | None) -> str:
    if told is None:
        return "nothing"
    parts = [sentence.of_reason(reason) for reason in told.reasons] + [f"asks {asked(each)}" for each in told.effects]
    return f"{offset(told.offset_ns)} {'; '.join(parts) or 'an answer'}"


def _branch(branch: Branch) -> list[str]:
    said = [
        f"{branch.group} LEAVES THE RECORDING at {offset(branch.offset_ns)} ({wall(branch.wall_ns)}), {branch.input}"
    ]
    for name, told, stood in (
        ("recorded", branch.recorded, branch.recorded_stood),
        ("what if", branch.changed, branch.changed_stood),
    ):
        said.append(f"  {name}: {_brief(told)}")
        said += [f"    {line}" for line in stood_lines(stood, always=True)]
    return said


def _courses(found: Findings, branch: Branch) -> list[str]:
    if not branch.modelled:
        return []
    said = []
    for name, course in (("recorded", found.recorded), ("what if", found.changed)):
        told = [each for each in course[branch.group].told if each.offset_ns >= branch.offset_ns]
        said.append(f"  {name}, from there on:")
        for each in told[:_SHOWN]:
            parts = [sentence.of_reason(reason) for reason in each.reasons] + [f"asks {asked(e)}" for e in each.effects]
            said += [f"    {offset(each.offset_ns)}  {part}" for part in parts]
        if len(told) > _SHOWN:
            said.append(f"    ... {len(told) - _SHOWN} more decisions")
    return said


def _ends(found: Findings) -> list[str]:
    how = "how each stood when it was stopped" if found.stopped else "how it ended"
    said = [f"{how}, {offset(found.ended_ns)} after the recording's first input:"]
    for group in found.recorded:
        for name, course in (("recorded", found.recorded[group]), ("what if", found.changed[group])):
            said.append(f"  {group}, {name}: {_end(course)}")
    return said


def _end(course: Course) -> str:
    g = course.last
    if g is None:
        return "nothing is known"
    active = g.record.active if g.record is not None else None
    parts = [g.standing.value, f"active {active or '-'}", f"epoch {g.record.epoch if g.record is not None else '-'}"]
    if g.plan is not None:
        parts.append(f"{g.plan.kind.value} to {g.plan.to_node} still in phase {g.plan.phase.value}")
    if g.concern is not None:
        parts.append(sentence.of_blocker(g.concern))
    if g.gate.boot:
        parts.append(f"gate {g.gate.state.name}, owner {g.gate.owner or '-'}")
        parts.append(f"not driven for {course.undriven_ns // 1_000_000} ms in all")
    ends = [sentence.of_reason(reason) for _, reason in course.ends if reason.why is Why.ENDED]
    return ", ".join(parts) + (f"; {'; '.join(ends)}" if ends else "; no transfer")


def data_of(found: Findings, digest: str) -> Json:
    """The report for a machine."""
    return {
        "site": found.site,
        "recorded_site_hash": found.site_hash,
        "what_if_site_hash": digest,
        "inputs": found.inputs,
        "stopped": found.stopped,
        "changes": [{"at": each.at, "recorded": each.recorded, "what_if": each.changed} for each in found.changes],
        "first_said": {
            group: {"recorded": _told(one), "what_if": _told(other)} for group, (one, other) in found.first_said.items()
        },
        "branches": [_branch_data(found, each) for each in found.branches.values()],
        "orders_left_out": [{"offset_ns": at, "order": order} for at, order in found.orders_left_out],
        "ends": {
            group: {"recorded": _end_data(course, found), "what_if": _end_data(found.changed[group], found)}
            for group, course in found.recorded.items()
        },
        "limits": list(RECORDED),
    }


def _branch_data(found: Findings, branch: Branch) -> Json:
    courses = (("recorded", found.recorded), ("what_if", found.changed))
    return {
        "group": branch.group,
        "offset_ns": branch.offset_ns,
        "wall": wall(branch.wall_ns),
        "input": branch.input,
        "modelled": branch.modelled,
        "recorded": {"did": _told(branch.recorded), "stood": branch.recorded_stood},
        "what_if": {"did": _told(branch.changed), "stood": branch.changed_stood},
        "courses": {
            name: [_told(each) for each in course[branch.group].told if each.offset_ns >= branch.offset_ns]
            for name, course in courses
        },
    }


def _told(told: Told | None) -> Json | None:
    if told is None:
        return None
    return {
        "offset_ns": told.offset_ns,
        "input": told.input,
        "reasons": [_reason(each) for each in told.reasons],
        "effects": [asked(each) for each in told.effects],
        "accepted": None if told.answer is None else told.answer.accepted,
    }


def _reason(reason: Reason) -> Json:
    return {
        "why": reason.why.name,
        "rule": reason.rule,
        "args": list(reason.args),
        "sentence": sentence.of_reason(reason),
    }


def _end_data(course: Course, found: Findings) -> Json:
    return {
        "state": None if course.last is None else state_told(course.last, 0),
        "undriven_ms": course.undriven_ns // 1_000_000,
        "ends": [{"offset_ns": at, **_reason(reason)} for at, reason in course.ends],
        "said": _end(course),
    }
