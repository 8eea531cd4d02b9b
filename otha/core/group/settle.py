"""Where a group stands when no transfer is under way: does the gate agree with the record, and what mends it if not.

The same judgement serves the first start (ADOPT), a restart in the middle of a transfer, and every change afterwards.
"""

from dataclasses import replace

from otha.core.conditions import UNKNOWN_MACHINE
from otha.core.effects import ReadRecord, SwapRecord
from otha.core.group import driver
from otha.core.group.state import StoreView
from otha.core.group.turn import Turn
from otha.core.inputs import Record
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Arming, GateState, GroupKind, Liveness, Milestone, Role, Standing, Verdict

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_KNOWN, _CLAIMED, _FOLLOWING = StoreView.KNOWN, Milestone.CLAIMED, Standing.FOLLOWING
_OWNED, _HELD = GateState.OWNED, GateState.HELD


def stand(t: Turn, standing: Standing, concern: Blocker | None = None) -> bool:
    """Take this standing; True when it is another one than before."""
    if t.g.unverified:
        t.put(unverified=False)
    if (t.g.standing, t.g.concern) == (standing, concern):
        return False
    t.put(standing=standing, concern=concern, settle_until=None)
    if concern is None:
        # An order to adopt was for the disagreement that is over now.
        t.put(adopt_ordered=False)
        driver, record = t.cfg.kind is GroupKind.DRIVER, t.g.record
        active, epoch = (record.active, record.epoch) if record is not None else (None, 0)
        shown = (t.g.gate.owner, t.g.gate.epoch) if driver else (active, epoch)
        t.say(Why.SETTLED, "S2", standing.value, shown[0] or "-", shown[1])
    else:
        t.say(Why.NEEDS_OPERATOR, concern.block.rule, concern.block.code, concern.detail)
    return True


def swap(t: Turn, wanted: Record, name: str) -> bool:
    """Ask for the record to become `wanted`."""
    expect = t.g.record.revision if t.g.record is not None else None
    return t.ask_errand(SwapRecord(expect=expect, record=wanted), name, t.cfg.timing.cas_ns)


def _adoptable(t: Turn) -> bool | None:
    """First start: role, gate owner and epoch agree. None while some node has not been heard yet."""
    if any(view.liveness is Liveness.UNKNOWN for view in t.g.nodes) and t.g.settle_until is not None:
        return None
    active = [node.name for node, view in zip(t.cfg.nodes, t.g.nodes, strict=True) if view.role is Role.ACTIVE]
    gate = t.g.gate
    return gate.state is GateState.OWNED and gate.epoch == gate.owner_epoch and active == [gate.owner]


def _first_start(t: Turn) -> bool:
    gate = t.g.gate
    agreed = _adoptable(t)
    if agreed is None:
        return False
    if agreed or (t.g.adopt_ordered and gate.state is GateState.OWNED):
        wanted = Record(epoch=gate.epoch, active=gate.owner, claim=None, milestone=Milestone.DONE, revision="")
        swap(t, wanted, "adopt")
        return False
    block = Block.NOBODY_DRIVES if gate.owner is None else Block.FIRST_START_DISAGREES
    return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=block, detail=gate.owner or gate.state.name))


def _concern(t: Turn, record: Record) -> Blocker | None:
    """What stands between the gate's word and the record's; None when they agree."""
    gate = t.g.gate
    if not gate.fits:
        return Blocker(block=Block.GATE_MISMATCH, detail=t.cfg.section)
    if gate.state is not _OWNED and gate.state is not _HELD:
        nobody = gate.state is GateState.FREE
        block = Block.NOBODY_DRIVES if nobody else Block.GATE_NOT_IN_OTHAS_HANDS
        return Blocker(block=block, detail=gate.state.name)
    if gate.owner != record.active:
        detail = f"gate: {gate.owner or 'nobody'}, record: {record.active or 'nobody'}"
        return Blocker(block=Block.OWNER_DISAGREES, detail=detail)
    return None


def stands_unseen(t: Turn) -> bool:
    """Nothing is judged while the gate is out of sight; that is told where nothing else is told yet."""
    g = t.g
    store_was_silent = g.concern is not None and g.concern.block is Block.STORE_SILENT
    if (g.standing is Standing.SETTLING or store_was_silent) and g.settle_until is None:
        return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.GATE_UNSEEN, detail=t.cfg.section))
    return False


def settle(t: Turn) -> bool:
    """Judge the standing; True when it changed or a transfer was taken up."""
    g = t.g
    if g.store is not _KNOWN:
        # One errand at a time: a section that must go safe does not wait for a store that is silent.
        if not g.uncontrolled:
            t.ask_errand(ReadRecord(), "read", t.cfg.timing.cas_ns)
        if g.store is StoreView.UNREAD and g.settle_until is None:
            return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.STORE_SILENT, detail=""))
        return False
    if not g.gate.seen:
        return stands_unseen(t)
    record = g.record
    if record is None:
        return _first_start(t)
    if g.gate.epoch > record.epoch:
        # Somebody raised the gate under a record that was lost: never again below what the gate has seen.
        wanted = replace(record, epoch=g.gate.epoch, claim=None, milestone=Milestone.DONE, revision="")
        if swap(t, wanted, "raise"):
            t.say(Why.EPOCH_RAISED, "S2", record.epoch, g.gate.epoch)
        return False
    if g.adopt_ordered and g.gate.state is GateState.OWNED and g.gate.owner != record.active:
        swap(t, replace(record, active=g.gate.owner, claim=None, milestone=Milestone.DONE, revision=""), "adopt")
        return False
    if record.milestone is _CLAIMED and record.claim is not None and record.claim.id not in g.harmless:
        return False if _bides(t) else _take_up(t)
    return (
        stand(t, _FOLLOWING) if (concern := _concern(t, record)) is None else stand(t, Standing.NEEDS_OPERATOR, concern)
    )


def _bides(t: Turn) -> bool:
    """An open claim waits a little: after a start until everything was heard once, if the hold allows it; after an
    end without the gate's word while somebody drives, so that it is not tried again at once for ever."""
    g = t.g
    if g.settle_until is None:
        return False
    if g.unverified:
        return g.gate.state is GateState.OWNED
    unheard = any(view.liveness is Liveness.UNKNOWN for view in g.nodes) or Verdict.UNKNOWN in g.conditions
    unheard = unheard or (t.cfg.machine is not None and g.machine == UNKNOWN_MACHINE)
    hold_until = g.gate.hold_until
    return unheard and (hold_until is None or hold_until - g.settle_until >= t.cfg.timing.held_bound_ns)


def _take_up(t: Turn) -> bool:
    """An open claim: finish it, unless a person has the section or OTHA may not act."""
    gate = t.g.gate
    if not gate.fits:
        return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.GATE_MISMATCH, detail=t.cfg.section))
    if gate.state is GateState.FREE:
        return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.NOBODY_DRIVES, detail=gate.state.name))
    if gate.state in (GateState.SAFE, GateState.LOCAL):
        concern = Blocker(block=Block.GATE_NOT_IN_OTHAS_HANDS, detail=gate.state.name)
        return stand(t, Standing.NEEDS_OPERATOR, concern)
    if t.g.arming is Arming.OBSERVE:
        return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.NOT_ARMED, detail=t.g.arming.value))
    driver.resume(t)
    return True
