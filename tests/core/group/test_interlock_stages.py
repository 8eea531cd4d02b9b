"""Rule S6 at every stage: an interlock that is not true, for whatever reason, refuses, stops or turns aside by name."""

from collections.abc import Callable

import pytest

from otha.core.effects import Grant, Release, Revoke, SwapRecord
from otha.core.reasons import Block, Why
from otha.core.words import Confirm, Course, Ending, OrderKind, Phase, TransferKind, Verdict
from tests.core.build import MS, group_config
from tests.core.rig import Rig, following, held_by_watchdog, take_on

NOT_TRUE = (Verdict.FALSE, Verdict.BAD, Verdict.STALE, Verdict.UNKNOWN)
KINDS = (TransferKind.SWITCHOVER, TransferKind.FAILOVER)


def begun(
    kind: TransferKind, before: Callable[[Rig], object] = lambda rig: None, confirm: Confirm = Confirm.NEVER
) -> Rig:
    """A transfer from "a" to "b" asked for, after `before`."""
    rig = following(group_config(confirm=confirm))
    before(rig)
    rig.forget()
    if kind is TransferKind.SWITCHOVER:
        rig.order(OrderKind.SWITCHOVER, "b", id="begin")
    else:
        held_by_watchdog(rig)
        rig.dies("a")
        rig.wait(rig.cfg.timing.confirm_ns // MS)
    return rig


def named(rig: Rig, why: Why, verdict: Verdict) -> bool:
    """Whether the reasons, which the journal keeps, name the interlock and what is wrong with it."""
    return any(args[-2:] == ("interlock", f"key_out (safety) {verdict.value}") for args in rig.said(why))


def sent(rig: Rig, *kinds: type) -> bool:
    return any(isinstance(effect.do, kinds) for effect in rig.effects)


@pytest.mark.parametrize("verdict", NOT_TRUE)
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_start_it_is_refused(kind: TransferKind, verdict: Verdict) -> None:
    rig = begun(kind, lambda rig: rig.condition(verdict))
    assert rig.g.plan is None
    assert not sent(rig, SwapRecord, Revoke)
    if kind is TransferKind.SWITCHOVER:
        assert rig.last is not None
        answer = rig.last.answer
        assert answer is not None
        assert [blocker.block for blocker in answer.blockers] == [Block.INTERLOCK]
        assert named(rig, Why.ORDER_REFUSED, verdict)
    else:
        assert named(rig, Why.BLOCKED, verdict)


@pytest.mark.parametrize("verdict", NOT_TRUE)
@pytest.mark.parametrize("kind", KINDS)
def test_while_a_person_is_asked_it_is_stopped_and_claims_nothing(kind: TransferKind, verdict: Verdict) -> None:
    rig = begun(kind, confirm=Confirm.ALWAYS)
    assert rig.phase() is Phase.REQUESTED
    rig.condition(verdict)
    assert rig.ending is Ending.ABORTED_SAFE
    assert named(rig, Why.BLOCKED, verdict)
    assert not sent(rig, SwapRecord, Revoke)


@pytest.mark.parametrize("verdict", NOT_TRUE)
@pytest.mark.parametrize("kind", KINDS)
def test_while_the_claim_is_under_way_it_is_stopped_before_the_revoke(kind: TransferKind, verdict: Verdict) -> None:
    rig = begun(kind)
    assert rig.phase() is Phase.PERMITTED
    rig.condition(verdict)
    assert rig.ending is Ending.ABORTED_SAFE
    assert named(rig, Why.BLOCKED, verdict)
    assert not sent(rig, Revoke)


@pytest.mark.parametrize("verdict", NOT_TRUE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", [Phase.FENCED, Phase.PROMOTED, Phase.TRACKED])
def test_after_the_fence_it_turns_aside_and_promotes_nobody_new(
    phase: Phase, kind: TransferKind, verdict: Verdict
) -> None:
    rig = take_on(begun(kind), phase)
    rig.forget()
    rig.condition(verdict)
    rig.wait(500)
    assert named(rig, Why.TROUBLE, verdict)
    promoted = [effect.do.node for effect in rig.effects if isinstance(effect.do, Grant | Release)]
    if kind is TransferKind.SWITCHOVER:
        assert rig.plan.course is Course.RETURN
        assert set(promoted) == {"a"}
    else:
        assert rig.plan.course is Course.FORWARD
        assert not promoted
