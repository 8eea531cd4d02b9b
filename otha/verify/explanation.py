"""Why a replayed decision came out as it did: the input, the state before, what stood for and against, what it waits
for. Plain JSON of what the core knew at that moment; times say their unit."""

from typing import Any, assert_never

from otha.core.altered import altered
from otha.core.conditions import ConditionConfig, ConditionTree
from otha.core.config import GroupConfig
from otha.core.effects import Effect
from otha.core.group import guard, question, role, suspicion, transfer
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, GateView, GroupState, Plan, Shared
from otha.core.group.turn import Decision, Turn
from otha.core.inputs import (
    AlarmsStood,
    ClockStepped,
    DueReached,
    EffectEnded,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    OrderGiven,
    OwnTrouble,
    ReferencePolled,
    SelectorPolled,
    SiteSwapped,
    TagsPolled,
    WindowTurned,
)
from otha.core.reasons import Block, Blocker
from otha.core.site_view import SiteView
from otha.core.watch import condition
from otha.core.words import Durability, Phase, Standing, TransferKind

Json = dict[str, Any]  # Any: JSON
_MS = 1_000_000
_BEFORE_CLAIM = (Phase.REQUESTED, Phase.PERMITTED)


def explain(decision: Decision, before: GroupState | None, raw: Input, core: SiteView, now: int) -> Json:
    """All that one decision rested on. `core` is as `raw` left it, at `now`."""
    told: Json = {
        "input": input_told(raw),
        "effects": [effect_told(each) for each in decision.effects],
        "before": None if before is None else state_told(before, now),
        "after": None,
    }
    cfg = next((each for each in core.cfg.groups if each.name == decision.group), None)
    if cfg is None or not decision.state.nodes:
        return told
    return {**told, **stood(cfg, before, decision.state, core.shared, now, core)}


def stood(
    cfg: GroupConfig,
    before: GroupState | None,
    g: GroupState,
    shared: Shared,
    now: int,
    tags: SiteView | None = None,
) -> Json:
    """What a decision on group `cfg` rested on, once it was taken (`g`). `tags`: where the values of tags stand."""
    judged, found = _judged(cfg, shared, before, g, now)
    return {
        "after": state_told(g, now),
        "judged": judged,
        "against": _blockers(found),
        "vetoes": _blockers(suspicion.vetoes(cfg, shared, g)),
        "conditions": [
            {**_condition(each, tags, now), "verdict": verdict.value, "bypassed": guard.bypassed(g, each)}
            for each, verdict in zip(cfg.conditions, g.conditions, strict=True)
        ],
        "machine": None if cfg.machine is None else cfg.machine.state(g.machine).name,
        "nodes": _nodes(cfg, g),
        "gate": None if cfg.gate is None else _gate(g.gate, now),
        "clients": [
            {"name": each.name, "seen": view.seen, "node": view.node, "epoch": view.epoch}
            for each, view in zip(cfg.selectors, g.selectors, strict=True)
        ],
        "site": {"isolated": shared.isolated, "tilted": shared.tilted},
    }


def input_told(raw: Input) -> Json:
    """An input with all that it says."""
    told: Json = {"input": type(raw).__name__}
    match raw:
        case HeartbeatEnded(channel=channel, answer=answer, reading=reading):
            told |= {"channel": channel, "answer": answer.name.lower(), "reading": plain(reading)}
        case GatePolled(section=section, path=path, answer=answer, reading=gate):
            told |= {"section": section, "path": path, "answer": answer.name.lower(), "reading": plain(gate)}
        case SelectorPolled(selector=name, answer=answer, reading=used):
            told |= {"selector": name, "answer": answer.name.lower(), "reading": plain(used)}
        case ReferencePolled(name=name, answer=answer):
            told |= {"name": name, "answer": answer.name.lower()}
        case TagsPolled(source=source, values=values):
            told |= {"source": source, "values": dict(values)}
        case EffectEnded(id=id_, outcome=outcome, record=record):
            told |= {"effect": plain(id_), "outcome": outcome.value, "record": plain(record)}
        case OrderGiven(order=order):
            told |= {"order": plain(order)}
        case ClockStepped(jump_ns=size) | LoopStalled(gap_ns=size):
            told |= {"ms": size // _MS}
        case WindowTurned(group=group, is_open=is_open):
            told |= {"group": group, "open": is_open}
        case OwnTrouble(code=code, detail=detail, holds=holds):
            told |= {"code": code.value, "detail": detail, "holds": holds}
        case AlarmsStood(group=group):
            told |= {"group": group}
        case SiteSwapped(cfg=cfg):
            told |= {"site": cfg.name}
        case DueReached():
            pass
        case never:
            assert_never(never)
    return told


def plain(value: object) -> Any:  # Any: JSON
    """A value of the core as JSON: dataclasses by their fields, enums by their names."""
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return str(getattr(value, "name", value)).lower()


def effect_told(effect: Effect) -> Json:
    """What is asked, and what it waits for before it leaves."""
    return {
        "do": type(effect.do).__name__,
        **plain(effect.do),
        "phase": effect.id.phase,
        "attempt": effect.id.attempt,
        "needs": effect.needs.value,
        "within_ms": effect.within_ns // _MS,
    }


def waits_for(needs: Durability) -> str:
    """What must be durable before an effect leaves, in words (S11)."""
    match needs:
        case Durability.NOW:
            return "leaves at once"
        case Durability.RECORD:
            return "leaves because the group record already holds its epoch"
        case Durability.JOURNAL:
            return "leaves once its intent is on the journal's disk"
        case never:
            assert_never(never)


def state_told(g: GroupState, now: int) -> Json:
    """Where a group stands."""
    record, plan = g.record, g.plan
    return {
        "standing": g.standing.value,
        "concern": None if g.concern is None else _blockers((g.concern,))[0],
        "active": None if record is None else record.active,
        "epoch": None if record is None else record.epoch,
        "arming": g.arming.value,
        "suspicion": None if g.suspicion is None else g.suspicion.value,
        "confirm_left_ms": _left(g.confirm_at, now),
        "holdoff_left_ms": _left(g.holdoff_until, now),
        "transfers_in_window": len(g.recent),
        "halted": g.halted,
        "plan": plan
        and {
            "kind": plan.kind.value,
            "from_node": plan.from_node,
            "to_node": plan.to_node,
            "course": plan.course.value,
            "phase": plan.phase.value,
            "epoch": plan.epoch,
            "due_in_ms": _left(plan.due, now),
        },
    }


def _left(until: int | None, now: int) -> int | None:
    return None if until is None else max(until - now, 0) // _MS


def _judged(
    cfg: GroupConfig, shared: Shared, before: GroupState | None, g: GroupState, now: int
) -> tuple[Json | None, tuple[Blocker, ...]]:
    """The transfer that was judged, and what stood against it: one under way, one that has just ended, or the failover
    that a suspicion asks for."""
    plan = g.plan or (before.plan if before is not None else None)
    if plan is not None:
        was = before.plan if before is not None else None
        stage = _stage(was if was is not None and was.serial == plan.serial else plan)
        turn = Turn(cfg=cfg, shared=shared, g=altered(g, plan=plan), now=now)
        found = transfer.standing_against(turn, stage)
        if g.plan is not None and question.asks_a_person(cfg, g):
            found += (Blocker(block=Block.AWAITS_CONFIRMATION, detail=""),)
        return _subject(plan.kind, plan.to_node, plan.cause, stage), found
    if g.suspicion is None or g.confirm_at is not None or g.standing is not Standing.FOLLOWING:
        return None, ()
    active = g.record.active if g.record is not None else None
    others = [node.name for node in cfg.nodes if node.name != active]
    to_node = guard.best_standby(cfg, shared, g, besides=(active,)) or others[0]
    kind, cause, stage = TransferKind.FAILOVER, g.suspicion, Stage.START
    found = guard.against(cfg, shared, g, kind=kind, to_node=to_node, cause=cause, stage=stage, now=now)
    return _subject(kind, to_node, cause, stage), found


def _stage(plan: Plan) -> Stage:
    if plan.revoked or plan.continued:
        return Stage.AFTER_FENCE
    return Stage.START if plan.phase in _BEFORE_CLAIM else Stage.BEFORE_REVOKE


def _subject(kind: TransferKind, to_node: str, cause: Cause | None, stage: Stage) -> Json:
    said = None if cause is None else cause.value
    return {"kind": kind.value, "to_node": to_node, "cause": said, "stage": stage.value}


def _blockers(found: tuple[Blocker, ...]) -> list[Json]:
    return [{"block": each.block.code, "rule": each.block.rule, "detail": each.detail} for each in found]


def _condition(cfg: ConditionConfig, tags: SiteView | None, now: int) -> Json:
    names = dict.fromkeys(leaf.tag for leaf in condition.leaves_of(cfg.when)) if tags is not None else {}
    return {
        "name": cfg.name,
        "class": cfg.klass.value,
        "interlock": cfg.interlock,
        "wants": wants(cfg.when),
        "tags": [_tag(name, tags, now) for name in names if tags is not None],
    }


def wants(tree: ConditionTree) -> str:
    """A condition as a person reads it: its comparisons."""
    return ", ".join(f"{leaf.tag} {leaf.op.value} {leaf.value}" for leaf in condition.leaves_of(tree))


def _tag(name: str, core: SiteView, now: int) -> Json:
    cfg = next(each for each in core.cfg.tags if each.name == name)
    w = core.tag(name)
    age = None if w.fresh_until is None else (now - (w.fresh_until - cfg.fresh_ns)) // _MS
    quality = condition.quality(cfg, w, now)
    return {"name": name, "value": w.value, "quality": quality.value, "age_ms": age, "fresh_ms": cfg.fresh_ns // _MS}


def _nodes(cfg: GroupConfig, g: GroupState) -> list[Json]:
    return [
        {
            "name": node.name,
            "liveness": view.liveness.value,
            "role": role.played(cfg, g, at).name,
            "level": view.level,
            "in_rpo": view.in_rpo.value,
            "ready": view.ready.value,
            "off": [str(each) for each in view.off],
            "maintenance": out,
        }
        for at, (node, view, out) in enumerate(zip(cfg.nodes, g.nodes, g.maintenance, strict=True))
    ]


def _gate(gate: GateView, now: int) -> Json:
    return {
        "seen": gate.seen,
        "state": gate.state.name,
        "owner": gate.owner,
        "epoch": gate.epoch,
        "permit": gate.permit,
        "return_permit": gate.return_permit,
        "owner_fresh": gate.owner_fresh,
        "driven": gate.driven,
        "hold_left_ms": _left(gate.hold_until, now),
    }
