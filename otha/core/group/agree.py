"""Where a group of kind `path` or `store` stands when no transfer is under way: do its clients agree with the record,
and what mends it if not.

As `otha.core.group.settle` does for a gate: first start (ADOPT), restart in the middle of a transfer, and every change
afterwards. A client that was away when the others were redirected is led after them.
"""

from dataclasses import replace

from otha.core.effects import Backfill, Demote, ReadRecord, Select
from otha.core.group import guard, redirect
from otha.core.group.settle import stand, swap
from otha.core.group.state import SelectorView, StoreView
from otha.core.group.turn import Turn
from otha.core.inputs import Record
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import (
    Arming,
    GroupKind,
    Liveness,
    Milestone,
    Role,
    Standing,
    Verdict,
)

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_STORE, _ALIVE, _ACTIVE = GroupKind.STORE, Liveness.ALIVE, Role.ACTIVE


def _seen(t: Turn) -> list[SelectorView]:
    return [view for view in t.g.selectors if view.seen]


def _highest_epoch(t: Turn) -> int:
    """The newest epoch that a client or a store knows."""
    nodes = t.g.nodes if t.cfg.kind is GroupKind.STORE else ()
    return max([view.epoch for view in t.g.selectors] + [view.epoch for view in nodes], default=0)


def _first_start(t: Turn) -> bool:
    """Adopt what all clients in sight use, if that node lives (and, of a store, alone says that it is active)."""
    unheard = any(view.liveness is Liveness.UNKNOWN for view in t.g.nodes)
    if unheard and t.g.settle_until is not None:
        return False
    used = {view.node for view in _seen(t)}
    node = next(iter(used)) if len(used) == 1 else None
    active = [cfg.name for cfg, view in zip(t.cfg.nodes, t.g.nodes, strict=True) if view.role is Role.ACTIVE]
    agreed = node is not None and guard.node_index(t.cfg, node) is not None
    if agreed and (t.g.adopt_ordered or t.cfg.kind is GroupKind.PATH or active == [node]):
        wanted = Record(epoch=_highest_epoch(t), active=node, claim=None, milestone=Milestone.DONE, revision="")
        swap(t, wanted, "adopt")
        return False
    return stand(
        t, Standing.NEEDS_OPERATOR, Blocker(block=Block.FIRST_START_DISAGREES, detail=node or "clients differ")
    )


def _duty_epoch(t: Turn, record: Record) -> int | None:
    """The epoch under which the active store takes rows, as it says itself; None of a way, or while it does not say."""
    view = guard.node_view(t.cfg, t.g, record.active)
    if t.cfg.kind is not _STORE or view is None:
        return None
    return view.epoch if view.liveness is _ALIVE and view.role is _ACTIVE else None


def _strays(t: Turn, record: Record) -> list[tuple[str, SelectorView]]:
    """Clients in sight that use another node than the recorded one, or a store under an epoch that it does not take."""
    duty = _duty_epoch(t, record)
    return [
        (cfg.name, view)
        for cfg, view in zip(t.cfg.selectors, t.g.selectors, strict=True)
        if view.seen and (view.node != record.active or duty not in (None, view.epoch))
    ]


def _can_be_led(view: SelectorView, epoch: int) -> bool:
    return view.epoch < epoch or (view.epoch == epoch and view.node is None)


def _concern(t: Turn, record: Record) -> Blocker | None:
    active, duty = guard.node_view(t.cfg, t.g, record.active), _duty_epoch(t, record)
    stands_by = active is not None and active.liveness is Liveness.ALIVE and active.role is not Role.ACTIVE
    if t.cfg.kind is GroupKind.STORE and stands_by:
        return Blocker(block=Block.OWNER_DISAGREES, detail=f"{record.active} does not say that it is active")
    for name, view in _strays(t, record):
        if not _can_be_led(view, record.epoch if duty is None else duty):
            return Blocker(block=Block.SELECTOR_DISAGREES, detail=f"{name} uses {view.node or 'nobody'}")
    return None


def _errands(t: Turn, record: Record) -> None:
    """What can be set right without a transfer: a client that was away, a second store that claims to be active, a gap.

    A client takes any epoch for a way: the recorded one, which no transfer uses any more. For a store it is that of its
    duty; nor is another store raised above it: the active one would take that for the end of its duty.
    """
    if t.g.arming is Arming.OBSERVE or t.shared.tilted or record.active is None:
        return
    timing, duty = t.cfg.timing, _duty_epoch(t, record)
    if t.cfg.kind is GroupKind.STORE and duty is None:
        return
    if _strays(t, record):
        epoch = record.epoch if duty is None else duty
        t.ask_errand(Select(node=record.active, epoch=epoch), "select", timing.redirect_ns)
        return
    active = guard.node_view(t.cfg, t.g, record.active)
    if duty is None or active is None:
        return
    other = guard.claimant_besides(t.cfg, t.g, record.active)
    claiming = guard.node_view(t.cfg, t.g, other)
    if other is not None and claiming is not None and claiming.epoch < duty:
        t.ask_errand(Demote(node=other, epoch=duty), "demote", timing.fence_ns)
    elif active.whole is Verdict.FALSE:
        t.ask_errand(Backfill(node=record.active, epoch=duty), "backfill", timing.backfill_ns)


def settle(t: Turn) -> bool:
    """Judge the standing; True when it changed or a transfer was taken up."""
    g = t.g
    if g.store is not StoreView.KNOWN:
        t.ask_errand(ReadRecord(), "read", t.cfg.timing.cas_ns)
        if g.store is StoreView.UNREAD and g.settle_until is None:
            return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.STORE_SILENT, detail=""))
        return False
    unseen = guard.selectors(t.cfg, t.g)
    if unseen or (g.settle_until is not None and len(_seen(t)) < len(g.selectors)):
        store_was_silent = g.concern is not None and g.concern.block is Block.STORE_SILENT
        if unseen and (g.standing is Standing.SETTLING or store_was_silent) and g.settle_until is None:
            return stand(t, Standing.NEEDS_OPERATOR, unseen[0])
        return False
    record = g.record
    if record is None:
        return _first_start(t)
    highest = _highest_epoch(t)
    if highest > record.epoch:
        wanted = replace(record, epoch=highest, claim=None, milestone=Milestone.DONE, revision="")
        if swap(t, wanted, "raise"):
            t.say(Why.EPOCH_RAISED, "S2", record.epoch, highest)
        return False
    used = {view.node for view in _seen(t)}
    if g.adopt_ordered and len(used) == 1 and record.active not in used:
        swap(t, replace(record, active=next(iter(used)), claim=None, milestone=Milestone.DONE, revision=""), "adopt")
        return False
    if record.milestone is Milestone.CLAIMED and record.claim is not None and record.claim.id not in g.harmless:
        return _take_up(t)
    concern = _concern(t, record)
    if concern is not None:
        return stand(t, Standing.NEEDS_OPERATOR, concern)
    _errands(t, record)
    return stand(t, Standing.FOLLOWING)


def _take_up(t: Turn) -> bool:
    """An open claim: finish it, unless OTHA may not act. It waits a little: after an end without the clients' word, so
    that it is not tried again at once for ever; after a start until every node was heard, lest one seem not able."""
    unheard = any(view.liveness is Liveness.UNKNOWN for view in t.g.nodes)
    if t.g.settle_until is not None and (t.g.unverified or unheard):
        return False
    if t.g.arming is Arming.OBSERVE:
        return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.NOT_ARMED, detail=t.g.arming.value))
    redirect.resume(t)
    return True
