"""The rules of the design, said once more as predicates over a whole step and checked after every one.

They are written from the rules, not from the code that decides, so that a slip there is seen here. A breach raises:
the step is not taken, automatic action stops and an alarm tells why.
"""

from otha.core.config import GroupConfig
from otha.core.effects import (
    Backfill,
    Demote,
    Effect,
    Grant,
    Promote,
    ReadRecord,
    Release,
    Revoke,
    Safe,
    Select,
    SwapRecord,
    Void,
)
from otha.core.errors import InvariantBreachError
from otha.core.group import invariant_planned, person_invariant
from otha.core.group.state import GroupState, Shared, StoreView
from otha.core.group.turn import Decision
from otha.core.words import (
    Arming,
    Authority,
    Conduct,
    Course,
    Durability,
    Fencing,
    GateState,
    GroupKind,
    Liveness,
    Milestone,
    Phase,
    Role,
    RpoMiss,
    TransferKind,
    Verdict,
)

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_DRIVER, _OTHA, _ARMED, _HELD = GroupKind.DRIVER, Authority.OTHA, Arming.ARMED, GateState.HELD
_REQUESTED, _PERMITTED, _FORWARD = Phase.REQUESTED, Phase.PERMITTED, Course.FORWARD


def _hold(rule: str, holds: bool, what: str) -> None:
    if not holds:
        raise InvariantBreachError(rule, what)


def _machine_allows(cfg: GroupConfig, g: GroupState) -> bool:
    """Whether the machine is in a state in which the transfer under way may fence or promote."""
    plan = g.plan
    if cfg.machine is None or plan is None:
        return True
    present = cfg.machine.unknown if g.machine < 0 else cfg.machine.states[g.machine]
    said = present.failover if plan.kind is TransferKind.FAILOVER else present.switchover
    asked = said.does is Conduct.ASK or (said.does is Conduct.WAIT and said.then is Conduct.ASK and plan.waited_out)
    person = plan.confirmed and plan.confirmed_in is not None and plan.confirmed_in == g.machine
    return said.does is Conduct.GO or (asked and person)


def _new_owner(cfg: GroupConfig, g: GroupState, effect: Effect, node: str, epoch: int) -> None:
    """What must be true in the very step that lets GRANT or RELEASE out."""
    plan, record, gate = g.plan, g.record, g.gate
    _hold("S11", effect.needs is Durability.JOURNAL, "a promotion leaves before its intent is durable")
    _hold("S9", plan is not None and record is not None, "a promotion without a plan and a record")
    assert plan is not None
    assert record is not None
    _hold("S9", record.milestone is Milestone.CLAIMED and record.epoch == plan.epoch + 1, "epoch is not claimed")
    _hold("S2", epoch in (plan.epoch, plan.epoch + 1), "an epoch that the claim did not reserve")
    _hold("S1", gate.seen and gate.boot == plan.boot, "a gate that is not seen, or not the same any more")
    _hold("S1", gate.state in (GateState.HELD, GateState.FREE), "promotion over an owner that drives")
    views = [view for config, view in zip(cfg.nodes, g.nodes, strict=True) if config.name == node]
    _hold("S3", bool(views) and views[0].liveness is Liveness.ALIVE, "promotion of a node not known to be alive")
    going_back = plan.course is Course.RETURN
    permit = gate.return_permit if gate.last_driver == node else gate.permit
    _hold("S6", permit, "promotion without the gate's permit")
    if going_back:
        _hold("S3", node == plan.from_node, "return to somebody else")
        return
    _hold("machine state", _machine_allows(cfg, g), "promotion in a machine state that does not allow it")
    _hold("S6", person_invariant.interlocks_hold(cfg, g), "promotion with an interlock not true")
    accepted = cfg.on_rpo_miss is RpoMiss.DEGRADE or (cfg.on_rpo_miss is RpoMiss.ASK and plan.lag_confirmed)
    rpo_judged = cfg.rpo_ns is not None and not accepted
    _hold("S5", not rpo_judged or views[0].in_rpo is Verdict.TRUE, "promotion of a node outside the RPO")
    _hold("S13", not views[0].one_shots, "promotion of a node that would replay a command")


def _grant(cfg: GroupConfig, g: GroupState, effect: Effect, do: Grant) -> None:
    _new_owner(cfg, g, effect, do.node, do.epoch)
    gate, plan = g.gate, g.plan
    assert plan is not None
    _hold("S2", do.epoch > gate.granted and do.epoch >= gate.epoch, "an epoch granted twice, or a lower one")
    if plan.course is Course.FORWARD:
        fenced = gate.epoch == do.epoch and gate.owner is None
        _hold("S3", fenced, "promotion before the fence was read back")


def _release(cfg: GroupConfig, g: GroupState, effect: Effect, do: Release) -> None:
    _new_owner(cfg, g, effect, do.node, do.epoch)
    gate = g.gate
    _hold("S3", gate.owner == do.node and gate.owner_epoch == gate.epoch == do.epoch, "release of another owner")
    agree = gate.shadow is Verdict.TRUE and not gate.apart
    _hold("S13", agree, "release before the outputs agree with the held ones")


def _revoke(cfg: GroupConfig, shared: Shared, g: GroupState, before: GroupState, effect: Effect, do: Revoke) -> None:
    plan, record = g.plan, g.record
    _hold("S11", effect.needs is Durability.RECORD, "a REVOKE that does not wait for the record")
    _hold("S9", plan is not None and record is not None, "a REVOKE without a claim")
    assert plan is not None
    assert record is not None
    claimed = record.milestone is Milestone.CLAIMED and record.epoch == do.epoch + 1
    _hold("S9", claimed and g.store is not StoreView.UNREAD, "a REVOKE whose epoch is not claimed")
    first = before.plan is None or not before.plan.revoked or before.plan.serial != plan.serial
    resumed = first and plan.cause is None and before.plan is None
    if first and not resumed and not plan.continued:
        _hold("S10", not shared.tilted, "a fence begun in TILT")
        _hold("machine state", _machine_allows(cfg, g), "a fence begun in a machine state that does not allow it")
    _hold("S6", person_invariant.interlocks_hold(cfg, g), "a fence with an interlock not true")
    if plan.automatic and first:
        _hold("S8", not shared.isolated or (plan.cause is not None and plan.cause.positive), "isolated observer acts")
        _hold("S3", cfg.fencing is not Fencing.NONE, "automatic transfer without a fence")
        _hold("arming", g.arming is Arming.ARMED, "automatic transfer in a group that is not armed")


def _select(cfg: GroupConfig, g: GroupState, before: GroupState, effect: Effect, do: Select) -> None:
    """Clients are led by a claim, or after the others under the recorded epoch, which no transfer uses any more."""
    plan, record = g.plan, g.record
    _hold("S9", record is not None, "a redirection without a record")
    assert record is not None
    if plan is None:
        after = record.milestone is Milestone.DONE or record.claim is None or record.claim.id in g.harmless
        _hold("S2", after and do.node == record.active and do.epoch <= record.epoch, "a redirection without a claim")
        if cfg.kind is GroupKind.STORE:
            own = [view for config, view in zip(cfg.nodes, g.nodes, strict=True) if config.name == do.node]
            _hold("S1", own[0].role is Role.ACTIVE, "clients led to a store that is not active")
            _hold("S1", own[0].epoch == do.epoch, "clients led under an epoch that the store does not take")
        return
    needs = Durability.RECORD if do.node is None else Durability.JOURNAL
    _hold("S11", effect.needs is needs, "a redirection leaves before it is durable")
    claimed = record.milestone is Milestone.CLAIMED and record.epoch == plan.epoch + 1
    _hold("S9", claimed and do.epoch in (plan.epoch, plan.epoch + 1), "a redirection whose epoch is not claimed")
    _hold("S2", do.node in (None, plan.goal_node), "clients led to somebody else")
    _hold("S2", do.epoch == plan.goal_epoch, "clients led under the epoch of another course")
    _hold("S2", all(view.epoch <= do.epoch for view in g.selectors if view.seen), "a client knows a newer epoch")
    _hold("S1", not _out_of_sight(cfg, g), "a client that must be led is out of sight")
    first = before.plan is None or before.plan.serial != plan.serial or not before.plan.revoked
    if first and not plan.continued and not (before.plan is None and plan.cause is None):
        _hold("machine state", _machine_allows(cfg, g), "a fence begun in a machine state that does not allow it")
    if do.node is None:
        return
    _new_active(cfg, g, do.node)
    if cfg.kind is GroupKind.STORE:
        views = [view for config, view in zip(cfg.nodes, g.nodes, strict=True) if config.name == do.node]
        _hold("S3", views[0].role is Role.ACTIVE and views[0].epoch == do.epoch, "clients led to a store not promoted")


def _out_of_sight(cfg: GroupConfig, g: GroupState) -> bool:
    """Whether a client is out of sight that a redirection needs; said once more, apart from the guard."""
    critical = [view.seen for config, view in zip(cfg.selectors, g.selectors, strict=True) if config.critical]
    return not all(critical) or not any(view.seen for view in g.selectors)


def _new_active(cfg: GroupConfig, g: GroupState, node: str) -> None:
    """What must be true in the very step that makes `node` of a path or store the active one."""
    plan = g.plan
    assert plan is not None
    views = [view for config, view in zip(cfg.nodes, g.nodes, strict=True) if config.name == node]
    _hold("S3", bool(views) and views[0].liveness is Liveness.ALIVE, "promotion of a node not known to be alive")
    if plan.course is Course.RETURN:
        _hold("S3", node == plan.from_node, "return to somebody else")
        return
    _hold("machine state", _machine_allows(cfg, g), "promotion in a machine state that does not allow it")
    _hold("S6", person_invariant.interlocks_hold(cfg, g), "promotion with an interlock not true")
    accepted = cfg.on_rpo_miss is RpoMiss.DEGRADE or (cfg.on_rpo_miss is RpoMiss.ASK and plan.lag_confirmed)
    rpo_judged = cfg.rpo_ns is not None and not accepted
    _hold("S5", not rpo_judged or views[0].in_rpo is Verdict.TRUE, "promotion of a node outside the RPO")


def _promote(cfg: GroupConfig, g: GroupState, effect: Effect, do: Promote) -> None:
    plan, record = g.plan, g.record
    _hold("S11", effect.needs is Durability.JOURNAL, "a promotion leaves before its intent is durable")
    _hold("S9", plan is not None and record is not None, "a promotion without a plan and a record")
    assert plan is not None
    assert record is not None
    _hold("S9", record.milestone is Milestone.CLAIMED and record.epoch == plan.epoch + 1, "epoch is not claimed")
    _hold("S2", (do.node, do.epoch) == (plan.goal_node, plan.goal_epoch), "promotion of somebody else")
    let_go = all(
        view.epoch == do.epoch and view.node in (None, do.node) for view in g.selectors if view.seen
    ) and not _out_of_sight(cfg, g)
    _hold("S3", let_go, "promotion before every client has let go of the old store")
    _new_active(cfg, g, do.node)


def _kept(cfg: GroupConfig, g: GroupState, do: Demote | Backfill) -> None:
    """A demotion or a backfill: under an epoch that is reserved, and never the active one demoted."""
    record, plan = g.record, g.plan
    _hold("S9", record is not None and do.epoch <= record.epoch, "a command whose epoch is not reserved")
    assert record is not None
    if isinstance(do, Demote):
        goal = plan.goal_node if plan is not None else record.active
        _hold("S1", do.node != goal, "demotion of the node that is to be active")
        active = [v for config, v in zip(cfg.nodes, g.nodes, strict=True) if config.name == record.active]
        raised = plan is None and bool(active) and do.epoch > active[0].epoch
        _hold("S1", not raised, "a standby raised above the active store, which would stand by then")
    else:
        _hold("S1", do.node == (plan.goal_node if plan is not None else record.active), "backfill of somebody else")


def _swap(cfg: GroupConfig, before: GroupState, g: GroupState, do: SwapRecord) -> None:
    record = g.record
    if record is not None:
        _hold("S2", do.expect == record.revision, "a swap on a revision not observed")
        _hold("S2", do.record.epoch >= record.epoch, "an epoch that shrinks")
    else:
        _hold("S2", do.expect is None, "a swap on a revision not observed")
    plan = g.plan
    if do.record.milestone is Milestone.DONE and plan is not None:
        gate = g.gate
        # A retry of the mark rests on the read-back that led to OUTPUT_VERIFIED; the owner must still be the one.
        was_read_back = gate.state is GateState.OWNED or plan.phase is Phase.OUTPUT_VERIFIED
        read_back = was_read_back and gate.owner == do.record.active and gate.epoch in (plan.epoch, plan.epoch + 1)
        if cfg.kind is not GroupKind.DRIVER:
            read_back = plan.phase in (Phase.OUTPUT_VERIFIED, Phase.BACKFILLED) and do.record.active == plan.goal_node
        _hold("S3", read_back, "DONE without a read-back")
    if do.record.milestone is Milestone.CLAIMED and plan is not None and not plan.continued:
        _hold("machine state", _machine_allows(cfg, g), "a claim in a machine state that does not allow the transfer")
    if do.record.milestone is Milestone.CLAIMED:
        _hold("S9", before.store is StoreView.KNOWN or g.store is StoreView.KNOWN, "a claim on an unknown record")


def _effect(cfg: GroupConfig, shared: Shared, before: GroupState, g: GroupState, effect: Effect) -> None:
    match effect.do:
        case ReadRecord():
            return
        case SwapRecord() as swap:
            _swap(cfg, before, g, swap)
            return
        case Grant() as grant:
            _grant(cfg, g, effect, grant)
        case Release() as release:
            _release(cfg, g, effect, release)
        case Revoke() as revoke:
            _revoke(cfg, shared, g, before, effect, revoke)
        case Void(node=node, epoch=epoch):
            _hold("S11", effect.needs is Durability.RECORD, "a VOID that does not wait for the record")
            _hold("S2", g.record is not None and epoch <= g.record.epoch, "a VOID whose epoch is not reserved")
            _hold("S1", g.gate.owner == node, "a VOID for somebody who does not own")
        case Select() as select:
            _select(cfg, g, before, effect, select)
        case Promote() as promote:
            _promote(cfg, g, effect, promote)
        case Demote() | Backfill() as kept:
            _kept(cfg, g, kept)
        case Safe(epoch=epoch, hold_no=hold_no):
            gate = g.gate
            exact = gate.seen and (epoch, hold_no) == (gate.epoch, gate.hold_no) and gate.state is GateState.HELD
            _hold("L2", exact, "SAFE for another hold than the one read")
    _hold("arming", g.arming is not Arming.OBSERVE, "a command in a group that only observes")
    _hold("authority", cfg.authority is Authority.OTHA, "a command to a pair that switches itself")


def _uncontrolled(cfg: GroupConfig, shared: Shared, g: GroupState) -> None:
    """L2: a section that nobody drives has a limit that runs, and nothing waits once it is over."""
    plan, gate = g.plan, g.gate
    held = cfg.kind is _DRIVER and gate.seen and gate.state is _HELD
    ours = cfg.authority is _OTHA and g.arming is _ARMED and not shared.tilted and g.halted is None
    _hold("L2", not (held and ours) or g.uncontrolled or g.uncontrolled_until is not None, "a hold without a limit")
    waits = plan is not None and plan.phase is _REQUESTED and plan.course is _FORWARD
    _hold("L2", not (g.uncontrolled and waits), "a transfer that waits in a section held beyond its limit")


def check(cfg: GroupConfig, shared: Shared, before: GroupState, decision: Decision, now: int) -> None:
    """Raise InvariantBreachError if the step from `before` to `decision` breaks a rule."""
    g = decision.state
    plan = g.plan
    if before.record is not None and g.record is not None:
        _hold("S2", g.record.epoch >= before.record.epoch, "the record's epoch shrank")
    if plan is not None:
        started = before.plan is None or before.plan.serial != plan.serial
        if started and plan.automatic and not (plan.cause is not None and plan.cause.positive):
            # As it stands after the event: an acknowledgement in this very step ends both.
            _hold("S7", g.holdoff_until is None or now >= g.holdoff_until, "transfer within the hold-off")
            counted = sum(1 for at in g.recent if at > now)
            _hold("S7", counted < cfg.timing.max_in_window, "more transfers than the window allows")
        past = plan.phase is not _REQUESTED and plan.phase is not _PERMITTED
        _hold(
            "S9", not past or (g.record is not None and g.record.epoch >= plan.epoch + 1), "past the claim without it"
        )
    invariant_planned.check(cfg, before, decision)
    _hold("L2", decision.wake is None or decision.wake > now, "a wake that has passed")
    person_invariant.check(cfg, before, g, now)
    for effect in decision.effects:
        _effect(cfg, shared, before, g, effect)
    _uncontrolled(cfg, shared, g)
