"""Who may order what: the one table."""

import socket
import struct
from enum import IntEnum

from otha.core.words import OrderKind

_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid


class AccessRole(IntEnum):
    """The roles of the site file; each may do what the ones before it may."""

    VIEWER = 0
    OPERATOR = 1
    ENGINEER = 2
    COMMISSIONING = 3
    ADMIN = 4


# Looking (status, why, events) needs the least role of all.
LOOK = AccessRole.VIEWER
# Who may look at a changed site file through the supervisor, and have it applied.
APPLY = AccessRole.ENGINEER

NEEDED: dict[OrderKind, AccessRole] = {
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
}


# What waits for a second person, who needs the role of the first: each of the two could answer for it.
TWO_PERSONS = (OrderKind.BYPASS, OrderKind.SAFE)


def may_order(role: AccessRole, kind: OrderKind) -> bool:
    """Whether a user of this role may give such an order."""
    return role >= NEEDED[kind]


def seconds(role: AccessRole) -> tuple[OrderKind, ...]:
    """The forced actions that a user of this role may be the second person of."""
    return tuple(kind for kind in TWO_PERSONS if may_order(role, kind))


def peer_uid(sock: socket.socket) -> int:
    """The system user at the other end of a Unix socket, vouched for by the kernel. Raises OSError."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return int(uid)
