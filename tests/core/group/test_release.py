"""An owner that the gate takes no more by itself: a person's RELEASE, and nothing else, lets it go on."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import GroupConfig
from otha.core.effects import Action, Grant, Release, Revoke
from otha.core.reasons import Why
from otha.core.words import (
    Arming,
    Authority,
    Confirm,
    Ending,
    GateState,
    Liveness,
    OrderKind,
    Phase,
    Verdict,
)
from tests.core.build import MS, gate_view, group_config, path_config
from tests.core.rig import Rig, driven, fenced, following, granted, held_by_watchdog


def used_up(cfg: GroupConfig | None = None) -> Rig:
    """ "a" is held for the last time and sends again; "b" is dead, so that nobody else can go on."""
    rig = following(cfg)
    rig.dies("b")
    held_by_watchdog(rig)
    rig.wait(100)
    rig.gate(owner_fresh=True, shadow=Verdict.TRUE, used_up=True)
    rig.forget()
    return rig


def codes(rig: Rig, **changes: Any) -> list[str]:
    return [b.block.code for b in rig.order(OrderKind.RELEASE, group=rig.cfg.name, **changes).blockers]


def asked(rig: Rig) -> Action:
    """What was asked last."""
    return rig.effects[-1].do


def test_nobody_releases_it_without_an_order() -> None:
    rig = used_up()
    rig.wait(7_000)
    assert rig.g.plan is None
    assert not [effect for effect in rig.effects if isinstance(effect.do, Release | Grant | Revoke)]


def test_the_owner_gets_the_section_anew_under_the_next_epoch() -> None:
    rig = used_up()
    assert codes(rig, user="kim") == []
    assert rig.said(Why.REQUESTED) == [("failover", "a", "a", "release")]
    rig.swapped()
    assert asked(rig) == Revoke(epoch=2)
    fenced(rig)
    rig.gate(used_up=False)
    assert asked(rig) == Grant(node="a", epoch=2, boot=rig.g.gate.boot)
    granted(rig, "a", 2)
    # RELEASE leaves once what the owner shows agrees with the held outputs, and it only arms.
    assert not [effect for effect in rig.effects if isinstance(effect.do, Release)]
    rig.gate(shadow=Verdict.TRUE)
    assert asked(rig) == Release(node="a", epoch=2)
    rig.gate(armed=True)
    assert rig.phase() is Phase.RELEASED
    driven(rig, "a", 2)
    rig.swapped()
    assert rig.ending is Ending.DONE
    assert rig.g.record is not None
    assert (rig.g.record.active, rig.g.record.epoch) == ("a", 3)
    # Nothing was moved by itself: no hold-off, and the anti-flap window does not count it.
    assert (rig.g.holdoff_until, rig.g.recent) == (None, ())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": GateState.OWNED}, "nothing_to_release"),
        ({"state": GateState.SAFE, "owner": None}, "nothing_to_release"),
        ({"owner": None}, "nothing_to_release"),
        ({"used_up": False}, "nothing_to_release"),
        ({"seen": False}, "gate_unseen"),
        ({"owner_fresh": False}, "node_not_able"),
        ({"owner": "b"}, "owner_disagrees"),
        ({"return_permit": False}, "gate_permit"),
        ({"hold_until": 1_150 * MS}, "hold_too_short"),
    ],
)
def test_what_the_gate_says_against_it(changes: dict[str, Any], code: str) -> None:
    rig = used_up()
    rig.gate(**changes)
    rig.forget()
    assert codes(rig) == [code]
    assert (rig.g.plan, rig.effects) == (None, [])


def test_what_else_stands_against_it() -> None:
    rig = used_up()
    rig.condition(Verdict.STALE)
    assert codes(rig, id="o1") == ["interlock"]
    rig.condition(Verdict.TRUE)
    rig.node("a", liveness=Liveness.FROZEN)
    assert "node_not_able" in codes(rig, id="o2")
    rig = used_up()
    rig.share(tilted=True)
    assert codes(rig) == ["tilt"]
    rig = used_up()
    assert codes(rig, id="o1") == []
    assert codes(rig, id="o2") == ["transfer_running"]


def test_who_only_observes_or_has_no_gate_releases_nobody() -> None:
    assert codes(used_up(group_config(arming=Arming.OBSERVE))) == ["not_armed"]
    assert codes(used_up(group_config(arming=Arming.ADVISE))) == []
    for cfg, code in (
        (group_config(authority=Authority.NATIVE), "native_authority"),
        (path_config(), "nothing_to_release"),
    ):
        rig = Rig(cfg)
        rig.tell_gate(gate_view(state=GateState.HELD, used_up=True))
        assert codes(rig) == [code]


def test_an_owner_that_shows_other_outputs_than_the_held_ones_is_not_armed() -> None:
    rig = used_up(group_config(timing=replace(group_config().timing, patience=1)))
    rig.order(OrderKind.RELEASE)
    rig.swapped()
    fenced(rig)
    rig.gate(used_up=False)
    granted(rig, "a", 2)
    rig.gate(shadow=Verdict.FALSE)
    rig.wait(2_000)
    assert not [effect for effect in rig.effects if isinstance(effect.do, Release)]


def test_where_every_transfer_is_confirmed_this_one_is() -> None:
    rig = used_up(group_config(confirm=Confirm.ALWAYS))
    assert codes(rig, id="o1", user="kim") == []
    assert not rig.plan.confirmed
    rig.order(OrderKind.CONFIRM, id="o2", user="eva")
    assert rig.phase() is Phase.PERMITTED
