"""The alarm page: what wants somebody, what is kept quiet and why, and what to do about the one that is looked at."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hmi import words
from hmi.alarm_cells import MarkDelegate, cell
from hmi.alarm_model import AlarmModel, Column
from hmi.alarm_rows import PRIORITIES, AlarmRow, Shelf
from hmi.alarm_side import SIDE_PX, AlarmSide
from hmi.controls import DeedButton
from hmi.desk import Desk
from hmi.event_model import Wanted
from hmi.event_page import EventPage

translate = QCoreApplication.translate
_FILTER_AFTER_MS: Final = 120
_CELL_MARGIN: Final = 10
_GROUP_CHARS: Final = 20  # of a longer name the tool tip tells the rest
_TABLE_PX: Final = 3 * SIDE_PX
_SHELVES: Final = tuple(Shelf)


class AlarmPage(QWidget):
    """Tell it `take` of every alarm and `grow` of the journal's length. `go_to`: the group that a person wants to look
    at; `silence`: the horn's button."""

    go_to = Signal(str)
    silence = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._groups: tuple[str, ...] = ()
        self._chosen: tuple[str, str] | None = None
        self._by_hand = False
        self.model = AlarmModel(
            (
                translate("Alarms", "Priority"),
                translate("Alarms", "State"),
                translate("Alarms", "Since"),
                translate("Alarms", "Group"),
                translate("Alarms", "Alarm"),
                translate("Alarms", "Detail"),
            ),
            cell,
        )
        self._build()
        self.model.modelReset.connect(self._choose_again)
        self.model.dataChanged.connect(self._changed)
        self.model.layoutChanged.connect(self._changed)
        self._filtering = QTimer(self)
        self._filtering.setSingleShot(True)
        self._filtering.timeout.connect(self._show)

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        head = QHBoxLayout()
        self.shelves = QTabBar()
        self.shelves.setExpanding(False)
        for _ in _SHELVES:
            self.shelves.addTab("")
        self.shelves.addTab(translate("Alarms", "History"))
        self.shelves.currentChanged.connect(self._show)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(translate("Alarms", "Filter: words in the row"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumHeight(40)
        self.filter.textChanged.connect(lambda _text: self._filtering.start(_FILTER_AFTER_MS))
        self.quiet = DeedButton(translate("Alarms", "Silence (F10)"))
        self.quiet.clicked.connect(self.silence)
        head.addWidget(self.shelves)
        head.addWidget(self.filter, 1)
        head.addWidget(self.quiet)
        whole.addLayout(head)
        split = QSplitter(Qt.Orientation.Horizontal)
        self.side = AlarmSide(self._desk)
        self.side.go_to.connect(self.go_to)
        self.side.past_of.connect(self._show_past)
        split.addWidget(self._table())
        split.addWidget(self.side)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([_TABLE_PX, SIDE_PX])
        self.past = EventPage(self._desk, Wanted(kind="decision", text="ALARM_"))
        self._stack = QStackedWidget()
        self._stack.addWidget(split)
        self._stack.addWidget(self.past)
        whole.addWidget(self._stack, 1)
        self.setFocusProxy(self.table)
        self._label_shelves()

    def _table(self) -> QTableView:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setAlternatingRowColors(False)
        self.table.setWordWrap(False)
        rows = self.table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(max(32, self.fontMetrics().height() + 14))
        head = self.table.horizontalHeader()
        head.setStretchLastSection(True)
        head.setHighlightSections(False)
        head.setMinimumSectionSize(40)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._widen()
        self._marks = MarkDelegate(self.table)
        self.table.setItemDelegateForColumn(Column.PRIORITY, self._marks)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        to_group = QShortcut(QKeySequence(Qt.Key.Key_Return), self.table)
        to_group.setContext(Qt.ShortcutContext.WidgetShortcut)
        to_group.activated.connect(self.side.go)
        return self.table

    def _widen(self) -> None:
        """Columns as wide as what stands in them, in the language that is spoken."""
        wide = self.table.fontMetrics().horizontalAdvance
        for column, samples in (
            (Column.PRIORITY, ["-----" + words.priority_word(each) for each in PRIORITIES]),
            (Column.STATE, [words.alarm_state(each) for each in ("unacked", "acked", "rtn_unacked")]),
            (Column.SINCE, ["00-00 00:00"]),
            (Column.GROUP, [each[:_GROUP_CHARS] for each in ("boiler_feed_1", *self._groups)]),
            (Column.ALARM, ["redundancy lost" + translate("Alarms", " (first out)")]),
            (Column.DETAIL, ["plc_1"]),
        ):
            shown = (*samples, str(self.model.headerData(column, Qt.Orientation.Horizontal)))
            self.table.setColumnWidth(column, max(map(wide, shown)) + _CELL_MARGIN)

    def know_groups(self, groups: tuple[str, ...]) -> None:
        """The groups of the site: their names have the room that they need, and History can be asked for them."""
        self.past.know_groups(groups)
        if groups != self._groups:
            self._groups = groups
            self._widen()

    # What is shown

    def take(self, rows: Iterable[AlarmRow]) -> None:
        """Every alarm as it is now."""
        self.model.take(rows)
        self._label_shelves()
        self._choose_again()

    def grow(self, last_seq: int) -> None:
        """The journal has so many rows now."""
        if self._stack.currentIndex() == 1:
            self.past.grow(last_seq)

    def come(self) -> None:
        """Somebody looks at the page now: the most urgent alarm is chosen, unless a person has chosen one that is still
        there. While it is looked at the choice stays: what comes meanwhile is never acknowledged in its place.
        """
        if not self._by_hand or self._chosen is None or self.model.place(self._chosen) < 0:
            self._chosen, self._by_hand = None, False
        self._choose_again()

    def choose(self, key: tuple[str, str]) -> None:
        """Look at this alarm."""
        self.filter.clear()
        self._filtering.stop()
        self.shelves.setCurrentIndex(0)
        self._show()
        self._chosen, self._by_hand = key, True
        self._choose_again()
        self.table.setFocus()

    def _label_shelves(self) -> None:
        texts = {
            Shelf.ACTIVE: translate("Alarms", "Active"),
            Shelf.SHELVED: translate("Alarms", "Shelved"),
            Shelf.SUPPRESSED: translate("Alarms", "Suppressed"),
            Shelf.OUT_OF_SERVICE: translate("Alarms", "Out of service"),
        }
        for at, shelf in enumerate(_SHELVES):
            text = f"{texts[shelf]} ({self.model.count(shelf)})"
            if self.shelves.tabText(at) != text:
                self.shelves.setTabText(at, text)

    def _show(self) -> None:
        past = self.shelves.currentIndex() == len(_SHELVES)
        self._stack.setCurrentIndex(int(past))
        self.filter.setEnabled(not past)
        if past:
            return
        self.model.show(_SHELVES[self.shelves.currentIndex()], self.filter.text())
        self._choose_again()

    def _row_chosen(self, current: QModelIndex, before: QModelIndex) -> None:
        row = self.model.row(current.row()) if current.isValid() else None
        if row is not None and row.key != self._chosen:
            # A table that gets the keyboard and has no current row makes one by itself.
            self._chosen, self._by_hand = row.key, before.isValid()
        self.side.tell(row)

    def _choose_again(self) -> None:
        """The alarm that was looked at stays the one that is looked at, wherever it stands now."""
        first = self.model.row(0)
        if self._chosen is None and first is not None:
            # Who has chosen nothing looks at the most urgent one.
            self._chosen = first.key
        at = -1 if self._chosen is None else self.model.place(self._chosen)
        if at < 0:
            self.table.clearSelection()
            self.side.tell(None)
        elif self.table.currentIndex().row() != at or not self.table.selectionModel().hasSelection():
            self.table.selectRow(at)
        else:
            self.side.tell(self.model.row(at))

    def _changed(self, *_what: object) -> None:
        at = -1 if self._chosen is None else self.model.place(self._chosen)
        self.side.tell(self.model.row(at))

    def doubt(self, stale: bool) -> None:
        """Whether what is listed can be trusted; without it no mark has a colour."""
        if stale != self._marks.stale:
            self._marks.stale = stale
            self.table.viewport().update()

    def filter_now(self) -> None:
        """Without waiting for the next letter."""
        self._filtering.stop()
        self._show()

    def _show_past(self, group: str, code: str) -> None:
        self.past.text.setText(code)
        self.past.show_group(group)
        self.shelves.setCurrentIndex(len(_SHELVES))
