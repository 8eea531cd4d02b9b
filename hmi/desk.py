"""What the pages ask of OTHA, in the words of `hmi.switchover`, over the session."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from PySide6.QtCore import QObject

from hmi import why
from hmi.feed import Model
from hmi.job import Target
from hmi.model import Answer, GroupView, Link, Quality, Station
from hmi.reply import Reply, preview_of
from hmi.session import Session
from hmi.sight import Asks, ClientSight, Sight, Waiting
from hmi.why_view import WhyView
from otha import names

_INPUTS: Final = {method.name: tuple(each.name for each in method.inputs[1:]) for method in names.METHODS}
Json = dict[str, Any]  # Any: JSON


class NoReply(Enum):
    """Why there is no answer. LOST: it may have been taken. DENIED: this user may not."""

    LOST = "lost"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows of the journal are asked for; see `otha.names.QUERY_INPUTS`."""

    from_ms: int = 0
    to_ms: int = 0
    group: str = ""
    kind: str = ""
    text: str = ""
    after_seq: int = 0
    limit: int = 0
    newest_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of the journal: its rows as JSON, AfterSeq of the next page (0: there is none), and up to which row the
    hash chain was found to fit (0: nobody looked)."""

    rows: tuple[Json, ...]
    next_after: int
    verified_seq: int


Replied = Callable[[Reply | NoReply], None]


class Desk(QObject):
    """Asks OTHA in the name of who has logged in. Every `done` is called once, on the thread of the widgets."""

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__()
        self._model, self._session = model, session
        self._proved: Callable[[bool], None] | None = None
        self._calling = False
        model.station_changed.connect(self._station)

    @property
    def user(self) -> str:
        """Who has logged in; "" nobody."""
        return self._model.station.user

    def may(self, method: str) -> bool:
        """Whether his role is enough, as far as it is known here."""
        return self._session.may(method)

    def order(self, method: str, target: Target, order_id: str, done: Replied) -> None:
        """Give an order to the target's group. An id that is given again asks for the same answer."""
        inputs = inputs_of(method, target)
        self._session.order(
            method, target.group, then=lambda answer: done(reply_of(answer)), order_id=order_id, **inputs
        )

    def why(self, group: str, node: str, done: Callable[[WhyView | None], None]) -> None:
        """What stands against a switchover to `node`; None: no answer."""
        self._session.why(group, node, then=lambda answer: done(None if answer.trouble else why.read(answer.data)))

    def query(self, asked: Asked, done: Callable[[Rows | None], None]) -> None:
        """Rows of the journal; None: no answer."""
        self._session.query(
            then=lambda answer: done(_rows(answer)),
            FromMs=asked.from_ms,
            ToMs=asked.to_ms,
            Group=asked.group,
            Kind=asked.kind,
            Text=asked.text,
            AfterSeq=asked.after_seq,
            Limit=asked.limit,
            NewestFirst=asked.newest_first,
        )

    # Any: text or number, as the method says
    def ask(self, method: str, done: Callable[[Answer], None], **inputs: Any) -> None:
        """Call a method of the site that changes nothing."""
        self._session.call(method, then=done, **inputs)

    def do(self, method: str, done: Replied, **inputs: Any) -> None:  # Any: as above
        """Call a method of the site that changes something."""
        self._session.call(method, then=lambda answer: done(_done(answer)), **inputs)

    def log_in_again(self, password: str, done: Callable[[bool], None]) -> None:
        """The same user proves anew who he is. A wrong password ends the session, as it does at every login."""
        station = self._model.station
        self._proved, self._calling = done, False
        self._session.open(station.url, station.user, password)

    def _station(self, station: Station) -> None:
        if self._proved is None:
            return
        match station.link:
            case Link.CONNECTING | Link.CLOSED:
                self._calling = True
            case Link.OPEN if self._calling:
                self._end_proof(True)
            case Link.LOGIN_REFUSED | Link.NOT_TRUSTED | Link.CERTIFICATE_CHANGED | Link.ASKING_TRUST:
                self._end_proof(False)
            case _:
                pass

    def _end_proof(self, well: bool) -> None:
        done, self._proved = self._proved, None
        if done is not None:
            done(well)


def inputs_of(method: str, target: Target) -> dict[str, Any]:  # Any: text or number, as the method says
    """The inputs of an order by name, without its id. Raises KeyError for a method that is none."""
    given: dict[str, Any] = {
        "Node": target.node,
        "Comment": target.comment,
        "Alarm": target.alarm,
        "Occurrence": target.occurrence,
        "Condition": target.condition,
        "ForSeconds": target.for_s,
        "Transfer": target.transfer,
        "Arming": target.arming,
        "Request": target.request,
    }
    return {name: given[name] for name in _INPUTS[method] if name in given}


def reply_of(answer: Answer) -> Reply | NoReply:
    """The answer to an order."""
    if answer.denied:
        return NoReply.DENIED
    if answer.trouble:
        return _unanswered(answer)
    return Reply(
        accepted=answer.accepted,
        durable=answer.durable,
        obstacles=answer.obstacles,
        codes=answer.codes,
        preview=preview_of(answer.preview),
    )


def _unanswered(answer: Answer) -> Reply | NoReply:
    """What never reached the supervisor was not taken."""
    return NoReply.LOST if answer.unsure else Reply(accepted=False, obstacles=(answer.trouble or "-",))


def _done(answer: Answer) -> Reply | NoReply:
    """The answer of a method that changes something: `otha.names.DONE`."""
    if answer.denied:
        return NoReply.DENIED
    if answer.trouble or len(answer.outputs) < 4:
        return _unanswered(answer)
    accepted, durable, what, code = answer.outputs[:4]
    return Reply(accepted=bool(accepted), durable=bool(durable), obstacles=(str(what),), codes=(str(code),))


def _rows(answer: Answer) -> Rows | None:
    if answer.trouble or len(answer.outputs) < 2:
        return None
    _, next_after, *rest = answer.outputs
    rows = tuple(each for each in answer.data or () if isinstance(each, dict))
    return Rows(rows=rows, next_after=int(next_after or 0), verified_seq=int(rest[0]) if rest else 0)


_FORCED: Final = {each.value: each for each in (Asks.SAFE, Asks.BYPASS)}


def waiting_of(group: GroupView) -> tuple[Waiting, ...]:
    """All that waits for a person, forced actions first. A transfer that asks nobody has no number."""
    found: list[Waiting] = []
    asked, moving = group.request, group.transfer
    if asked is not None and asked.number:
        found.append(
            Waiting(
                number=asked.number,
                asks=_FORCED.get(asked.order, Asks.OTHER),
                what=asked.order,
                item=asked.item,
                by=asked.by,
                comment=asked.comment,
                for_ms=asked.for_ms,
                left_ms=-1 if asked.left_ms is None else asked.left_ms,
            )
        )
    if moving is not None and moving.request:
        found.append(
            Waiting(
                number=moving.request,
                asks=Asks.TRANSFER,
                what=f"{moving.kind} ({moving.cause})" if moving.cause else moving.kind,
                item=moving.to_node,
                by=moving.by,
                left_ms=-1 if moving.due_ms is None else moving.due_ms,
                about=moving.about,
            )
        )
    return tuple(found)


def sight_of(group: GroupView | None, *, stale: bool) -> Sight:
    """What an order needs to know of its group. What is doubtful is not good."""
    if group is None:
        return Sight(good=False)
    moving, gate = group.transfer, group.gate
    held = group.selection
    return Sight(
        good=not stale and group.stamp.quality is Quality.GOOD,
        kind=group.kind,
        active=group.active,
        epoch=group.epoch,
        milestone=group.milestone,
        standing=group.standing,
        concern=group.concern,
        transfer="" if moving is None else moving.kind,
        transfer_to="" if moving is None else moving.to_node,
        course="" if moving is None else moving.course,
        phase="" if moving is None else moving.phase,
        phase_left_ms=-1 if moving is None or moving.due_ms is None else moving.due_ms,
        transfer_against=() if moving is None else moving.against,
        gate_seen=gate is not None and gate.seen,
        gate_state="" if gate is None else gate.state,
        gate_owner="" if gate is None else gate.owner,
        gate_epoch=0 if gate is None else gate.epoch,
        hold_left_ms=-1 if gate is None or gate.hold_left_ms is None else gate.hold_left_ms,
        clients=tuple(
            ClientSight(name=each.name, critical=each.critical, seen=each.seen, node=each.node)
            for each in group.clients
        ),
        selected_by="" if held is None else held.by,
        selected_to="" if held is None else held.to_node,
        selection_left_ms=-1 if held is None or held.left_ms is None else held.left_ms,
        waiting=waiting_of(group),
        arming=group.arming,
        bypassed=tuple(each.name for each in group.conditions if each.bypassed),
        maintenance=tuple(each.name for each in group.nodes if each.maintenance),
    )
