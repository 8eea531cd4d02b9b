"""What can be wrong inside a node's application, and the fault console's hand on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.errors import UsageError
from sim.heartbeat import Role


@dataclass(slots=True, kw_only=True)
class Disturbance:
    """The faults of one application now.

    `frozen`: it stands still behind a live socket. `stalled`: its worker stands still, its communication goes on.
    `stale`: its plant data keep the time they had. `level`: the ServiceLevel it reports, None: the true one.
    `passive_level_1`: while it is passive it reports 1 and is well, as WinCC OA does.
    """

    frozen: bool = False
    stalled: bool = False
    stale: bool = False
    shown_role: Role | None = None
    replication_lag_ms: int = 0
    level: int | None = None
    passive_level_1: bool = False


class Faults:
    """Sets and ends them by name."""

    def __init__(self, wrong: Disturbance) -> None:
        self._wrong = wrong

    def freeze(self) -> None:
        """The application stands still behind a live socket: heartbeat and cycle; the server answers on."""
        self._wrong.frozen = True

    def stall_worker(self) -> None:
        """The worker stands still; the communication task and the heartbeat go on."""
        self._wrong.stalled = True

    def lying_role(self, role: str) -> None:
        """Show a role that isn't its own."""
        try:
            self._wrong.shown_role = Role[role.upper()]
        except KeyError as error:
            names = ", ".join(known.name.lower() for known in Role)
            raise UsageError(f"there is no role {role!r}", mend=f"one of: {names}") from error

    def replication_lag(self, ms: int) -> None:
        """Send each state to the peer only `ms` after it was produced."""
        if ms < 0:
            raise UsageError("a lag can't be negative", mend="ms=0 ends it")
        self._wrong.replication_lag_ms = ms

    def stale_source(self) -> None:
        """The timestamps of plant data stop; all else goes on."""
        self._wrong.stale = True

    def level(self, level: int) -> None:
        """Report this ServiceLevel whatever is true."""
        if not 0 <= level <= 255:
            raise UsageError(f"there is no ServiceLevel {level}", mend="0 to 255")
        self._wrong.level = level

    def passive_level(self) -> None:
        """Report ServiceLevel 1 while passive, as some products do in good health."""
        self._wrong.passive_level_1 = True

    def thaw(self) -> None:
        """End all of the above."""
        blank = Disturbance()
        for name in Disturbance.__slots__:
            setattr(self._wrong, name, getattr(blank, name))

    def actions(self, *names: str) -> dict[str, Callable[..., Any]]:
        """Those that this kind of node can have, and `thaw`, by name, for the process' door."""
        known: dict[str, Callable[..., Any]] = {
            "freeze": self.freeze,
            "stall_worker": self.stall_worker,
            "lying_role": self.lying_role,
            "replication_lag": self.replication_lag,
            "stale_source": self.stale_source,
            "level": self.level,
            "passive_level_1": self.passive_level,
            "thaw": self.thaw,
        }
        return {name: known[name] for name in (*names, "thaw")}
