"""What goes wrong in a simulated hour: each fault with its target, its begin and its end."""

from dataclasses import dataclass
from enum import Enum

MS = 1_000_000
SECOND = 1_000_000_000


class FaultKind(Enum):
    """The kinds, in the words of the story."""

    # A node.
    CRASH = "is killed, and starts anew"
    PAUSE = "is stopped as a whole, and goes on"
    HANG = "answers, but its control task stands still"
    STALE = "has stale data"
    DEGRADED = "says a low ServiceLevel"
    LAG = "as a standby falls behind"
    SLOW = "answers after the deadline"
    BUSY = "answers that it is busy"
    LIES = "claims to be the active one"
    CUT_OFF = "does not reach its section"
    # A network or a channel on it.
    LOSS = "loses packets in bursts"
    REQUESTS_LOST = "carries nothing to the devices"
    ANSWERS_LOST = "carries nothing back"
    # A section.
    BLACK_HOLE = "answers nobody who asks for its gate"
    COMMANDS = "loses, delays and repeats commands and their answers"
    NO_PERMIT = "gives no permit"
    NO_RETURN_PERMIT = "gives no return permit"
    LOCAL = "is taken by a person, and given back"
    COLD_START = "starts its controller anew"
    APART = "shows outputs that would move at a release"
    # A tag.
    TAG_TURNS = "takes another value"
    TAG_BAD = "can't be read"
    # What keeps the group records and the journal.
    STORE_AWAY = "does not answer"
    STORE_SLOW = "answers slowly"
    # The supervisor.
    SUPERVISOR = "dies with all that it knew, and starts anew"
    STALL = "stops, and goes on"
    CLOCK_STEP = "finds its clock moved"
    # Clients and the stores that they write to.
    CLIENT_DEAF = "takes no command"
    FORGETS = "forgets that it was promoted"
    MISSES_ROWS = "lacks rows"
    # A group.
    WINDOW = "has its failback's window open"

    @property
    def at_once(self) -> bool:
        """It has no length: it happens."""
        return self in (FaultKind.COLD_START, FaultKind.CLOCK_STEP, FaultKind.FORGETS, FaultKind.MISSES_ROWS)

    @property
    def changes_replies(self) -> bool:
        """While it lasts, what is asked for is answered otherwise from one time to the next, or not at all. A loss does
        so in its bursts alone."""
        return self in _CHANGES_REPLIES


_CHANGES_REPLIES = frozenset(
    {
        FaultKind.CRASH,
        FaultKind.PAUSE,
        FaultKind.HANG,
        FaultKind.SLOW,
        FaultKind.BUSY,
        FaultKind.REQUESTS_LOST,
        FaultKind.ANSWERS_LOST,
        FaultKind.BLACK_HOLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `number` is its own in the schedule. `for_ns`: how long it lasts, 0 of one that just happens.

    `size`: the mean length of a burst (LOSS) or the jump (CLOCK_STEP) in ns, or which of a tag's values (TAG_TURNS).
    `salt`: for what chance decides in it.
    """

    number: int
    kind: FaultKind
    target: str
    at_ns: int
    for_ns: int
    size: int
    salt: int

    @property
    def until_ns(self) -> int:
        return self.at_ns + self.for_ns

    def __str__(self) -> str:
        lasts = f" for {self.for_ns / SECOND:.3f} s" if self.for_ns else ""
        size = ""
        if self.kind is FaultKind.LOSS:
            size = f", {self.size / SECOND:.1f} s on average"
        elif self.kind is FaultKind.CLOCK_STEP:
            size = f" by {self.size / SECOND:.3f} s"
        return f"{self.target} {self.kind.value}{size}{lasts}"


class AskedKind(Enum):
    """What a person does at a random moment; whom it is about is chosen then."""

    SWITCHOVER = "switchover"
    FAILBACK = "failback"
    DRILL = "drill"
    DRILL_ABORT = "drill-abort"
    ACKNOWLEDGE = "ack"
    MAINTENANCE = "maintenance"
    CONFIRM = "confirm"
    REJECT = "reject"
    SELECT = "select"
    OPERATE = "operate"
    CANCEL = "cancel"
    BYPASS = "bypass"
    SAFE = "safe"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order. `choice` decides among what can be named."""

    number: int
    kind: AskedKind
    group: str
    at_ns: int
    choice: int

    def __str__(self) -> str:
        return f"a person asks {self.kind.value} of {self.group}"
