"""How OTHA itself is: its figures, and how late heartbeats left and were answered, as histograms."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hmi import diagnostic_rows, site_file, theme
from hmi.controls import named, plain
from hmi.fact_table import FactTable
from hmi.feed import Model
from hmi.histogram import Histogram, bars_of
from hmi.model import Answer
from hmi.session import Session
from hmi.site_file import SiteFile
from hmi.timing_view import TimingView

translate = QCoreApplication.translate

_DEPARTURES = ""  # in the place of a channel's name


class Diagnostics(QWidget):
    """A table of facts beside the histogram that is chosen."""

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__()
        self._model, self._session = model, session
        self._site_file: SiteFile | None = None
        self._asking = False
        self.facts = FactTable(
            translate("Diagnostics", "Facts"), (translate("Diagnostics", "Fact"), translate("Diagnostics", "Is")), 1
        )
        self.choice = QComboBox()
        self.choice.setMinimumHeight(theme.TOUCH_PX)
        self.choice.addItem(translate("Diagnostics", "Lateness of departures, all channels"), _DEPARTURES)
        self.choice.currentIndexChanged.connect(lambda _at: self._show_histogram())
        self.summary = plain(wraps=True)
        self.histogram = Histogram()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.histogram)
        head = QHBoxLayout()
        head.addWidget(named(translate("Diagnostics", "&Histogram"), self.choice))
        head.addWidget(self.choice, 1)
        side = QVBoxLayout()
        side.addLayout(head)
        side.addWidget(self.summary)
        side.addWidget(area, 1)
        whole = QHBoxLayout(self)
        whole.addWidget(self.facts, 1)
        whole.addLayout(side, 1)
        model.timed.connect(self._timed)
        model.trust_changed.connect(self._doubt)

    def refresh(self) -> None:
        """Show what is known now."""
        site, station = self._model.snapshot.site, self._model.station
        self.facts.fill(
            diagnostic_rows.supervisor(site, station)
            + diagnostic_rows.station(station, self._model.age_ms)
            + diagnostic_rows.site_file(self._site_file)
        )

    def ask(self) -> None:
        """Have told what is not told by itself."""
        self._session.ask_timing()
        if not self._asking and self._session.may("Configuration"):
            self._asking = True
            self._session.call("Configuration", then=self._told)

    def _told(self, answer: Answer) -> None:
        self._asking = False
        if not answer.trouble:
            self._site_file = site_file.told(answer.outputs)
            self.refresh()

    def _timed(self, timing: TimingView) -> None:
        if not self.isVisible():
            return
        names = [_DEPARTURES, *timing.channels]
        if names != [self.choice.itemData(at) for at in range(self.choice.count())]:
            chosen = self.choice.currentData()
            self.choice.blockSignals(True)
            while self.choice.count() > 1:
                self.choice.removeItem(1)
            for name in timing.channels:
                self.choice.addItem(translate("Diagnostics", "Replies on {0}").format(name), name)
            self.choice.setCurrentIndex(names.index(chosen) if chosen in names else 0)
            self.choice.blockSignals(False)
        self._show_histogram()

    def _doubt(self, _stale: bool) -> None:
        self._show_histogram()

    def _show_histogram(self) -> None:
        timing = self._model.timing
        channel = timing.channels.get(self.choice.currentData())
        told = timing.departures if channel is None else channel.replies
        self.summary.setText(diagnostic_rows.summary(told))
        bars = bars_of(timing.bounds_us, told)
        self.histogram.show_bars(self.choice.currentText(), bars, stale=self._model.stale)
