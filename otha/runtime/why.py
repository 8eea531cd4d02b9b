"""What `otha why` shows: each interlock with its tags, and what stands against a transfer. Plain JSON."""

from otha.core.conditions import AllOf, AnyOf, Compare, ConditionConfig, ConditionTree, MooN
from otha.core.config import GroupConfig
from otha.core.group import guard, machine, orders, release
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, GroupState
from otha.core.reasons import Block, Blocker
from otha.core.supervision import Supervision
from otha.core.watch import condition
from otha.core.words import GroupKind, TransferKind
from otha.runtime.group_view import (
    MS,
    Json,
    agreements,
    blockers,
    clients,
    concern,
    gate_view,
    left_ms,
    machine_view,
    nodes,
    persons,
    tracked,
    way_back,
)


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
            return {**said, "verdict": verdict.value, "delay_left_ms": left_ms(delay_until, now)}
        case AllOf(of=of):
            return {"all": parts(of)}
        case AnyOf(of=of):
            return {"any": parts(of)}
        case MooN(m=m, of=of):
            return {"m": m, "of": parts(of)}


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


def _tracking(core: Supervision, cfg: GroupConfig, now: int) -> list[Json]:
    """What a standby is ready for a bumpless takeover by, and what it is not yet ready by (S13)."""
    return [tracked(node, each) for node, each in agreements(core, cfg, now)]


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
        "concern": concern(g),
        "halted": g.halted,
        "obstacles": blockers(orders.switchover_against(cfg, core.shared, g, node, now)),
        "failover_obstacles": _failover(core, cfg, g, now),
        "failback": way_back(core, cfg, now),
        "release": _release(core, cfg, g, now),
        "conditions": [
            _condition(core, cfg, each, verdict.value, now, first_out=index == g.first_out)
            for index, (each, verdict) in enumerate(zip(cfg.conditions, g.conditions, strict=True))
        ],
        "machine": machine_view(cfg, g),
        "states": _states(core, cfg, now),
        "holds": _holds(cfg, g),
        "persons": persons(g, now),
        "tracking": _tracking(core, cfg, now),
        "nodes": nodes(core, cfg, now),
        "gate": None if cfg.gate is None else gate_view(g.gate, now),
        "clients": clients(cfg, g),
    }
