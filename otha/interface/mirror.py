"""Shows snapshots as values: only what has changed is written, with the time at which the supervisor saw it.

A supervisor that is not heard any more makes every value doubtful, and then none at all.
"""

from datetime import datetime
from enum import Enum
from typing import Any

from asyncua import ua as asyncua_ua
from asyncua.server.internal_server import InternalServer
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from otha.interface.breath import Breath
from otha.interface.changes import Changes
from otha.interface.own_level import NO_DATA, service_level
from otha.interface.own_nodes import standard
from otha.interface.space import Space, variant
from otha.interface.values import Json, Values

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua


class Doubt(Enum):
    """How much the values are worth; the value is the StatusCode that they carry."""

    NONE = StatusCodes.Good
    OLD = StatusCodes.UncertainLastUsableValue
    LOST = StatusCodes.BadNoCommunication


class Mirror:
    """The values in the address space, and those of variables that nobody has asked for yet."""

    def __init__(self, server: InternalServer, space: Space) -> None:
        self._server: Any = server
        self._space = space
        self._changes = Changes()
        self._shown: Values = {}
        self._since: dict[str, datetime] = {}
        self._doubt = Doubt.LOST
        space.show_values(self._value)

    async def show(self, status: Json, at: datetime) -> None:
        """Write what has changed since the last snapshot."""
        said = self._changes.of(status)
        changed: Values = {each: pair for each, pair in said.items() if self._shown.get(each) != pair}
        self._shown |= changed
        if self._doubt is not Doubt.NONE:
            changed, self._doubt = self._shown, Doubt.NONE
        await self._write(changed, at)
        await self._level(service_level(status), at)

    async def doubt(self, doubt: Doubt, at: datetime) -> None:
        """The supervisor has not been heard for too long."""
        if doubt is self._doubt:
            return
        self._doubt = doubt
        await self._write(self._shown, at)
        await self._level(NO_DATA, at)

    async def _write(self, changed: Values, at: datetime) -> None:
        """Write these; what nobody has asked for gets its value when somebody does."""
        self._since |= dict.fromkeys(changed, at)
        breath = Breath()
        for name in [each for each in changed if self._space.is_made(each)]:
            node, value = self._space.id(name), self._value(name)
            (await self._server.aspace.write_attribute_value(node, ua.AttributeIds.Value, value)).check()
            await breath.taken()

    def _value(self, name: str) -> Any:  # Any: a DataValue, None for what no snapshot has told yet
        """The value that this variable has now."""
        pair = self._shown.get(name)
        if pair is None:
            return None
        at, code = self._since[name], ua.StatusCode(self._doubt.value)
        # OPC UA Part 4, 7.7.1: what is bad has no value.
        value = ua.Variant(None, ua.VariantType.Null) if code.is_bad() else variant(*pair)
        return ua.DataValue(value, code, SourceTimestamp=at, ServerTimestamp=at)

    async def _level(self, level: int, at: datetime) -> None:
        node = standard(ObjectIds.Server_ServiceLevel)
        if self._server.read_attribute_value(node).Value.Value != level:
            data = ua.DataValue(
                ua.Variant(level, ua.VariantType.Byte), ua.StatusCode(), SourceTimestamp=at, ServerTimestamp=at
            )
            await self._server.write_attribute_value(node, data)
