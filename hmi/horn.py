"""The horn of the station: it hears every alarm, whatever page is shown."""

from PySide6.QtCore import QObject, Signal

from hmi import alarm_rows
from hmi.alarm_rows import Horn
from hmi.alarm_sight import row_of
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.tone import Tone


class HornKeeper(QObject):
    """Sounds for what is new until `silence`. `changed(bool)`: whether it sounds."""

    changed = Signal(bool)

    def __init__(self, model: Model, tone: Tone) -> None:
        super().__init__()
        self._tone = tone
        self._horn = Horn()
        model.changed.connect(self._heard)

    @property
    def on(self) -> bool:
        """Whether it sounds, or would if this station's sound were on."""
        return self._horn.on

    def close(self) -> None:
        """Nothing sounds any more."""
        self._tone.close()

    def enable(self, on: bool) -> None:
        """Whether this station sounds at all."""
        self._tone.enabled = on

    def test(self) -> None:
        """Let it be heard once."""
        self._tone.once("high")

    def silence(self) -> None:
        """Quiet until something new comes. Nothing is acknowledged by it."""
        self._set(alarm_rows.silenced(self._horn))

    def _heard(self, snapshot: Snapshot) -> None:
        self._set(alarm_rows.horn(self._horn, [row_of(alarm) for alarm in snapshot.alarms if alarm.unacked]))

    def _set(self, horn: Horn) -> None:
        was, self._horn = self._horn.on, horn
        self._tone.set(horn.priority if horn.on else "")
        if was != horn.on:
            self.changed.emit(horn.on)
