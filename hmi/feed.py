"""What pages read: the newest snapshot, the station and the newest events, in the GUI thread."""

import time
from collections import deque
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from hmi.model import EventView, Link, Quality, Snapshot, Station
from hmi.timing_view import TimingView

STALE_MS: Final = 1500
"""Silence of the supervisor after which nothing that is shown is trusted; seen at the next look, well within 2 s."""
EVENTS_MAX: Final = 1000
_LOOK_MS: Final = 250


def monotonic_ms() -> int:
    """This computer's monotonic clock in milliseconds."""
    return time.monotonic_ns() // 1_000_000


class Model(QObject):
    """Signals: `changed(Snapshot)`, `station_changed(Station)`, `events_came(tuple[EventView, ...])`,
    `trust_changed(bool)` when `stale` has changed, `timed(TimingView)`.

    `timing`: as `Session.ask_timing` got it last.
    """

    changed = Signal(object)
    station_changed = Signal(object)
    events_came = Signal(object)
    trust_changed = Signal(bool)
    timed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = Snapshot()
        self.station = Station()
        self.timing = TimingView()
        self.events: deque[EventView] = deque(maxlen=EVENTS_MAX)
        self.stale = True
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_LOOK_MS)

    @property
    def age_ms(self) -> int | None:
        """How old the newest word of the supervisor is; None when nothing was heard yet."""
        heard = self.station.heard_ms
        return max(monotonic_ms() - heard, 0) if heard else None

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """A newer snapshot has come."""
        self.snapshot = snapshot
        self.look()
        self.changed.emit(snapshot)

    def take_station(self, station: Station) -> None:
        """The station has changed."""
        self.station = station
        self.look()
        self.station_changed.emit(station)

    def take_events(self, events: tuple[EventView, ...]) -> None:
        """Journaled events have been told."""
        self.events.extend(events)
        self.events_came.emit(events)

    def take_timing(self, timing: TimingView) -> None:
        """Heartbeats' times have been asked for and told."""
        self.timing = timing
        self.timed.emit(timing)

    def look(self) -> None:
        """Judge anew whether what is shown can be trusted."""
        age = self.age_ms
        stale = (
            self.station.link is not Link.OPEN
            or age is None
            or age > STALE_MS
            or self.snapshot.site.stamp.quality is not Quality.GOOD
        )
        if stale != self.stale:
            self.stale = stale
            self.trust_changed.emit(stale)
