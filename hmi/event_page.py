"""The event log: filter, search, time span, live tail, export, and whether the journal's chain has been verified."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QSignalBlocker, QStandardPaths, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hmi.controls import DeedButton, plain
from hmi.desk import Asked, Desk, Rows
from hmi.event_export import Export
from hmi.event_model import Column, EventModel, Wanted
from hmi.event_rows import EventRow, row_of
from hmi.model import Answer

translate = QCoreApplication.translate
_FILTER_AFTER_MS: Final = 250
_KINDS: Final = ("", "decision", "effect.", "order.refused", "interface.", "site.", "supervisor.", "journal.")


class EventPage(QWidget):
    """Tell it `grow` of the journal's length and `know_groups`. `base`: what it is bound to, whatever the fields say.
    `choose_file`: asks a person for the name of a file of this ending; "": he does not want one."""

    def __init__(
        self, desk: Desk, base: Wanted | None = None, choose_file: Callable[[QWidget, str], str] | None = None
    ) -> None:
        super().__init__()
        self._desk, self._base = desk, base or Wanted()
        self._choose_file = choose_file or _ask_file
        self._verified = 0
        self._export: Export | None = None
        self.model = EventModel(
            (
                translate("Events", "Time"),
                translate("Events", "Group"),
                translate("Events", "User"),
                translate("Events", "Kind"),
                translate("Events", "What"),
            )
        )
        self.model.ask.connect(self._ask)
        self._build()
        self._filtering = QTimer(self)
        self._filtering.setSingleShot(True)
        self._filtering.timeout.connect(self._want)
        self.model.rowsInserted.connect(self._grown)
        self._want()

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.addLayout(self._filters())
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self._rows())
        self.body = QPlainTextEdit()
        self.body.setReadOnly(True)
        self.body.setPlaceholderText(translate("Events", "Choose a row to see all that was journaled"))
        split.addWidget(self.body)
        split.setStretchFactor(0, 4)
        split.setStretchFactor(1, 1)
        whole.addWidget(split, 1)
        whole.addLayout(self._foot())
        self.setFocusProxy(self.span)

    def _filters(self) -> QGridLayout:
        grid = QGridLayout()
        self.span = QComboBox()
        for text, name in (
            (translate("Events", "All, live"), "all"),
            (translate("Events", "Last hour"), "hour"),
            (translate("Events", "Last 24 hours"), "24h"),
            (translate("Events", "Today"), "today"),
            (translate("Events", "Yesterday"), "yesterday"),
            (translate("Events", "From … to …"), "own"),
        ):
            self.span.addItem(text, name)
        now = QDateTime.currentDateTime()
        self.since, self.until = QDateTimeEdit(now.addSecs(-3600)), QDateTimeEdit(now)
        for edit in (self.since, self.until):
            edit.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
            edit.setCalendarPopup(True)
            edit.setEnabled(False)
            edit.dateTimeChanged.connect(self._soon)
        self.group = QComboBox()
        self.group.addItem(translate("Events", "All groups"), "")
        self.kind = QComboBox()
        for kind in _KINDS:
            self.kind.addItem(kind or translate("Events", "All kinds"), kind)
        self.text = QLineEdit()
        self.text.setPlaceholderText(translate("Events", "Search in what was journaled"))
        self.text.setClearButtonEnabled(True)
        self.live = QCheckBox(translate("Events", "&Follow the newest"))
        self.live.setChecked(True)
        fields = (self.span, self.since, self.until, self.group, self.kind)
        for at, field in enumerate(fields):
            field.setMinimumHeight(40)
            grid.addWidget(field, 0, at)
        self.text.setMinimumHeight(40)
        grid.addWidget(self.text, 1, 0, 1, 4)
        grid.addWidget(self.live, 1, 4)
        self.span.currentIndexChanged.connect(self._spanned)
        self.group.currentIndexChanged.connect(self._soon)
        self.kind.currentIndexChanged.connect(self._soon)
        self.kind.setVisible(not self._base.kind)
        self.text.textChanged.connect(self._soon)
        return grid

    def _rows(self) -> QTableView:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        rows = self.table.verticalHeader()
        rows.hide()
        # Every row is as high as another: nothing is measured, however many there are.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(max(28, self.fontMetrics().height() + 10))
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setHighlightSections(False)
        wide = self.fontMetrics().averageCharWidth()
        for column, chars in zip(Column, (26, 16, 14, 18, 20), strict=True):
            self.table.setColumnWidth(column, wide * chars)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        return self.table

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self.count = plain()
        self.mark = plain("? " + translate("Events", "chain not verified"))
        self.check = DeedButton(translate("Events", "&Verify the chain"))
        self.check.clicked.connect(self._check)
        self.to_csv = DeedButton(translate("Events", "Export &CSV"))
        self.to_pdf = DeedButton(translate("Events", "Export &PDF"))
        self.to_csv.clicked.connect(lambda: self.export("csv"))
        self.to_pdf.clicked.connect(lambda: self.export("pdf"))
        foot.addWidget(self.count)
        foot.addStretch(1)
        widgets: tuple[QLabel | DeedButton, ...] = (self.mark, self.check, self.to_csv, self.to_pdf)
        for widget in widgets:
            foot.addWidget(widget)
        return foot

    # What is wanted

    def know_groups(self, names: tuple[str, ...]) -> None:
        """The groups that can be chosen."""
        known = {self.group.itemData(at) for at in range(self.group.count())}
        for name in names:
            if name not in known:
                self.group.addItem(name, name)

    def show_group(self, name: str) -> None:
        """Look at the events of one group; "": of all."""
        self.know_groups((name,) if name else ())
        self.group.setCurrentIndex(max(self.group.findData(name), 0))

    def grow(self, last_seq: int) -> None:
        """The journal has so many rows now."""
        if self.live.isChecked() or self.model.rowCount() == 0:
            self.model.grow(last_seq)

    def wanted(self) -> Wanted:
        """What the fields say."""
        begin, end = self._span()
        return Wanted(
            from_ms=begin,
            to_ms=end,
            group=str(self.group.currentData()),
            kind=self._base.kind or str(self.kind.currentData()),
            text=self.text.text().strip() or self._base.text,
        )

    def _span(self) -> tuple[int, int]:
        now, today = QDateTime.currentDateTime(), QDate.currentDate()
        match self.span.currentData():
            case "hour":
                return now.addSecs(-3600).toMSecsSinceEpoch(), 0
            case "24h":
                return now.addSecs(-86_400).toMSecsSinceEpoch(), 0
            case "today":
                return today.startOfDay().toMSecsSinceEpoch(), 0
            case "yesterday":
                day = today.addDays(-1)
                return day.startOfDay().toMSecsSinceEpoch(), today.startOfDay().toMSecsSinceEpoch()
            case "own":
                return self.since.dateTime().toMSecsSinceEpoch(), self.until.dateTime().toMSecsSinceEpoch()
            case _:
                return 0, 0

    def _spanned(self) -> None:
        own = self.span.currentData() == "own"
        begin, end = self._span()
        for edit, at_ms in ((self.since, begin), (self.until, end)):
            edit.setEnabled(own)
            if not own and begin:  # they say what is looked at, and begin there when a span of one's own is chosen
                with QSignalBlocker(edit):
                    edit.setDateTime(QDateTime.fromMSecsSinceEpoch(at_ms) if at_ms else QDateTime.currentDateTime())
        self._soon()

    def _soon(self) -> None:
        self._filtering.start(_FILTER_AFTER_MS)

    def _want(self) -> None:
        wanted = self.wanted()
        if wanted != self.model.wanted:
            self.model.want(wanted)
            self.body.clear()
        self._count()

    def filter_now(self) -> None:
        """Without waiting for the next letter."""
        self._filtering.stop()
        self._want()

    # What comes

    def _ask(self, token: int, wanted: Wanted, after: int, limit: int, newest_first: bool) -> None:
        asked = Asked(
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
            group=wanted.group,
            kind=wanted.kind,
            text=wanted.text,
            after_seq=after,
            limit=limit,
            newest_first=newest_first,
        )
        self._desk.query(asked, lambda page: self._came(token, page))

    def _came(self, token: int, page: Rows | None) -> None:
        if page is None:
            self.model.failed(token)
            return
        rows = [row for row in map(row_of, page.rows) if row is not None]
        self.model.answered(token, rows, page.next_after)
        if page.verified_seq and page.verified_seq != self._verified:
            self._verified = page.verified_seq
            self.mark.setText("✓ " + translate("Events", "chain verified up to row {0}").format(self._verified))
        self._count()

    def _grown(self) -> None:
        if self.live.isChecked():
            self.table.scrollToTop()
        self._count()

    def _count(self) -> None:
        more = "" if self.model.complete else translate("Events", " and more: scroll on")
        self.count.setText(translate("Events", "{0} events{1}").format(self.model.rowCount(), more))

    def _chosen(self) -> None:
        row = self.model.row(self.table.currentIndex().row())
        self.body.setPlainText("" if row is None else _detail(row))

    # Evidence

    def _check(self) -> None:
        self.check.setEnabled(False)
        self.mark.setText("… " + translate("Events", "verifying"))
        self._desk.ask("VerifyJournal", self._checked)

    def _checked(self, answer: Answer) -> None:
        self.check.setEnabled(True)
        well, text = verification(answer)
        self.mark.setText({True: "✓ ", False: "✗ ", None: "? "}[well] + text)

    def export(self, ending: str) -> None:
        """What is shown, and all that lies behind it, into a file that the person names."""
        if self._export is not None:
            self._export.cancel()
            return
        name = self._choose_file(self, ending)
        if not name:
            return
        file = Path(name)
        if file.suffix.lower() != f".{ending}":
            file = file.with_name(f"{file.name}.{ending}")
        self.filter_now()
        title = translate("Events", "Events, {0}, until {1}")
        at = QDateTime.currentDateTime().toString(Qt.DateFormat.ISODate)
        self._export = Export(self._desk, self.wanted(), file, title.format(self.span.currentText(), at), self)
        self._export.came.connect(lambda rows: self.count.setText(translate("Events", "{0} exported").format(rows)))
        self._export.done.connect(self._exported)
        self._export.failed.connect(self._not_exported)
        self._export.start()

    def _exported(self, file: str, rows: int) -> None:
        self._export = None
        self.count.setText("✓ " + translate("Events", "{0} events in {1}").format(rows, file))

    def _not_exported(self, why: str) -> None:
        self._export = None
        self.count.setText("✗ " + translate("Events", "Not exported: {0}").format(why))


def verification(answer: Answer) -> tuple[bool | None, str]:
    """Whether the chain fits, None: not known, and what to say of it."""
    try:
        found = answer.data
        if found["ok"]:
            return True, translate("Events", "chain verified up to row {0}").format(found["last_seq"])
        fault = found["faults"][0]
        text = translate("Events", "chain BROKEN at row {0}: {1}")
        return False, text.format(fault["seq"], fault["what"])
    except (IndexError, KeyError, TypeError):
        return None, answer.trouble or translate("Events", "not verified: no answer")


def _detail(row: EventRow) -> str:
    return f"{row.seq}  {row.kind}  {row.group}  epoch {row.epoch}  {row.user}\n{row.text}\n\n{row.body}"


def _ask_file(parent: QWidget, ending: str) -> str:
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    stamp = QDateTime.currentDateTime().toString("yyyyMMdd-HHmm")
    name, _ = QFileDialog.getSaveFileName(
        parent, translate("Events", "Export events"), str(Path(folder) / f"otha-events-{stamp}.{ending}"), f"*.{ending}"
    )
    return name
