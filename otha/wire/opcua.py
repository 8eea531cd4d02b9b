"""The messages between the supervisor and its OPC UA workers, over a socket pair.

The supervisor says what to read and until when; the worker says what came and when. Deadlines are judged by the
supervisor alone. Channels are numbers: the supervisor gives them out.
"""

from dataclasses import dataclass
from enum import Enum
from typing import get_args

from otha.wire.codec import Reader
from otha.wire.frame import frame
from otha.wire.vocabulary import Vocabulary

MAGIC = b"OU"
VERSION = 1


class ReadOutcome(Enum):
    """How a read ended. MISSED: nothing came that is an answer of this peer."""

    REPLIED = "replied"
    BUSY = "busy"
    GARBLED = "garbled"
    MISSED = "missed"


class CallOutcome(Enum):
    """How a method call ended. UNKNOWN: it may have happened."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNode:
    """One value of a heartbeat: see `otha.site.opcua.NodeRead`."""

    node: str
    want: str
    counts_per_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A channel to keep connected from its first heartbeat on. Files are paths; "" is none.

    `security`: value of `OpcuaSecurity`. `connect_ms` bounds the making of a connection, `patience` the heartbeats in a
    row without an answer before it is given up.
    """

    channel: int
    url: str
    security: str
    server_certificate: str
    own_certificate: str
    own_key: str
    application_uri: str
    user: str
    password_file: str
    connect_ms: int
    patience: int
    nodes: tuple[WantedNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Hang up and forget the channel."""

    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One heartbeat, answered by one BeatEnded. `deadline_ns` on CLOCK_MONOTONIC, which is the machine's."""

    channel: int
    serial: int
    deadline_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The server's level is 0: ask for its EstimatedReturnTime and hang up; answered by Rested."""

    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNodes:
    """Read the values of nodes; answered by NodesRead of the same `id`.

    A number is multiplied by its `counts_per_unit` and rounded. `good_only`: a value whose status is not Good, or whose
    node or namespace the server does not know, is None; otherwise an unknown namespace fails the whole read.
    """

    id: int
    channel: int
    nodes: tuple[str, ...]
    counts_per_unit: tuple[int, ...]
    good_only: bool
    deadline_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMethod:
    """Call a method; answered by MethodEnded of the same `id`. `types`: values of `WordType`, one per argument."""

    id: int
    channel: int
    object_id: str
    method_id: str
    arguments: tuple[int, ...]
    types: tuple[str, ...]
    deadline_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Asks for a Pong: does the worker still work?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """It does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The worker's first message."""

    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatEnded:
    """How a heartbeat ended, and when its reply was received. `trouble`: what is wrong, "" when nothing is."""

    channel: int
    serial: int
    outcome: ReadOutcome
    values: tuple[int | str | None, ...]
    received_ns: int
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rested:
    """The worker has hung up; the server is to be left alone for `for_ms`."""

    channel: int
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesRead:
    """Values in the order of the request; None for what has a Bad status or is no number or text."""

    id: int
    outcome: ReadOutcome
    values: tuple[int | str | None, ...]
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodEnded:
    """How a call ended. `status`: the StatusCode of a refusal, `values` the output integers of one that was done."""

    id: int
    outcome: CallOutcome
    status: int
    values: tuple[int, ...]
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connection stands."""

    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A connection, or the attempt at one (`refused`), ended. `given_up`: by the worker, after too many silences."""

    channel: int
    refused: bool
    given_up: bool
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """Taking what this peer sent cost more than a peer may cost. Its connection was closed."""

    channel: int
    trouble: str


Request = Open | Close | Beat | Rest | ReadNodes | CallMethod | Ping
Report = Ready | Pong | BeatEnded | Rested | NodesRead | MethodEnded | Connected | Lost | Offence

_REQUESTS: Vocabulary[Request] = Vocabulary(get_args(Request), parts=(WantedNode,))
_REPORTS: Vocabulary[Report] = Vocabulary(get_args(Report), enums=(ReadOutcome, CallOutcome))


def encode_request(message: Request) -> bytes:
    """What the supervisor sends. Raises WireError when it is too long."""
    return frame(MAGIC, VERSION, _REQUESTS.dump(message))


def encode_report(message: Report) -> bytes:
    """What a worker sends. Raises WireError when it is too long."""
    return frame(MAGIC, VERSION, _REPORTS.dump(message))


def request_reader() -> Reader[Request]:
    """Takes what the supervisor sends."""
    return Reader(_REQUESTS, MAGIC, VERSION)


def report_reader() -> Reader[Report]:
    """Takes what a worker sends."""
    return Reader(_REPORTS, MAGIC, VERSION)
