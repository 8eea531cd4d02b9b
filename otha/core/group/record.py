"""Reading, swapping and recognising the group record (rules S2, S9)."""

from otha.core.altered import altered
from otha.core.effects import ReadRecord, SwapRecord
from otha.core.group.state import StoreView
from otha.core.group.turn import Turn
from otha.core.inputs import Claim, EffectEnded, Record
from otha.core.reasons import Why
from otha.core.words import Milestone, Outcome

# Errands that read or swap the record; the others are commands.
STORE_ERRANDS = ("read", "adopt", "raise")
SAFE_ERRAND = "safe"


def same(stored: Record | None, wanted: Record) -> bool:
    """Whether the store holds what was wanted; the revision is the store's own and does not count."""
    return stored is not None and altered(stored, revision=wanted.revision) == wanted


def claim_id(t: Turn) -> str:
    """Derived, never random; an epoch is claimed at most once, so it never repeats."""
    return f"{t.cfg.supervisor}/{t.cfg.name}/{t.plan.epoch}/{t.plan.to_node}"


def claim_of(t: Turn) -> Record:
    """The record that claims the plan's epoch and, one above it, the epoch of its own return."""
    plan, record = t.plan, t.g.record
    return Record(
        epoch=plan.epoch + 1,
        active=record.active if record is not None else None,
        claim=Claim(id=claim_id(t), kind=plan.kind, to_node=plan.to_node, drill=plan.drill),
        milestone=Milestone.CLAIMED,
        revision="",
    )


def done(t: Turn, active: str) -> Record:
    """The record after a transfer that ended with `active` read back as owner."""
    record = t.g.record
    assert record is not None
    return altered(record, active=active, claim=None, milestone=Milestone.DONE, revision="")


def stored_in_plan(t: Turn, wanted: Record) -> bool:
    """True once the record is `wanted`; until then asks for the swap, or for a read while the store is unknown."""
    if t.g.store is not StoreView.KNOWN:
        t.ask_errand(ReadRecord(), "read", t.cfg.timing.cas_ns)
        return False
    if same(t.g.record, wanted):
        return True
    expect = t.g.record.revision if t.g.record is not None else None
    t.ask(SwapRecord(expect=expect, record=wanted), t.cfg.timing.cas_ns)
    return False


def absorb(t: Turn, ended: EffectEnded) -> None:
    """Take what the store answered. A late answer is as true as a timely one, unless a newer one was taken."""
    if ended.outcome is Outcome.UNKNOWN:
        if t.g.store is StoreView.KNOWN:
            t.say(Why.STORE_UNKNOWN, "S9")
            t.put(store=StoreView.UNKNOWN)
        return
    t.put(store=StoreView.KNOWN, record=ended.record)
