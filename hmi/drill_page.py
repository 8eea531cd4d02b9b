"""Transfers and drills as evidence: one a line, the sheet of the chosen one, and into a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QMarginsF, QSaveFile, QStandardPaths, Qt, QUrl, Signal
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from hmi import say, theme
from hmi.controls import DeedButton, plain
from hmi.desk import Desk
from hmi.event_rows import local_time
from hmi.model import Answer
from hmi.transfer_rows import TransferRow, percent, row_of

translate = QCoreApplication.translate
_LIMIT: Final = 200


class Sheet(QTextBrowser):
    """Shows HTML of the server and loads nothing that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:  # noqa: N802 - as Qt has it. Any: as Qt has it
        """Nothing is loaded."""
        return None


class DrillPage(QWidget):
    """`drill`: a person wants to rehearse in this group."""

    drill = Signal(str)

    def __init__(self, desk: Desk, choose_file: Callable[[QWidget, str], str] | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._choose_file = choose_file or _ask_file
        self._rows: list[TransferRow] = []
        self._html = ""
        whole = QVBoxLayout(self)
        whole.addLayout(self._head())
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self._list())
        self.sheet = Sheet()
        self.sheet.setPlaceholderText(translate("Drills", "Choose a transfer to see its sheet"))
        split.addWidget(self.sheet)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        whole.addWidget(split, 1)
        self.said = plain(wraps=True)
        whole.addWidget(self.said)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        self.group = QComboBox()
        self.group.addItem(translate("Drills", "All groups"), "")
        self.group.setMinimumHeight(40)
        self.group.currentIndexChanged.connect(self.refresh)
        self.only = QCheckBox(translate("Drills", "&Drills alone"))
        self.only.toggled.connect(self.refresh)
        again = DeedButton(translate("Drills", "&Look anew"))
        again.clicked.connect(self.refresh)
        self.start = DeedButton(translate("Drills", "&Start a drill …"))
        self.start.clicked.connect(lambda: self.drill.emit(str(self.group.currentData())))
        self.save = DeedButton(translate("Drills", "Sheet as &PDF"))
        self.save.setEnabled(False)
        self.save.clicked.connect(lambda: self.export("pdf"))
        self.save_html = DeedButton(translate("Drills", "Sheet as &HTML"))
        self.save_html.setEnabled(False)
        self.save_html.clicked.connect(lambda: self.export("html"))
        for widget in (self.group, self.only, again, self.start):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.save)
        head.addWidget(self.save_html)
        return head

    def _list(self) -> QTableWidget:
        headings = (
            translate("Drills", "When"),
            translate("Drills", "Group"),
            translate("Drills", "What"),
            translate("Drills", "From"),
            translate("Drills", "To"),
            translate("Drills", "By"),
            translate("Drills", "Ended"),
            translate("Drills", "Took\nms"),
            translate("Drills", "Gap ms\n(bound)"),
            translate("Drills", "Bump"),
            translate("Drills", "Bounds"),
        )
        self.table = QTableWidget(0, len(headings))
        self.table.setHorizontalHeaderLabels(headings)
        # Eleven columns have to stand beside each other on the smallest screen.
        self.table.setFont(theme.font(theme.SMALL_PT))
        self.table.horizontalHeader().setFont(theme.font(theme.SMALL_PT))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.currentCellChanged.connect(lambda row, *_rest: self._chosen(row))
        return self.table

    def know_groups(self, names: tuple[str, ...]) -> None:
        """The groups that can be chosen."""
        known = {self.group.itemData(at) for at in range(self.group.count())}
        for name in names:
            if name not in known:
                self.group.addItem(name, name)

    def may_drill(self, why_not: str) -> None:
        """Whether a drill can be had, "" if so."""
        self.start.setEnabled(not why_not)
        self.start.setToolTip(why_not)

    def refresh(self) -> None:
        """Ask anew."""
        self.said.setText("…")
        group, drills = str(self.group.currentData()), self.only.isChecked()
        self._desk.ask("Transfers", self._came, Group=group, Drills=drills, Limit=_LIMIT)

    def _came(self, answer: Answer) -> None:
        if answer.trouble or not answer.outputs:
            self.said.setText("? " + (answer.trouble or translate("Drills", "no answer")))
            return
        self._rows = [row for row in map(row_of, answer.data or ()) if row is not None]
        more = translate("Drills", ", and older ones") if len(answer.outputs) > 1 and answer.outputs[1] else ""
        self.said.setText(translate("Drills", "{0} transfers{1}").format(len(self._rows), more))
        self.table.clearSelection()
        self.table.setRowCount(len(self._rows))
        for at, row in enumerate(self._rows):
            for column, text in enumerate(_cells(row)):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{local_time(row.wall_ns)} {row.bump_output}".strip())
                self.table.setItem(at, column, item)

    def _chosen(self, at: int) -> None:
        self._html = ""
        self.save.setEnabled(False)
        self.save_html.setEnabled(False)
        if not 0 <= at < len(self._rows):
            self.sheet.clear()
            return
        wanted = self._rows[at].id
        self.sheet.setPlainText("…")
        self._desk.ask("Report", lambda answer: self._reported(wanted, answer), Id=wanted)

    def _reported(self, wanted: int, answer: Answer) -> None:
        at = self.table.currentRow()
        if not 0 <= at < len(self._rows) or self._rows[at].id != wanted:
            return
        if answer.trouble or len(answer.outputs) < 2:
            self.sheet.setPlainText("? " + (answer.trouble or translate("Drills", "no answer")))
            return
        self._html = str(answer.outputs[1])
        self.sheet.setHtml(self._html)
        self.save.setEnabled(True)
        self.save_html.setEnabled(True)

    def export(self, ending: str) -> None:
        """The sheet into a file that the person names."""
        name = self._choose_file(self, ending)
        if not name or not self._html:
            return
        file = Path(name)
        if file.suffix.lower() != f".{ending}":
            file = file.with_name(f"{file.name}.{ending}")
        out = QSaveFile(str(file))
        well = out.open(QSaveFile.OpenModeFlag.WriteOnly)
        if well and ending == "pdf":
            writer = QPdfWriter(out)
            writer.setResolution(96)
            writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
            writer.setPageMargins(QMarginsF(15, 15, 15, 15))
            document = QTextDocument()
            document.setHtml(self._html)
            document.print_(writer)
        elif well:
            well = out.write(self._html.encode()) >= 0
        well = well and out.commit()
        if well:
            self.said.setText("✓ " + translate("Drills", "Written: {0}").format(file))
        else:
            self.said.setText("✗ " + translate("Drills", "Not written: {0}").format(out.errorString()))


def _cells(row: TransferRow) -> tuple[str, ...]:
    drill = translate("Drills", "drill")
    kind = say.transfer(row.kind)
    what = f"{drill}: {kind}" if row.drill else kind
    bound = "" if row.gap_bound_ms < 0 else f" ({row.gap_bound_ms})"
    kept = {True: "✓", False: "✗ " + translate("Drills", "missed"), None: "-"}[row.kept]
    sign = "✓ " if row.well else ("… " if not row.ending else "✗ ")
    return (
        local_time(row.wall_ns)[:16],
        row.group,
        what,
        row.from_node,
        row.to_node,
        row.by or say.cause(row.cause),
        sign + say.ending(row.ending),
        "-" if row.took_ms < 0 else str(row.took_ms),
        ("-" if row.gap_ms < 0 else str(row.gap_ms)) + bound,
        percent(row.bump),
        kept,
    )


def _ask_file(parent: QWidget, ending: str) -> str:
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    name, _ = QFileDialog.getSaveFileName(
        parent, translate("Drills", "Save the sheet"), str(Path(folder) / f"otha-sheet.{ending}"), f"*.{ending}"
    )
    return name
