"""How a transfer waits for the machine before its claim: for the end of a phase, with a limit, or for a person."""

from typing import assert_never

from otha.core.group import machine, transfer, trouble
from otha.core.group.state import Plan
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Conduct, Course, Ending


def only_waits(t: Turn, found: tuple[Blocker, ...], plan: Plan | None = None) -> bool:
    """Whether a transfer that has claimed nothing could wait for all that stands against it (and for the store).

    `plan`: the transfer that has just ended, if it is no longer the one under way.
    """
    judged = plan if plan is not None else t.plan
    if judged.continued or t.cfg.machine is None:
        return False
    said = machine.rule(t.cfg.machine.state(t.g.machine), judged.kind)
    does = said.then if said.does is Conduct.WAIT and judged.waited_out else said.does
    waitable = {Block.STORE_SILENT}
    if does is not Conduct.STAY:
        waitable.add(Block.MACHINE_STATE)
    if machine.limit_ns(t.cfg, judged.kind) and not judged.waited_out:
        waitable.add(Block.GATE_PERMIT)
    phases = (Block.MACHINE_STATE, Block.GATE_PERMIT)
    return all(b.block in waitable for b in found) and any(b.block in phases for b in found)


def wait_is_over(t: Turn) -> None:
    """The transfer has waited as long as it may; a failover that stays then is not begun again in this state."""
    t.put_plan(wait_until=None, waited_out=True)
    if t.plan.automatic:
        t.put(stays=True)


def _wait(t: Turn, awaited: Blocker, limit_ns: int) -> bool:
    plan = t.plan
    if plan.waiting and t.reached(plan.due):
        wait_is_over(t)
        t.put_plan(waiting=False, against=(), due=t.now + t.cfg.timing.order_ttl_ns)
        return True
    if not plan.waiting or plan.against != (awaited,):
        until = plan.wait_until if plan.wait_until is not None else t.now + machine.limit_ns(t.cfg, plan.kind)
        t.put_plan(waiting=True, against=(awaited,), wait_until=until, due=min(t.now + limit_ns, until))
        t.say_blockers(Why.WAITS, (awaited,), plan.to_node)
    return False


def ask_is_over(t: Turn) -> None:
    """Nobody has answered in time: the transfer asks no more."""
    t.put_plan(ask_until=None, asked_out=True)


def _question(t: Turn, against: tuple[Blocker, ...]) -> None:
    """A person is asked. However often the question changes with the machine's state, the time for it is one: else a
    machine that alternates between two states would keep the transfer waiting for ever (L2)."""
    until = t.plan.ask_until
    if until is None:
        until = t.now + t.cfg.persons.confirm_ns
    t.put_plan(waiting=False, against=against, ask_until=until, due=until)


def _ask(t: Turn) -> bool:
    plan, awaited = t.plan, (machine.state_blocker(t.cfg, t.g),)
    if plan.asked_out:
        transfer.end(t, Ending.ABORTED_SAFE, "machine state", "not confirmed in time")
        return True
    if plan.waiting or plan.against != awaited:
        _question(t, awaited)
        t.say_blockers(Why.WAITS, awaited, plan.to_node)
    return False


def hold_up(t: Turn, permit_is_missing: bool) -> bool | None:
    """REQUESTED: None when the machine lets the transfer go on, False while it waits, True when it turns elsewhere."""
    plan, cfg = t.plan, t.cfg
    does = machine.conduct(cfg, t.g, plan.kind, plan.cause)
    match does:
        case Conduct.WAIT:
            assert cfg.machine is not None
            return _wait(
                t, machine.state_blocker(cfg, t.g), machine.rule(cfg.machine.state(t.g.machine), plan.kind).limit_ns
            )
        case Conduct.ASK:
            return _ask(t)
        case Conduct.SAFE:
            t.say_blockers(Why.BLOCKED, (machine.state_blocker(cfg, t.g),), plan.to_node)
            trouble.change_course(t, Course.SAFE, cfg.timing.safe_ns)
            return True
        case Conduct.GO:
            if permit_is_missing:
                return _wait(t, Blocker(block=Block.GATE_PERMIT, detail=""), machine.limit_ns(cfg, plan.kind))
            changed = plan.waiting or bool(plan.against)
            if plan.confirmed and changed:
                t.put_plan(waiting=False, against=(), due=t.now + cfg.timing.order_ttl_ns)
            elif not plan.confirmed and not plan.asked_out and (changed or plan.ask_until is None):
                _question(t, ())
            return None
        case Conduct.STAY:
            raise AssertionError("a state that does not allow a transfer stands against it")
        case never:
            assert_never(never)
