"""Hold actions: from what the engineer wrote to what OTHA shows; what can't be right is refused.

The controller carries them out, so nothing here decides anything. What is refused would do harm unseen: a motion that
is held goes on, and a ramp that outlasts the hold is never at its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core.config import HeldRule
from otha.core.words import GroupKind
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.refer import refer
from otha.site.written import OutputTable, SiteFile
from otha.site.written_hold import HoldAction, HoldTable

_NEEDS: dict[HoldAction, tuple[str, ...]] = {
    HoldAction.HOLD: (),
    HoldAction.VALUE: ("to_pct",),
    HoldAction.RAMP: ("to_pct", "rate_pct"),
    HoldAction.STOP_MOTION: ("rate_pct",),
    HoldAction.LOCAL_LOOP: ("tag", "gain", "integral_s", "rate_pct"),
}
_MAY: dict[HoldAction, tuple[str, ...]] = {
    HoldAction.HOLD: (),
    HoldAction.VALUE: ("rate_pct",),
    HoldAction.RAMP: ("after_ms",),
    HoldAction.STOP_MOTION: (),
    HoldAction.LOCAL_LOOP: ("setpoint", "low_pct", "high_pct"),
}
_KEYS = ("to_pct", "rate_pct", "after_ms", "tag", "gain", "integral_s", "setpoint", "low_pct", "high_pct")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """One hold action, where it stands in the file; `state` None: in the section."""

    path: KeyPath
    section: str
    state: str | None
    output: OutputTable
    hold: HoldTable


def build_holds(doc: Document, file: SiteFile) -> dict[str, tuple[HeldRule, ...]]:
    """For each section what its outputs do while it is held, in general and in the machine states of its group."""
    _refer(doc, file)
    rules: dict[str, tuple[HeldRule, ...]] = dict.fromkeys(file.section, ())
    for each in _declared(file):
        _judge(doc, file, each)
        said = HeldRule(output=each.output.name, state=each.state, does=_said(each.output, each.hold))
        rules[each.section] += (said,)
    return rules


def judge_holds(doc: Document, file: SiteFile) -> None:
    """Each must end within the hold from wherever it begins: then the section goes to its safe values."""
    for each in _declared(file):
        hold, motion = each.hold, each.output.motion
        stands = None if motion is None else motion.still_pct
        to = stands if hold.action is HoldAction.STOP_MOTION else hold.to_pct
        if to is None or not hold.rate_pct or hold.action in (HoldAction.HOLD, HoldAction.LOCAL_LOOP):
            continue
        farthest, hold_max_ms = max(to, 100 - to), file.section[each.section].hold_max_ms
        takes_ms = round((hold.after_ms or 0) + farthest / hold.rate_pct * 1000)
        if takes_ms > hold_max_ms:
            doc.error(
                each.path,
                "rate_pct",
                f"from the far end of the span it takes {takes_ms} ms, and the hold ends after {hold_max_ms} ms",
                mend="Give a faster rate, an earlier start, or a longer hold_max_ms",
            )


def _refer(doc: Document, file: SiteFile) -> None:
    for group, driver in file.group.items():
        for state, machine in driver.state.items():
            for name in machine.hold:
                path: KeyPath = ("group", group, "state", state, "hold", name)
                if driver.kind is not GroupKind.DRIVER:
                    doc.error(
                        path,
                        "",
                        f"a group of kind {driver.kind.value} drives no outputs",
                        mend="Declare it in the group that drives the section",
                    )
                elif driver.target in file.section:
                    outputs = [output.name for output in file.section[driver.target].outputs]
                    refer(doc, path, "", name, what="output", valid=outputs)


def _declared(file: SiteFile) -> Iterator[_Declared]:
    """All of the file that have an output: those of the sections, then those of machine states."""
    for section, table in file.section.items():
        for at, output in enumerate(table.outputs):
            path: KeyPath = ("section", section, "outputs", at, "hold")
            yield _Declared(path=path, section=section, state=None, output=output, hold=output.hold)
    for group, driver in file.group.items():
        if driver.kind is not GroupKind.DRIVER or driver.target not in file.section:
            continue
        outputs = {output.name: output for output in file.section[driver.target].outputs}
        for state, machine in driver.state.items():
            for name, hold in machine.hold.items():
                if name in outputs:
                    path = ("group", group, "state", state, "hold", name)
                    yield _Declared(path=path, section=driver.target, state=state, output=outputs[name], hold=hold)


def _judge(doc: Document, file: SiteFile, each: _Declared) -> None:
    path, hold, action = each.path, each.hold, each.hold.action
    for name in _NEEDS[action]:
        if getattr(hold, name) is None and not doc.blames(path, name):
            doc.error(path, name, f"missing: the action is {action.value}", mend=f"Give {name}, or another action")
    for name in _KEYS:
        if getattr(hold, name) is not None and name not in (*_NEEDS[action], *_MAY[action]):
            doc.error(path, name, f"given, but the action is {action.value}", mend="Take it out, or change the action")
    if hold.rate_pct == 0:
        doc.error(path, "rate_pct", "at this rate it moves nothing", mend='Give a rate above 0, or action = "hold"')
    _judge_motion(doc, path, each.output, hold)
    if action is HoldAction.LOCAL_LOOP:
        _judge_loop(doc, file, each.section, path, hold)


def _judge_motion(doc: Document, path: KeyPath, output: OutputTable, hold: HoldTable) -> None:
    stops = hold.action is HoldAction.STOP_MOTION
    if output.motion is not None and not stops:
        what = "held, the motion goes on" if hold.action is HoldAction.HOLD else f"{hold.action.value} is no stop"
        doc.error(
            path,
            "action",
            f"{output.name} is a motion: {what}",
            mend='Give hold = { action = "stop_motion", rate_pct = ... }',
            rule="S13",
        )
    if stops and output.motion is None:
        doc.error(
            path,
            "action",
            f"{output.name} is not declared a motion: where it stands still is not known",
            mend="Give the output motion = { still_pct = ... }",
        )


def _judge_loop(doc: Document, file: SiteFile, section: str, path: KeyPath, hold: HoldTable) -> None:
    own = [name for name, tag in file.tag.items() if tag.section == section]
    if hold.tag is not None and hold.tag in file.tag and hold.tag not in own:
        doc.error(
            path,
            "tag",
            f"{hold.tag} is not a tag of section {section}: the program can't keep what it does not measure",
            mend=f'Give a tag with section = "{section}"',
        )
    elif hold.tag is not None and refer(doc, path, "tag", hold.tag, what="tag", valid=own):
        valid = file.tag[hold.tag].valid
        if hold.setpoint is not None and valid is not None and len(valid) == 2:
            low, high = valid
            if not low <= hold.setpoint <= high:
                doc.error(
                    path,
                    "setpoint",
                    f"{hold.setpoint} is outside what {hold.tag} can show, {low} to {high}",
                    mend="Give a raw value of the tag",
                )
    if hold.gain == 0:
        doc.error(path, "gain", "a loop of gain 0 keeps nothing", mend="Give a gain, or another action")
    if _of(hold.low_pct, 0) >= _of(hold.high_pct, 100):
        doc.error(path, "low_pct", "not below high_pct: the loop has no room", mend="Give low_pct below high_pct")


def _of(value: float | None, default: float) -> float:
    return default if value is None else value


def _said(output: OutputTable, hold: HoldTable) -> str:
    """The action in words."""
    rate = "" if hold.rate_pct is None else f"{hold.rate_pct:g} %/s"
    match hold.action:
        case HoldAction.HOLD:
            return "stays"
        case HoldAction.VALUE:
            return f"goes to {hold.to_pct:g} %" + (f" at {rate}" if rate else "") if hold.to_pct is not None else ""
        case HoldAction.RAMP:
            after = f"stays for {hold.after_ms} ms, then " if hold.after_ms else ""
            return f"{after}moves to {_of(hold.to_pct, 0):g} % at {rate}"
        case HoldAction.STOP_MOTION:
            still = 0.0 if output.motion is None else output.motion.still_pct
            return f"runs down to standstill ({still:g} %) at {rate}"
        case HoldAction.LOCAL_LOOP:
            wanted = "where it was" if hold.setpoint is None else f"at {hold.setpoint}"
            room = f"{_of(hold.low_pct, 0):g}..{_of(hold.high_pct, 100):g} %, {rate} at most"
            tuning = f"gain {_of(hold.gain, 0):g}, integral {_of(hold.integral_s, 0):g} s"
            return f"a local loop keeps {hold.tag} {wanted} ({tuning}; {room})"
