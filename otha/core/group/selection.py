"""Select before operate: who holds a group's next switchover, and whether what was shown at SELECT still holds."""

from otha.core.group import guard, machine, transfer
from otha.core.group.request import Preview, Selection
from otha.core.group.state import GroupState
from otha.core.group.turn import Turn
from otha.core.inputs import Order
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Conduct, TransferKind

_NS_PER_S = 1_000_000_000


def _epoch(g: GroupState) -> int:
    return g.record.epoch if g.record is not None else 0


def _active(g: GroupState) -> str | None:
    return g.record.active if g.record is not None else None


def held_by_other(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """Somebody else holds the selection: only its holder orders a switchover meanwhile."""
    held = t.g.selection
    if held is None or held.held_by(order.user, order.client):
        return ()
    left_s = -((t.now - held.until) // _NS_PER_S)
    return (Blocker(block=Block.SELECTED_BY_OTHER, detail=f"{held.by} ({held.client}), {left_s} s left"),)


def shown(t: Turn, kind: TransferKind, to_node: str) -> Preview:
    """What OPERATE would do as things stand."""
    waits = machine.waits(t.cfg, t.g, kind, None, to_node)
    asks = transfer.needs_confirmation(t.cfg, t.g, kind, to_node)
    return Preview(
        kind=kind,
        from_node=_active(t.g),
        to_node=to_node,
        needs_confirmation=asks or machine.conduct(t.cfg, t.g, kind, None) is Conduct.ASK,
        passed=guard.passed_over(t.cfg, t.g) + guard.sync(t.cfg, t.g, to_node) + waits,
        for_ns=t.cfg.persons.select_ns,
    )


def take(t: Turn, order: Order, kind: TransferKind, to_node: str) -> None:
    """Give the selection to who orders it. The caller has judged that nothing stands against the switchover."""
    t.preview = shown(t, kind, to_node)
    t.put(
        selection=Selection(
            by=order.user,
            client=order.client,
            node=order.node,
            from_node=_active(t.g),
            to_node=to_node,
            epoch=_epoch(t.g),
            shown=t.preview,
            until=t.now + t.preview.for_ns,
        )
    )
    t.say(Why.SELECTED, "", order.user, _active(t.g) or "-", to_node)


def _told(found: tuple[Blocker, ...]) -> str:
    return ", ".join(f"{each.block.code} {each.detail}".rstrip() for each in found) or "nothing"


def stale(t: Turn, order: Order, kind: TransferKind, to_node: str | None) -> tuple[Blocker, ...]:
    """What of the selection does not hold at OPERATE any more. `kind`, `to_node`: what a switchover would be now."""
    held = t.g.selection
    if held is None:
        return (Blocker(block=Block.NOT_SELECTED, detail=""),)
    changed: list[tuple[object, object, str]] = [
        (held.from_node or "nobody", _active(t.g) or "nobody", "active"),
        (held.to_node, to_node or "nobody", "target"),
        (held.to_node, order.node or held.to_node, "target"),
        (held.epoch, _epoch(t.g), "epoch"),
    ]
    if to_node == held.to_node:
        was, now = held.shown, shown(t, kind, to_node)
        asks = ("not needed", "needed")
        changed += [
            (was.kind.value, now.kind.value, "kind"),
            (asks[was.needs_confirmation], asks[now.needs_confirmation], "confirmation"),
            (_told(was.passed), _told(now.passed), "what is passed over"),
        ]
    return tuple(
        Blocker(block=Block.PREMISES_CHANGED, detail=f"{what} was {was}, is {now}")
        for was, now, what in changed
        if was != now
    )


def drop(t: Turn, why: str) -> None:
    """End the selection, if there is one."""
    held = t.g.selection
    if held is not None:
        t.put(selection=None)
        t.say(Why.SELECTION_ENDED, "", held.by, held.to_node, why)


def cancel(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """CANCEL: its holder gives the selection back."""
    found = held_by_other(t, order)
    if not found:
        drop(t, "cancelled")
    return found
