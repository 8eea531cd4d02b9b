"""A desk that the test plays: it keeps what was asked, and answers when the test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject

from hmi import why as hmi_why
from hmi.desk import Asked, Desk, NoReply, Replied, Rows
from hmi.job import Target
from hmi.model import Answer
from hmi.reply import Reply
from hmi.why_view import WhyView

LEVEL = {"name": "level", "source": "plc", "value": 512, "quality": "true", "age_ms": 40, "fresh_ms": 500}
VALVE = {"name": "valve", "source": "plc", "value": 1, "quality": "stale", "age_ms": 900, "fresh_ms": 500}
WHY: dict[str, Any] = {
    "group": "tanks",
    "node": "sc_b",
    "obstacles": [],
    "failover_obstacles": [],
    "failback": None,
    "release": None,
    "conditions": [
        {
            "name": "level_ok",
            "interlock": True,
            "class": "safety",
            "verdict": "true",
            "bypassed": False,
            "first_out": False,
            "when": {"tag": "level", "op": "lt", "value": 900, "for_ms": 0},
            "tags": [
                {"name": "level", "source": "plc", "value": 512, "quality": "true", "age_ms": 40, "fresh_ms": 500}
            ],
        },
        {
            "name": "not_filling",
            "interlock": True,
            "class": "process",
            "verdict": "false",
            "bypassed": True,
            "first_out": True,
            "when": {"tag": "valve", "op": "eq", "value": 0, "for_ms": 0},
            "tags": [
                {"name": "valve", "source": "plc", "value": 1, "quality": "stale", "age_ms": 900, "fresh_ms": 500}
            ],
        },
    ],
    "tracking": [
        {
            "node": "sc_b",
            "tag": "valve_out",
            "kind": "output",
            "form": "analog",
            "active": 400,
            "standby": 402,
            "tolerance": 10,
            "max_age_ms": 500,
            "verdict": "true",
            "active_age_ms": 20,
            "standby_age_ms": 30,
        }
    ],
    "holds": [{"output": "valve_out", "does": "HOLD"}],
}
PREVIEW: dict[str, Any] = {
    "transfer": "switchover",
    "from_node": "sc_a",
    "to_node": "sc_b",
    "needs_confirmation": False,
    "passed": [],
    "for_ms": 30_000,
}


@dataclass(kw_only=True)
class Call:
    """One call: of what, with what, and whom to answer."""

    method: str
    target: Target | None = None
    order_id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    done: Callable[[Any], None]


class PlayedDesk(Desk):
    """`calls`: all that was asked. `told`: the answers that are given at once, by method."""

    def __init__(self, user: str = "operator-1") -> None:
        QObject.__init__(self)
        self._user = user
        self.calls: list[Call] = []
        self.why_told: dict[str, Any] | None = WHY
        self.told: dict[str, Any] = {}
        self.proofs: list[tuple[str, Callable[[bool], None]]] = []
        self.denied: set[str] = set()

    @property
    def user(self) -> str:
        return self._user

    def may(self, method: str) -> bool:
        return method not in self.denied

    def order(self, method: str, target: Target, order_id: str, done: Replied) -> None:
        self.calls.append(Call(method=method, target=target, order_id=order_id, done=done))

    def why(self, group: str, node: str, done: Callable[[WhyView | None], None]) -> None:
        done(hmi_why.read(self.why_told))

    def query(self, asked: Asked, done: Callable[[Rows | None], None]) -> None:
        self.calls.append(Call(method="QueryEvents", inputs={"asked": asked}, done=done))

    def ask(self, method: str, done: Callable[[Answer], None], **inputs: Any) -> None:
        self.calls.append(Call(method=method, inputs=inputs, done=done))
        if method in self.told:
            done(Answer(ticket="t", method=method, outputs=(self.told[method],), data=self.told[method]))

    def do(self, method: str, done: Replied, **inputs: Any) -> None:
        self.calls.append(Call(method=method, inputs=inputs, done=done))

    def log_in_again(self, password: str, done: Callable[[bool], None]) -> None:
        self.proofs.append((password, done))

    # For the test

    def asked(self, method: str) -> list[Call]:
        """Calls of this method."""
        return [each for each in self.calls if each.method == method]

    def reply(self, method: str, reply: Reply | NoReply) -> None:
        """Answer the newest call of this method."""
        self.asked(method)[-1].done(reply)
