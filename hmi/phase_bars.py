"""The phases of the transfer that an order has begun, each with its time against its bound."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QWidget

from hmi import words
from hmi.controls import plain
from hmi.switchover import PhaseSeen

translate = QCoreApplication.translate


class PhaseBars(QWidget):
    """A line for each phase that was seen."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._rows: list[tuple[QLabel, QProgressBar]] = []

    def show_phases(self, seen: tuple[PhaseSeen, ...], until_ms: int, *, running: bool) -> None:
        """`until_ms`: when the last one ended, or now; `running`: it goes on."""
        while len(self._rows) < len(seen):
            label, bar = plain(), QProgressBar()
            at = len(self._rows)
            self._grid.addWidget(label, at, 0)
            self._grid.addWidget(bar, at, 1)
            self._rows.append((label, bar))
        for at, (label, bar) in enumerate(self._rows):
            label.setVisible(at < len(seen))
            bar.setVisible(at < len(seen))
            if at < len(seen):
                last = at == len(seen) - 1
                end = until_ms if last else seen[at + 1].at_ms
                _show(label, bar, seen[at], max(end - seen[at].at_ms, 0), running=running and last)


def _show(label: QLabel, bar: QProgressBar, phase: PhaseSeen, took_ms: int, *, running: bool) -> None:
    mark = "▶" if running else "✓"
    label.setText(f"{mark} {words.phase(phase.name)}")
    bounded = phase.bound_ms > 0
    bar.setRange(0, phase.bound_ms if bounded else 1)
    bar.setValue(min(took_ms, phase.bound_ms) if bounded else 0)
    text = translate("Order", "{0} ms of {1} ms") if bounded else translate("Order", "{0} ms, no bound")
    if bounded and took_ms > phase.bound_ms:
        text = "! " + translate("Order", "{0} ms, more than {1} ms")
    bar.setFormat(text.format(took_ms, phase.bound_ms))
