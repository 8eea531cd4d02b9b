"""From watches to what a group is told: its nodes measured against its active one, its conditions and machine state."""

from collections.abc import Iterable

from otha.core.conditions import UNKNOWN_MACHINE
from otha.core.config import GroupConfig
from otha.core.group.event import ConditionJudged, Event, MachineJudged
from otha.core.group.state import GateView, GroupState, NodeView, SelectorView
from otha.core.reasons import Reason, Why
from otha.core.site_state import SiteState
from otha.core.watch import condition, sync, tracking
from otha.core.watch.condition import Judgement
from otha.core.watch.node import NodeVerdict
from otha.core.watch.tracking import READY, Readiness
from otha.core.wiring import Wiring
from otha.core.words import GroupKind, Verdict

# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_STORE, _TRUE = GroupKind.STORE, Verdict.TRUE
_UNTOLD = Readiness(verdict=Verdict.UNKNOWN)

# An event for a group, and what there is to tell of it.
Told = tuple[Event, Reason]


def active_of(g: GroupState) -> str | None:
    """The active node, as the record says."""
    return g.record.active if g.record is not None else None


def nodes_moved(
    cfg: GroupConfig,
    wiring: Wiring,
    state: SiteState,
    at: int,
    now: int,
    heard: int | None = None,
    *,
    exact: bool = False,
) -> list[tuple[int, NodeView]]:
    """The nodes of group `at` (`cfg`), by their places in it, whose verdicts differ from what the group knows.

    `heard`: the one node that was heard of. Unless it is the active one, against which all are measured, the others
    are judged when heard or missed themselves, a period later at most: a large group would cost its square. `exact`:
    the values that a standby is not ready by are told anew as well; they alone are no news.
    """
    g = state.groups[at]
    # Without a record the gate's owner is whom a standby is compared with; without that, there is nothing to lag.
    active_name = g.record.active if g.record is not None else g.gate.owner
    active = state.nodes.get(active_name) if active_name is not None else None
    measured: Iterable[int] = range(len(cfg.nodes))
    until = None
    if heard is not None and cfg.nodes[heard].name != active_name:
        measured, until = (heard,), state.nodes_at[at]
    tracked = wiring.tracked[at]
    moved = []
    for index in measured:
        member = cfg.nodes[index]
        w = state.nodes[member.name]
        in_rpo, ready = _TRUE, READY
        if active is None and active_name is not None:
            in_rpo, ready = sync.in_rpo(None, cfg.rpo_ns), _UNTOLD
        elif active is not None and member.name != active_name:
            if cfg.rpo_ns is not None:
                unseen_until = _unseen_until(cfg, state, at, now)
                lag = sync.lag_ns(active, w, cycle_ns=member.cycle_ns, unseen_until=unseen_until)
                in_rpo = sync.in_rpo(lag, cfg.rpo_ns)
            if tracked.tags:
                ready_until = tracking.ready_until(tracked, active, w, now)
                if ready_until is None:
                    ready = tracking.readiness(tracked.tags, active, w, now)
                elif until is None or ready_until < until:
                    until = ready_until
        one_shots = tracking.pending_one_shots(tracked.tags, w) if tracked.has_one_shots else ()
        if _is_news(g.nodes[index], w.verdict, in_rpo, ready, one_shots, exact=exact):
            moved.append((index, _node_view(w.verdict, in_rpo, ready, one_shots)))
    state.nodes_at[at] = until
    return moved


def _unseen_until(cfg: GroupConfig, state: SiteState, at: int, now: int) -> int:
    """Until when the active may have changed something unseen: now, or when its frames stopped at the gate, or when
    every client had let go of it."""
    if cfg.kind is _STORE:
        let_go = state.let_go[at]
        return now if let_go is None else let_go
    w = state.gates.get(cfg.gate.section) if cfg.gate is not None else None
    return now if w is None or w.silent_since is None or not w.view.seen else w.silent_since


def _is_news(
    view: NodeView, said: NodeVerdict, in_rpo: Verdict, ready: Readiness, one_shots: tuple[str, ...], *, exact: bool
) -> bool:
    """Whether the group knows anything else of the node."""
    off_as_known = ready.off == view.off or (not exact and tracking.alike(ready.off, view.off))
    return not (
        off_as_known
        and said.liveness is view.liveness
        and said.role is view.role
        and said.level == view.level
        and said.channels_lost is view.channels_lost
        and in_rpo is view.in_rpo
        and ready.verdict is view.ready
        and one_shots == view.one_shots
        and said.pending == view.pending
        and said.epoch == view.epoch
        and said.taking is view.taking
        and said.whole is view.whole
    )


def _node_view(said: NodeVerdict, in_rpo: Verdict, ready: Readiness, one_shots: tuple[str, ...]) -> NodeView:
    return NodeView(
        liveness=said.liveness,
        role=said.role,
        level=said.level,
        channels_lost=said.channels_lost,
        in_rpo=in_rpo,
        ready=ready.verdict,
        off=ready.off,
        one_shots=one_shots,
        pending=said.pending,
        epoch=said.epoch,
        taking=said.taking,
        whole=said.whole,
    )


def mind_who_let_go(cfg: GroupConfig, state: SiteState, at: int, now: int) -> None:
    """Since when no client in sight uses the active any more: from then on it can have taken nothing unseen."""
    active = active_of(state.groups[at])
    views = [state.selectors[each.name].view for each in cfg.selectors]
    let_go = any(view.seen for view in views) and not any(view.seen and view.node == active for view in views)
    state.let_go[at] = (state.let_go[at] or now) if let_go else None


def conditions_moved(cfg: GroupConfig, wiring: Wiring, state: SiteState, at: int, now: int) -> list[Told]:
    """Conditions and machine state of group `at` (`cfg`) judged anew. What the same reading says against a transfer is
    told before what it says for it."""
    g = state.groups[at]
    judgement = Judgement(wiring.tags, state.tags, state.delays[at], now)
    verdicts = [judgement.judge(each.when) for each in cfg.conditions]
    machine, unlisted = g.machine, g.unlisted
    if cfg.machine is not None:
        machine = condition.recognised(judgement, cfg.machine)
        unlisted = condition.unlisted(judgement, cfg.machine) if machine == UNKNOWN_MACHINE else ""
    state.delays[at], state.judge_at[at] = judgement.kept, judgement.again
    against: list[Told] = []
    others: list[Told] = []
    for index, (verdict, before) in enumerate(zip(verdicts, g.conditions, strict=True)):
        if verdict is not before:
            said = Reason(why=Why.CONDITION, rule="S6", args=(cfg.conditions[index].name, verdict.value))
            ranked = against if before is Verdict.TRUE else others
            ranked.append((ConditionJudged(index=index, verdict=verdict), said))
    if (machine, unlisted) != (g.machine, g.unlisted) and cfg.machine is not None:
        said = Reason(why=Why.MACHINE, rule="", args=(cfg.machine.state(machine).name, unlisted))
        against.append((MachineJudged(state=machine, unlisted=unlisted), said))
    return against + others


def gate_reasons(section: str, before: GateView, after: GateView) -> tuple[Reason, ...]:
    """What of the gate is worth a line: who owns it in which state, and whether it is seen."""
    said = [(v.seen, v.state, v.owner, v.owner_epoch, v.epoch, v.permit, v.boot) for v in (before, after)]
    if said[0] == said[1]:
        return ()
    state = after.state.name if after.seen else "unseen"
    permit = "permit" if after.permit else "no permit"
    return (Reason(why=Why.GATE, rule="", args=(section, state, after.owner or "-", after.epoch, permit)),)


def bump_reason(cfg: GroupConfig, state: SiteState, before: GroupState, after: GroupState) -> tuple[Reason, ...]:
    """How far the outputs went from the held ones when the transfer that has just ended put an owner in charge, beside
    how they moved by themselves before (rule S13)."""
    plan = before.plan
    if plan is None or cfg.gate is None or cfg.kind is not GroupKind.DRIVER:
        return ()
    if after.plan is not None and after.plan.serial == plan.serial:
        return ()
    w = state.gates[cfg.section]
    bump, natural = w.bump.bump, w.bump.natural
    if bump is None or w.bump.epoch not in (plan.epoch, plan.epoch + 1):
        return ()
    before_that = ("-", 0, 0) if natural is None else (cfg.gate.outputs[natural.output], natural.by, natural.scans)
    args = (w.view.owner or "-", cfg.gate.outputs[bump.output], bump.by, bump.scans, *before_that)
    return (Reason(why=Why.BUMP, rule="S13", args=args),)


def selector_reason(name: str, view: SelectorView) -> Reason:
    """Which node a client uses, or that it is out of sight."""
    used = (view.node or "nobody") if view.seen else "unseen"
    return Reason(why=Why.SELECTOR, rule="", args=(name, used, view.epoch))
