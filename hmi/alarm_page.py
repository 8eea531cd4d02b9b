"""The alarm page: what wants somebody, what is kept quiet and why, and what to do about the one that is looked at."""

import uuid
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollArea,
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
from hmi.controls import DeedButton, named, plain
from hmi.desk import Desk, NoReply
from hmi.event_model import Wanted
from hmi.event_page import EventPage
from hmi.job import Target
from hmi.reply import Reply

translate = QCoreApplication.translate
_FILTER_AFTER_MS: Final = 120
_CELL_MARGIN: Final = 10
_GROUP_CHARS: Final = 20  # of a longer name the tool tip tells the rest
_SIDE_PX: Final = 296
_TABLE_PX: Final = 3 * _SIDE_PX
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
        self._shown: AlarmRow | None = None
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
        split.addWidget(self._table())
        split.addWidget(self._side())
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([_TABLE_PX, _SIDE_PX])
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
        to_group.activated.connect(self._go)
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

    def _side(self) -> QWidget:
        side = QWidget()
        side.setMinimumWidth(_SIDE_PX)
        whole = QVBoxLayout(side)
        self._title = plain(wraps=True)
        font = self._title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self._title.setFont(font)
        whole.addWidget(self._title)
        told = QWidget()
        form = QFormLayout(told)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        self._cause, self._consequence, self._response = (plain(wraps=True) for _ in range(3))
        for label, field in (
            (translate("Alarms", "Cause"), self._cause),
            (translate("Alarms", "Consequence"), self._consequence),
            (translate("Alarms", "What to do"), self._response),
        ):
            form.addRow(self._heading(label), field)
        # The buttons keep their size on the smallest screen; what does not fit above them is scrolled to.
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(told)
        whole.addWidget(area, 1)
        self.comment = QLineEdit()
        self.comment.setMaxLength(200)
        self.comment.setMinimumHeight(40)
        whole.addWidget(named(translate("Alarms", "&Comment"), self.comment))
        whole.addWidget(self.comment)
        self.period = QComboBox()
        self.period.setMinimumHeight(40)
        for minutes in (15, 30, 60, 240, 480, 720):
            self.period.addItem(translate("Alarms", "{0} min").format(minutes), minutes * 60)
        self.period.addItem(translate("Alarms", "until it is over"), 0)
        self.period.setCurrentIndex(1)
        whole.addLayout(self._deeds())
        self._answer = plain(wraps=True)
        whole.addWidget(self._answer)
        return side

    @staticmethod
    def _heading(text: str) -> QLabel:
        label = QLabel(text)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        return label

    def _deeds(self) -> QGridLayout:
        grid = QGridLayout()
        self.ack = DeedButton(translate("Alarms", "&Acknowledge"))
        self.reset = DeedButton(translate("Alarms", "&Reset"))
        self.shelve = DeedButton(translate("Alarms", "&Shelve"))
        self.unshelve = DeedButton(translate("Alarms", "&Unshelve"))
        self.out = DeedButton(translate("Alarms", "&Out of service"))
        self.back = DeedButton(translate("Alarms", "&In service"))
        self.group = DeedButton(translate("Alarms", "Show &group"))
        self.log = DeedButton(translate("Alarms", "&History"))
        grid.addWidget(self.ack, 0, 0)
        grid.addWidget(self.reset, 0, 1)
        grid.addWidget(self.period, 1, 0)
        grid.addWidget(self.shelve, 1, 1)
        grid.addWidget(self.unshelve, 2, 0)
        grid.addWidget(self.group, 2, 1)
        grid.addWidget(self.out, 3, 0)
        grid.addWidget(self.back, 3, 1)
        grid.addWidget(self.log, 4, 0, 1, 2)
        for button, method in (
            (self.ack, "AlarmAck"),
            (self.reset, "AlarmReset"),
            (self.shelve, "Shelve"),
            (self.unshelve, "Unshelve"),
            (self.out, "OutOfService"),
            (self.back, "InService"),
        ):
            button.clicked.connect(lambda _checked=False, method=method: self._order(method))
        self.group.clicked.connect(self._go)
        self.log.clicked.connect(self._log)
        return grid

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

    def choose(self, key: tuple[str, str]) -> None:
        """Look at this alarm."""
        self.filter.clear()
        self._filtering.stop()
        self.shelves.setCurrentIndex(0)
        self._show()
        self._chosen = key
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

    def _row_chosen(self, current: QModelIndex, _before: QModelIndex) -> None:
        row = self.model.row(current.row()) if current.isValid() else None
        if row is not None:
            self._chosen = row.key
        self._tell(row)

    def _choose_again(self) -> None:
        """The alarm that was looked at stays the one that is looked at, wherever it stands now."""
        first = self.model.row(0)
        if self._chosen is None and first is not None:
            # Who has chosen nothing looks at the most urgent one.
            self._chosen = first.key
        at = -1 if self._chosen is None else self.model.place(self._chosen)
        if at < 0:
            self.table.clearSelection()
            self._tell(None)
        elif self.table.currentIndex().row() != at or not self.table.selectionModel().hasSelection():
            self.table.selectRow(at)
        else:
            self._tell(self.model.row(at))

    def _changed(self, *_what: object) -> None:
        at = -1 if self._chosen is None else self.model.place(self._chosen)
        self._tell(self.model.row(at))

    def _tell(self, row: AlarmRow | None) -> None:
        if row == self._shown and row is not None:
            return
        other = row is None or self._shown is None or row.key != self._shown.key
        self._shown = row
        if row is None:
            self._title.setText(translate("Alarms", "Choose an alarm"))
        else:
            self._title.setText(f"{words.priority(row.priority)}  {row.owner}: {row.code.replace('_', ' ')}")
        self._explained(row)
        if other:
            self.comment.clear()
            self._answer.clear()
        self._enable(row)

    def _explained(self, row: AlarmRow | None) -> None:
        texts = ("", "", "") if row is None else (row.cause, row.consequence, row.response)
        for label, text in zip((self._cause, self._consequence, self._response), texts, strict=True):
            label.setText(text or "-")

    def _enable(self, row: AlarmRow | None) -> None:
        flags = () if row is None else row.flags
        self.ack.setEnabled(row is not None and row.state in ("unacked", "rtn_unacked", "latched_unacked"))
        self.reset.setEnabled(row is not None and row.state == "latched_acked")
        self.shelve.setEnabled(row is not None and "shelved" not in flags)
        self.period.setEnabled(self.shelve.isEnabled())
        self.unshelve.setEnabled("shelved" in flags)
        self.out.setEnabled(row is not None and "out_of_service" not in flags)
        self.back.setEnabled("out_of_service" in flags)
        self.group.setEnabled(row is not None and bool(row.group))
        self.log.setEnabled(row is not None)
        self.comment.setEnabled(row is not None)

    def doubt(self, stale: bool) -> None:
        """Whether what is listed can be trusted; without it no mark has a colour."""
        if stale != self._marks.stale:
            self._marks.stale = stale
            self.table.viewport().update()

    def answer_text(self) -> str:
        """What became of the last order."""
        return self._answer.text()

    def filter_now(self) -> None:
        """Without waiting for the next letter."""
        self._filtering.stop()
        self._show()

    # What the person does

    def _go(self) -> None:
        if self._shown is not None and self._shown.group:
            self.go_to.emit(self._shown.group)

    def _log(self) -> None:
        if self._shown is not None:
            self.past.text.setText(self._shown.code)
            self.past.show_group(self._shown.group)
            self.shelves.setCurrentIndex(len(_SHELVES))

    def _order(self, method: str) -> None:
        row = self._shown
        if row is None:
            return
        if method == "Shelve" and not self.comment.text().strip():
            self._answer.setText("✗ " + translate("Alarms", "Say why it is shelved"))
            self.comment.setFocus()
            return
        target = Target(
            group=row.owner,
            alarm=row.code,
            occurrence=row.occurrence,
            for_s=int(self.period.currentData()) if method == "Shelve" else 0,
            comment=self.comment.text(),
        )
        self._answer.setText(translate("Alarms", "Sent …"))
        self._desk.order(method, target, uuid.uuid4().hex, lambda reply: self._answered(row, reply))

    def _answered(self, row: AlarmRow, reply: Reply | NoReply) -> None:
        match reply:
            case NoReply.DENIED:
                text = "✗ " + translate("Alarms", "{0} may not do this").format(self._desk.user)
            case NoReply.LOST:
                text = "? " + translate("Alarms", "No answer: look whether it was taken")
            case Reply(accepted=True):
                text = "✓ " + translate("Alarms", "Taken")
            case Reply(obstacles=obstacles):
                text = "✗ " + "; ".join(obstacles)
        self._answer.setText(f"{row.code.replace('_', ' ')}: {text}")
