"""A node in virtual time: whether its process and its control task run, and what it says of itself."""

from otha.core.inputs import NodeReading
from otha.core.words import Role

MS = 1_000_000
_BEAT_NS = 5 * MS
_HEALTHY, _DEGRADED = 255, 100
_STALE_MS = 3_600_000
_FRESH_MS = 5
_FAR = 9_000
_U32 = 0xFFFF_FFFF


class Body:
    """One node. `down`, `paused`, `hung`: how many faults of that kind last. Only those three stop anything.

    `session`: how often its process was started. `words`: which words of a reading its profile has.
    """

    __slots__ = (
        "busy", "cut_off", "cycle_ns", "degraded", "down", "hung", "hung_at", "lagging", "lags_from", "lies", "name",
        "number", "paused", "role", "session", "slow", "stale", "still_at", "tracked", "tracked_off", "words",
    )  # fmt: skip

    def __init__(self, name: str, number: int, cycle_ns: int, words: frozenset[str], tracked: int) -> None:
        self.name = name
        self.number = number
        self.cycle_ns = cycle_ns
        self.words = words
        self.tracked = (0,) * tracked
        self.tracked_off = (_FAR, *self.tracked[1:]) if tracked else ()
        self.session = 1
        self.down = self.paused = self.hung = 0
        self.stale = self.degraded = self.lagging = self.slow = self.busy = self.lies = self.cut_off = 0
        self.still_at: int | None = None
        self.hung_at: int | None = None
        self.lags_from: int | None = None
        self.role = Role.STANDBY

    @property
    def answers(self) -> bool:
        """Its process runs."""
        return not (self.down or self.paused)

    @property
    def works(self) -> bool:
        """Its control task runs."""
        return not (self.down or self.paused or self.hung)

    @property
    def well(self) -> bool:
        """Nothing of its own is wrong with it: what is called a false failover is one away from a node like this."""
        return not (
            self.down
            or self.paused
            or self.hung
            or self.stale
            or self.degraded
            or self.cut_off
            or self.slow
            or self.lies
        )

    def mark(self, now: int) -> None:
        """Note since when counters stand, after a change."""
        self.still_at = None if self.answers else self.still_at if self.still_at is not None else now
        self.hung_at = None if self.works else self.hung_at if self.hung_at is not None else now
        self.lags_from = None if not self.lagging else self.lags_from if self.lags_from is not None else now

    def reading(
        self,
        now: int,
        *,
        position_ns: int,
        acked_ns: int,
        role: Role,
        epoch: int | None,
        missing: int | None,
        stored: int | None,
    ) -> NodeReading:
        """What it says at `now`; the two positions as times."""
        words, cycle_ns = self.words, self.cycle_ns
        worked = now if self.hung_at is None else self.hung_at
        return NodeReading(
            heartbeat=now // _BEAT_NS & _U32 if "heartbeat" in words else None,
            cycle=worked // cycle_ns & _U32 if "cycle" in words else None,
            role=role.value if "role" in words else None,
            level=(_DEGRADED if self.degraded else _HEALTHY) if "level" in words else None,
            position=position_ns // cycle_ns if "position" in words else None,
            acked=acked_ns // cycle_ns if "acked" in words else None,
            lag_ms=0 if "lag_ms" in words else None,
            data_age_ms=(_STALE_MS if self.stale else _FRESH_MS) if "data_age_ms" in words else None,
            session=self.session if "session" in words else None,
            epoch=epoch,
            missing=missing,
            stored=stored,
            pending=0 if "pending" in words else None,
            tracked=self.tracked_off if self.lagging else self.tracked,
        )
