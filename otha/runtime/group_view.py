"""One redundancy group as `otha status` and `otha why` show it: plain JSON. Integers only; times say their unit."""

from typing import Any

from otha.core.conditions import MachineRule
from otha.core.config import GroupConfig
from otha.core.group import failback, guard, machine, orders, question, role
from otha.core.group.state import GateView, GroupState, Plan
from otha.core.reasons import Blocker
from otha.core.supervision import Supervision
from otha.core.watch import tracking
from otha.core.watch.tracking import Agreement
from otha.core.words import Authority, Conduct, FailbackMode, Verdict
from otha.runtime import alarm_view, node_reasons

Json = dict[str, Any]  # Any: JSON
MS = 1_000_000


def left_ms(until_ns: int | None, now: int) -> int | None:
    """What is left until then; None: no such time."""
    return None if until_ns is None else max(until_ns - now, 0) // MS


def blockers(found: tuple[Blocker, ...]) -> list[Json]:
    """Obstacles as JSON."""
    return [{"block": b.block.code, "rule": b.block.rule, "detail": b.detail} for b in found]


def concern(g: GroupState) -> Json | None:
    """What keeps the group from being supervised; None: nothing."""
    return None if g.concern is None else blockers((g.concern,))[0]


def gate_view(gate: GateView, now: int) -> Json:
    """The gate as it is seen."""
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
        "hold_left_ms": left_ms(gate.hold_until, now),
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
        "due_in_ms": left_ms(plan.due, now),
        "against": blockers(plan.against),
        "request": plan.request if asks else None,
        "about": list(plan.about) if asks else [],
    }


def way_back(core: Supervision, cfg: GroupConfig, now: int) -> Json | None:
    """How far the way back to the preferred node is; None while that one is active, and of a native pair."""
    g = core.group(cfg.name)
    if cfg.authority is Authority.NATIVE or g.record is None or g.record.active in (None, cfg.preferred):
        return None
    return {
        "to_node": cfg.preferred,
        "mode": cfg.failback.mode.value,
        "steady": g.steady,
        "hold_left_ms": left_ms(g.steady_at, now),
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
            "left_ms": left_ms(held.until, now),
        },
        "request": request
        and {
            "number": request.number,
            "order": request.kind.value,
            "by": request.by,
            "item": request.item,
            "for_ms": request.for_ns // MS,
            "comment": request.comment,
            "left_ms": left_ms(request.until, now),
        },
        "bypasses": [
            {
                "item": each.item,
                "by": each.by,
                "second": each.second,
                "comment": each.comment,
                "left_ms": left_ms(each.until, now),
            }
            for each in g.bypasses
        ],
        "safe_ordered": g.safe_for is not None,
        "declined": None if g.declined is None else g.declined.value,
    }


def _rule(rule: MachineRule) -> Json:
    then = {"limit_ms": rule.limit_ns // MS, "then": rule.then.value} if rule.does is Conduct.WAIT else {}
    return {"does": rule.does.value, **then}


def machine_view(cfg: GroupConfig, g: GroupState) -> Json | None:
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


def agreements(core: Supervision, cfg: GroupConfig, now: int) -> list[tuple[str, Agreement]]:
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


def tracked(node: str, each: Agreement) -> Json:
    """A tracked tag of a standby beside the active's."""
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


def nodes(core: Supervision, cfg: GroupConfig, now: int) -> list[Json]:
    """The group's nodes, with what speaks against each."""
    g = core.group(cfg.name)
    apart = [pair for pair in agreements(core, cfg, now) if pair[1].verdict is not Verdict.TRUE]
    said = []
    for at, (node, view, maintenance) in enumerate(zip(cfg.nodes, g.nodes, g.maintenance, strict=True)):
        off = [each for name, each in apart if name == node.name]
        pulses = {channel: core.channel(channel).pulse for channel in node.channels}
        said.append(
            {
                "name": node.name,
                "liveness": view.liveness.value,
                "role": role.played(cfg, g, at).name,
                "level": view.level,
                "in_rpo": view.in_rpo.value,
                "ready": view.ready.value,
                "off": [tracked(node.name, each) for each in off],
                "one_shots": list(view.one_shots),
                "pending": view.pending,
                "maintenance": maintenance,
                "reasons": node_reasons.of_node(cfg, g, at, off=off, pulses=pulses),
            }
        )
    return said


def clients(cfg: GroupConfig, g: GroupState) -> list[Json]:
    """The clients that the group leads, and whom each uses."""
    return [
        {"name": each.name, "critical": each.critical, "seen": view.seen, "node": view.node, "epoch": view.epoch}
        for each, view in zip(cfg.selectors, g.selectors, strict=True)
    ]


def group(core: Supervision, cfg: GroupConfig, now: int) -> Json:
    """The group as it stands at `now`."""
    g = core.group(cfg.name)
    record = g.record
    return {
        "name": cfg.name,
        "kind": cfg.kind.value,
        "section": cfg.section,
        "arming": g.arming.value,
        "authority": cfg.authority.value,
        "standing": g.standing.value,
        "concern": concern(g),
        "halted": g.halted,
        "store": g.store.value,
        "active": None if record is None else record.active,
        "epoch": 0 if record is None else record.epoch,
        "milestone": None if record is None else record.milestone.value,
        "suspicion": None if g.suspicion is None else g.suspicion.value,
        "plan": None if g.plan is None else _plan(cfg, g, g.plan, now),
        "persons": persons(g, now),
        "holdoff_left_ms": left_ms(g.holdoff_until, now),
        "transfers_in_window": len(g.recent),
        "in_flight": [str(each) for each in g.in_flight],
        "failback": way_back(core, cfg, now),
        "drills": cfg.drills,
        "nodes": nodes(core, cfg, now),
        "gate": None if cfg.gate is None else gate_view(g.gate, now),
        "clients": clients(cfg, g),
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
        "machine": machine_view(cfg, g),
        "alarms": alarm_view.alarms(core, cfg.name, now),
        "alarm_codes": list(core.alarm_codes(cfg.name)),
    }
