"""What an order needs to see of its group, and when it is read to be done: pure.

An order is done when the plant is read to be so, and never because it was accepted (ISA-101: show what is, not what was
asked).
"""

from dataclasses import dataclass
from enum import Enum

from hmi.job import Job, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSight:
    """A client that the group leads."""

    name: str
    critical: bool
    seen: bool
    node: str


class Asks(Enum):
    """What waits for a person: a forced action that needs a second one (the value is its order), or a transfer. OTHER:
    an order that this version does not know."""

    SAFE = "safe"
    BYPASS = "bypass"
    OTHER = "other"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits to be confirmed or rejected, by its number. `what`: the order, or the kind of the transfer;
    `item`: the condition of a bypass, or the node that the transfer goes to. `about`: what else who confirms answers
    for. `left_ms` is -1 where it waits without an end."""

    number: int
    asks: Asks
    what: str
    item: str = ""
    by: str = ""
    comment: str = ""
    for_ms: int = 0
    left_ms: int = -1
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is read of the group. `good`: every value is of good quality and the connection stands; without it nothing
    is known. Texts are empty and times -1 where there is nothing, as in `otha.names`. `waiting`: all that waits for a
    person; several things may do so beside each other."""

    good: bool
    kind: str = "driver"
    active: str = ""
    epoch: int = 0
    milestone: str = ""
    standing: str = ""
    concern: str = ""
    transfer: str = ""
    transfer_to: str = ""
    course: str = ""
    phase: str = ""
    phase_left_ms: int = -1
    transfer_against: tuple[str, ...] = ()
    gate_seen: bool = False
    gate_state: str = ""
    gate_owner: str = ""
    gate_epoch: int = 0
    hold_left_ms: int = -1
    clients: tuple[ClientSight, ...] = ()
    selected_by: str = ""
    selected_to: str = ""
    selection_left_ms: int = -1
    waiting: tuple[Waiting, ...] = ()
    arming: str = ""
    bypassed: tuple[str, ...] = ()
    maintenance: tuple[str, ...] = ()

    def waits(self, number: int) -> Waiting | None:
        """What waits under this number; None: nothing any more."""
        return next((each for each in self.waiting if each.number == number), None)

    def asked(self, asks: Asks) -> Waiting | None:
        """What waits and is of this kind."""
        return next((each for each in self.waiting if each.asks is asks), None)


def goal(job: Job, target: Target, before: Sight) -> str:
    """The node that shall be active in the end; "" where the order names none."""
    if job is Job.RELEASE:
        return before.gate_owner
    if job is Job.CONFIRM:
        return before.transfer_to
    return target.node


def read_back(job: Job, target: Target, before: Sight, sight: Sight) -> tuple[str, ...]:
    """What is not yet read as it shall be, each as "what is / what shall be"; empty: the order is done. `before`: what
    was read when it was given."""
    match job:
        case Job.SWITCHOVER | Job.FAILBACK | Job.DRILL | Job.RELEASE:
            return _transfer_back(goal(job, target, before), before, sight)
        case Job.CONFIRM:
            return _confirmed(before.waits(target.request), before, sight)
        case Job.REJECT:
            return _rejected(before.waits(target.request), before, sight)
        case Job.SAFE:
            return _differs(("gate", sight.gate_state, "SAFE"))
        case Job.BYPASS:
            return () if target.condition in sight.bypassed else (f"{target.condition}: not bypassed",)
        case Job.UNBYPASS:
            return (f"{target.condition}: bypassed",) if target.condition in sight.bypassed else ()
        case Job.MAINTENANCE_IN:
            return () if target.node in sight.maintenance else (f"{target.node}: not in maintenance",)
        case Job.MAINTENANCE_OUT:
            return (f"{target.node}: in maintenance",) if target.node in sight.maintenance else ()
        case Job.ARM:
            return _differs(("arming", sight.arming, target.arming))
        case Job.DRILL_ABORT:
            return _differs(("transfer", sight.transfer, ""))


def _confirmed(chosen: Waiting | None, before: Sight, sight: Sight) -> tuple[str, ...]:
    """What was confirmed is carried out, and not only gone from what waits."""
    if chosen is None:
        return ("request: - / -",)
    match chosen.asks:
        case Asks.SAFE:
            return _differs(("gate", sight.gate_state, "SAFE"))
        case Asks.BYPASS:
            return () if chosen.item in sight.bypassed else (f"{chosen.item}: not bypassed",)
        case Asks.TRANSFER:
            return _transfer_back(before.transfer_to, before, sight)
        case Asks.OTHER:
            return _differs(("request", str(chosen.number) if sight.waits(chosen.number) else "", ""))


def _rejected(chosen: Waiting | None, before: Sight, sight: Sight) -> tuple[str, ...]:
    """What was rejected waits no more and was not carried out: another person may have been quicker."""
    if chosen is None:
        return ("request: - / -",)
    found = _differs(("request", str(chosen.number) if sight.waits(chosen.number) else "", ""))
    match chosen.asks:
        case Asks.SAFE if before.gate_state != "SAFE" and sight.gate_state == "SAFE":
            return (*found, f"gate: SAFE / {before.gate_state or '-'}")
        case Asks.BYPASS if chosen.item not in before.bypassed and chosen.item in sight.bypassed:
            return (*found, f"{chosen.item}: bypassed")
        case Asks.TRANSFER:
            return found + _differs(("transfer", sight.transfer, ""), ("active", sight.active, before.active))
        case _:
            return found


def _differs(*wanted: tuple[str, object, object]) -> tuple[str, ...]:
    return tuple(f"{what}: {is_ or '-'} / {shall or '-'}" for what, is_, shall in wanted if is_ != shall)


def _transfer_back(node: str, before: Sight, sight: Sight) -> tuple[str, ...]:
    """A transfer is done when record and plant agree on the new node, under an epoch that it did not have before.

    The record may be ahead of the gate: a claim reserves the epoch of its own return, too. A node that drove already
    is only written into the record; that needs no new epoch.
    """
    new = node or sight.active
    found = _differs(("active", sight.active, new), ("milestone", sight.milestone, "done"))
    if before.active == new and sight.epoch <= before.epoch:
        found += (f"epoch: {sight.epoch} / > {before.epoch}",)
    if sight.kind == "driver":
        if not sight.gate_seen:
            return (*found, "gate: out of sight")
        found += _differs(("gate", sight.gate_state, "OWNED"), ("gate owner", sight.gate_owner, new))
        drove = before.gate_owner == new and before.gate_state == "OWNED"
        least = before.gate_epoch + (not drove)
        if not least <= sight.gate_epoch <= sight.epoch:
            found += (f"gate epoch: {sight.gate_epoch} / {least} … {sight.epoch}",)
        return found
    for each in sight.clients:
        if each.critical:
            found += _differs((each.name, each.node if each.seen else "out of sight", new))
    return found
