"""What leads up to the claim of a transfer, of every kind: it is requested, permitted and claimed.

Waiting for a person or for the machine happens here alone, before anything is claimed.
"""

from otha.core.group import failback, guard, machine, phase_wait, suspicion, uncontrolled
from otha.core.group import record as group_record
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, StoreView
from otha.core.group.transfer import begin, end, enter, needs_confirmation, serious, standing_against
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Ending, GroupKind, Phase, TransferKind


def _overtaken(t: Turn) -> str:
    """The cause that makes a waiting switchover pointless: its active is not there to hand over any more."""
    plan = t.plan
    if plan.drill or plan.kind is not TransferKind.SWITCHOVER:
        return ""
    why = suspicion.cause(t.cfg, t.shared, t.g)
    return "" if why is None or why is Cause.DEGRADED else f"{plan.from_node} is under suspicion: {why.value}"


def stops(t: Turn) -> tuple[Blocker, ...]:
    """What ends the transfer in REQUESTED: no waiting, and no confirmation still to come, would lift it."""
    plan, found = t.plan, standing_against(t, Stage.START)
    if not plan.confirmed:
        found = failback.lasting(serious(t.cfg, found), plan.kind)
    if plan.continued:
        return found
    found = machine.not_waitable(t.cfg, t.g, plan.kind, plan.cause, found)
    asks = not plan.confirmed
    return found + uncontrolled.against(t.cfg, t.g, kind=plan.kind, cause=plan.cause, to_node=plan.to_node, asks=asks)


def stop(t: Turn, found: tuple[Blocker, ...]) -> None:
    """End the transfer because of `found`: nothing has left."""
    t.say_blockers(Why.BLOCKED, found, t.plan.to_node)
    end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)


def _goes_to_another(t: Turn) -> bool:
    """A failover that asks a person to accept its node's lag goes to a node that has none, once there is one."""
    plan = t.plan
    if plan.confirmed or not plan.automatic or not guard.sync(t.cfg, t.g, plan.to_node):
        return False
    better = guard.best_standby(t.cfg, t.shared, t.g, besides=(plan.from_node,))
    if better is None:
        return False
    end(t, Ending.ABORTED_SAFE, "S5", f"{better} is within the RPO")
    begin(t, kind=plan.kind, cause=plan.cause, to_node=better)
    return True


def _need_not_ask(t: Turn) -> None:
    """The lag that alone had to be accepted is gone. A failback that nobody ordered waits for its approval, and where
    the machine's state asks too, it goes on asking: the time for that answer must not be lost (L2)."""
    plan = t.plan
    if plan.confirmed or plan.kind is TransferKind.FAILBACK or machine.asks(t.cfg, t.g):
        return
    if not needs_confirmation(t.cfg, t.g, plan.kind, plan.to_node, is_drill=plan.drill):
        t.put_plan(confirmed=True, ask_until=None)
        t.say(Why.NOT_ASKED_ANY_MORE, "S5", plan.to_node)


def requested(t: Turn) -> bool:
    """REQUESTED, of every kind: judged at once, or once a person has confirmed."""
    if overtaken := _overtaken(t):
        end(t, Ending.ABORTED_SAFE, "", overtaken)
        return True
    if _goes_to_another(t):
        return True
    _need_not_ask(t)
    if found := stops(t):
        stop(t, found)
        return True
    if not t.plan.continued:
        permit_missing = machine.permit_missing(standing_against(t, Stage.START))
        held_up = phase_wait.hold_up(t, permit_missing)
        if held_up is not None:
            return held_up
    if t.plan.confirmed:
        enter(t, Phase.PERMITTED, t.cfg.timing.cas_ns)
        return True
    if t.plan.asked_out:
        end(t, Ending.ABORTED_SAFE, "", "not confirmed in time")
        return True
    return False


def permitted(t: Turn) -> bool:
    """PERMITTED, of every kind: the next epoch is claimed, and the one for the way back with it."""
    found = standing_against(t, Stage.BEFORE_REVOKE)
    waits = phase_wait.only_waits(t, found)
    serious_ones = tuple(blocker for blocker in found if blocker.block is not Block.STORE_SILENT)
    if serious_ones and not waits:
        stop(t, found)
        return True
    wanted = group_record.claim_of(t)
    record = t.g.record
    if waits and t.plan.asked is None and t.g.store is StoreView.KNOWN and not group_record.same(record, wanted):
        # Nothing is claimed: the machine's phase is waited for where a transfer may wait.
        enter(t, Phase.REQUESTED, t.cfg.timing.order_ttl_ns)
        return True
    if t.g.store is StoreView.KNOWN and group_record.same(record, wanted):
        fences_itself = t.cfg.kind is GroupKind.DRIVER
        enter(t, Phase.CLAIMED, t.cfg.timing.fence_ns if fences_itself else t.cfg.timing.redirect_ns)
        return True
    if t.g.store is StoreView.KNOWN and record is not None and record.epoch != t.plan.epoch - 1:
        t.say(Why.STORE_LOST, "S9", record.epoch)
        end(t, Ending.ABORTED_SAFE, "S9", "another claim won")
        return True
    if t.reached(t.plan.due):
        end(t, Ending.ABORTED_SAFE, "S9", "the claim was not answered in time")
        return True
    if not waits or t.g.store is not StoreView.KNOWN:
        group_record.stored_in_plan(t, wanted)
    return False


def stopped_before_revoke(t: Turn) -> bool:
    """CLAIMED, before anything has left: everything is judged once more. A phase of the machine that may be waited for
    is waited for in a transfer of its own: this one's claim must not stand open meanwhile."""
    found = standing_against(t, Stage.BEFORE_REVOKE)
    if not found:
        return False
    plan = t.plan
    stop(t, found)
    if phase_wait.only_waits(t, found, plan):
        begin(t, kind=plan.kind, cause=plan.cause, to_node=plan.to_node, is_drill=plan.drill)
        t.put_plan(
            confirmed=plan.confirmed,
            lag_confirmed=plan.lag_confirmed,
            by=plan.by,
            wait_until=plan.wait_until,
            waited_out=plan.waited_out,
            ask_until=plan.ask_until,
            asked_out=plan.asked_out,
        )
    return True
