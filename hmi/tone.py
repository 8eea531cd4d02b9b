"""The alarm horn: a short tone that is repeated until it is silenced.

Qt's sound is in QtMultimedia, which is not among what the HMI needs to run. The tone is a WAV file of our own, played
by what the system has for it; where there is nothing, the system's beep is.
"""

import io
import math
import os
import shutil
import struct
import sys
import wave
from functools import cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QStandardPaths, QTimer
from PySide6.QtWidgets import QApplication

_RATE: Final = 22_050
_HZ: Final = {"critical": 880.0, "high": 740.0, "medium": 587.0, "low": 440.0}
_PULSES: Final = {"critical": 3, "high": 2, "medium": 1, "low": 1}
_EVERY_MS: Final = {"critical": 1500, "high": 2500, "medium": 5000, "low": 10_000}
_PLAYERS: Final = (("pw-play",), ("paplay",), ("aplay", "-q"), ("afplay",))


def samples(hz: float, pulses: int) -> bytes:
    """Pulses of 120 ms with soft edges, 16 bit, mono."""
    pulse, pause = _RATE * 120 // 1000, _RATE * 80 // 1000
    edge = _RATE * 8 // 1000
    one = []
    for at in range(pulse):
        level = min(1.0, at / edge, (pulse - at) / edge)
        one.append(int(9000 * level * math.sin(2 * math.pi * hz * at / _RATE)))
    whole = (one + [0] * pause) * pulses
    return struct.pack(f"<{len(whole)}h", *whole)


@cache
def tone(priority: str) -> bytes:
    """The tone of a priority as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(samples(_HZ[priority], _PULSES[priority]))
    return out.getvalue()


def kept(priority: str, folder: Path) -> Path:
    """The tone of a priority as a WAV file of this folder: it stays there, and other stations play it too. Raises
    OSError."""
    file = folder / f"{priority}.wav"
    # A horn must not be silent for good because a power failure has left an empty file, or sound as an older version's.
    if not file.exists() or file.read_bytes() != tone(priority):
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{priority}.{os.getpid()}.part"
        try:
            part.write_bytes(tone(priority))
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    return file


class Tone(QObject):
    """Sounds every few seconds while it is on. `enabled`: what the person has set for this station."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.enabled = True
        self.sounded = 0
        self._priority = ""
        self._player = next((each for each in _PLAYERS if shutil.which(each[0])), None)
        self._process = QProcess(self)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._sound)

    @property
    def on(self) -> bool:
        """Whether it sounds."""
        return self._timer.isActive()

    def set(self, priority: str) -> None:
        """Sound for this priority; "": be quiet."""
        if priority not in _HZ:
            self._timer.stop()
            self._priority = ""
            return
        if priority == self._priority and self.on:
            return
        self._priority = priority
        self._timer.start(_EVERY_MS[priority])
        self._sound()

    def once(self, priority: str) -> None:
        """Sound once, for a person who wants to know what it is like."""
        if not self.on:
            self._play(priority)

    def close(self) -> None:
        """Nothing sounds any more."""
        self._timer.stop()
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1000)

    def _sound(self) -> None:
        if not self.enabled:
            return
        self.sounded += 1
        self._play(self._priority)

    def _play(self, priority: str) -> None:
        if sys.platform == "win32" or self._player is None:
            QApplication.beep()
            return
        try:
            place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)
            file = kept(priority, Path(place) / "otha-hmi")
        except OSError:
            QApplication.beep()
            return
        if self._process.state() is QProcess.ProcessState.NotRunning:
            self._process.start(self._player[0], [*self._player[1:], str(file)])
