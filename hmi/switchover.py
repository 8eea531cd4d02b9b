"""The course of one order of a person, from choosing it to what is read back: pure, without Qt and without a clock.

Every order that moves something takes two steps, as IEC 60870-5-101 and IEEE 1815 know them: SELECT shows what it would
do, OPERATE does it. Where OTHA holds the selection (a switchover) its answer decides; for the other orders the first
step looks, and only the second one is sent. An order is done when the plant is read to be so, and never because it was
accepted (ISA-101: show what is, not what was asked).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

OPERATE_WITHIN_MS = 30_000  # for orders whose selection OTHA does not hold
BEGINS_WITHIN_MS = 5_000
READ_BACK_WITHIN_MS = 5_000


class Job(Enum):
    """What a person may want of a group. The value is the method that carries it out."""

    SWITCHOVER = "Operate"
    FAILBACK = "Failback"
    DRILL = "DrillStart"
    DRILL_ABORT = "DrillAbort"
    CONFIRM = "Confirm"
    REJECT = "Reject"
    SAFE = "Safe"
    BYPASS = "Bypass"
    UNBYPASS = "Unbypass"
    RELEASE = "Release"
    MAINTENANCE_IN = "MaintenanceIn"
    MAINTENANCE_OUT = "MaintenanceOut"
    ARM = "SetArming"


TWO_PERSONS = (Job.SAFE, Job.BYPASS)
NEEDS_COMMENT = (Job.SAFE, Job.BYPASS, Job.REJECT)
TRANSFERS = (Job.SWITCHOVER, Job.FAILBACK, Job.DRILL, Job.RELEASE)


class Step(Enum):
    """Where the order is. UNSURE: it was sent and no answer came; it may have been taken."""

    CHOOSE = "choose"
    SELECTING = "selecting"
    SELECTED = "selected"
    OPERATING = "operating"
    UNSURE = "unsure"
    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


ENDED = (Step.DONE, Step.FAILED)
SENT = (Step.OPERATING, Step.UNSURE, Step.UNDER_WAY)


class Say(Enum):
    """Why something is not to be had, or has failed; rendered by `hmi.words`."""

    NOTHING = "nothing"
    NO_SIGHT = "no_sight"
    SELECT_FIRST = "select_first"
    PREPARE_FIRST = "prepare_first"
    WAIT_FOR_ANSWER = "wait_for_answer"
    HELD_BY = "held_by"
    EXPIRED = "expired"
    SELECTION_GONE = "selection_gone"
    AGAINST = "against"
    COMMENT_FIRST = "comment_first"
    PASSWORD_FIRST = "password_first"
    MAY_NOT = "may_not"
    ALREADY_SENT = "already_sent"
    NOT_BEGUN = "not_begun"
    NOT_READ_BACK = "not_read_back"
    REQUEST_OVER = "request_over"
    REFUSED = "refused"
    NO_PREVIEW = "no_preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A word with what it is about."""

    what: Say
    about: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.what is not Say.NOTHING


SILENT = Said(what=Say.NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an order is about. Which of these an order takes is in `otha.names.METHODS`. `request`: the number of what
    waits, as it was when the person saw it."""

    group: str
    node: str = ""
    condition: str = ""
    arming: str = ""
    transfer: str = ""
    for_s: int = 0
    comment: str = ""
    alarm: str = ""
    occurrence: int = 0
    request: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSight:
    """A client that the group leads."""

    name: str
    critical: bool
    seen: bool
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is read of the group. `good`: every value is of good quality and the connection stands; without it nothing
    is known. Texts are empty and times -1 where there is nothing, as in `otha.names`. `waits_number`: of the request,
    else of the transfer."""

    good: bool
    kind: str = "driver"
    active: str = ""
    epoch: int = 0
    milestone: str = ""
    standing: str = ""
    concern: str = ""
    transfer: str = ""
    transfer_to: str = ""
    course: str = ""
    phase: str = ""
    phase_left_ms: int = -1
    transfer_against: tuple[str, ...] = ()
    gate_seen: bool = False
    gate_state: str = ""
    gate_owner: str = ""
    gate_epoch: int = 0
    hold_left_ms: int = -1
    clients: tuple[ClientSight, ...] = ()
    selected_by: str = ""
    selected_to: str = ""
    selection_left_ms: int = -1
    request: str = ""
    request_by: str = ""
    request_left_ms: int = -1
    waits_number: int = 0
    arming: str = ""
    bypassed: tuple[str, ...] = ()
    maintenance: tuple[str, ...] = ()

    @property
    def waits_for_person(self) -> bool:
        """A transfer or a forced action waits to be confirmed or rejected."""
        return bool(self.request) or (bool(self.transfer) and self.phase == "requested")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer of a method, as `otha.names.ANSWER` lists it."""

    accepted: bool
    durable: bool = True
    obstacles: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    preview: "Preview | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a selection would do. `passed`: what stands against it and is passed over, by a bypass, a confirmation or a
    wait, each as text."""

    transfer: str
    from_node: str
    to_node: str
    needs_confirmation: bool
    passed: tuple[str, ...]
    for_ms: int


def preview_of(raw: Mapping[str, Any]) -> Preview | None:  # Any: JSON
    """The preview in an answer; None when there is none that can be read."""
    try:
        return Preview(
            transfer=str(raw["transfer"]),
            from_node=str(raw["from_node"] or ""),
            to_node=str(raw["to_node"]),
            needs_confirmation=bool(raw["needs_confirmation"]),
            passed=tuple(obstacle_text(each) for each in raw["passed"]),
            for_ms=int(raw["for_ms"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def obstacle_text(raw: Any) -> str:  # Any: JSON
    """One obstacle of OTHA's as a text: code, detail and rule."""
    detail = f": {raw['detail']}" if raw.get("detail") else ""
    rule = f" ({raw['rule']})" if raw.get("rule") else ""
    return f"{str(raw['block']).replace('_', ' ')}{detail}{rule}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSeen:
    """A phase of the transfer: when it was first seen, and its bound as it was then (-1: none)."""

    name: str
    at_ms: int
    bound_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One order. `order_id`: of the request that is under way; `until_ms`: when the selection ends; `before`: what was
    read when OPERATE was given; `quiet_since_ms`: since when nothing moves though it is not read back."""

    job: Job
    target: Target
    step: Step = Step.CHOOSE
    order_id: str = ""
    preview: Preview | None = None
    until_ms: int = -1
    before: Sight | None = None
    sent_ms: int = -1
    began: bool = False
    quiet_since_ms: int = -1
    ended_ms: int = -1
    phases: tuple[PhaseSeen, ...] = ()
    obstacles: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    said: Said = SILENT

    @property
    def held_by_otha(self) -> bool:
        """Whether its selection is OTHA's and not only this station's."""
        return self.job is Job.SWITCHOVER


def select(w: Workflow, order_id: str, now_ms: int) -> Workflow:
    """The first step. A switchover's is sent to OTHA; the others are held by this station alone."""
    if w.step is not Step.CHOOSE:
        return w
    fresh = replace(w, obstacles=(), codes=(), said=SILENT)
    if w.held_by_otha:
        return replace(fresh, step=Step.SELECTING, order_id=order_id)
    return replace(fresh, step=Step.SELECTED, until_ms=now_ms + OPERATE_WITHIN_MS)


def cancel(w: Workflow) -> Workflow:
    """Back to choosing. What was sent can't be called back."""
    if w.step not in (Step.SELECTING, Step.SELECTED):
        return w
    return replace(w, step=Step.CHOOSE, order_id="", preview=None, until_ms=-1)


def again(w: Workflow) -> Workflow:
    """A new attempt after the end of one."""
    return Workflow(job=w.job, target=w.target) if w.step in ENDED else w


def operate(w: Workflow, order_id: str, sight: Sight, now_ms: int) -> Workflow:
    """The second step: from here on only what is read back ends it. An order without an answer keeps its id."""
    if w.step is Step.UNSURE:
        return replace(w, step=Step.OPERATING)
    if w.step is not Step.SELECTED:
        return w
    return replace(w, step=Step.OPERATING, order_id=order_id, before=sight, sent_ms=now_ms, said=SILENT)


def answered(w: Workflow, order_id: str, reply: Reply, now_ms: int) -> Workflow:
    """The answer to a request; one to an older request changes nothing."""
    if order_id != w.order_id or w.step not in (Step.SELECTING, Step.OPERATING, Step.UNSURE):
        return w
    if "no_answer" in reply.codes:
        return unanswered(w, order_id)
    told = replace(w, obstacles=reply.obstacles, codes=reply.codes)
    if w.step is Step.SELECTING:
        if not reply.accepted:
            return replace(told, step=Step.CHOOSE, order_id="", said=Said(what=Say.REFUSED, about=reply.obstacles))
        return _held(told, reply.preview, now_ms)
    if not reply.accepted:
        return replace(told, step=Step.FAILED, said=Said(what=Say.REFUSED, about=reply.obstacles))
    return replace(told, step=Step.UNDER_WAY, quiet_since_ms=now_ms)


def _held(w: Workflow, preview: Preview | None, now_ms: int) -> Workflow:
    if preview is None:
        # What it would do is not known: nobody operates what he was not shown.
        return replace(w, step=Step.CHOOSE, order_id="", said=Said(what=Say.NO_PREVIEW))
    target = replace(w.target, node=preview.to_node)
    return replace(w, step=Step.SELECTED, target=target, preview=preview, until_ms=now_ms + preview.for_ms)


def unanswered(w: Workflow, order_id: str) -> Workflow:
    """No answer came. A selection is asked anew; what was operated may have been taken, and its id asks again."""
    if order_id != w.order_id:
        return w
    match w.step:
        case Step.SELECTING:
            return replace(w, step=Step.CHOOSE, order_id="", said=Said(what=Say.NO_SIGHT))
        case Step.OPERATING:
            return replace(w, step=Step.UNSURE)
        case _:
            return w


def sent_back(w: Workflow, order_id: str) -> Workflow:
    """It was not looked at: the person must say anew who he is, and then do it again. A selection stands."""
    if order_id != w.order_id:
        return w
    match w.step:
        case Step.SELECTING:
            return replace(w, step=Step.CHOOSE, order_id="", said=Said(what=Say.PASSWORD_FIRST))
        case Step.OPERATING | Step.UNSURE:
            return replace(w, step=Step.SELECTED, order_id="", before=None, sent_ms=-1)
        case _:
            return w


def denied(w: Workflow, order_id: str, user: str) -> Workflow:
    """The server says that this user may not."""
    if order_id != w.order_id or w.step in ENDED:
        return w
    step = Step.FAILED if w.step in SENT else Step.CHOOSE
    return replace(w, step=step, order_id="", said=Said(what=Say.MAY_NOT, about=(user,)))


def seen(w: Workflow, sight: Sight, now_ms: int, user: str) -> Workflow:
    """What is read of the group now. While nothing is known nothing is concluded."""
    if not sight.good:
        return replace(w, quiet_since_ms=-1)
    match w.step:
        case Step.SELECTED:
            return _selection_seen(w, sight, now_ms, user)
        case Step.UNDER_WAY | Step.UNSURE:
            return _course_seen(w, sight, now_ms)
        case _:
            return w


def _selection_seen(w: Workflow, sight: Sight, now_ms: int, user: str) -> Workflow:
    gone: Said | None = None
    if now_ms >= w.until_ms:
        gone = Said(what=Say.EXPIRED)
    elif w.held_by_otha and w.began and sight.selected_by != user:
        gone = Said(what=Say.SELECTION_GONE, about=(sight.transfer or sight.selected_by,))
    if gone is not None:
        return replace(cancel(w), said=gone, began=False)
    if w.held_by_otha and sight.selected_by == user and sight.selection_left_ms >= 0:
        # OTHA's clock decides, not this station's; the value may be as old as its last change.
        return replace(w, began=True, until_ms=now_ms + sight.selection_left_ms)
    return w


def _course_seen(w: Workflow, sight: Sight, now_ms: int) -> Workflow:
    w = replace(w, phases=with_phase(w.phases, sight, now_ms))
    if w.job in TWO_PERSONS and sight.request == _request_of(w.job):
        return replace(w, began=True, quiet_since_ms=-1)
    moving = bool(sight.transfer) and w.job in (*TRANSFERS, Job.CONFIRM)
    if moving:
        return replace(w, began=True, quiet_since_ms=-1)
    if w.before is not None and not read_back(w, w.before, sight):
        return replace(w, step=Step.DONE, ended_ms=now_ms, said=SILENT)
    if w.step is Step.UNSURE and not w.began:
        return w
    if w.quiet_since_ms < 0:
        return replace(w, quiet_since_ms=now_ms)
    limit_ms = READ_BACK_WITHIN_MS if w.began else BEGINS_WITHIN_MS
    if now_ms - w.quiet_since_ms < limit_ms:
        return w
    return replace(w, step=Step.FAILED, ended_ms=now_ms, said=_why_failed(w, sight))


def _why_failed(w: Workflow, sight: Sight) -> Said:
    if w.job in TWO_PERSONS and w.began:
        return Said(what=Say.REQUEST_OVER, about=read_back(w, w.before or sight, sight))
    what = Say.NOT_READ_BACK if w.began else Say.NOT_BEGUN
    concern = (sight.concern,) if sight.concern else ()
    return Said(what=what, about=(*read_back(w, w.before or sight, sight), *concern))


def _request_of(job: Job) -> str:
    return {Job.SAFE: "safe", Job.BYPASS: "bypass"}.get(job, "")


def goal(w: Workflow, before: Sight) -> str:
    """The node that shall be active in the end; "" where the order names none."""
    if w.job is Job.RELEASE:
        return before.gate_owner
    if w.job is Job.CONFIRM:
        return before.transfer_to
    return w.target.node


def read_back(w: Workflow, before: Sight, sight: Sight) -> tuple[str, ...]:
    """What is not yet read as it shall be, each as "what is / what shall be"; empty: the order is done."""
    match w.job:
        case Job.SWITCHOVER | Job.FAILBACK | Job.DRILL | Job.RELEASE:
            return _transfer_back(goal(w, before), before, sight)
        case Job.CONFIRM:
            if before.request == "safe":
                return _differs(("gate", sight.gate_state, "SAFE"))
            if before.request:
                return _differs(("request", sight.request, ""))
            return _transfer_back(goal(w, before), before, sight)
        case Job.REJECT:
            return _differs(("request", sight.request, "")) + _differs(("transfer", sight.transfer, ""))
        case Job.SAFE:
            return _differs(("gate", sight.gate_state, "SAFE"))
        case Job.BYPASS:
            return () if w.target.condition in sight.bypassed else (f"{w.target.condition}: not bypassed",)
        case Job.UNBYPASS:
            return (f"{w.target.condition}: bypassed",) if w.target.condition in sight.bypassed else ()
        case Job.MAINTENANCE_IN:
            return () if w.target.node in sight.maintenance else (f"{w.target.node}: not in maintenance",)
        case Job.MAINTENANCE_OUT:
            return (f"{w.target.node}: in maintenance",) if w.target.node in sight.maintenance else ()
        case Job.ARM:
            return _differs(("arming", sight.arming, w.target.arming))
        case Job.DRILL_ABORT:
            return _differs(("transfer", sight.transfer, ""))


def _differs(*wanted: tuple[str, object, object]) -> tuple[str, ...]:
    return tuple(f"{what}: {is_ or '-'} / {shall or '-'}" for what, is_, shall in wanted if is_ != shall)


def _transfer_back(node: str, before: Sight, sight: Sight) -> tuple[str, ...]:
    """A transfer is done when record and plant agree on the new node, under an epoch that it did not have before.

    The record may be ahead of the gate: a claim reserves the epoch of its own return, too. A node that drove already
    is only written into the record; that needs no new epoch.
    """
    new = node or sight.active
    found = _differs(("active", sight.active, new), ("milestone", sight.milestone, "done"))
    if before.active == new and sight.epoch <= before.epoch:
        found += (f"epoch: {sight.epoch} / > {before.epoch}",)
    if sight.kind == "driver":
        if not sight.gate_seen:
            return (*found, "gate: out of sight")
        found += _differs(("gate", sight.gate_state, "OWNED"), ("gate owner", sight.gate_owner, new))
        drove = before.gate_owner == new and before.gate_state == "OWNED"
        least = before.gate_epoch + (not drove)
        if not least <= sight.gate_epoch <= sight.epoch:
            found += (f"gate epoch: {sight.gate_epoch} / {least} … {sight.epoch}",)
        return found
    for each in sight.clients:
        if each.critical:
            found += _differs((each.name, each.node if each.seen else "out of sight", new))
    return found


def with_phase(phases: tuple[PhaseSeen, ...], sight: Sight, now_ms: int) -> tuple[PhaseSeen, ...]:
    """The phases that were seen, with the one that the transfer is in now. Another course is a phase of its own."""
    if not sight.transfer:
        return phases
    name = sight.phase if sight.course in ("", "forward") else f"{sight.course}: {sight.phase}"
    if phases and phases[-1].name == name:
        return phases
    return (*phases, PhaseSeen(name=name, at_ms=now_ms, bound_ms=sight.phase_left_ms))


def left_ms(w: Workflow, now_ms: int) -> int:
    """How long the selection still lasts; -1: there is none."""
    return max(w.until_ms - now_ms, 0) if w.step is Step.SELECTED and w.until_ms >= 0 else -1


def select_blocked(w: Workflow, sight: Sight, user: str) -> Said:
    """Why SELECT is not to be had now. OTHA judges; what it is known to refuse is said before it is asked."""
    if not sight.good:
        return Said(what=Say.NO_SIGHT)
    if w.step in SENT:
        return Said(what=Say.ALREADY_SENT)
    if w.step is Step.SELECTING:
        return Said(what=Say.WAIT_FOR_ANSWER)
    if w.job in NEEDS_COMMENT and not w.target.comment.strip():
        return Said(what=Say.COMMENT_FIRST)
    if w.held_by_otha and sight.selected_by not in ("", user):
        return Said(what=Say.HELD_BY, about=(sight.selected_by, str(-(-max(sight.selection_left_ms, 0) // 1000))))
    return SILENT


def operate_blocked(
    w: Workflow, sight: Sight, now_ms: int, against: tuple[str, ...], *, password_asked: bool = False
) -> Said:
    """Why OPERATE is not to be had now. `against`: what stands against the order as OTHA says now; `password_asked`:
    the site wants the person to log in again first."""
    if w.step is Step.UNSURE:
        return SILENT if sight.good else Said(what=Say.NO_SIGHT)
    if w.step in SENT:
        return Said(what=Say.ALREADY_SENT)
    if not sight.good:
        return Said(what=Say.NO_SIGHT)
    if w.step is Step.SELECTING:
        return Said(what=Say.WAIT_FOR_ANSWER)
    if w.step is not Step.SELECTED:
        return Said(what=Say.SELECT_FIRST if w.held_by_otha else Say.PREPARE_FIRST)
    if now_ms >= w.until_ms:
        return Said(what=Say.EXPIRED)
    if against:
        return Said(what=Say.AGAINST, about=against)
    if password_asked:
        return Said(what=Say.PASSWORD_FIRST)
    return SILENT
