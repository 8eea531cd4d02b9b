"""The session with OTHA's interface as the GUI sees it. All of OPC UA happens in a thread of its own (`hmi.link`)."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from hmi import request as requests
from hmi import timing
from hmi.feed import Model, monotonic_ms
from hmi.link import Worker
from hmi.model import Access, AlarmView, Answer
from hmi.opening import Opening
from hmi.request import Request
from hmi.trust import Keys

Then = Callable[[Answer], None]

# Who may order what, to grey what would be refused. The supervisor judges by its own table.
NEEDED: Final = {
    **dict.fromkeys(
        (
            "Select",
            "Operate",
            "Cancel",
            "Switchover",
            "Failback",
            "Confirm",
            "Reject",
            "Acknowledge",
            "AlarmAck",
            "AlarmReset",
            "Shelve",
            "Unshelve",
            "Safe",
            "Release",
            "DrillAbort",
        ),
        Access.OPERATOR,
    ),
    **dict.fromkeys(
        ("OutOfService", "InService", "Bypass", "Unbypass", "MaintenanceIn", "MaintenanceOut", "SetArming"),
        Access.ENGINEER,
    ),
    "DrillStart": Access.COMMISSIONING,
}


class Session(QObject):
    """Connects, subscribes, reconnects, orders and asks; never blocks.

    Signals: `answered(Answer)`; `trust_asked(Opening)`: a person must compare the fingerprint, answer with `trust` or
    `close`; `login_asked(Opening)`: name and password are needed, answer with `open`.
    `model`: where snapshots, station and events go.
    """

    answered = Signal(object)
    trust_asked = Signal(object)
    login_asked = Signal(object)
    _snapshot = Signal(object)
    _station = Signal(object)
    _events = Signal(object)
    _answer = Signal(object)

    def __init__(self, model: Model, keys: Keys) -> None:
        super().__init__()
        self.model = model
        self.keys = keys
        self._then: dict[str, Then] = {}
        self._timing = False
        self._snapshot.connect(model.take_snapshot)
        self._station.connect(model.take_station)
        self._events.connect(model.take_events)
        self._answer.connect(self._take_answer)
        self._worker = Worker(
            keys,
            snapshot=self._snapshot.emit,
            station=self._station.emit,
            events=self._events.emit,
            answer=self._answer.emit,
            trust=self.trust_asked.emit,
            login=self.login_asked.emit,
        )

    def open(self, url: str, user: str, password: str) -> None:
        """Connect there as this user and stay connected, until `close`."""
        self._worker.open(Opening(url=url, user=user, password=password))

    def trust(self, opening: Opening) -> None:
        """A person has compared the fingerprint: trust this certificate at this URL from now on, and connect."""
        self._worker.trust(opening)

    def close(self) -> None:
        """Log out and hang up."""
        self._worker.close()

    def end(self) -> None:
        """Hang up and end the thread, within 2 s. Nothing is heard afterwards."""
        self._worker.end()

    # What can be ordered and asked. Each returns the ticket of its answer; of an order the ticket is the order id.

    def order(self, method: str, group: str, *, then: Then | None = None, order_id: str = "", **inputs: Any) -> str:
        """Give an order: a method of `otha.names.METHODS` with its inputs by name, without OrderId.

        `order_id`: of an order that is repeated. Any: text or number, as the method says. Raises KeyError for a method
        that there is none of, ValueError for inputs that do not fit.
        """
        return self._ask(requests.order(order_id or uuid.uuid4().hex, method, group, inputs), then)

    def acknowledge(self, alarm: AlarmView, comment: str = "", *, then: Then | None = None) -> str:
        """Acknowledge this very occurrence of an alarm, of a group or the supervisor's own."""
        return self.alarm("Acknowledge", alarm, comment, then=then)

    def alarm(
        self, action: str, alarm: AlarmView, comment: str = "", *, for_s: int = 0, then: Then | None = None
    ) -> str:
        """An action of OPC UA Part 9 on an alarm: "Acknowledge", "Confirm" (reset of a latched one), "AddComment",
        "TimedShelve" (for `for_s`), "OneShotShelve", "Unshelve". Of its answer `accepted`, `trouble`, `denied` hold."""
        return self._ask(requests.of_alarm(uuid.uuid4().hex, action, alarm, comment, for_s), then)

    def why(self, group: str, node: str = "", *, then: Then | None = None) -> str:
        """Why a group can or can't switch now; `Answer.data` is the JSON, `hmi.why.read` makes a WhyView of it."""
        return self.call("Why", group=group, then=then, Node=node)

    def ask_timing(self) -> None:
        """Have `Model.timing` renewed; nothing happens while it is being asked for already."""
        if self._timing:
            return
        self._timing = True

        def told(answer: Answer) -> None:
            self._timing = False
            found = timing.read(answer.data, monotonic_ms()) if not answer.trouble else None
            if found is not None:
                self.model.take_timing(found)

        self.call("Timing", then=told)

    def query(self, *, then: Then | None = None, **inputs: Any) -> str:
        """Rows of the journal by the inputs of `otha.names.QUERY_INPUTS`: `Answer.data` is a tuple of rows as dicts,
        `Answer.outputs[1]` AfterSeq of the next page (0: there is none)."""
        return self.call("QueryEvents", then=then, **inputs)

    def call(self, method: str, *, group: str = "", then: Then | None = None, order_id: str = "", **inputs: Any) -> str:
        """A method of `otha.names.SERVICES`, of a group or (group "") of the site, with its inputs by name, without
        OrderId. `Answer.outputs` are its output arguments, `Answer.data` the first of them read as JSON (a tuple where
        it is a list). Raises as `order` does."""
        return self._ask(requests.service(order_id or uuid.uuid4().hex, method, group, inputs), then)

    def may(self, method: str) -> bool:
        """Whether the user's role is enough for a method, as far as it is known here."""
        station = self.model.station
        if station.methods:
            return method in station.methods
        access = station.access
        return access is Access.NONE or access >= NEEDED.get(method, Access.VIEWER)

    def _ask(self, request: Request, then: Then | None) -> str:
        if then is not None:
            self._then[request.ticket] = then
        self._worker.ask(request)
        return request.ticket

    def _take_answer(self, answer: Answer) -> None:
        then = self._then.pop(answer.ticket, None)
        if then is not None:
            then(answer)
        self.answered.emit(answer)
