"""Who may order what: the one table."""

import socket
import struct
from enum import Enum, IntEnum

from otha.core.words import OrderKind

_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid


class AccessRole(IntEnum):
    """The roles of the site file; each may do what the ones before it may."""

    VIEWER = 0
    OPERATOR = 1
    ENGINEER = 2
    COMMISSIONING = 3
    ADMIN = 4


class Deed(Enum):
    """What can be asked of the interface besides the orders of `OrderKind`."""

    WHO_AM_I = "who-am-i"
    STATUS = "status"
    WHY = "why"
    EVENTS = "events"
    VERIFY = "verify"
    KPI = "kpi"
    TRANSFERS = "transfers"
    REPORT = "report"
    OUTPUTS = "outputs"
    TIMING = "timing"
    CONFIGURATION = "configuration"
    FAULT_LIST = "fault-list"
    FAULT_INJECT = "fault-inject"
    USER_LIST = "user-list"
    USER_ADD = "user-add"
    USER_ROLE = "user-role"
    USER_PASSWORD = "user-password"
    USER_LOCK = "user-lock"
    USER_UNLOCK = "user-unlock"
    USER_REMOVE = "user-remove"
    CERTIFICATE_LIST = "certificate-list"
    CERTIFICATE_TRUST = "certificate-trust"
    CERTIFICATE_REJECT = "certificate-reject"
    CERTIFICATE_REMOVE = "certificate-remove"


# Looking (status, why, events) needs the least role of all.
LOOK = AccessRole.VIEWER
# Who may look at a changed site file through the supervisor, and have it applied.
APPLY = AccessRole.ENGINEER

# Whose word it takes that a copy of the journal was made: old files may be removed upon it.
BACKUP = AccessRole.ENGINEER

NEEDED: dict[OrderKind | Deed, AccessRole] = {
    OrderKind.SWITCHOVER: AccessRole.OPERATOR,
    OrderKind.FAILBACK: AccessRole.OPERATOR,
    OrderKind.DRILL: AccessRole.COMMISSIONING,
    OrderKind.DRILL_ABORT: AccessRole.OPERATOR,
    OrderKind.CONFIRM: AccessRole.OPERATOR,
    OrderKind.REJECT: AccessRole.OPERATOR,
    OrderKind.SELECT: AccessRole.OPERATOR,
    OrderKind.OPERATE: AccessRole.OPERATOR,
    OrderKind.CANCEL: AccessRole.OPERATOR,
    OrderKind.SAFE: AccessRole.OPERATOR,
    OrderKind.RELEASE: AccessRole.OPERATOR,
    OrderKind.BYPASS: AccessRole.ENGINEER,
    OrderKind.UNBYPASS: AccessRole.ENGINEER,
    OrderKind.ACKNOWLEDGE: AccessRole.OPERATOR,
    OrderKind.ALARM_ACK: AccessRole.OPERATOR,
    OrderKind.ALARM_RESET: AccessRole.OPERATOR,
    OrderKind.SHELVE: AccessRole.OPERATOR,
    OrderKind.UNSHELVE: AccessRole.OPERATOR,
    OrderKind.OUT_OF_SERVICE: AccessRole.ENGINEER,
    OrderKind.IN_SERVICE: AccessRole.ENGINEER,
    OrderKind.MAINTENANCE_IN: AccessRole.ENGINEER,
    OrderKind.MAINTENANCE_OUT: AccessRole.ENGINEER,
    OrderKind.ARM: AccessRole.ENGINEER,
    Deed.WHO_AM_I: LOOK,
    Deed.STATUS: LOOK,
    Deed.WHY: LOOK,
    Deed.EVENTS: LOOK,
    Deed.VERIFY: LOOK,
    Deed.KPI: LOOK,
    Deed.TRANSFERS: LOOK,
    Deed.REPORT: LOOK,
    Deed.OUTPUTS: LOOK,
    Deed.TIMING: LOOK,
    Deed.CONFIGURATION: AccessRole.ENGINEER,
    Deed.FAULT_LIST: AccessRole.COMMISSIONING,
    Deed.FAULT_INJECT: AccessRole.COMMISSIONING,
    Deed.USER_LIST: AccessRole.ADMIN,
    Deed.USER_ADD: AccessRole.ADMIN,
    Deed.USER_ROLE: AccessRole.ADMIN,
    Deed.USER_PASSWORD: AccessRole.ADMIN,
    Deed.USER_LOCK: AccessRole.ADMIN,
    Deed.USER_UNLOCK: AccessRole.ADMIN,
    Deed.USER_REMOVE: AccessRole.ADMIN,
    Deed.CERTIFICATE_LIST: AccessRole.ADMIN,
    Deed.CERTIFICATE_TRUST: AccessRole.ADMIN,
    Deed.CERTIFICATE_REJECT: AccessRole.ADMIN,
    Deed.CERTIFICATE_REMOVE: AccessRole.ADMIN,
}


# What waits for a second person, who needs the role of the first: each of the two could answer for it.
TWO_PERSONS = (OrderKind.BYPASS, OrderKind.SAFE)


def may_order(role: AccessRole, kind: OrderKind | Deed) -> bool:
    """Whether a user of this role may give such an order, or ask for such a thing."""
    return role >= NEEDED[kind]


def seconds(role: AccessRole) -> tuple[OrderKind, ...]:
    """The forced actions that a user of this role may be the second person of."""
    return tuple(kind for kind in TWO_PERSONS if may_order(role, kind))


def peer_uid(sock: socket.socket) -> int:
    """The system user at the other end of a Unix socket, vouched for by the kernel. Raises OSError."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return int(uid)
