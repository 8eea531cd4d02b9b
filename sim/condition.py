"""An alarm as a Condition of an OPC UA server (OPC UA Part 9, AlarmConditionType), shown from a state that a pair
replicates.

An EventId is made of the state that it tells, so that one learnt from a server is known to its peer as well. What
asyncua leaves out is put here: the state machine, Acknowledge, and that a Condition without its instance's variables
still has an id.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from asyncua import ua
from asyncua.server.event_generator import EventGenerator
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from sim.opcua_server import PlantServer
from sim.selection import Answer

_SEVERITY: Final = 500
_ANSWERS: Final = {
    Answer.ALREADY: StatusCodes.BadConditionBranchAlreadyAcked,
    Answer.REFUSED_CHOICE: StatusCodes.BadEventIdUnknown,
    # Who stands by learns of acknowledgements from the one who drives.
    Answer.REFUSED_ROLE: StatusCodes.BadInvalidState,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmState:
    """What is replicated of an alarm."""

    active: bool
    acked: bool
    occurrence: int

    @property
    def retained(self) -> bool:
        """A client that comes now must be told of it."""
        return self.active or not self.acked

    def event_id(self, name: str) -> bytes:
        """Alike at both servers."""
        return f"{name}:{self.occurrence}:{int(self.active)}{int(self.acked)}".encode()


def occurrence_of(name: str, event_id: object) -> int | None:
    """Which occurrence an EventId means, None when it is none of this alarm's."""
    try:
        of, occurrence, _ = bytes(event_id).decode().split(":") if isinstance(event_id, bytes) else ("", "", "")
        return int(occurrence) if of == name else None
    except ValueError:
        return None


class AlarmCondition:
    """One alarm at one server. `build` it before the server starts, then `show` each state."""

    def __init__(self, server: PlantServer, name: str, message: str, acknowledge: Callable[[int], Answer]) -> None:
        """`acknowledge` takes the occurrence that an operator means."""
        self._server = server
        self._name = name
        self._message = message
        self._take = acknowledge
        self._shown: AlarmState | None = None
        self._event: Any = None  # asyncua's event objects get their fields by name

    async def build(self) -> None:
        """The Condition's node, its event and its method."""
        session = self._server.raw.iserver.isession
        await self._server.add_object(self._name)
        generator = EventGenerator(session)
        await generator.init(ObjectIds.AlarmConditionType)
        event = self._event = generator.event
        event.NodeId = self._server.node_id(self._name)
        event.SourceName = self._name
        event.ConditionName = self._name
        event.ConditionClassId = ua.NodeId(ua.Int32(ObjectIds.ProcessConditionClassType))
        event.ConditionClassName = ua.LocalizedText("Process")
        event.BranchId = ua.NodeId()
        event.Severity = _SEVERITY
        event.SuppressedOrShelved = False
        event.Quality = ua.StatusCode()
        setattr(event, "EnabledState/Id", True)
        event.EnabledState = ua.LocalizedText("Enabled")
        acknowledge = ua.NodeId(ua.Int32(ObjectIds.AcknowledgeableConditionType_Acknowledge))
        session.add_method_callback(acknowledge, self._acknowledge)

    async def show(self, state: AlarmState) -> None:
        """Tell what has changed; a Condition that nobody has heard of and nobody needs to is not told."""
        if state == self._shown or (self._shown is None and not state.retained):
            return
        self._shown = state
        # The server keeps the newest event of each Condition for those who ask again: it must not change under it.
        event = copy.copy(self._event)
        event.EventId = state.event_id(self._name)
        event.Time = event.ReceiveTime = ua.DateTime.now(UTC)
        event.Message = ua.LocalizedText(f"{self._message}, occurrence {state.occurrence}")
        event.Retain = state.retained
        setattr(event, "ActiveState/Id", state.active)
        event.ActiveState = ua.LocalizedText("Active" if state.active else "Inactive")
        setattr(event, "AckedState/Id", state.acked)
        event.AckedState = ua.LocalizedText("Acknowledged" if state.acked else "Unacknowledged")
        await self._server.raw.iserver.subscription_service.trigger_event(event)

    async def _acknowledge(self, condition: ua.NodeId, *given: ua.Variant) -> list[ua.Variant] | ua.StatusCode:
        """Acknowledge(EventId, Comment), called on the Condition (Part 9, section 5.7.3)."""
        if condition != self._server.node_id(self._name):
            return ua.StatusCode(ua.UInt32(StatusCodes.BadNodeIdUnknown))
        occurrence = occurrence_of(self._name, given[0].Value if given else None)
        answer = Answer.REFUSED_CHOICE if occurrence is None else self._take(occurrence)
        refused = _ANSWERS.get(answer)
        return [] if refused is None else ua.StatusCode(ua.UInt32(refused))
