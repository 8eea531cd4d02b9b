"""The messages between the supervisor and its interface process, over the socket pair that the child inherits.

Only this connection may name another user and client in an order: the interface has authenticated them. The socket that
listens takes none of these messages.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

from otha.core.words import Arming, OrderKind, TransferKind
from otha.wire.access import AccessRole, Deed
from otha.wire.codec import Reader
from otha.wire.frame import frame
from otha.wire.message import Obstacle, OrderReply, OrderRequest, Preview, Refusal
from otha.wire.vocabulary import Vocabulary

MAGIC = b"OI"
VERSION = 4
STATUS_MAX = 16 << 20  # the state of a large site; the supervisor writes it, so its length can be believed

Json = dict[str, Any]  # Any: JSON of any depth, checked by the codec to hold no floats


class RoleName(Enum):
    """`AccessRole` as it travels."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    COMMISSIONING = "commissioning"
    ADMIN = "admin"

    @property
    def role(self) -> AccessRole:
        """The role of this name."""
        return AccessRole[self.name]


class Notice(Enum):
    """What the interface has met that belongs into the journal."""

    LOGGED_IN = "interface.login"
    LOGGED_OUT = "interface.logout"
    REFUSED = "interface.refused"
    DENIED = "interface.denied"
    CUT_OFF = "interface.cut_off"
    COMMENTED = "interface.comment"
    ACCESS_CHANGED = "interface.access"
    UNANSWERED = "interface.unanswered"


class View(Enum):
    """What the supervisor shows of itself when it is asked, besides its snapshots.

    `CONFIGURATION`: the site file; `TIMING`: heartbeats and channels; `OUTPUTS`: a group's section through its last
    transfer.
    """

    CONFIGURATION = "configuration"
    TIMING = "timing"
    OUTPUTS = "outputs"


OF_STRANGERS = frozenset({Notice.REFUSED, Notice.CUT_OFF})
"""What anybody in reach can cause, as often as he likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The first message to the interface: where it listens and whom it lets in. `folder`: the state directory."""

    site: str
    version: str
    folder: str
    host: str
    port: int
    allow_none: bool
    sessions: int
    connections: int
    idle_lock_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The newest state, as `otha status` shows it; `wall_ns`: when it was so (UTC, ns since 1970)."""

    wall_ns: int
    status: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event as it is journaled. `lost`: how many before it the interface was too slow for."""

    lost: int
    wall_ns: int
    event: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of the order `ask`."""

    ask: int
    reply: OrderReply | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The answer to `Explain`; `why` is None when there is no such group."""

    ask: int
    why: Json | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """What becomes of an `Act`. `go`: the interface carries it out now and tells how it ended. Else this is its end:
    refused, or the same answer once more. `durable`: who asked is in the journal, on disk."""

    ask: int
    go: bool
    accepted: bool
    durable: bool
    what: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The answer to a `Look`; `body` is None when there is nothing to see."""

    ask: int
    body: Json | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Are you there? Also says that the supervisor is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The interface serves; `fingerprint` is its certificate's SHA-256."""

    url: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The interface can't serve, and ends."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBehalf:
    """An order of a user whom the interface has authenticated with this role, from this client."""

    ask: int
    user: str
    client: str
    role: RoleName
    order: OrderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A user whom the interface has authenticated with this role wants something done that the interface does itself.

    `id` makes a repeat harmless. `what`: its arguments as canonical JSON, without any secret.
    """

    ask: int
    user: str
    client: str
    role: RoleName
    deed: Deed
    id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """How an act ended that was permitted."""

    id: str
    accepted: bool
    what: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Asks for a view, of `group` where it is a group's."""

    ask: int
    view: View
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Asks what stands against a switchover of `group` right now, to `node` (None: the best standby)."""

    ask: int
    group: str
    node: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something for the journal."""

    notice: Notice
    user: str
    client: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The answer to a ping. `sessions`: of clients, as many as there are now."""

    sessions: int


ToInterface = Setup | Snapshot | Told | Answered | Explained | Permitted | Seen | Ping
FromInterface = Listening | Failed | OnBehalf | Act | Acted | Look | Explain | Noted | Pong

_PARTS = (OrderReply, OrderRequest, Obstacle, Preview, Refusal)
_ENUMS = (OrderKind, Arming, TransferKind, RoleName, Notice, Deed, View)
TO_INTERFACE: Vocabulary[ToInterface] = Vocabulary(get_args(ToInterface), parts=_PARTS, enums=_ENUMS)
FROM_INTERFACE: Vocabulary[FromInterface] = Vocabulary(get_args(FromInterface), parts=_PARTS, enums=_ENUMS)


def reader_at_interface() -> Reader[ToInterface]:
    """What the interface reads with."""
    return Reader(TO_INTERFACE, MAGIC, VERSION, STATUS_MAX)


def reader_at_supervisor() -> Reader[FromInterface]:
    """What the supervisor reads with."""
    return Reader(FROM_INTERFACE, MAGIC, VERSION)


def to_interface(message: ToInterface) -> bytes:
    """The frame of a message to the interface. Raises WireError when it is too long."""
    return frame(MAGIC, VERSION, TO_INTERFACE.dump(message), STATUS_MAX)


def from_interface(message: FromInterface) -> bytes:
    """The frame of a message from the interface. Raises WireError when it is too long."""
    return frame(MAGIC, VERSION, FROM_INTERFACE.dump(message))
