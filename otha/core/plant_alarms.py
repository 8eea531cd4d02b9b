"""Alarms on plant tags (ISA-18.2, clause 10): their conditions judged as interlocks are, and told to the alarm machine.

A value that is bad, stale or was never read makes no alarm come or go: the alarm stands as it was and is shown as not
judged, and one alarm of the group names the tags.
"""

from dataclasses import dataclass

from otha.core.alarm import Alarm
from otha.core.conditions import Compare, TagConfig
from otha.core.config import GroupConfig, PlantAlarmConfig
from otha.core.group import guard
from otha.core.group.state import GroupState
from otha.core.watch import condition
from otha.core.watch.condition import Delay, Judgement, TagWatch
from otha.core.words import AlarmCode, Liveness, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantWatch:
    """The alarms of one group on plant tags as last judged: `verdicts` in the order of the configuration, the running
    `delays` of their comparisons, the tags that are `unusable`, and when to judge again (`judge_at`)."""

    verdicts: tuple[Verdict, ...] = ()
    unusable: tuple[str, ...] = ()
    delays: tuple[tuple[Compare, Delay], ...] = ()
    judge_at: int | None = None

    def says(self) -> tuple[object, ...]:
        """What the alarm machine is told; equal sayings need not be told again."""
        return self.verdicts, self.unusable


def judge(
    alarms: tuple[PlantAlarmConfig, ...],
    configs: dict[str, TagConfig],
    tags: dict[str, TagWatch],
    w: PlantWatch,
    now: int,
) -> PlantWatch:
    """The conditions of `alarms` judged anew."""
    judgement = Judgement(configs, tags, dict(w.delays), now)
    verdicts = tuple(judgement.judge(each.when) for each in alarms)
    names = dict.fromkeys(leaf.tag for each in alarms for leaf in condition.leaves_of(each.when))
    unusable = tuple(name for name in names if condition.quality(configs[name], tags[name], now) is not Verdict.TRUE)
    return PlantWatch(
        verdicts=verdicts, unusable=unusable, delays=tuple(judgement.kept.items()), judge_at=judgement.again
    )


def found(alarms: tuple[PlantAlarmConfig, ...], w: PlantWatch) -> tuple[Alarm, ...]:
    """Those whose condition holds."""
    told = zip(alarms, w.verdicts, strict=False)
    return tuple(Alarm(code=each.listed.code, detail=each.text) for each, verdict in told if verdict is Verdict.TRUE)


def unjudged(alarms: tuple[PlantAlarmConfig, ...], w: PlantWatch) -> tuple[str, ...]:
    """Those whose condition can't be told. Before the first reading that is all of them."""
    verdicts = w.verdicts or (Verdict.UNKNOWN,) * len(alarms)
    open_ = (Verdict.BAD, Verdict.STALE, Verdict.UNKNOWN)
    return tuple(each.listed.code for each, verdict in zip(alarms, verdicts, strict=True) if verdict in open_)


def unusable(cfg: GroupConfig, g: GroupState, configs: dict[str, TagConfig], w: PlantWatch) -> tuple[Alarm, ...]:
    """The tags that can't be used, each a detail of the one alarm that says so. What another alarm of the group tells
    already is left out: a gate out of sight, a node that is dead."""
    if g.settle_until is not None:
        return ()
    return tuple(
        Alarm(code=AlarmCode.TAG_UNUSABLE, detail=name)
        for name in w.unusable
        if not _told_already(cfg, g, configs[name].source)
    )


def _told_already(cfg: GroupConfig, g: GroupState, source: str) -> bool:
    if source == cfg.section:
        return not g.gate.seen
    view = guard.node_view(cfg, g, source)
    return view is not None and view.liveness is Liveness.DEAD
