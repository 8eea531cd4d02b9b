"""What `otha status` and `otha why` show: plain JSON of the newest state. Integers only; times say their unit."""

from typing import Any

from otha.core.conditions import AllOf, AnyOf, Compare, ConditionConfig, ConditionTree, MachineRule, MooN
from otha.core.config import GroupConfig
from otha.core.group import failback, guard, machine, orders, question, release
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, GateView, GroupState, Plan
from otha.core.reasons import Block, Blocker
from otha.core.supervision import Supervision
from otha.core.watch import condition, tracking
from otha.core.watch.tracking import Agreement
from otha.core.words import Authority, Conduct, FailbackMode, GroupKind, TransferKind, Verdict
from otha.runtime import alarm_view

Json = dict[str, Any]  # Any: JSON
MS = 1_000_000


def _left_ms(until_ns: int | None, now: int) -> int | None:
    return None if until_ns is None else max(until_ns - now, 0) // MS


def blockers(found: tuple[Blocker, ...]) -> list[Json]:
    """Obstacles as JSON."""
    return [{"block": b.block.code, "rule": b.block.rule, "detail": b.detail} for b in found]


def _concern(g: GroupState) -> Json | None:
    return None if g.concern is None else blockers((g.concern,))[0]


def _gate(gate: GateView, now: int) -> Json:
    return {
        "seen": gate.seen,
        "fits": gate.fits,
        "state": gate.state.name,
        "owner": gate.owner,
        "last_driver": gate.last_driver,
        "owner_epoch": gate.owner_epoch,
        "epoch": gate.epoch,
        "granted": gate.granted,
        "hold_no": gate.hold_no,
        "armed": gate.armed,
        "permit": gate.permit,
        "return_permit": gate.return_permit,
        "shadow": gate.shadow.value,
        "apart": [str(each) for each in gate.apart],
        "owner_fresh": gate.owner_fresh,
        "driven": gate.driven,
        "hold_left_ms": _left_ms(gate.hold_until, now),
        "boot": gate.boot,
    }


def _plan(cfg: GroupConfig, g: GroupState, plan: Plan, now: int) -> Json:
    asks = question.asks_a_person(cfg, g)
    return {
        "kind": plan.kind.value,
        "cause": None if plan.cause is None else plan.cause.value,
        "from_node": plan.from_node,
        "to_node": plan.to_node,
        "course": plan.course.value,
        "phase": plan.phase.value,
        "epoch": plan.epoch,
        "automatic": plan.automatic,
        "drill": plan.drill,
        "by": plan.by,
        "confirmed": plan.confirmed,
        "waiting": plan.waiting,
        "due_in_ms": _left_ms(plan.due, now),
        "against": blockers(plan.against),
        "request": plan.request if asks else None,
        "about": list(plan.about) if asks else [],
    }


def _failback(core: Supervision, cfg: GroupConfig, now: int) -> Json | None:
    """How far the way back to the preferred node is; None while that one is active, and of a native pair."""
    g = core.group(cfg.name)
    if cfg.authority is Authority.NATIVE or g.record is None or g.record.active in (None, cfg.preferred):
        return None
    return {
        "to_node": cfg.preferred,
        "mode": cfg.failback.mode.value,
        "steady": g.steady,
        "hold_left_ms": _left_ms(g.steady_at, now),
        "windows": [str(each) for each in cfg.failback.windows],
        "window_open": g.window_open,
        "obstacles": blockers(orders.failback_against(cfg, core.shared, g, now)),
        "schedule_obstacles": blockers(_against_schedule(core, cfg, now)),
    }


def _against_schedule(core: Supervision, cfg: GroupConfig, now: int) -> tuple[Blocker, ...]:
    """What keeps a scheduled failback from beginning by itself; nothing where none is scheduled."""
    if cfg.failback.mode is not FailbackMode.SCHEDULED:
        return ()
    return failback.against_schedule(cfg, core.shared, core.group(cfg.name), now)


def persons(g: GroupState, now: int) -> Json:
    """What persons hold of the group: the selection, what waits for a second person, the bypasses."""
    held, request = g.selection, g.request
    return {
        "selection": held
        and {
            "by": held.by,
            "client": held.client,
            "from_node": held.from_node,
            "to_node": held.to_node,
            "left_ms": _left_ms(held.until, now),
        },
        "request": request
        and {
            "number": request.number,
            "order": request.kind.value,
            "by": request.by,
            "item": request.item,
            "for_ms": request.for_ns // MS,
            "comment": request.comment,
            "left_ms": _left_ms(request.until, now),
        },
        "bypasses": [
            {
                "item": each.item,
                "by": each.by,
                "second": each.second,
                "comment": each.comment,
                "left_ms": _left_ms(each.until, now),
            }
            for each in g.bypasses
        ],
        "safe_ordered": g.safe_for is not None,
        "declined": None if g.declined is None else g.declined.value,
    }


def _group(core: Supervision, cfg: GroupConfig, now: int) -> Json:
    g = core.group(cfg.name)
    record = g.record
    off = [pair for pair in _agreements(core, cfg, now) if pair[1].verdict is not Verdict.TRUE]
    return {
        "name": cfg.name,
        "kind": cfg.kind.value,
        "section": cfg.section,
        "arming": g.arming.value,
        "authority": cfg.authority.value,
        "standing": g.standing.value,
        "concern": _concern(g),
        "halted": g.halted,
        "store": g.store.value,
        "active": None if record is None else record.active,
        "epoch": 0 if record is None else record.epoch,
        "milestone": None if record is None else record.milestone.value,
        "suspicion": None if g.suspicion is None else g.suspicion.value,
        "plan": None if g.plan is None else _plan(cfg, g, g.plan, now),
        "persons": persons(g, now),
        "holdoff_left_ms": _left_ms(g.holdoff_until, now),
        "transfers_in_window": len(g.recent),
        "in_flight": [str(each) for each in g.in_flight],
        "failback": _failback(core, cfg, now),
        "drills": cfg.drills,
        "nodes": [
            {
                "name": node.name,
                "liveness": view.liveness.value,
                "role": view.role.name,
                "level": view.level,
                "in_rpo": view.in_rpo.value,
                "ready": view.ready.value,
                "off": [_tracked(name, each) for name, each in off if name == node.name],
                "one_shots": list(view.one_shots),
                "pending": view.pending,
                "maintenance": maintenance,
            }
            for node, view, maintenance in zip(cfg.nodes, g.nodes, g.maintenance, strict=True)
        ],
        "gate": None if cfg.gate is None else _gate(g.gate, now),
        "clients": [
            {"name": each.name, "critical": each.critical, "seen": view.seen, "node": view.node, "epoch": view.epoch}
            for each, view in zip(cfg.selectors, g.selectors, strict=True)
        ],
        "conditions": [
            {
                "name": each.name,
                "interlock": each.interlock,
                "class": each.klass.value,
                "verdict": verdict.value,
                "bypassed": guard.bypassed(g, each),
            }
            for each, verdict in zip(cfg.conditions, g.conditions, strict=True)
        ],
        "machine": _machine(cfg, g),
        "alarms": alarm_view.alarms(core, cfg.name, now),
        "alarm_codes": list(core.alarm_codes(cfg.name)),
    }


def status(core: Supervision, now: int) -> Json:
    """Groups and channels of the site as they stand at `now`."""
    return {
        "site": core.cfg.name,
        "supervisor": core.cfg.supervisor,
        "mono_ns": now,
        "isolated": core.shared.isolated,
        "tilted": core.shared.tilted,
        "alarms": alarm_view.alarms(core, core.cfg.supervisor, now),
        "alarm_codes": list(core.alarm_codes(core.cfg.supervisor)),
        "groups": [_group(core, cfg, now) for cfg in core.cfg.groups],
        "channels": [
            {"name": cfg.name, "node": cfg.node, "pulse": core.channel(cfg.name).pulse.value}
            for cfg in core.cfg.channels
        ],
    }


def _tags(tree: ConditionTree) -> list[str]:
    match tree:
        case Compare(tag=tag):
            return [tag]
        case AllOf(of=of) | AnyOf(of=of) | MooN(of=of):
            return [tag for part in of for tag in _tags(part)]


def _tree(core: Supervision, group: str, tree: ConditionTree, now: int) -> Json:
    """A condition with the verdict on each comparison, and how long its delay still runs."""

    def parts(of: tuple[ConditionTree, ...]) -> list[Json]:
        return [_tree(core, group, part, now) for part in of]

    match tree:
        case Compare(tag=tag, op=op, value=value, for_ns=for_ns, off_ns=off_ns):
            verdict, delay_until = core.comparison(group, tree, now)
            said = {"tag": tag, "op": op.value, "value": value, "for_ms": for_ns // MS, "off_ms": off_ns // MS}
            return {**said, "verdict": verdict.value, "delay_left_ms": _left_ms(delay_until, now)}
        case AllOf(of=of):
            return {"all": parts(of)}
        case AnyOf(of=of):
            return {"any": parts(of)}
        case MooN(m=m, of=of):
            return {"m": m, "of": parts(of)}


def _rule(rule: MachineRule) -> Json:
    then = {"limit_ms": rule.limit_ns // MS, "then": rule.then.value} if rule.does is Conduct.WAIT else {}
    return {"does": rule.does.value, **then}


def _machine(cfg: GroupConfig, g: GroupState) -> Json | None:
    """The machine's state, and what transfers do in it."""
    if cfg.machine is None:
        return None
    state = cfg.machine.state(g.machine)
    return {
        "state": state.name,
        "unlisted": g.unlisted,
        "switchover": _rule(state.switchover),
        "failover": _rule(state.failover),
        "after_fence": machine.after_fence(cfg, g).value,
    }


def _holds(cfg: GroupConfig, g: GroupState) -> list[Json]:
    """What the controller would do with each output, were the section held in the machine's present state."""
    if cfg.gate is None:
        return []
    state = cfg.machine.state(g.machine).name if cfg.machine is not None else None
    return [{"output": rule.output, "does": rule.does} for rule in cfg.gate.held(state)]


def _states(core: Supervision, cfg: GroupConfig, now: int) -> list[Json]:
    """Each machine state with what it is recognised by."""
    states = cfg.machine.states if cfg.machine is not None else ()
    return [
        {
            "name": state.name,
            "when": _tree(core, cfg.name, state.when, now),
            "tags": [_tag(core, name, now) for name in dict.fromkeys(_tags(state.when))],
        }
        for state in states
        if state.when is not None
    ]


def _tag(core: Supervision, name: str, now: int) -> Json:
    (cfg,) = (tag for tag in core.cfg.tags if tag.name == name)
    watch = core.tag(name)
    age = None if watch.fresh_until is None else (now - (watch.fresh_until - cfg.fresh_ns)) // MS
    return {
        "name": name,
        "source": cfg.source,
        "value": watch.value,
        "quality": condition.quality(cfg, watch, now).value,
        "age_ms": age,
        "fresh_ms": cfg.fresh_ns // MS,
    }


def _condition(
    core: Supervision, group: GroupConfig, cfg: ConditionConfig, verdict: str, now: int, *, first_out: bool
) -> Json:
    g = core.group(group.name)
    return {
        "bypassed": guard.bypassed(g, cfg),
        "name": cfg.name,
        "interlock": cfg.interlock,
        "class": cfg.klass.value,
        "verdict": verdict,
        "first_out": first_out,
        "when": _tree(core, group.name, cfg.when, now),
        "tags": [_tag(core, name, now) for name in dict.fromkeys(_tags(cfg.when))],
    }


def _failover(core: Supervision, cfg: GroupConfig, g: GroupState, now: int) -> list[Json]:
    """What stands against an automatic failover, if the active died now."""
    if g.plan is not None:
        return blockers((Blocker(block=Block.TRANSFER_RUNNING, detail=g.plan.phase.value),))
    if g.concern is not None:
        return blockers((g.concern,))
    to_node = guard.best_standby(cfg, core.shared, g, besides=(g.record.active if g.record is not None else None,))
    if to_node is None:
        return blockers(orders.no_standby(cfg, core.shared, g))
    found = guard.against(
        cfg,
        core.shared,
        g,
        kind=TransferKind.FAILOVER,
        to_node=to_node,
        cause=Cause.DEAD,
        stage=Stage.START,
        now=now,
    )
    return blockers(machine.not_waitable(cfg, g, TransferKind.FAILOVER, Cause.DEAD, found))


def _agreements(core: Supervision, cfg: GroupConfig, now: int) -> list[tuple[str, Agreement]]:
    """Each tracked tag of each standby beside the active's."""
    record = core.group(cfg.name).record
    active = None if record is None else record.active
    if active is None:
        return []
    return [
        (node.name, each)
        for node in cfg.nodes
        if node.name != active
        for each in tracking.agreements(cfg.tracked, core.node(active), core.node(node.name), now)
    ]


def _tracking(core: Supervision, cfg: GroupConfig, now: int) -> list[Json]:
    """What a standby is ready for a bumpless takeover by, and what it is not yet ready by (S13)."""
    return [_tracked(node, each) for node, each in _agreements(core, cfg, now)]


def _tracked(node: str, each: Agreement) -> Json:
    return {
        "node": node,
        "tag": each.tag.name,
        "kind": each.tag.kind.value,
        "form": each.tag.form.value,
        "active": each.active,
        "standby": each.standby,
        "tolerance": each.tag.tolerance,
        "max_age_ms": each.tag.max_age_ns // MS,
        "verdict": each.verdict.value,
        "active_age_ms": each.active_age_ms,
        "standby_age_ms": each.standby_age_ms,
    }


def _release(core: Supervision, cfg: GroupConfig, g: GroupState, now: int) -> list[Json] | None:
    waits = cfg.kind is GroupKind.DRIVER and g.gate.used_up
    return blockers(release.against(cfg, core.shared, g, now)) if waits else None


def why(core: Supervision, name: str, node: str | None, now: int) -> Json | None:
    """Each interlock with its tags' values, ages and qualities, and what stands against a transfer of group `name`.

    `obstacles` are those of an ordered switchover to `node` (None: the best standby), `failover_obstacles` those of
    an automatic failover if the active died now, `failback` says how far the way back to the preferred node is (None
    while that one is active), `release` what stands against releasing an owner that the gate takes no more by itself
    (None while there is none). None when there is no such group.
    """
    cfg = next((each for each in core.cfg.groups if each.name == name), None)
    if cfg is None:
        return None
    g = core.group(name)
    to_node = orders.switchover_target(cfg, core.shared, g, node)
    return {
        "group": name,
        "kind": cfg.kind.value,
        "node": to_node,
        "mono_ns": now,
        "standing": g.standing.value,
        "concern": _concern(g),
        "halted": g.halted,
        "obstacles": blockers(orders.switchover_against(cfg, core.shared, g, node, now)),
        "failover_obstacles": _failover(core, cfg, g, now),
        "failback": _failback(core, cfg, now),
        "release": _release(core, cfg, g, now),
        "conditions": [
            _condition(core, cfg, each, verdict.value, now, first_out=index == g.first_out)
            for index, (each, verdict) in enumerate(zip(cfg.conditions, g.conditions, strict=True))
        ],
        "machine": _machine(cfg, g),
        "states": _states(core, cfg, now),
        "holds": _holds(cfg, g),
        "persons": persons(g, now),
        "tracking": _tracking(core, cfg, now),
        "nodes": _group(core, cfg, now)["nodes"],
        "gate": None if cfg.gate is None else _gate(g.gate, now),
        "clients": _group(core, cfg, now)["clients"],
    }
