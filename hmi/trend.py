"""The section's outputs through the group's last transfer: applied, held and shadow, in percent of full scale."""

from collections.abc import Mapping
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hmi import say, theme

_LINES: Final = (
    ("applied", Qt.PenStyle.SolidLine, 2.2),
    ("held", Qt.PenStyle.DashLine, 1.4),
    ("shadow", Qt.PenStyle.DotLine, 1.8),
)

_HELD: Final = "HELD"
_NO_FRAME: Final = 65_535  # what the gate tells as an age while it has no frame
_AROUND_MS: Final = 500.0


def series(told: Mapping[str, Any], output: int, name: str) -> tuple[list[float], list[float]]:  # Any: JSON
    """Times in ms after the claim, and one output in percent. Readings without that value are left out: nothing is held
    unless the gate holds, and nobody is in the shadow whose frames are not fresh."""
    scale = float(told.get("full_scale") or 1) / 100.0
    at_ms: list[float] = []
    percent: list[float] = []
    for each in told.get("samples") or ():
        values = each.get(name) or ()
        if name == "held" and each.get("state") != _HELD:
            continue
        if name == "shadow" and each.get("shadow_age_ms", _NO_FRAME) >= _NO_FRAME:
            continue
        if output < len(values) and values[output] is not None:
            at_ms.append(each["at_us"] / 1000.0)
            percent.append(values[output] / scale)
    return at_ms, percent


class Trend(QWidget):
    """A plot of one output at a time; which one is chosen above it."""

    def __init__(self) -> None:
        super().__init__()
        self._told: Mapping[str, Any] | None = None
        self.output = QComboBox()
        self.output.setAccessibleName(self.tr("Output"))
        self.output.currentIndexChanged.connect(self._draw)
        self.said = QLabel()
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.setAccessibleName(self.tr("Output through the last transfer"))
        self.plot.hideButtons()
        self.plot.setMinimumHeight(110)
        self.whole = QCheckBox(self.tr("All that is recorded"))
        self.whole.toggled.connect(self._draw)
        row = QHBoxLayout()
        row.addWidget(QLabel(self.tr("Output")))
        row.addWidget(self.output)
        row.addWidget(self.whole)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(row)
        self.said.setWordWrap(True)
        whole.addWidget(self.said)
        whole.addWidget(self.plot, 1)
        self._dress()
        self.show_outputs(None)

    def show_outputs(self, told: Any) -> None:  # Any: JSON
        """Show the answer of `OutputsOfTransfer`; None: there was no transfer."""
        self._told = told if isinstance(told, Mapping) and told.get("samples") else None
        names = [str(each) for each in (self._told or {}).get("outputs", ())]
        if names != [self.output.itemText(at) for at in range(self.output.count())]:
            self.output.clear()
            self.output.addItems(names)
        self.output.setEnabled(bool(names))
        if self._told is None:
            self.said.setText(self.tr("No transfer of this group's outputs is recorded yet."))
        else:
            drill = self.tr("drill, ") if self._told.get("drill") else ""
            ends = f"{self._told.get('from_node')} → {self._told.get('to_node')}"
            self.said.setText(
                self.tr("{0}{1} {2}; solid applied, dashed held, dotted shadow").format(
                    drill, say.transfer(str(self._told.get("kind") or "")), ends
                )
            )
        self._draw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "plot"):
            self._dress()
            self._draw()

    def _dress(self) -> None:
        of = theme.now()
        self.plot.setBackground(of.sunken)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(of.muted))
            axis.setTextPen(pg.mkPen(of.text))
        self.plot.setLabel("left", "%", color=of.text)
        # pyqtgraph leaves room for its own small font, and would write the unit over the numbers.
        text = self.fontMetrics()
        self.plot.getAxis("left").setWidth(text.horizontalAdvance("100.00") + 2 * text.height())
        self.plot.setLabel("bottom", self.tr("ms after the claim"), color=of.text)
        self.plot.showGrid(x=True, y=True, alpha=0.25)

    def _draw(self) -> None:
        self.plot.clear()
        told, output = self._told, self.output.currentIndex()
        if told is None or output < 0:
            return
        of = theme.now()
        for name, style, width in _LINES:
            at_ms, percent = series(told, output, name)
            self.plot.plot(at_ms, percent, pen=pg.mkPen(of.strong, width=width, style=style), name=name)
        for at_us in (0, told.get("end_us")):
            if at_us is not None:
                line = pg.InfiniteLine(at_us / 1000.0, pen=pg.mkPen(of.muted, width=1, style=Qt.PenStyle.DashDotLine))
                self.plot.addItem(line)
        if self.whole.isChecked():
            self.plot.enableAutoRange("x")
        else:
            end_ms = (told.get("end_us") or 0) / 1000.0
            self.plot.setXRange(-_AROUND_MS, end_ms + _AROUND_MS, padding=0.02)
