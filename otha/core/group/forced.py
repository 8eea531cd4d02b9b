"""What needs two persons: bypassing a `process` interlock, and driving a held section to its safe state by order."""

from otha.core.conditions import ConditionConfig
from otha.core.group import question, safe_errand, selection, transfer, trouble
from otha.core.group.request import Bypass, Request
from otha.core.group.turn import Turn
from otha.core.inputs import Order
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import (
    Arming,
    Authority,
    ConditionClass,
    Course,
    Ending,
    GateState,
    GroupKind,
    OrderKind,
    Phase,
)

_NS_PER_S = 1_000_000_000


def _block(block: Block, detail: str = "") -> tuple[Blocker, ...]:
    return (Blocker(block=block, detail=detail),)


def waits_against(t: Turn) -> tuple[Blocker, ...]:
    """One thing of a group waits for a person at a time."""
    plan = t.g.plan
    if plan is not None and not plan.confirmed:
        return _block(Block.AWAITS_CONFIRMATION, f"{plan.kind.value} to {plan.to_node}")
    return _pending(t)


def _pending(t: Turn) -> tuple[Blocker, ...]:
    request = t.g.request
    return () if request is None else _block(Block.REQUEST_PENDING, f"{request.what}, asked by {request.by}")


def _interlock(t: Turn, name: str | None) -> ConditionConfig | None:
    return next((each for each in t.cfg.conditions if each.interlock and each.name == name), None)


def _bypass_against(t: Turn, name: str | None, for_ns: int | None) -> tuple[Blocker, ...]:
    """What stands against bypassing the interlock `name`; judged when it is asked and when it is confirmed."""
    found = _interlock(t, name)
    if found is None:
        known = ", ".join(each.name for each in t.cfg.conditions if each.interlock) or "none"
        return _block(Block.NO_SUCH_INTERLOCK, f"{name or 'none named'}; its interlocks are {known}")
    if found.klass is ConditionClass.SAFETY:
        return _block(Block.NEVER_BYPASSED, found.name)
    longest_ns = t.cfg.persons.bypass_max_ns
    if for_ns is None or not 0 < for_ns <= longest_ns:
        return _block(Block.BYPASS_TOO_LONG, f"say for how long, {longest_ns // _NS_PER_S} s at most")
    return () if t.g.plan is None else _block(Block.TRANSFER_RUNNING, t.g.plan.phase.value)


def _safe_against(t: Turn) -> tuple[Blocker, ...]:
    """What stands against an ordered SAFE: the gate takes it in a hold alone. A transfer that waits does not; one that
    is about to claim is over, or has fenced, in a moment."""
    gate, plan = t.g.gate, t.g.plan
    if t.cfg.kind is not GroupKind.DRIVER:
        return _block(Block.NOT_HELD, "the group drives no section")
    if t.cfg.authority is Authority.NATIVE:
        return _block(Block.NATIVE_AUTHORITY)
    if t.g.arming is Arming.OBSERVE:
        return _block(Block.NOT_ARMED, t.g.arming.value)
    if not gate.seen:
        return _block(Block.GATE_UNSEEN, t.cfg.section)
    if gate.state is not GateState.HELD:
        return _block(Block.NOT_HELD, f"{gate.state.name}, owner {gate.owner or 'nobody'}")
    if t.g.safe_for is not None:
        return _block(Block.SAFE_ORDERED)
    if plan is not None and not plan.revoked and plan.phase is not Phase.REQUESTED:
        return _block(Block.TRANSFER_RUNNING, plan.phase.value)
    return ()


def _other_hold(t: Turn, request: Request) -> tuple[Blocker, ...]:
    """SAFE is agreed on for one hold: what came after it nobody has judged."""
    return () if t.g.gate.hold_no == request.hold_no else _block(Block.NOT_HELD, "the hold that was meant is over")


def ask(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """BYPASS or SAFE: it waits for a second person, SAFE beside a transfer that waits too."""
    bypass = order.kind is OrderKind.BYPASS
    found = _block(Block.COMMENT_MISSING) if not order.comment.strip() else ()
    found = found or (waits_against(t) if bypass else _pending(t))
    if not found:
        found = _bypass_against(t, order.item, order.for_ns) if bypass else _safe_against(t)
    if not found:
        request = Request(
            number=question.next_number(t),
            kind=order.kind,
            by=order.user,
            item=(order.item or "") if order.kind is OrderKind.BYPASS else "",
            for_ns=(order.for_ns or 0) if order.kind is OrderKind.BYPASS else 0,
            hold_no=0 if order.kind is OrderKind.BYPASS else t.g.gate.hold_no,
            comment=order.comment,
            until=t.now + t.cfg.persons.confirm_ns,
        )
        t.put(request=request)
        t.say(Why.SECOND_PERSON_ASKED, "two persons", request.number, request.what, request.by)
    return found


def answer(t: Turn, order: Order, request: Request) -> tuple[Blocker, ...]:
    """CONFIRM by a second person who has the authority, judged anew, or REJECT by anybody, with a comment."""
    if order.kind is OrderKind.REJECT:
        end(t, f"rejected by {order.user}")
        return ()
    if order.user == request.by:
        return _block(Block.SECOND_PERSON, f"asked by {request.by}")
    if request.kind not in order.seconds:
        return _block(Block.NO_AUTHORITY, f"{order.user}: {request.what}, asked by {request.by}")
    bypass = request.kind is OrderKind.BYPASS
    found = _bypass_against(t, request.item, request.for_ns) if bypass else _safe_against(t) + _other_hold(t, request)
    if found:
        # A transfer that has fenced nobody yet is over in a moment, one way or another.
        if found[0].block is not Block.TRANSFER_RUNNING:
            end(t, f"{found[0].block.code} {found[0].detail}".rstrip())
        return found
    t.put(request=None)
    if bypass:
        _bypass(t, request, order.user)
    else:
        _go_safe(t)
    return ()


def end(t: Turn, why: str) -> None:
    """End the request that waits, if there is one."""
    request = t.g.request
    if request is not None:
        t.put(request=None)
        t.say(Why.REQUEST_ENDED, "two persons", request.what, request.by, why)


def _bypass(t: Turn, request: Request, second: str) -> None:
    given = Bypass(
        item=request.item, by=request.by, second=second, comment=request.comment, until=t.now + request.for_ns
    )
    t.put(bypasses=(*(each for each in t.g.bypasses if each.item != given.item), given))
    t.say(Why.BYPASSED, "S6", given.item, given.by, given.second, request.for_ns // _NS_PER_S)


def unbypass(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """UNBYPASS: the interlock counts again at once, in a transfer too."""
    if all(each.item != order.item for each in t.g.bypasses):
        return _block(Block.NOT_BYPASSED, order.item or "none named")
    t.put(bypasses=tuple(each for each in t.g.bypasses if each.item != order.item))
    t.say(Why.BYPASS_ENDED, "S6", order.item or "", f"taken back by {order.user}")
    return ()


def _go_safe(t: Turn) -> None:
    """Two persons win over a transfer that waits, and lead one that has fenced to the safe state. What an automatic one
    was for is judged anew once the order is over."""
    t.put(safe_for=t.g.gate.hold_no)
    selection.drop(t, "the safe state is ordered")
    plan = t.g.plan
    if plan is None or plan.course is Course.SAFE:
        return
    if plan.revoked:
        trouble.change_course(t, Course.SAFE, t.cfg.timing.safe_ns)
    else:
        transfer.end(t, Ending.ABORTED_SAFE, "two persons", "withdrawn: the safe state is ordered")


def going_safe(t: Turn) -> bool:
    """Pursue an ordered SAFE while its hold lasts: asked again until the gate says that the hold is over.

    While the gate is out of sight it waits, and nothing else begins. It ends with the hold, when the group is set to
    observe, when an operator takes it back, and with this process: two persons' word for a moment is not kept over a
    restart.
    """
    g = t.g
    if g.safe_for is None:
        return False
    over = g.gate.seen and (g.gate.state is not GateState.HELD or g.gate.hold_no != g.safe_for)
    if over:
        _no_longer_safe(t, f"the hold is over, the gate is {g.gate.state.name}")
        return False
    if g.arming is Arming.OBSERVE:
        _no_longer_safe(t, "the group only observes")
        return False
    if g.gate.seen:
        safe_errand.ask(t)
    return True


def _no_longer_safe(t: Turn, why: str) -> None:
    t.put(safe_for=None)
    t.say(Why.SAFE_ENDED, "two persons", t.cfg.section, why)


def withdraw(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """CANCEL of an ordered SAFE that the gate has not carried out: any operator takes it back, with a comment. A SAFE
    that has left may still arrive; what the gate says then is taken as it is."""
    plan = t.g.plan
    if t.g.safe_for is None:
        return _block(Block.NOT_SELECTED)
    if not order.comment.strip():
        return _block(Block.COMMENT_MISSING)
    if plan is not None and plan.course is Course.SAFE:
        # It has fenced already: nobody is left who could drive.
        return _block(Block.TRANSFER_RUNNING, f"{plan.course.value}, {plan.phase.value}")
    safe_errand.forget(t)
    _no_longer_safe(t, f"taken back by {order.user}")
    return ()


def expire(t: Turn) -> None:
    """Clear what has run out: a selection, a request that nobody answered, a bypass."""
    g = t.g
    if g.selection is None and g.request is None and not g.bypasses:
        return
    held = g.selection
    if held is not None and t.reached(held.until):
        t.put(selection=None)
        t.say(Why.SELECTION_ENDED, "", held.by, held.to_node, "expired")
    if g.request is not None and t.reached(g.request.until):
        end(t, "not confirmed in time")
    over = [each for each in g.bypasses if t.reached(each.until)]
    if over:
        t.put(bypasses=tuple(each for each in g.bypasses if not t.reached(each.until)))
        for each in over:
            t.say(Why.BYPASS_ENDED, "S6", each.item, "its time has run out")
