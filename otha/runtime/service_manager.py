"""What the service manager is told (sd_notify(3)): ready, alive, how it stands, stopping. Nothing of it may hold up
the loop: a datagram that is not taken at once is lost.

The watchdog is fed by the loop between its heartbeats, and only while more of them leave than are skipped: a supervisor
that lives and supervises nothing is ended and started again by the manager.
"""

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final

from otha.core.alarm_machine import UNACKED
from otha.core.supervision import Supervision
from otha.core.words import Standing

_STATUS_EVERY_NS: Final = 5_000_000_000
_FEEDS: Final = 4  # in the time after which the manager gives up; half of it is what sd_watchdog_enabled(3) asks for
_STATUS_MAX: Final = 200


class ServiceManager:
    """Tells the manager that has started this process; nobody when there is none. `every_ns`: how often to call
    `alive`."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """Takes the manager's words out of `environment`, so that no child speaks for this process."""
        address = environment.pop("NOTIFY_SOCKET", "")
        pid = environment.pop("WATCHDOG_PID", "")
        usec = environment.pop("WATCHDOG_USEC", "")
        is_watched = usec.isdecimal() and int(usec) > 0 and pid in ("", str(os.getpid()))
        self.every_ns = min(int(usec) * 1000 // _FEEDS, _STATUS_EVERY_NS) if is_watched else _STATUS_EVERY_NS
        self._is_watched = is_watched
        self._status = ""
        self._departed = self._skipped = 0
        self._socket: socket.socket | None = None
        # "@" stands for the zero byte with which abstract names begin.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        if address.startswith(("@", "/")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @property
    def is_there(self) -> bool:
        """Somebody listens."""
        return self._socket is not None

    def ready(self) -> None:
        """Supervision has begun."""
        self._tell("READY=1")

    def alive(self, departed: int, skipped: int, status: str) -> None:
        """How many heartbeats have left and how many could not, since the start; and how it stands, in a line."""
        left, left_out = departed - self._departed, skipped - self._skipped
        in_time = left_out == 0 or left > left_out  # of slow heartbeats none may be due between two looks
        self._departed, self._skipped = departed, skipped
        lines = ["WATCHDOG=1"] if in_time and self._is_watched else []
        line = "".join(char if char.isprintable() else "?" for char in status)[:_STATUS_MAX]
        if line != self._status:
            self._status = line
            lines.append(f"STATUS={line}")
        self._tell(*lines)

    def stopping(self, within_ns: int) -> None:
        """It ends, and may need so long for it."""
        self._tell("STOPPING=1", "STATUS=stopping", f"EXTEND_TIMEOUT_USEC={within_ns // 1000}")

    def close(self) -> None:
        """Nothing more is told."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, *lines: str) -> None:
        if self._socket is not None and lines:
            with suppress(OSError):
                self._socket.sendto("\n".join(lines).encode(), self._address)


def status_line(core: Supervision) -> str:
    """How it stands, for `systemctl status`."""
    groups = [core.group(cfg.name) for cfg in core.cfg.groups]
    moving = sum(group.plan is not None for group in groups)
    persons = sum(group.standing is Standing.NEEDS_OPERATOR or group.halted is not None for group in groups)
    owners = (core.cfg.supervisor, *(cfg.name for cfg in core.cfg.groups))
    waiting = sum(w.state in UNACKED and not w.flags for owner in owners for w in core.alarm_watches(owner))
    said = [f"{core.cfg.name}: {len(groups)} groups", f"{moving} in transfer", f"{persons} need a person"]
    said.append(f"{waiting} alarms unacknowledged")
    said += ["TILT"] if core.shared.tilted else []
    said += ["isolated"] if core.shared.isolated else []
    return ", ".join(said)
