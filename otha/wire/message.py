"""The messages between the supervisor and its clients."""

from dataclasses import dataclass
from typing import Any, get_args

from otha.core.words import Arming, OrderKind, TransferKind
from otha.wire.vocabulary import Vocabulary

PROTOCOL = 1

Json = dict[str, Any]  # Any: JSON of any depth, checked by the codec to hold no floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first message each way. From the supervisor it says which site it is and as whom it sees the client."""

    protocol: int
    sender: str
    site: str
    user: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order, as in `otha.core.inputs.Order`. Who gives it is not for the client to say: the kernel does. `id` makes
    a repeat harmless."""

    id: str
    order: OrderKind
    group: str
    node: str | None
    arming: Arming | None
    comment: str
    item: str | None = None
    occurrence: int | None = None
    for_ns: int | None = None
    transfer: TransferKind | None = None
    request: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that stands against an order: the code and rule of a `Block`, and the detail."""

    block: str
    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a selection would do, as `otha.core.group.request.Preview`."""

    transfer: TransferKind
    from_node: str | None
    to_node: str
    needs_confirmation: bool
    passed: tuple[Obstacle, ...]
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReply:
    """What became of an order. `durable`: order and answer are in the journal, on disk; no crash takes them back."""

    id: str
    accepted: bool
    durable: bool
    obstacles: tuple[Obstacle, ...]
    preview: Preview | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    """Asks for the newest snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReply:
    """The newest snapshot; see `otha.runtime.snapshot`."""

    status: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRequest:
    """Asks what stands against a switchover of `group` right now, to `node` (None: the best standby)."""

    group: str
    node: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyReply:
    """Every condition, verdict and obstacle of the group; see `otha.runtime.why`."""

    why: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLook:
    """Asks how the site file at `path` (absolute) differs from the site that is supervised."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLooked:
    """The difference, and what stands against applying it now.

    `from_hash`: of the site that is supervised; `to_hash`: of the one in the file; `text_hash`: of the file's text.
    `difference`: `otha.site.difference.Difference` as JSON. `file`: what `otha run` was given.
    """

    from_hash: str
    to_hash: str
    text_hash: str
    file: str
    difference: Json
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteApply:
    """Orders that the site file at `path` takes the place of the supervised one, if both are still those that were
    looked at. `id` makes a repeat harmless."""

    id: str
    path: str
    from_hash: str
    to_hash: str
    text_hash: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteApplied:
    """What became of it. `durable`: the change is in the journal, on disk."""

    id: str
    accepted: bool
    durable: bool
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A closed segment of the journal that was copied: its file, its last row and that row's hash."""

    file: str
    last_row: int
    last_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """Tells that the journal was copied to `path` and the copy verified, up to row `last_row`."""

    path: str
    last_row: int
    last_hash: str
    segments: tuple[Copied, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupNoted:
    """The journal has it, on disk."""

    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """From now on the connection carries EventEntry messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """One event as it is journaled. `lost`: how many before it this client was too slow for."""

    lost: int
    event: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that was not carried out, and what can be done about it."""

    what: str
    mend: str


Message = (
    Hello
    | OrderRequest
    | OrderReply
    | StatusRequest
    | StatusReply
    | WhyRequest
    | WhyReply
    | SiteLook
    | SiteLooked
    | SiteApply
    | SiteApplied
    | BackupMade
    | BackupNoted
    | Subscribe
    | EventEntry
    | Refusal
)

MESSAGES: Vocabulary[Message] = Vocabulary(
    get_args(Message), parts=(Obstacle, Preview, Copied), enums=(OrderKind, Arming, TransferKind)
)


def to_json(message: Message) -> Json:
    """The message as an object of JSON."""
    return MESSAGES.to_json(message)


def from_json(raw: object) -> Message:
    """The message that stands in `raw`. Raises WireError for anything that is none."""
    return MESSAGES.from_json(raw)
