"""What operators ask of alarms: acknowledge, reset, shelve, take out of service, and back (ISA-18.2, clause 11)."""

from otha.core.alarm_list import SHELVE_MAX_NS
from otha.core.alarm_machine import UNACKED, AlarmBook, AlarmTurn, Listed
from otha.core.inputs import Order
from otha.core.reasons import Block, Blocker, Reason
from otha.core.words import AlarmFlag, AlarmState, OrderKind

KINDS = frozenset(
    {
        OrderKind.ALARM_ACK,
        OrderKind.ALARM_RESET,
        OrderKind.SHELVE,
        OrderKind.UNSHELVE,
        OrderKind.OUT_OF_SERVICE,
        OrderKind.IN_SERVICE,
    }
)


def _block(block: Block, detail: str) -> tuple[Blocker, ...]:
    return (Blocker(block=block, detail=detail),)


def _ack(turn: AlarmTurn, order: Order) -> tuple[Blocker, ...]:
    if turn.w.state not in UNACKED:
        return _block(Block.NOTHING_TO_ACK, turn.w.code)
    if order.occurrence != turn.w.occurrence:
        asked = "none named" if order.occurrence is None else str(order.occurrence)
        return _block(Block.OLD_OCCURRENCE, f"{asked}; the newest is {turn.w.occurrence}")
    turn.ack(order.user, order.comment)
    return ()


def _reset(turn: AlarmTurn, order: Order) -> tuple[Blocker, ...]:
    if turn.w.state is not AlarmState.LATCHED_ACKED:
        return _block(Block.NOTHING_TO_RESET, f"{turn.w.code} is {turn.w.state.value}")
    turn.reset(order.user, order.comment)
    return ()


def _shelve(turn: AlarmTurn, order: Order) -> tuple[Blocker, ...]:
    for_ns = order.for_ns
    if for_ns is not None and not 0 < for_ns <= SHELVE_MAX_NS:
        return _block(Block.SHELVED_TOO_LONG, f"up to {SHELVE_MAX_NS // 60_000_000_000} min")
    until = None if for_ns is None else turn.now + for_ns
    turn.flag(AlarmFlag.SHELVED, order.user, order.comment, shelved_until=until, one_shot=for_ns is None)
    return ()


def _end(turn: AlarmTurn, order: Order, flag: AlarmFlag, **changes: object) -> tuple[Blocker, ...]:
    if flag not in turn.w.flags:
        return _block(Block.NOT_FLAGGED, f"{turn.w.code}: {flag.value}")
    turn.unflag(flag, order.user, order.comment, **changes)
    return ()


def carry_out(
    listed: Listed, book: AlarmBook, order: Order, now: int
) -> tuple[AlarmBook, tuple[Blocker, ...], tuple[Reason, ...]]:
    """The book after the order, what stands against it, and what there is to tell. A refused order changes nothing.

    `order.item` is the alarm's code. Only an order of `KINDS` comes here.
    """
    if order.item is None or order.item not in listed:
        return book, _block(Block.NO_SUCH_ALARM, order.item or "none named"), ()
    turn = book.turn(listed, order.item, now)
    match order.kind:
        case OrderKind.ALARM_ACK:
            against = _ack(turn, order)
        case OrderKind.ALARM_RESET:
            against = _reset(turn, order)
        case OrderKind.SHELVE:
            against = _shelve(turn, order)
        case OrderKind.UNSHELVE:
            against = _end(turn, order, AlarmFlag.SHELVED, shelved_until=None, one_shot=False)
        case OrderKind.OUT_OF_SERVICE:
            turn.flag(AlarmFlag.OUT_OF_SERVICE, order.user, order.comment, out_of_service=True)
            against = ()
        case OrderKind.IN_SERVICE:
            against = _end(turn, order, AlarmFlag.OUT_OF_SERVICE, out_of_service=False)
        case _:
            raise AssertionError(f"{order.kind} asks nothing of an alarm")
    return (book if against else book.put(listed, turn.w)), against, tuple(turn.reasons)
