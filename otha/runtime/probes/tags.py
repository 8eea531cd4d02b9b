"""Plant tags, read for conditions."""

from collections.abc import Callable
from contextlib import suppress

from otha.core.inputs import TagsPolled
from otha.core.words import Answer
from otha.runtime.inbox import Put
from otha.runtime.lane import Lane
from otha.runtime.link import Exchange
from otha.runtime.modbus_frame import read_registers
from otha.site.decode import GarbledReadingError
from otha.site.model import TagRead
from otha.site.tags import decode_tags


class TagsProbe:
    """Reads neighbouring tags of one source. `depart` is the work of a beat.

    A reply that can't be used gives no value (BAD). No reply gives nothing at all: the last values grow stale, so that
    one lost packet does not turn an interlock.
    """

    def __init__(self, read: TagRead, unit_and_lane: Callable[[], tuple[int, Lane]], put: Put) -> None:
        self._read = read
        self._unit_and_lane = unit_and_lane
        self._put = put
        self._under_way = False

    def depart(self, now: int) -> None:
        """Send a read over the path in use, unless one is under way."""
        if self._under_way:
            return
        self._under_way = True
        unit, lane = self._unit_and_lane()
        request = read_registers(unit, self._read.block.at, self._read.block.count)
        lane.submit(request, self._read.deadline_ns, now, self._ended)

    def _ended(self, exchange: Exchange) -> None:
        self._under_way = False
        values: tuple[tuple[str, int | None], ...] = tuple((tag.name, None) for tag in self._read.tags)
        match exchange.answer:
            case Answer.REPLIED:
                with suppress(GarbledReadingError):
                    values = decode_tags(self._read, exchange.payload)
            case Answer.GARBLED:
                pass
            case _:
                return
        self._put(TagsPolled(source=self._read.source, values=values), exchange.ended_ns)
