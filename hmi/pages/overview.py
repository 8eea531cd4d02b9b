"""Level 1: every group on one board."""

from collections import deque
from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout

from hmi.board import Board
from hmi.feed import Model
from hmi.model import AlarmView, Snapshot
from hmi.pages import Page
from hmi.session import Session
from hmi.tile import Grouping, Tile, arranged, tile_of
from hmi.tile_painter import Trace
from hmi.timing_view import TimingView

_TRACE_POINTS: Final = 60


class OverviewPage(Page):
    """Tiles with search, grouping and a filter; arrow keys, Enter opens the group."""

    NAME = "overview"

    def title(self) -> str:
        """As every page."""
        return self.tr("Overview")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._made: dict[str, tuple[object, tuple[AlarmView, ...], Tile]] = {}
        self._ages: dict[str, deque[float]] = {}
        self.board = Board()
        self.board.opened.connect(self._open)
        self.board.moved.connect(self._make_visible)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search group, node, section (Ctrl+F)"))
        self.search.setAccessibleName(self.tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._arrange)
        self.search.returnPressed.connect(self.board.setFocus)
        self.grouping = QComboBox()
        self.grouping.setAccessibleName(self.tr("Grouping"))
        for each, name in (
            (Grouping.URGENCY, self.tr("By urgency")),
            (Grouping.KIND, self.tr("By kind")),
            (Grouping.SECTION, self.tr("By section")),
            (Grouping.NONE, self.tr("As configured")),
        ):
            self.grouping.addItem(name, each.value)
        self.grouping.currentIndexChanged.connect(self._arrange)
        self.abnormal = QCheckBox(self.tr("Abnormal only"))
        self.abnormal.toggled.connect(self._arrange)
        self.count = QLabel()
        top = QHBoxLayout()
        for widget, stretch in ((self.search, 2), (self.grouping, 0), (self.abnormal, 0), (self.count, 1)):
            top.addWidget(widget, stretch)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.board)
        whole = QVBoxLayout(self)
        whole.addLayout(top)
        whole.addWidget(self.area, 1)
        QShortcut(QKeySequence.StandardKey.Find, self, self._to_search)
        self.setFocusProxy(self.board)
        model.timed.connect(self._timed)
        model.trust_changed.connect(self._doubted)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page."""
        alarms: dict[str, list[AlarmView]] = {}
        for alarm in snapshot.alarms:
            alarms.setdefault(alarm.group, []).append(alarm)
        made: dict[str, tuple[object, tuple[AlarmView, ...], Tile]] = {}
        for name, group in snapshot.groups.items():
            own = tuple(alarms.get(name, ()))
            before = self._made.get(name)
            # Views are frozen: the same view makes the same tile.
            if before is not None and before[0] is group and before[1] == own:
                made[name] = before
            else:
                made[name] = group, own, tile_of(group, own)
        self._made = made
        self._arrange()

    def arrive(self, **given: str) -> None:
        """As every page: `group`."""
        if "group" in given:
            self.board.choose(given["group"])

    def looked_at(self) -> str:
        """As every page: the chosen tile's."""
        return self.board.chosen

    def tick(self) -> None:
        """As every page."""
        if not self.model.stale:
            self.session.ask_timing()

    def leave(self) -> None:
        """As every page: traces with a gap would lie."""
        self._ages.clear()

    def _doubted(self, _stale: bool) -> None:
        self._arrange()

    def _arrange(self) -> None:
        tiles = [tile for _, _, tile in self._made.values()]
        grouping = Grouping(self.grouping.currentData())
        found = arranged(tiles, grouping, self.search.text().strip(), abnormal_only=self.abnormal.isChecked())
        self.board.show_tiles(found, stale=self.model.stale)
        shown = sum(len(each) for _, each in found)
        wants = sum(tile.abnormal for tile in tiles)
        self.count.setText(self.tr("{0} of {1} groups, {2} want eyes").format(shown, len(tiles), wants))

    def _timed(self, timing: TimingView) -> None:
        if not self.isVisible():
            return
        traces: dict[str, Trace] = {}
        for name, group in self.model.snapshot.groups.items():
            timed = [timing.channels[each.name] for each in group.channels if each.name in timing.channels]
            limits = [each.lost_after_ms for each in timed if each.lost_after_ms]
            ages = [each.age_ms for each in timed if each.age_ms is not None]
            if not ages or not limits:
                continue
            ring = self._ages.setdefault(name, deque(maxlen=_TRACE_POINTS))
            ring.append(float(max(ages)))
            traces[name] = Trace(ages_ms=tuple(ring), limit_ms=float(min(limits)))
        self.board.show_traces(traces)

    def _open(self, group: str) -> None:
        self.go("group", group=group)

    def _make_visible(self, box: QRect) -> None:
        self.area.ensureVisible(box.center().x(), box.center().y(), box.width() // 2 + 8, box.height() // 2 + 8)

    def _to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()
