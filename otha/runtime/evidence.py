"""What the supervisor writes down of its inputs and decisions: recorder, journal, log and subscribers."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from otha.core.codec import encode_input
from otha.core.group.turn import Decision
from otha.core.inputs import Input, Order, OrderGiven
from otha.core.reasons import Reason, Why
from otha.core.words import Arming
from otha.journal.entry import Entry
from otha.journal.recorder import Recorder
from otha.journal.writer import Journal
from otha.runtime.group_view import blockers
from otha.runtime.log import LineLog

Publish = Callable[[dict[str, Any]], None]

# Changes of who drives: committed at once, with a signed checkpoint.
_ROLE_CHANGES = frozenset({Why.ENDED, Why.ADOPTED, Why.NEEDS_OPERATOR, Why.HALTED})
_WARNINGS = frozenset(
    {Why.ALARM_RAISED, Why.NEEDS_OPERATOR, Why.SUSPECTED, Why.TROUBLE, Why.BLOCKED, Why.UNVERIFIED, Why.ORDER_REFUSED}
)


def _reason(reason: Reason) -> dict[str, Any]:
    return {"why": reason.why.name, "rule": reason.rule, "args": list(reason.args)}


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "order": order.kind.value,
        "user": order.user,
        "client": order.client,
        "node": order.node,
        "arming": order.arming.value if isinstance(order.arming, Arming) else None,
        "comment": order.comment,
        "item": order.item,
        "occurrence": order.occurrence,
        "for_ms": None if order.for_ns is None else order.for_ns // 1_000_000,
        "transfer": None if order.transfer is None else order.transfer.value,
        "request": order.request,
    }


class Evidence:
    """Notes every input before the core sees it, and every decision after. Nothing here blocks or raises."""

    def __init__(self, recorder: Recorder, journal: Journal, lines: LineLog) -> None:
        self._recorder = recorder
        self._journal = journal
        self._lines = lines
        self._publish: tuple[Publish, ...] = ()

    def publish_to(self, publish: Publish) -> None:
        """Offer every journaled entry to `publish` as well, beside those that it is offered to already."""
        self._publish += (publish,)

    def input(self, raw: Input, at_ns: int) -> None:
        """Record an input. Call before it is fed: a new segment begins with the state before it."""
        self._recorder.input(at_ns, encode_input(raw))

    def change_site(self, site_hash: str) -> None:
        """Another site counts: the recording goes on in a segment that begins with it."""
        self._recorder.change_site(site_hash)

    def decision(self, decision: Decision, raw: Input, at_ns: int) -> "Future[int] | None":
        """Record the decision's digest, and journal it when it says or answers something.

        The future is done once that row is durable; None when there is nothing to journal.
        """
        self._recorder.decision(decision.digest())
        if not decision.reasons and decision.answer is None:
            return None
        state = decision.state
        body: dict[str, Any] = {
            "input": type(raw).__name__,
            "reasons": [_reason(reason) for reason in decision.reasons],
        }
        if state.nodes:  # of a group, and not of the supervisor's own alarms
            body |= {
                "standing": state.standing.value,
                "active": None if state.record is None else state.record.active,
                "plan": None if state.plan is None else state.plan.serial,
                "phase": None if state.plan is None else state.plan.phase.value,
            }
        user = ""
        if isinstance(raw, OrderGiven):
            user = raw.order.user
            body["order"] = _order(raw.order)
        if decision.answer is not None:
            body["accepted"] = decision.answer.accepted
            body["against"] = blockers(decision.answer.blockers)
        epoch = 0 if state.record is None else state.record.epoch
        # Somebody waits for the answer to an order until its row is durable.
        urgent = decision.answer is not None or any(reason.why in _ROLE_CHANGES for reason in decision.reasons)
        row = self.note("decision", body, group=decision.group, epoch=epoch, user=user, mono_ns=at_ns, urgent=urgent)
        for reason in decision.reasons:
            level = "warning" if reason.why in _WARNINGS else "info"
            said = " ".join(str(arg) for arg in reason.args)
            self._lines.write(level, reason.why.name.lower(), group=decision.group, rule=reason.rule or "-", args=said)
        return row

    def note(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        group: str = "",
        epoch: int = 0,
        user: str = "",
        mono_ns: int | None = None,
        urgent: bool = False,
    ) -> "Future[int]":
        """Journal an entry and offer it to subscribers. The future is done once the row is durable."""
        at_ns = time.monotonic_ns() if mono_ns is None else mono_ns
        entry = Entry(kind=kind, body=body, group=group, epoch=epoch, user=_printable(user), mono_ns=at_ns)
        row = self._journal.append(entry, urgent)
        for publish in self._publish:
            publish({"kind": kind, "group": group, "epoch": epoch, "user": user, "mono_ns": at_ns, "body": body})
        return row


def _printable(user: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in user)
