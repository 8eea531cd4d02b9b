"""What persons hold of a group for a while: a selection, a request that waits for a second person, a bypass."""

from dataclasses import dataclass

from otha.core.reasons import Blocker
from otha.core.words import OrderKind, TransferKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Whose the next ordered switchover is, and on which premises (select before operate, as IEC 60870-5-101 and IEEE
    1815 know it). `node`: the one named, None: the best standby, which was `to_node`. `shown`: what was answered that
    OPERATE would do. It ends at `until`."""

    by: str
    client: str
    node: str | None
    from_node: str | None
    to_node: str
    epoch: int
    shown: "Preview"
    until: int

    def held_by(self, user: str, client: str) -> bool:
        return (self.by, self.client) == (user, client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a selection answers: what OPERATE would do as things stand. `passed`: what stands against it and is passed
    over, by a bypass, because a person may confirm it, or because it would be waited for. `for_ns`: how long the
    selection lasts."""

    kind: TransferKind
    from_node: str | None
    to_node: str
    needs_confirmation: bool
    passed: tuple[Blocker, ...]
    for_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A forced action that waits for a second, other person until `until`: BYPASS of the interlock `item` for `for_ns`,
    or SAFE of the hold `hold_no`. `number`: by which its answer names it."""

    number: int
    kind: OrderKind
    by: str
    item: str
    for_ns: int
    hold_no: int
    comment: str
    until: int

    @property
    def what(self) -> str:
        """The action in words for a person."""
        return f"{self.kind.value} {self.item}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """The `process` interlock `item` counts as true until `until`, on the word of two persons."""

    item: str
    by: str
    second: str
    comment: str
    until: int
