"""The answers that a group's orders got: an order is carried out once, and a repeat of it gets the same answer (S11).

What is remembered is bounded, and bounded for each giver by himself: who orders without end pushes out his own answers
and nobody else's. Orders of alarms are counted apart: a flood of acknowledgements pushes out no switchover.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b

from otha.core import alarm_orders, canon
from otha.core.group.state import OrderAnswer
from otha.core.inputs import Order

ANSWERS_EACH = 256
GIVERS = 64


def asked(order: Order) -> bytes:
    """Eight bytes that two orders share only if they ask the same. What the giver may do is no part of it."""
    return blake2b(canon.encode(replace(order, seconds=())), digest_size=8).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an order got, and the digest of what it asked: an id that comes again with another content is no repeat."""

    asked: bytes
    answer: OrderAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """The newest answers to one user at one client, the newest last. `alarms`: to his orders of alarms."""

    user: str
    client: str
    alarms: bool
    answers: tuple[Answered, ...]

    def is_of(self, order: Order) -> bool:
        of_alarms = order.kind in alarm_orders.KINDS
        return (self.user, self.client, self.alarms) == (order.user, order.client, of_alarms)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBook:
    """Who ordered lately, the latest last."""

    givers: tuple[Giver, ...] = ()

    def with_id_of(self, order: Order) -> Answered | None:
        """What its giver's order of this id got before; None when it is new, or long forgotten."""
        answers = next((giver.answers for giver in self.givers if giver.is_of(order)), ())
        return next((each for each in answers if each.answer.order_id == order.id), None)

    def with_answer(self, order: Order, answer: OrderAnswer) -> "OrderBook":
        """The book that remembers this answer too."""
        before = next((giver.answers for giver in self.givers if giver.is_of(order)), ())
        giver = Giver(
            user=order.user,
            client=order.client,
            alarms=order.kind in alarm_orders.KINDS,
            answers=(*before, Answered(asked=asked(order), answer=answer))[-ANSWERS_EACH:],
        )
        others = tuple(each for each in self.givers if not each.is_of(order))
        return OrderBook(givers=(*others, giver)[-GIVERS:])
