"""What waits for a person's CONFIRM or REJECT, and the number by which the answer names it.

A request and a waiting transfer stand beside each other, and neither keeps the other from its answer. An answer that
names no number, or an old one, answers nothing: who saw one request must not confirm another that took its place.
"""

from dataclasses import dataclass

from otha.core.config import GroupConfig
from otha.core.group import guard, machine
from otha.core.group.request import Request
from otha.core.group.state import GroupState, Plan
from otha.core.group.turn import Turn
from otha.core.inputs import Order
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Course, Phase

_NS_PER_S = 1_000_000_000
_NUMBERS = 10_000
_LAG = "outside the RPO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing that waits for a person: its `number`, what it is in words, and whether it is a `transfer`."""

    number: int
    what: str
    asked: Request | Plan

    def __str__(self) -> str:
        return f"request {self.number}: {self.what}"


def first_number(now: int) -> int:
    """What the numbers of a run count on from: whole seconds of its start, so that one which was seen before a restart
    is not met again soon."""
    return now // _NS_PER_S % _NUMBERS


def next_number(t: Turn) -> int:
    """The number of what a person is asked now; each is given once."""
    t.put(requests=t.g.requests + 1)
    return t.g.requests


def asks_a_person(cfg: GroupConfig, g: GroupState) -> bool:
    """Whether a plan waits to be confirmed: by the group's setting, because of a lag, or of the machine's state."""
    plan = g.plan
    if plan is None or plan.phase is not Phase.REQUESTED or plan.course is not Course.FORWARD or plan.asked_out:
        return False
    return not plan.confirmed or machine.asks(cfg, g)


def waiting(cfg: GroupConfig, g: GroupState) -> tuple[Question, ...]:
    """All that waits for a person now."""
    found: list[Question] = []
    if (request := g.request) is not None:
        what = f"{request.what}, asked by {request.by}"
        found.append(Question(number=request.number, what=what, asked=request))
    if g.plan is not None and asks_a_person(cfg, g):
        about = f" ({', '.join(g.plan.about)})" if g.plan.about else ""
        what = f"{g.plan.kind.value} to {g.plan.to_node}{about}"
        found.append(Question(number=g.plan.request, what=what, asked=g.plan))
    return tuple(found)


def meant(t: Turn, order: Order) -> Request | Plan | tuple[Blocker, ...]:
    """What CONFIRM or REJECT is about; the obstacle if it names nothing that waits."""
    found = waiting(t.cfg, t.g)
    told = "; ".join(str(each) for each in found) or "nothing"
    if order.request is None:
        block = Block.WHICH_ONE if found else Block.NOTHING_TO_CONFIRM
        return (Blocker(block=block, detail=told if found else ""),)
    named = [each.asked for each in found if each.number == order.request]
    if named:
        return named[0]
    return (Blocker(block=Block.NOTHING_TO_CONFIRM, detail=f"request {order.request}; what waits: {told}"),)


def _about(t: Turn) -> tuple[str, ...]:
    """What a person who lets the transfer go on answers for, beside the transfer itself."""
    plan = t.plan
    found = []
    if machine.asks(t.cfg, t.g):
        found.append(f"machine {machine.state_blocker(t.cfg, t.g).detail}")
    if not plan.confirmed and guard.sync(t.cfg, t.g, plan.to_node):
        found.append(_LAG)
    return tuple(found)


def mind(t: Turn) -> None:
    """Number what a waiting transfer asks, and anew when it asks something else: another state of the machine, or a lag
    that was not there. A lag that comes and goes takes no number from who has seen it."""
    if t.g.plan is None or not asks_a_person(t.cfg, t.g):
        return
    plan, about = t.plan, _about(t)
    if plan.request and about in (plan.about, tuple(each for each in plan.about if each != _LAG)):
        return
    number = next_number(t)
    t.put_plan(request=number, about=about)
    t.say(Why.PERSON_ASKED, "", number, plan.kind.value, plan.to_node, ", ".join(about))
