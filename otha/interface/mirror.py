"""Shows snapshots as values: only what has changed is written, with the time at which the supervisor saw it.

A supervisor that is not heard any more makes every value doubtful, and then none at all.
"""

from datetime import datetime
from enum import Enum
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.server.internal_server import InternalServer
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from otha.interface.breath import Breath
from otha.interface.space import Space, standard, variant
from otha.interface.values import Json, Values, values

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

HEALTHY: Final = 255
DEGRADED: Final = 150
NO_DATA: Final = 1


class Doubt(Enum):
    """How much the values are worth; the value is the StatusCode that they carry."""

    NONE = StatusCodes.Good
    OLD = StatusCodes.UncertainLastUsableValue
    LOST = StatusCodes.BadNoCommunication


def service_level(status: Json) -> int:
    """OTHA's own ServiceLevel (OPC UA Part 4, 6.6.2): degraded while it only watches, or can't keep its evidence."""
    journal = status["journal"]
    bad = (
        status["isolated"]
        or status["tilted"]
        or journal["trouble"]
        or journal["damage"]
        or status["records"]["trouble"]
    )
    return DEGRADED if bad else HEALTHY


class Mirror:
    """The values in the address space. `written`: how many have been written."""

    def __init__(self, server: InternalServer, space: Space) -> None:
        self._server: Any = server
        self._space = space
        self._shown: Values = {}
        self._doubt = Doubt.LOST
        self.written = 0

    async def show(self, status: Json, at: datetime) -> None:
        """Write what has changed since the last snapshot."""
        found = values(status)
        changed = {name: pair for name, pair in found.items() if self._shown.get(name) != pair}
        if self._doubt is not Doubt.NONE:
            changed, self._doubt = found, Doubt.NONE
        self._shown = found
        await self._write(changed, Doubt.NONE, at)
        await self._level(service_level(status), at)

    async def doubt(self, doubt: Doubt, at: datetime) -> None:
        """The supervisor has not been heard for too long."""
        if doubt is self._doubt:
            return
        self._doubt = doubt
        await self._write(self._shown, doubt, at)
        await self._level(NO_DATA, at)

    async def _write(self, changed: Values, doubt: Doubt, at: datetime) -> None:
        code, breath = ua.StatusCode(doubt.value), Breath()
        for name, (kind, value) in changed.items():
            data = ua.DataValue(variant(kind, value), code, SourceTimestamp=at, ServerTimestamp=at)
            (await self._server.aspace.write_attribute_value(self._space.id(name), ua.AttributeIds.Value, data)).check()
            await breath.taken()
        self.written += len(changed)

    async def _level(self, level: int, at: datetime) -> None:
        node = standard(ObjectIds.Server_ServiceLevel)
        if self._server.read_attribute_value(node).Value.Value != level:
            data = ua.DataValue(
                ua.Variant(level, ua.VariantType.Byte), ua.StatusCode(), SourceTimestamp=at, ServerTimestamp=at
            )
            await self._server.write_attribute_value(node, data)
