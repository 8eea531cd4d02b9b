"""How well the alarms serve their operators: the figures of EEMUA 191 and ISA-18.2 beside what these accept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyqtgraph
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hmi import kpi_rows, say, theme, words
from hmi.controls import DeedButton, plain
from hmi.kpi_rows import Figure, Kpi, Share

translate = QCoreApplication.translate
Ask = Callable[[int, int, Callable[[Any], None]], None]  # Any: JSON


def figure_name(figure: Figure) -> str:
    """What a figure is called."""
    return {
        Figure.ANNUNCIATIONS: translate("Kpi", "Annunciations"),
        Figure.RATE: translate("Kpi", "Per 10 min, on average"),
        Figure.PEAK: translate("Kpi", "Per 10 min, at most"),
        Figure.ABOVE_10: translate("Kpi", "Periods with more than 10"),
        Figure.FLOODS: translate("Kpi", "Floods"),
        Figure.IN_FLOOD: translate("Kpi", "Time in a flood"),
        Figure.STANDING: translate("Kpi", "Standing for more than 24 h"),
        Figure.CHATTERING: translate("Kpi", "Chattering alarms"),
    }[figure]


class KpiPage(QWidget):
    """Asks for the measures of a time by `ask(from_ms, to_ms, done)`."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        whole = QVBoxLayout(self)
        head = QHBoxLayout()
        self.span = QComboBox()
        self.span.setMinimumHeight(40)
        for text, hours in (
            (translate("Kpi", "Last 24 hours"), 24),
            (translate("Kpi", "Last 7 days"), 7 * 24),
            (translate("Kpi", "Last 30 days"), 30 * 24),
        ):
            self.span.addItem(text, hours)
        self.span.currentIndexChanged.connect(self.refresh)
        again = DeedButton(translate("Kpi", "&Measure anew"))
        again.clicked.connect(self.refresh)
        self.head = plain(wraps=True)
        head.addWidget(self.span)
        head.addWidget(again)
        head.addWidget(self.head, 1)
        whole.addLayout(head)
        body = QHBoxLayout()
        body.addWidget(self._table(), 1)
        plots = QVBoxLayout()
        self.priorities = _plot(translate("Kpi", "Priorities, % (outlined: expected)"))
        self.top = _plot(translate("Kpi", "The ten most frequent, count"))
        plots.addWidget(self.priorities)
        plots.addWidget(self.top)
        body.addLayout(plots, 1)
        whole.addLayout(body, 1)
        self.names = plain(wraps=True)
        whole.addWidget(self.names)

    def _table(self) -> QTableWidget:
        headings = (translate("Kpi", "Figure"), translate("Kpi", "Is"), translate("Kpi", "Accepted"), "")
        self.table = QTableWidget(0, len(headings))
        self.table.setHorizontalHeaderLabels(headings)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return self.table

    def refresh(self) -> None:
        """Measure anew."""
        now = datetime.now(UTC)
        begin = now - timedelta(hours=int(self.span.currentData()))
        self.head.setText("…")
        self._ask(int(begin.timestamp() * 1000), 0, self._came)

    def _came(self, told: Any) -> None:  # Any: JSON
        found = kpi_rows.read(told)
        if found is None:
            self.head.setText("? " + translate("Kpi", "The server gave no figures"))
            return
        self.show_kpi(found)

    def show_kpi(self, found: Kpi) -> None:
        """Show these."""
        begin, end = say.moment(found.begin), say.moment(found.end)
        self.head.setText(translate("Kpi", "Looked at: {0} to {1}").format(begin, end))
        self.table.setRowCount(len(found.measures))
        for at, each in enumerate(found.measures):
            sign = {True: "✓", False: "✗ " + translate("Kpi", "too many"), None: ""}[each.well]
            for column, text in enumerate((figure_name(each.figure), each.value, each.accepted, sign)):
                self.table.setItem(at, column, QTableWidgetItem(text))
        shares = [Share(name=words.priority(e.name), count=e.count, permille=e.permille, expected=e.expected)
                  for e in found.priorities]  # fmt: skip
        _bars(self.priorities, shares, [e.permille / 10 for e in shares], [e.expected / 10 for e in shares])
        _bars(self.top, list(found.top), [float(e.count) for e in found.top], None)
        parts = []
        if found.standing:
            parts.append(translate("Kpi", "Standing: {0}").format(", ".join(found.standing)))
        if found.chattering:
            parts.append(translate("Kpi", "Chattering: {0}").format(", ".join(found.chattering)))
        self.names.setText("\n".join(parts))


def _plot(title: str) -> pyqtgraph.PlotWidget:
    plot = pyqtgraph.PlotWidget()
    plot.setBackground(None)
    plot.setObjectName(title)
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    return plot


def _bars(plot: pyqtgraph.PlotWidget, shares: list[Share], values: list[float], expected: list[float] | None) -> None:
    """Bars that lie, so that long names have room; the first on top."""
    of = theme.now()
    plot.clear()
    plot.setTitle(plot.objectName(), color=of.text)
    for side in ("left", "bottom"):
        plot.getAxis(side).setTextPen(of.text)
        plot.getAxis(side).setPen(of.line)
    places = [len(shares) - at for at in range(len(shares))]
    if expected is not None:
        plot.addItem(
            pyqtgraph.BarGraphItem(x0=0, y=places, height=0.8, width=expected, brush=of.chosen, pen=of.outline)
        )
    plot.addItem(pyqtgraph.BarGraphItem(x0=0, y=places, height=0.4, width=values, brush=of.strong, pen=None))
    plot.getAxis("left").setTicks([[(place, share.name) for place, share in zip(places, shares, strict=True)]])
    plot.setYRange(0.4, len(shares) + 0.6)
    most = max([*values, *(expected or ()), 1.0])
    plot.setXRange(0, most * 1.05)
