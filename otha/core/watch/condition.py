"""Interlocks, permissives and machine states as data: tags with age and quality, judged three-valued, with delays."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from otha.core.conditions import (
    UNKNOWN_MACHINE,
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    ConditionTree,
    MachineConfig,
    MooN,
    TagConfig,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """The delays of a comparison. `true_at`: when its on-delay ends (None: it has been true). `false_at`: when its
    off-delay ends (None: it holds)."""

    true_at: int | None
    false_at: int | None


@dataclass(slots=True)
class Judgement:
    """One evaluation of a condition: the tags, the running delays, and when it must be looked at again.

    `delays` holds the running delays of each comparison; `again` is the earliest of all deadlines met on the way.
    """

    configs: dict[str, TagConfig]
    tags: dict[str, TagWatch]
    delays: dict[Compare, Delay]
    now: int
    kept: dict[Compare, Delay] = field(default_factory=dict)
    again: int | None = None

    def _look_again(self, at: int) -> None:
        if self.again is None or at < self.again:
            self.again = at

    def _compare(self, leaf: Compare) -> Verdict:
        cfg, tag = self.configs[leaf.tag], self.tags[leaf.tag]
        usable = quality(cfg, tag, self.now)
        was = self.delays.get(leaf)
        held = was is not None and was.true_at is None
        if usable is not Verdict.TRUE:
            if was is not None and held and leaf.deadband:
                self.kept[leaf] = was  # where in the deadband or in its off-delay it was is not forgotten
            return usable
        assert tag.value is not None
        assert tag.fresh_until is not None
        self._look_again(tag.fresh_until)
        if not _holds(leaf.op, tag.value, _limit(leaf) if held else leaf.value):
            return self._ceased(leaf, was)
        true_at = self.now + leaf.for_ns if was is None else was.true_at
        if true_at is None or self.now >= true_at:
            self.kept[leaf] = Delay(true_at=None, false_at=None)
            return Verdict.TRUE
        self.kept[leaf] = Delay(true_at=true_at, false_at=None)
        self._look_again(true_at)
        return Verdict.FALSE

    def _ceased(self, leaf: Compare, was: Delay | None) -> Verdict:
        """The comparison does not hold: its off-delay covers it, if it has been true."""
        if was is None or was.true_at is not None:
            return Verdict.FALSE
        false_at = self.now + leaf.off_ns if was.false_at is None else was.false_at
        if self.now >= false_at:
            return Verdict.FALSE
        self.kept[leaf] = Delay(true_at=None, false_at=false_at)
        self._look_again(false_at)
        return Verdict.TRUE

    def judge(self, tree: ConditionTree) -> Verdict:
        """The verdict on `tree`. Every leaf is looked at, so that all delays run."""
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


def recognised(judgement: Judgement, machine: MachineConfig) -> int:
    """Which of the machine's states is the present one: the first whose condition is true. UNKNOWN_MACHINE if none is,
    or if one before it can't be told for a value that is bad, stale or unknown."""
    verdicts = [judgement.judge(state.when) for state in machine.states if state.when is not None]
    for index, verdict in enumerate(verdicts):
        if verdict is not Verdict.FALSE:
            return index if verdict is Verdict.TRUE else UNKNOWN_MACHINE
    return UNKNOWN_MACHINE


def unlisted(judgement: Judgement, machine: MachineConfig) -> str:
    """What the controller says by the tags of the machine's states that none of them is recognised by: its numbers and
    the site file's differ. "" while one is recognised, a delay runs, or a tag is not read."""
    states = [state.when for state in machine.states if state.when is not None]
    leaves = list(dict.fromkeys(leaf for state in states for leaf in leaves_of(state)))
    said: dict[str, str] = {}
    for leaf in leaves:
        cfg, tag = judgement.configs[leaf.tag], judgement.tags[leaf.tag]
        fresh = tag.read and tag.fresh_until is not None and judgement.now < tag.fresh_until
        delay = judgement.kept.get(leaf)
        if not fresh or tag.value is None or (delay is not None and delay.true_at is not None):
            return ""
        outside = "" if cfg.valid_low <= tag.value <= cfg.valid_high else " (not valid)"
        # Of a value that only has limits the number says nothing, and it never stands still.
        numbered = leaf.op in (Comparison.EQ, Comparison.NE)
        said.setdefault(leaf.tag, f"{leaf.tag} = {tag.value}{outside}" if numbered else leaf.tag)
    return ", ".join(said.values())


def leaves_of(tree: ConditionTree) -> Iterator[Compare]:
    """Every comparison of a condition."""
    match tree:
        case Compare():
            yield tree
        case AllOf(of=of) | AnyOf(of=of) | MooN(of=of):
            for part in of:
                yield from leaves_of(part)


def _limit(leaf: Compare) -> int:
    """Where a comparison that has been true ceases to be."""
    match leaf.op:
        case Comparison.GT | Comparison.GE:
            return leaf.value - leaf.deadband
        case Comparison.LT | Comparison.LE:
            return leaf.value + leaf.deadband
        case Comparison.EQ | Comparison.NE:
            return leaf.value
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
