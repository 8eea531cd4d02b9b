"""One step of one redundancy group: an event in, a decision out. The same inputs give the same decision."""

from dataclasses import replace
from operator import attrgetter
from typing import TypeVar, assert_never

from otha.core.altered import maker
from otha.core.conditions import UNKNOWN_MACHINE
from otha.core.config import GroupConfig
from otha.core.errors import IllegalTransitionError, InvariantBreachError
from otha.core.group import (
    agree,
    driver,
    failback,
    forced,
    guard,
    invariant,
    machine,
    native,
    orders,
    phase_wait,
    question,
    record,
    redirect,
    safe_errand,
    settle,
    suspicion,
    transfer,
    uncontrolled,
)
from otha.core.group.event import (
    ConditionJudged,
    Event,
    GateJudged,
    MachineJudged,
    NodeJudged,
    SelectorJudged,
    SharedChanged,
    WindowJudged,
)
from otha.core.group.guard import Stage
from otha.core.group.record import SAFE_ERRAND, STORE_ERRANDS
from otha.core.group.state import GateView, GroupState, NodeView, SelectorView, Shared
from otha.core.group.turn import Decision, Turn
from otha.core.inputs import DueReached, EffectEnded, OrderGiven
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Authority, Course, GroupKind, Outcome, Standing, TransferKind, Verdict

_T = TypeVar("_T")

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_FOLLOWING, _NATIVE, _DRIVER = Standing.FOLLOWING, Authority.NATIVE, GroupKind.DRIVER
_MOVES_AT_MOST = 32
# As the ids of a plan's effects say it. What heads for the safe state swaps nothing, whatever phase it came from.
_SWAPPING = tuple(
    f"{course.value}.{phase.value}" for course in Course if course is not Course.SAFE for phase in transfer.SWAPPING
)
# Deadlines that are cleared when they have come, and mean nothing else.
_CLEARED = (
    "settle_until",
    "calm_until",
    "confirm_at",
    "steady_at",
    "holdoff_until",
    "errand_retry_at",
    "safe_retry_at",
)
_cleared = attrgetter(*_CLEARED)
_decision = maker(Decision)


def start(cfg: GroupConfig, now: int) -> GroupState:
    """The state before anything is known: nothing is believed, nothing is done."""
    return GroupState(
        nodes=tuple(NodeView() for _ in cfg.nodes),
        gate=GateView(),
        selectors=tuple(SelectorView() for _ in cfg.selectors),
        maintenance=tuple(False for _ in cfg.nodes),
        conditions=tuple(Verdict.UNKNOWN for _ in cfg.conditions),
        arming=cfg.arming,
        requests=question.first_number(now),
        settle_until=now + cfg.timing.settle_ns,
        calm_until=now + cfg.timing.settle_ns,
    )


def _replaced(items: tuple[_T, ...], index: int, item: _T) -> tuple[_T, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _effect_ended(t: Turn, ended: EffectEnded) -> None:
    """Only the end of what is awaited counts; a late one dies by its id."""
    g = t.g
    if ended.id == g.errand:
        t.put(errand=None, errand_retry_at=None if ended.outcome is Outcome.DONE else t.now + t.cfg.timing.retry_ns)
        if ended.id.phase in STORE_ERRANDS:
            record.absorb(t, ended)
        elif ended.id.phase == SAFE_ERRAND:
            safe_errand.pause(t)
        else:
            # What it did is read back at the pace of the clients; asked at once again it would only fill the journal.
            # Rows that nobody has any more are asked for still more seldom.
            timing = t.cfg.timing
            pause_ns = timing.settle_ns if ended.id.phase == "backfill" else timing.verify_ns
            t.put(errand_retry_at=t.now + pause_ns)
        if ended.id.phase == "adopt" and ended.outcome is Outcome.DONE:
            t.put(adopt_ordered=False)
            t.say(Why.ADOPTED, "S2", t.g.record.active or "-" if t.g.record is not None else "-")
    elif g.plan is not None and ended.id == g.plan.asked:
        t.put_plan(asked=None, retry_at=t.now + t.cfg.timing.retry_ns)
        if ended.id.phase in _SWAPPING or ended.record is not None:
            record.absorb(t, ended)


def _condition_judged(t: Turn, index: int, verdict: Verdict) -> None:
    """Which interlock went first stays told until all are true again: what follows is often its consequence."""

    def all_true() -> bool:
        judged = zip(t.cfg.conditions, t.g.conditions, strict=True)
        return all(each is Verdict.TRUE for config, each in judged if config.interlock)

    before = all_true()
    t.put(conditions=_replaced(t.g.conditions, index, verdict))
    if all_true():
        t.put(first_out=None)
    elif before:
        t.put(first_out=index)
        t.say(Why.FIRST_OUT, "S6", t.cfg.conditions[index].name, verdict.value)


def _absorb(t: Turn, event: Event) -> None:
    match event:
        case NodeJudged(index=index, view=view):
            if not 0 <= index < len(t.g.nodes):
                raise IllegalTransitionError(f"group {t.cfg.name} has no node {index}")
            t.put(nodes=_replaced(t.g.nodes, index, view))
        case GateJudged(view=view):
            safe_errand.gate_seen(t, view)
            t.put(gate=view)
        case SelectorJudged(index=index, view=view):
            if not 0 <= index < len(t.g.selectors):
                raise IllegalTransitionError(f"group {t.cfg.name} has no selector {index}")
            t.put(selectors=_replaced(t.g.selectors, index, view))
        case ConditionJudged(index=index, verdict=verdict):
            if not 0 <= index < len(t.g.conditions):
                raise IllegalTransitionError(f"group {t.cfg.name} has no condition {index}")
            _condition_judged(t, index, verdict)
        case MachineJudged(state=state, unlisted=unlisted):
            if t.cfg.machine is None or not UNKNOWN_MACHINE <= state < len(t.cfg.machine.states):
                raise IllegalTransitionError(f"group {t.cfg.name} has no machine state {state}")
            # Another number that is no state either changes nothing that was waited for.
            t.put(machine=state, unlisted=unlisted, stays=t.g.stays and state == t.g.machine)
        case WindowJudged(is_open=is_open):
            failback.window_turned(t, is_open=is_open)
        case EffectEnded():
            _effect_ended(t, event)
        case OrderGiven(order=order):
            orders.take(t, order)
        case SharedChanged() | DueReached():
            pass
        case never:
            assert_never(never)


def _expire(t: Turn) -> None:
    """Clear every deadline that has come: the state holds no past times."""
    g, now = t.g, t.now
    if not [at for at in _deadlines(g) if at is not None and now >= at]:
        return
    if g.recent and now >= g.recent[0]:
        t.put(recent=tuple(at for at in g.recent if at > now))
        if not t.g.recent:
            t.put(extra_used=False)
    over = [name for name, at in zip(_CLEARED, _cleared(g), strict=True) if at is not None and now >= at]
    if over:
        t.put(**dict.fromkeys(over))
    if t.reached(g.uncontrolled_until):
        t.put(uncontrolled_until=None, uncontrolled=True)
    if g.plan is not None and t.reached(g.plan.retry_at):
        t.put_plan(retry_at=None)
    forced.expire(t)
    if g.plan is not None and t.reached(g.plan.wait_until):
        phase_wait.wait_is_over(t)
    if g.plan is not None and t.reached(g.plan.ask_until):
        phase_wait.ask_is_over(t)


def _tell_vetoes(t: Turn, found: tuple[Blocker, ...]) -> bool:
    """Say once why a silent active node is left alone."""
    if found != t.g.told:
        t.put(told=found)
        t.say_blockers(Why.BLOCKED, found, "any standby")
    return False


def _suspect(t: Turn) -> bool:
    """Judge the active node; open a failover once its cause has stood and nothing stands against it."""
    g = t.g
    if g.standing is not _FOLLOWING:
        if g.suspicion is not None:
            t.put(suspicion=None, confirm_at=None, told=())
        return False
    active = g.record.active if g.record is not None else None
    vetoes = suspicion.vetoes(t.cfg, t.shared, g)
    why = None if vetoes else suspicion.unvetoed(t.cfg, g)
    if g.declined is not None and why is not g.declined:
        t.put(declined=None)
    if why is not g.suspicion:
        if why is None:
            t.put(suspicion=None, confirm_at=None, told=(), stays=False)
            t.say(Why.SUSPICION_ENDED, "S8", active or "-")
            return _tell_vetoes(t, vetoes)
        wait_ns = suspicion.standing_time_ns(t.cfg, why)
        t.put(suspicion=why, confirm_at=t.now + wait_ns if wait_ns > 0 else None, told=())
        t.say(Why.SUSPECTED, "S8", active or "-", why.value)
    if why is None:
        return _tell_vetoes(t, vetoes)
    if t.g.confirm_at is not None:
        return False
    others = [node.name for node in t.cfg.nodes if node.name != active]
    to_node = guard.best_standby(t.cfg, t.shared, t.g, besides=(active,)) or others[0]
    found = guard.against(
        t.cfg, t.shared, t.g, kind=TransferKind.FAILOVER, to_node=to_node, cause=why, stage=Stage.START, now=t.now
    )
    found = transfer.serious(t.cfg, found)
    found = machine.not_waitable(t.cfg, t.g, TransferKind.FAILOVER, why, found)
    asks = transfer.needs_confirmation(t.cfg, t.g, TransferKind.FAILOVER, to_node)
    found += uncontrolled.against(t.cfg, t.g, kind=TransferKind.FAILOVER, cause=why, to_node=to_node, asks=asks)
    if not found:
        transfer.begin(t, kind=TransferKind.FAILOVER, cause=why, to_node=to_node)
        return True
    if found != t.g.told:
        t.put(told=found)
        if all(blocker.block is Block.NOT_ARMED for blocker in found):
            t.say(Why.WOULD_TRANSFER, "arming", TransferKind.FAILOVER.value, active or "-", to_node, why.value)
        else:
            t.say_blockers(Why.BLOCKED, found, to_node)
    return False


def _ask_back(t: Turn) -> bool:
    """Ask a person for a failback, or begin the scheduled one, when nobody is busy with the group."""
    if t.g.selection is not None or t.g.request is not None:
        return False
    return failback.ask(t) or failback.begin_scheduled(t)


def _move(t: Turn) -> bool:
    """Take one move of a group of any kind; True when the state moved and should be looked at again."""
    if t.cfg.authority is _NATIVE and t.g.plan is None:
        return native.follow(t)
    if t.cfg.kind is not _DRIVER:
        if t.g.plan is not None:
            return redirect.advance(t)
        return agree.settle(t) or _suspect(t) or _ask_back(t)
    uncontrolled.run_the_limit(t)
    if t.g.plan is not None:
        return driver.advance(t)
    if forced.going_safe(t):
        return not t.g.gate.seen and settle.stands_unseen(t)
    return settle.settle(t) or _suspect(t) or uncontrolled.ask_safe(t) or _ask_back(t)


def _deadlines(g: GroupState) -> list[int | None]:
    """The moments at which time alone changes something; None for what does not run."""
    plan = g.plan
    deadlines = [*_cleared(g), g.uncontrolled_until, *g.recent]
    if g.selection is not None or g.request is not None or g.bypasses:
        deadlines += [held.until for held in (g.selection, g.request, *g.bypasses) if held is not None]
    if plan is not None:
        deadlines += [plan.due, plan.retry_at, plan.wait_until, plan.ask_until]
    return deadlines


def wake(g: GroupState, now: int) -> int | None:
    """The next moment at which time alone changes something."""
    soonest = None
    for at in _deadlines(g):
        if at is not None and at > now and (soonest is None or at < soonest):
            soonest = at
    return soonest


def step(cfg: GroupConfig, shared: Shared, g: GroupState, event: Event, now: int) -> Decision:
    """Decide on one event.

    Raises IllegalTransitionError for an event that the group can't see, InvariantBreachError when a rule would have
    been broken; in both cases nothing was changed.
    """
    t = Turn(cfg=cfg, shared=shared, g=g, now=now)
    _expire(t)
    _absorb(t, event)
    failback.mind_the_hold(t)
    if t.g.halted is None:
        for _ in range(_MOVES_AT_MOST):
            if not _move(t):
                break
        else:
            raise InvariantBreachError("L2", f"group {cfg.name} does not come to rest")
        question.mind(t)
    state = t.state()
    decision = _decision(
        group=cfg.name,
        state=state,
        effects=tuple(t.effects),
        reasons=tuple(t.reasons),
        answer=t.answer,
        wake=wake(state, now),
    )
    invariant.check(cfg, shared, g, decision, now)
    return decision


def halt(g: GroupState, breach: str) -> GroupState:
    """Stop automatic action after a breach; watching and journaling go on."""
    return replace(
        g,
        halted=breach,
        plan=None,
        errand=None,
        suspicion=None,
        confirm_at=None,
        selection=None,
        request=None,
        safe_for=None,
        safe_asked=0,
        safe_retry_at=None,
    )
