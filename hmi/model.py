"""What is seen of OTHA: frozen views, made from the values of its OPC UA interface.

A view is never changed; a newer one takes its place. Every view carries a `Stamp`: the worst quality of its values and
the newest time at which the supervisor saw one of them change. Names of fields are the names of `otha.names` in
lower case (`TransferDueMs` is `due_ms` of the group's `transfer`), words are the words that it lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any, Final

Json = Mapping[str, Any]  # Any: JSON


class Quality(IntEnum):
    """What a value is worth (OPC UA Part 4, 7.39): the higher, the worse."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Priority(IntEnum):
    """The priorities of alarms (ISA-18.2); 1 is the most urgent and its number is shown."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class Access(IntEnum):
    """The roles of users; each may do what the ones before it may. NONE: not logged in, or not known."""

    NONE = -1
    VIEWER = 0
    OPERATOR = 1
    ENGINEER = 2
    COMMISSIONING = 3
    ADMIN = 4


class Link(Enum):
    """How the connection to OTHA's interface stands."""

    CLOSED = "closed"
    CONNECTING = "connecting"
    ASKING_TRUST = "asking_trust"  # a person compares the fingerprint of the server's certificate
    CERTIFICATE_CHANGED = "certificate_changed"  # it is not the one that was trusted: refused until a person decides
    NOT_TRUSTED = "not_trusted"  # the server does not trust our certificate yet
    LOGIN_REFUSED = "login_refused"  # name or password
    OPEN = "open"
    LOST = "lost"  # tried again by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The worst quality of a view's values, and the newest source time in ms since 1970 UTC (0: never seen)."""

    quality: Quality = Quality.BAD
    at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """This HMI's own standing: connection, user, clocks.

    `trouble`: why `link` is not OPEN, and `mend`: what to do, as sentences. `fingerprint`: SHA-256 of the server's
    certificate. `clock_offset_ms`: the server's clock minus ours; None: not known. `heard_ms`: our monotonic clock when
    something of the supervisor's own was heard last (0: never). `since_ms`: our monotonic clock at the last change of
    `link`. `retry_ms`: our monotonic clock when it is tried again; None: it is not. `methods`: what the user's role may
    call; empty where the interface does not tell. `locks_in_ms`: when an idle session may order nothing any more; None:
    never.
    """

    url: str = ""
    link: Link = Link.CLOSED
    trouble: str = ""
    mend: str = ""
    user: str = ""
    access: Access = Access.NONE
    methods: frozenset[str] = frozenset()
    locks_in_ms: int | None = None
    fingerprint: str = ""
    clock_offset_ms: int | None = None
    service_level: int = 0
    heard_ms: int = 0
    since_ms: int = 0
    retry_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """The supervisor's own state. `simulation` is None where the interface does not tell it."""

    stamp: Stamp = Stamp()
    name: str = ""
    supervisor: str = ""
    version: str = ""
    seen_ms: int = 0
    simulation: bool | None = None
    isolated: bool = False
    tilted: bool = False
    notices: tuple[str, ...] = ()
    heartbeats: int = 0
    skipped: int = 0
    lateness_p999_us: int = 0
    stalls: int = 0
    longest_stall_us: int = 0
    journal_seq: int = 0
    journal_trouble: str = ""
    record_trouble: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """A transfer under way. `due_ms`: how long its phase may still take; None: no bound."""

    kind: str
    cause: str
    from_node: str
    to_node: str
    course: str
    phase: str
    due_ms: int | None
    drill: bool
    by: str
    against: tuple[str, ...]
    request: int = 0
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """The gate of the section that a group drives. `hold_left_ms` is None while nothing is held."""

    seen: bool
    state: str
    owner: str
    epoch: int
    armed: bool
    permit: bool
    driven: bool
    shadow: str
    hold_no: int
    hold_left_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineView:
    """The machine's state, and what transfers do in it."""

    state: str
    switchover: str
    failover: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailbackView:
    """The way back to the preferred node, while another one is active."""

    to_node: str
    steady: bool
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionView:
    """Who holds the next switchover, and of which node."""

    by: str
    to_node: str
    left_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """An order that waits for a second person. `item`: the condition that a bypass is of; `for_ms`: how long."""

    order: str
    by: str
    comment: str
    left_ms: int | None
    number: int = 0
    item: str = ""
    for_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node as member of a group."""

    group: str
    name: str
    stamp: Stamp = Stamp()
    liveness: str = "unknown"
    role: str = "UNKNOWN"
    service_level: int = 0
    in_rpo: str = "unknown"
    ready: str = "unknown"
    maintenance: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView:
    """An interlock or permissive of a group. `klass`: safety or process."""

    group: str
    name: str
    stamp: Stamp = Stamp()
    verdict: str = "unknown"
    interlock: bool = False
    klass: str = ""
    bypassed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """A client that a group leads to its active node."""

    group: str
    name: str
    stamp: Stamp = Stamp()
    critical: bool = False
    seen: bool = False
    node: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """A heartbeat path to a node. `pulse`: unknown, on_time, late or lost."""

    name: str
    stamp: Stamp = Stamp()
    node: str = ""
    pulse: str = "unknown"
    connects: int = 0
    losses: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """An alarm that is not normal. `group` is "" for the supervisor's own, and `owner` is the name to show and order
    by. `state`: unacked, acked, rtn_unacked, latched_unacked or latched_acked. `event_id`: of its newest event;
    what Acknowledge of OPC UA Part 9 takes. `at_ms`: source time of that event. `site_words`: cause, consequence and
    response are the site file's."""

    group: str
    owner: str
    code: str
    stamp: Stamp = Stamp()
    state: str = "normal"
    active: bool = False
    unacked: bool = False
    flags: tuple[str, ...] = ()
    occurrence: int = 0
    priority: Priority = Priority.LOW
    first_out: bool = False
    detail: str = ""
    cause: str = ""
    consequence: str = ""
    response: str = ""
    site_words: bool = False
    event_id: bytes = b""
    at_ms: int = 0
    message: str = ""
    comment: str = ""

    @property
    def quiet(self) -> bool:
        """Shelved, suppressed or out of service: listed, never counted and never in the bar."""
        return bool(self.flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A redundancy group with its members. `section`: the controller section that it drives or leads to."""

    name: str
    stamp: Stamp = Stamp()
    kind: str = ""
    section: str = ""
    arming: str = ""
    authority: str = ""
    standing: str = ""
    concern: str = ""
    halted: str = ""
    store: str = ""
    active: str = ""
    epoch: int = 0
    milestone: str = ""
    suspicion: str = ""
    transfers_in_window: int = 0
    drills: bool = False
    bypasses: tuple[str, ...] = ()
    safe_ordered: bool = False
    active_alarms: int = 0
    unacked_alarms: int = 0
    transfer: TransferView | None = None
    gate: GateView | None = None
    machine: MachineView | None = None
    failback: FailbackView | None = None
    selection: SelectionView | None = None
    request: RequestView | None = None
    nodes: tuple[NodeView, ...] = ()
    conditions: tuple[ConditionView, ...] = ()
    clients: tuple[ClientView, ...] = ()
    channels: tuple[ChannelView, ...] = ()

    def node(self, name: str) -> NodeView | None:
        """The member of this name."""
        return next((each for each in self.nodes if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A journaled event (JournalEventType). `body`: all that was journaled. `seq`: its row; 0 where told live."""

    at_ms: int
    kind: str
    group: str = ""
    user: str = ""
    epoch: int = 0
    severity: int = 100
    message: str = ""
    body: Json = field(default_factory=dict)
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that is seen at one moment. Groups and channels are in the interface's order; `alarms` holds every alarm that
    is not normal, the most urgent first (unacknowledged before acknowledged, then priority, then the newest)."""

    site: SiteView = SiteView()
    groups: Mapping[str, GroupView] = field(default_factory=dict)
    channels: Mapping[str, ChannelView] = field(default_factory=dict)
    alarms: tuple[AlarmView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a call. `ticket`: what the call returned. `method`, `group`: what was called.

    `trouble` is "" when it was answered, else why not. `unsure`: no answer came, and an order may have been taken all
    the same: repeat it with the same id. `denied`: the user's role is not enough. Of an order: `accepted`, `durable`,
    `obstacles` with `codes`, `preview`. Of `Why`, a query or another method of the interface: `outputs`, its output
    arguments in their order; a text of JSON is in `data`.
    """

    ticket: str
    method: str
    group: str = ""
    trouble: str = ""
    unsure: bool = False
    denied: bool = False
    accepted: bool = False
    durable: bool = False
    obstacles: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    preview: Json = field(default_factory=dict)
    outputs: tuple[Any, ...] = ()
    data: Any = None


COUNTED: Final = tuple(Priority)


def counts(alarms: tuple[AlarmView, ...]) -> dict[Priority, tuple[int, int]]:
    """For each priority how many alarms stand, and how many of them are unacknowledged; quiet ones left out."""
    found = {each: [0, 0] for each in COUNTED}
    for alarm in alarms:
        if not alarm.quiet:
            found[alarm.priority][0] += 1
            found[alarm.priority][1] += alarm.unacked
    return {priority: (all_, unacked) for priority, (all_, unacked) in found.items()}


def highest(alarms: tuple[AlarmView, ...]) -> AlarmView | None:
    """The alarm that the bar shows: the most urgent unacknowledged one that is not kept quiet."""
    return next((each for each in alarms if each.unacked and not each.quiet), None)


def urgency(alarm: AlarmView) -> tuple[bool, bool, int, int]:
    """Sorts alarms: heard before quiet, unacknowledged first, then by priority, then the newest."""
    return alarm.quiet, not alarm.unacked, int(alarm.priority), -alarm.at_ms
