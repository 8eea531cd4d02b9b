"""Two states with the same key behave alike: the key leaves out names and keeps everything that decides."""

from dataclasses import fields, replace
from typing import Any

import pytest

from otha.core.group.event import GateJudged, NodeJudged, SharedChanged
from otha.core.group.key import key, parts
from otha.core.group.request import Bypass, Preview, Request, Selection
from otha.core.group.state import GateView, GroupState, NodeView, OutputOff, Plan, SelectorView, TagOff
from otha.core.inputs import Claim, EffectId, Record
from otha.core.reasons import Block, Blocker
from otha.core.words import Liveness, OrderKind, Outcome, Phase, Role, Verdict
from tests.core.build import MS, alive, gate_view, record
from tests.core.rig import PHASES, Rig, following, held_by_watchdog, switching, take_on


def later(now_ms: int, epoch: int) -> Rig:
    """A group as `following`, at another time and with another history of epochs."""
    rig = Rig(now=now_ms * MS)
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, record(epoch, revision="another"))
    rig.tell(GateJudged(view=gate_view(epoch=epoch, boot=4, hold_no=77)))
    for index in range(2):
        rig.tell(NodeJudged(index=index, view=alive(Role.ACTIVE if index == 0 else Role.STANDBY)))
        rig.condition(Verdict.TRUE, index)
    return rig


def test_the_key_is_relative_to_now_and_to_the_epoch() -> None:
    one, other = following(), later(90_000, 41)
    assert one.g != other.g
    assert key(one.g, one.now) == key(other.g, other.now)


@pytest.mark.parametrize("phase", PHASES[1:])
def test_the_key_is_relative_in_every_phase_of_a_transfer(phase: Phase) -> None:
    one, other = following(), later(90_000, 41)
    for rig in (one, other):
        rig.order(OrderKind.SWITCHOVER, "b")
        take_on(rig, phase)
    assert one.plan.epoch != other.plan.epoch
    assert key(one.g, one.now) == key(other.g, other.now)


def test_deadlines_count_by_what_is_left_of_them() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.dies("a")
    assert key(rig.g, rig.now) != key(rig.g, rig.now + 1)
    same = replace(rig.g, confirm_at=(rig.g.confirm_at or 0) + 5, gate=replace(rig.g.gate, hold_until=11_000 * MS + 5))
    same = replace(same, uncontrolled_until=(rig.g.uncontrolled_until or 0) + 5)
    assert key(same, rig.now + 5) == key(rig.g, rig.now)


def test_a_second_transfer_has_the_key_of_the_first() -> None:
    """Serial numbers and orders already answered decide nothing."""
    rig = following()
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.ends(Outcome.REFUSED, record())
    first = key(rig.g, rig.now)
    rig.condition(Verdict.FALSE)
    rig.condition(Verdict.TRUE)
    rig.order(OrderKind.SWITCHOVER, "b", id="o2")
    rig.ends(Outcome.REFUSED, record())
    assert rig.plan.serial == 2
    assert key(rig.g, rig.now) == first


def states() -> list[GroupState]:
    """States that differ in one thing that decides something."""
    well = following().g
    moving = switching(Phase.PROMOTED).g
    assert moving.plan is not None
    plan = moving.plan
    return [
        well,
        replace(well, gate=replace(well.gate, epoch=2)),
        replace(well, gate=replace(well.gate, granted=2)),
        replace(well, gate=replace(well.gate, permit=False)),
        replace(well, gate=replace(well.gate, seen=False)),
        replace(well, nodes=(well.nodes[0], replace(well.nodes[1], liveness=Liveness.DEAD))),
        replace(well, conditions=(Verdict.STALE, well.conditions[1])),
        replace(well, holdoff_until=2_000 * MS),
        replace(well, recent=(2_000 * MS,)),
        replace(well, extra_used=True),
        replace(well, steady=True),
        replace(well, steady=True, steady_at=2_000 * MS),
        replace(well, steady=True, return_asked=True),
        replace(well, maintenance=(False, True)),
        replace(well, adopt_ordered=True),
        replace(well, uncontrolled=True),
        moving,
        replace(moving, plan=replace(plan, boot=8)),
        replace(moving, plan=replace(plan, revoked=False)),
        replace(moving, plan=replace(plan, waiting=True)),
        replace(moving, plan=replace(plan, drill=True)),
        replace(moving, plan=replace(plan, due=plan.due + 1)),
        replace(moving, plan=replace(plan, lag_confirmed=True)),
        replace(moving, plan=replace(plan, to_node="a")),
        replace(moving, plan=replace(plan, epoch=plan.epoch + 1)),
    ]


def test_whatever_decides_something_is_in_the_key() -> None:
    keys = [key(g, 1_000 * MS) for g in states()]
    assert len(set(keys)) == len(keys)


def test_whether_an_open_claim_is_harmless_is_in_the_key_and_its_name_is_not() -> None:
    rig = switching(Phase.CLAIMED)
    record_ = rig.g.record
    assert record_ is not None
    assert record_.claim is not None
    harmless = replace(rig.g, harmless=(record_.claim.id,))
    renamed = replace(harmless, harmless=("x",), record=replace(record_, claim=replace(record_.claim, id="x")))
    assert key(harmless, rig.now) == key(renamed, rig.now)
    assert key(harmless, rig.now) != key(rig.g, rig.now)


# What names a thing, counts its emissions, or only alarms and tells, and decides nothing.
LEFT_OUT = {
    GroupState: {"errand_attempt", "calm_until", "arming_ordered", "requests", "first_out", "unlisted", "in_flight"},
    Plan: {"serial", "attempt", "request", "about"},
    GateView: set(),
    NodeView: {"pending"},
    SelectorView: set(),
    Record: {"revision"},
    Claim: set(),
    EffectId: {"group", "attempt"},
    Selection: set(),
    Preview: set(),
    Request: {"number", "comment"},
    Bypass: {"comment"},
    Blocker: set(),
    TagOff: {"active", "standby", "age_ms"},
    OutputOff: {"held", "shadow"},
}
_WITHIN: dict[tuple[type, str], type] = {
    (GroupState, "record"): Record,
    (GroupState, "errand"): EffectId,
    (GroupState, "gate"): GateView,
    (GroupState, "plan"): Plan,
    (GroupState, "selection"): Selection,
    (GroupState, "request"): Request,
    (GroupState, "concern"): Blocker,
    (Record, "claim"): Claim,
    (Plan, "asked"): EffectId,
    (Selection, "shown"): Preview,
}
_MANY_WITHIN: dict[tuple[type, str], type] = {
    (GroupState, "nodes"): NodeView,
    (GroupState, "selectors"): SelectorView,
    (GroupState, "bypasses"): Bypass,
    (GroupState, "told"): Blocker,
    (Plan, "against"): Blocker,
    (Preview, "passed"): Blocker,
    (NodeView, "off"): TagOff,
    (GateView, "apart"): OutputOff,
}
_PLAIN: dict[str, Any] = {"bool": False, "int": 0, "str": "", "int | None": 0, "str | None": ""}


class Watched:
    """Stands for a value of this kind, and notes which of its fields are asked for."""

    def __init__(self, kind: type, seen: dict[type, set[str]]) -> None:
        self._kind, self._seen = kind, seen

    def __getattr__(self, name: str) -> Any:
        self._seen.setdefault(self._kind, set()).add(name)
        if many := _MANY_WITHIN.get((self._kind, name)):
            return (Watched(many, self._seen),)
        if one := _WITHIN.get((self._kind, name)):
            return Watched(one, self._seen)
        if name == "block":
            return Block.TILT
        said = next(each.type for each in fields(self._kind) if each.name == name)
        named = getattr(said, "__name__", str(said))
        if named.startswith("tuple"):
            return ()
        return _PLAIN.get(named, OrderKind.SAFE)


def test_every_field_is_in_the_key_or_named_as_left_out() -> None:
    """A field added to the state decides something until somebody says that it does not."""
    seen: dict[type, set[str]] = {}
    watched: Any = Watched(GroupState, seen)
    parts(watched, 0)
    for kind, left_out in LEFT_OUT.items():
        names = {each.name for each in fields(kind)}
        assert names - seen.get(kind, set()) <= left_out, kind.__name__
