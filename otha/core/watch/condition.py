"""Interlocks and permissives as data: tags with age and quality, judged three-valued, with on-delays."""

from dataclasses import dataclass, field
from typing import assert_never

from otha.core.config import AllOf, AnyOf, Compare, Comparison, ConditionTree, MooN, TagConfig
from otha.core.words import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TagWatch:
    """A tag's last value (None: it can't be read) and until when it is fresh (None: never read)."""

    value: int | None = None
    fresh_until: int | None = None
    read: bool = False


def take(cfg: TagConfig, value: int | None, now: int) -> TagWatch:
    """A tag was read."""
    return TagWatch(value=value, fresh_until=now + cfg.fresh_ns, read=True)


def quality(cfg: TagConfig, w: TagWatch, now: int) -> Verdict:
    """TRUE when the value may be used, else what is wrong with it."""
    if not w.read:
        return Verdict.UNKNOWN
    if w.fresh_until is None or now >= w.fresh_until:
        return Verdict.STALE
    if w.value is None or not cfg.valid_low <= w.value <= cfg.valid_high:
        return Verdict.BAD
    return Verdict.TRUE


@dataclass(slots=True)
class Judgement:
    """One evaluation of a condition: the tags, the running on-delays, and when it must be looked at again.

    `delays` maps a comparison to when its on-delay ends; `again` is the earliest of all deadlines met on the way.
    """

    configs: dict[str, TagConfig]
    tags: dict[str, TagWatch]
    delays: dict[Compare, int]
    now: int
    kept: dict[Compare, int] = field(default_factory=dict)
    again: int | None = None

    def _look_again(self, at: int) -> None:
        if self.again is None or at < self.again:
            self.again = at

    def _compare(self, leaf: Compare) -> Verdict:
        cfg, tag = self.configs[leaf.tag], self.tags[leaf.tag]
        usable = quality(cfg, tag, self.now)
        if usable is not Verdict.TRUE:
            return usable
        assert tag.value is not None
        assert tag.fresh_until is not None
        self._look_again(tag.fresh_until)
        if not _holds(leaf.op, tag.value, leaf.value):
            return Verdict.FALSE
        true_at = self.delays.get(leaf, self.now + leaf.for_ns)
        self.kept[leaf] = true_at
        if self.now >= true_at:
            return Verdict.TRUE
        self._look_again(true_at)
        return Verdict.FALSE

    def judge(self, tree: ConditionTree) -> Verdict:
        """The verdict on `tree`. Every leaf is looked at, so that all on-delays run."""
        match tree:
            case Compare():
                return self._compare(tree)
            case AllOf(of=of):
                return _vote([self.judge(part) for part in of], len(of))
            case AnyOf(of=of):
                return _vote([self.judge(part) for part in of], 1)
            case MooN(m=m, of=of):
                return _vote([self.judge(part) for part in of], m)
            case never:
                assert_never(never)


def _holds(op: Comparison, value: int, than: int) -> bool:
    match op:
        case Comparison.EQ:
            return value == than
        case Comparison.NE:
            return value != than
        case Comparison.LT:
            return value < than
        case Comparison.LE:
            return value <= than
        case Comparison.GT:
            return value > than
        case Comparison.GE:
            return value >= than
        case never:
            assert_never(never)


def _vote(verdicts: list[Verdict], needed: int) -> Verdict:
    """m out of n: TRUE with enough true ones, FALSE when the rest could not make it, else the first thing unknown."""
    true = sum(verdict is Verdict.TRUE for verdict in verdicts)
    if true >= needed:
        return Verdict.TRUE
    open_ = [verdict for verdict in verdicts if verdict not in (Verdict.TRUE, Verdict.FALSE)]
    return open_[0] if true + len(open_) >= needed else Verdict.FALSE
