"""What the supervisor needs of a store of group records: reading, and a compare-and-swap on an opaque revision."""

from dataclasses import dataclass
from typing import Protocol

from otha.core.inputs import Record
from otha.core.words import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAnswer:
    """DONE or REFUSED with the record that the store holds (None: none yet), or UNKNOWN: it may have happened."""

    outcome: Outcome
    record: Record | None


UNKNOWN = StoreAnswer(outcome=Outcome.UNKNOWN, record=None)


class ConsensusStore(Protocol):
    """Holds one record per group. No call raises or takes longer than its `within_ns`; safe to cancel."""

    async def read(self, group: str, *, within_ns: int) -> StoreAnswer:
        """The group's record."""

    async def swap(self, group: str, expect: str | None, record: Record, *, within_ns: int) -> StoreAnswer:
        """Store `record` if the group's revision is `expect` (None: it has no record). DONE only once it is durable.

        `record.revision` is ignored; the answer carries the revision that the store gave.
        """

    def close(self) -> None:
        """Give back files and threads; calls under way end UNKNOWN."""
