"""What a decision asks the shell to do. Each ends as an `EffectEnded` and in no other way."""

from dataclasses import dataclass

from otha.core.inputs import EffectId, Record
from otha.core.words import Durability


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """Read the group record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRecord:
    """Compare-and-swap: DONE with the stored record, REFUSED with the one found instead, or UNKNOWN."""

    expect: str | None
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """No owner of an epoch below `epoch` may drive any more."""

    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """The owner goes on; a REVOKE below `epoch` that is still under way shall do nothing."""

    node: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`node` becomes the owner of `epoch` and may show what it would drive."""

    node: str
    epoch: int
    boot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The gate is armed: it lets the owner's next good frame through."""

    node: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """The section goes to its SafeState; the hold is named so that a late command can't hit a later one."""

    epoch: int
    hold_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Every selector of the group takes `node` (None: none, hold back what you have) under `epoch`."""

    node: str | None
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """The store `node` takes writes, of `epoch` alone."""

    node: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demote:
    """The store `node` takes no writes below `epoch` any more."""

    node: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """The store `node` fetches the rows that it knows to be missing; each is kept once."""

    node: str
    epoch: int


GateCommand = Revoke | Void | Grant | Release | Safe
ClientCommand = Select | Promote | Demote | Backfill
Command = GateCommand | ClientCommand
Action = ReadRecord | SwapRecord | Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`do` leaves once `needs` is durable; if it has no result after `within_ns` it ends UNKNOWN."""

    id: EffectId
    do: Action
    needs: Durability
    within_ns: int
