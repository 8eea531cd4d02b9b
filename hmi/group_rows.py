"""What the group's page says of a group, in words: rows of its tables, and the line of facts. Pure but for the words.

A row is its texts, and whether it wants eyes.
"""

from PySide6.QtCore import QCoreApplication

from hmi import say, words
from hmi.desk import waiting_of
from hmi.model import GroupView
from hmi.timing_view import TimingView
from hmi.why_view import ObstacleView, WhyView

translate = QCoreApplication.translate
Rows = list[tuple[tuple[str, ...], bool]]


def obstacle(of: ObstacleView) -> str:
    """What stands against a move."""
    detail = f": {of.detail}" if of.detail else ""
    rule = f" ({of.rule})" if of.rule else ""
    return f"{say.plain(of.code)}{detail}{rule}"


def conditions(view: GroupView, why: WhyView | None) -> Rows:
    """Interlocks and permissives, with their tags as `Why` told them last."""
    told = {} if why is None else {each.name: each for each in why.reasons}
    rows: Rows = []
    for each in view.conditions:
        reason = told.get(each.name)
        kind = translate("GroupPage", "interlock") if each.interlock else translate("GroupPage", "permissive")
        verdict = say.verdict(each.verdict)
        if each.bypassed:
            verdict += translate("GroupPage", ", BYPASSED")
        if reason is not None and reason.first_out:
            verdict += translate("GroupPage", ", first out")
        tags = () if reason is None else reason.tags
        texts = (
            each.name,
            verdict,
            f"{say.klass(each.klass)} {kind}",
            "" if reason is None else reason.text,
            ", ".join(f"{tag.name} = {say.value(tag.value)}" for tag in tags),
            ", ".join(dict.fromkeys(say.quality(tag.quality) for tag in tags)),
            ", ".join(say.age(tag.age_ms) for tag in tags),
        )
        rows.append((texts, each.verdict != "true" or each.bypassed))
    return rows


def tracked(why: WhyView) -> Rows:
    """Tracked tags of active and standby side by side."""
    return [
        (
            (
                each.name,
                say.value(each.active),
                say.value(each.standby),
                each.node,
                say.value(each.tolerance),
                f"{say.age(each.active_age_ms)} / {say.age(each.standby_age_ms)}",
                say.verdict(each.verdict),
            ),
            each.verdict != "true",
        )
        for each in why.tracked
    ]


def channels(view: GroupView, timing: TimingView) -> Rows:
    """Heartbeat paths, with their times as `Timing` told them last."""
    rows: Rows = []
    for channel in view.channels:
        timed = timing.channels.get(channel.name)
        values = {} if timed is None else timed.values
        p99 = 0 if timed is None else int(timed.replies.get("p99") or 0)
        texts = (
            channel.name,
            say.pulse(channel.pulse),
            say.age(None if timed is None else timed.age_ms),
            say.age(None if timed is None else timed.lost_after_ms),
            f"{p99 / 1e6:.1f} ms" if p99 else "-",
            str(channel.losses),
            ", ".join(f"{name} {value}" for name, value in values.items()),
        )
        rows.append((texts, channel.pulse != "on_time"))
    return rows


def facts(view: GroupView) -> str:
    """What else there is to know, in one line."""
    said = [
        translate("Facts", "active {0}").format(view.active or "-"),
        translate("Facts", "epoch {0}").format(view.epoch),
        f"{say.arming(view.arming)}, {say.authority(view.authority)}",
        translate("Facts", "record {0}, {1}").format(say.milestone(view.milestone), say.store(view.store)),
    ]
    if view.suspicion:
        said.append(translate("Facts", "suspected: {0}").format(say.cause(view.suspicion)))
    if view.transfers_in_window:
        said.append(translate("Facts", "{0} transfers in the window").format(view.transfers_in_window))
    if view.machine is not None and view.machine.state:
        does = say.does(view.machine.switchover), say.does(view.machine.failover)
        said.append(translate("Facts", "switchover: {0}, failover: {1}").format(*does))
    if view.failback is not None:
        steady = translate("Facts", "steady") if view.failback.steady else translate("Facts", "not steady yet")
        said.append(translate("Facts", "failback to {0}: {1}").format(view.failback.to_node, steady))
    if view.selection is not None:
        left = say.age(view.selection.left_ms)
        said.append(translate("Facts", "selected by {0}: {1} left").format(view.selection.by, left))
    said += [translate("Facts", "WAITS for a person: {0}").format(words.waiting(each)) for each in waiting_of(view)]
    said += [translate("Facts", "bypass: {0}").format(each) for each in view.bypasses]
    if view.drills:
        said.append(translate("Facts", "marked for drills"))
    return " · ".join(said)
