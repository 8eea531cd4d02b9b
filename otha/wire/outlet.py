"""The messages between the supervisor and its outlets: processes that show OTHA to others and take nothing from them.

They travel over the socket pair that the child inherits. An outlet orders nothing: no message of it does.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

from otha.wire.codec import Reader
from otha.wire.frame import frame
from otha.wire.interface import STATUS_MAX
from otha.wire.vocabulary import Vocabulary

MAGIC = b"OP"
VERSION = 1

Json = dict[str, Any]  # Any: JSON of any depth, checked by the codec to hold no floats


class Remark(Enum):
    """What an outlet has met that belongs into the journal."""

    TROUBLE = "trouble"
    MENDED = "mended"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSetup:
    """The first message to the process that serves figures. `folder`: the state directory."""

    site: str
    version: str
    folder: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogSetup:
    """The first message to the process that sends the journal; see `otha.site.outlets.Syslog`. "" for no file."""

    site: str
    version: str
    folder: str
    host: str
    port: int
    transport: str
    facility: int
    least: int
    server_name: str
    ca_file: str
    certificate_file: str
    key_file: str
    backlog_rows: int
    enterprise: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The newest state, as `otha status --json` shows it."""

    status: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Are you there? Also says that the supervisor is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """The outlet has begun. `where`: at which address, or to whom."""

    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The outlet can't do its work, and ends."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    """Something for the journal; `count`: of how many, where that says something."""

    remark: Remark
    what: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The answer to a ping, with what the outlet has counted since its start."""

    counted: Json


ToOutlet = MetricsSetup | SyslogSetup | State | Ping
FromOutlet = Working | Failed | Remarked | Pong

TO_OUTLET: Vocabulary[ToOutlet] = Vocabulary(get_args(ToOutlet))
FROM_OUTLET: Vocabulary[FromOutlet] = Vocabulary(get_args(FromOutlet), enums=(Remark,))


def reader_at_outlet() -> Reader[ToOutlet]:
    """What an outlet reads with."""
    return Reader(TO_OUTLET, MAGIC, VERSION, STATUS_MAX)


def reader_at_supervisor() -> Reader[FromOutlet]:
    """What the supervisor reads with."""
    return Reader(FROM_OUTLET, MAGIC, VERSION)


def to_outlet(message: ToOutlet) -> bytes:
    """The frame of a message to an outlet. Raises WireError when it is too long."""
    return frame(MAGIC, VERSION, TO_OUTLET.dump(message), STATUS_MAX)


def from_outlet(message: FromOutlet) -> bytes:
    """The frame of a message from an outlet. Raises WireError when it is too long."""
    return frame(MAGIC, VERSION, FROM_OUTLET.dump(message))
