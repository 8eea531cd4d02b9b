"""The course of one order of a person, from choosing it to what is read back: pure, without Qt and without a clock.

Every order that moves something takes two steps, as IEC 60870-5-101 and IEEE 1815 know them: SELECT shows what it would
do, OPERATE does it. Where OTHA holds the selection (a switchover) its answer decides; for the other orders the first
step looks, and only the second one is sent. An order is done when the plant is read to be so, and never because it was
accepted (ISA-101: show what is, not what was asked).
"""

from dataclasses import dataclass, replace
from enum import Enum

from hmi.job import ANSWERS, NEEDS_COMMENT, TRANSFERS, TWO_PERSONS, Job, Target
from hmi.reply import Preview, Reply
from hmi.sight import Asks, Sight, read_back

OPERATE_WITHIN_MS = 30_000  # for orders whose selection OTHA does not hold
BEGINS_WITHIN_MS = 5_000
READ_BACK_WITHIN_MS = 5_000
ASKS = {Job.SAFE: Asks.SAFE, Job.BYPASS: Asks.BYPASS}


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
    CHOOSE_FIRST = "choose_first"
    WAITS_NO_MORE = "waits_no_more"
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
    if w.job in TWO_PERSONS and sight.asked(ASKS[w.job]) is not None:
        return replace(w, began=True, quiet_since_ms=-1)
    if sight.transfer and _moves(w):
        return replace(w, began=True, quiet_since_ms=-1)
    if w.before is not None and not read_back(w.job, w.target, w.before, sight):
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
        return Said(what=Say.REQUEST_OVER, about=read_back(w.job, w.target, w.before or sight, sight))
    what = Say.NOT_READ_BACK if w.began else Say.NOT_BEGUN
    concern = (sight.concern,) if sight.concern else ()
    return Said(what=what, about=(*read_back(w.job, w.target, w.before or sight, sight), *concern))


def _moves(w: Workflow) -> bool:
    """Whether the transfer that is under way is this order's. One may wait beside a SAFE that is answered."""
    if w.job is not Job.CONFIRM:
        return w.job in TRANSFERS
    chosen = None if w.before is None else w.before.waits(w.target.request)
    return chosen is not None and chosen.asks is Asks.TRANSFER


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
    if gone := _unchosen(w, sight):
        return gone
    if w.job in NEEDS_COMMENT and not w.target.comment.strip():
        return Said(what=Say.COMMENT_FIRST)
    if w.held_by_otha and sight.selected_by not in ("", user):
        return Said(what=Say.HELD_BY, about=(sight.selected_by, str(-(-max(sight.selection_left_ms, 0) // 1000))))
    return SILENT


def _unchosen(w: Workflow, sight: Sight) -> Said:
    """A person answers what he has chosen and read, and nothing that has taken its place."""
    if w.job not in ANSWERS:
        return SILENT
    if not w.target.request:
        return Said(what=Say.CHOOSE_FIRST)
    return SILENT if sight.waits(w.target.request) else Said(what=Say.WAITS_NO_MORE, about=(str(w.target.request),))


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
    if gone := _unchosen(w, sight):
        return gone
    if against:
        return Said(what=Say.AGAINST, about=against)
    if password_asked:
        return Said(what=Say.PASSWORD_FIRST)
    return SILENT
