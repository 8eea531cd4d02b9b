"""What leads up to the claim of a transfer, of every kind: it is requested, permitted and claimed.

Waiting for a person or for the machine happens here alone, before anything is claimed.
"""

from otha.core.group import failback, machine, phase_wait, suspicion
from otha.core.group import record as group_record
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, StoreView
from otha.core.group.transfer import begin, end, enter, serious, standing_against
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Why
from otha.core.words import Ending, GroupKind, Phase, TransferKind


def _overtaken(t: Turn) -> str:
    """The cause that makes a waiting switchover pointless: its active is not there to hand over any more."""
    plan = t.plan
    if plan.drill or plan.kind is not TransferKind.SWITCHOVER:
        return ""
    why = suspicion.cause(t.cfg, t.shared, t.g)
    return "" if why is None or why is Cause.DEGRADED else f"{plan.from_node} is under suspicion: {why.value}"


def requested(t: Turn) -> bool:
    """REQUESTED, of every kind: judged at once, or once a person has confirmed."""
    if overtaken := _overtaken(t):
        end(t, Ending.ABORTED_SAFE, "", overtaken)
        return True
    found = all_found = standing_against(t, Stage.START)
    if not t.plan.confirmed:
        found = failback.lasting(serious(t.cfg, found), t.plan.kind)
    if not t.plan.continued:
        found = machine.not_waitable(t.cfg, t.g, t.plan.kind, t.plan.cause, found)
    if found:
        t.say_blockers(Why.BLOCKED, found, t.plan.to_node)
        end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)
        return True
    held_up = None if t.plan.continued else phase_wait.hold_up(t, machine.permit_missing(all_found))
    if held_up is not None:
        return held_up
    if t.plan.confirmed:
        enter(t, Phase.PERMITTED, t.cfg.timing.cas_ns)
    elif t.reached(t.plan.due):
        end(t, Ending.ABORTED_SAFE, "", "not confirmed in time")
    else:
        return False
    return True


def permitted(t: Turn) -> bool:
    """PERMITTED, of every kind: the next epoch is claimed, and the one for the way back with it."""
    found = standing_against(t, Stage.BEFORE_REVOKE)
    waits = phase_wait.only_waits(t, found)
    serious_ones = tuple(blocker for blocker in found if blocker.block is not Block.STORE_SILENT)
    if serious_ones and not waits:
        t.say_blockers(Why.BLOCKED, found, t.plan.to_node)
        end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)
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
    t.say_blockers(Why.BLOCKED, found, plan.to_node)
    end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)
    if phase_wait.only_waits(t, found, plan):
        begin(t, kind=plan.kind, cause=plan.cause, to_node=plan.to_node, is_drill=plan.drill)
        t.put_plan(
            confirmed=plan.confirmed,
            lag_confirmed=plan.lag_confirmed,
            by=plan.by,
            wait_until=plan.wait_until,
            waited_out=plan.waited_out,
        )
    return True
