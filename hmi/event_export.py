"""Events into a file, page by page from the server: CSV as it comes, PDF when all of it is there."""

import html
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QMarginsF, QObject, QSaveFile, Signal
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from hmi.desk import Asked, Desk, Rows
from hmi.event_model import Wanted
from hmi.event_rows import EventRow, as_csv, local_time, row_of

translate = QCoreApplication.translate
PDF_ROWS_MAX: Final = 2_000
_PAGE: Final = 500


class Export(QObject):
    """One export. It ends with `done` (the file, rows) or `failed` (why). No half file is left where it fails."""

    done = Signal(str, int)
    failed = Signal(str)
    came = Signal(int)

    def __init__(self, desk: Desk, wanted: Wanted, file: Path, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._wanted, self._file, self._title = desk, wanted, file, title
        self._pdf = file.suffix.lower() == ".pdf"
        self._rows: list[EventRow] = []
        self._count = 0
        self._ended = False
        self._out = QSaveFile(str(file))

    def start(self) -> None:
        """Begin."""
        if not self._out.open(QSaveFile.OpenModeFlag.WriteOnly):
            self._fail(self._out.errorString())
            return
        if not self._pdf:
            # A spreadsheet takes the file for UTF-8 by its mark.
            self._out.write(b"\xef\xbb\xbf" + as_csv([]).encode())
        self._ask(0)

    def cancel(self) -> None:
        """Leave no file."""
        self._fail(translate("Events", "cancelled"))

    def _ask(self, after: int) -> None:
        wanted = self._wanted
        asked = Asked(
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
            group=wanted.group,
            kind=wanted.kind,
            text=wanted.text,
            after_seq=after,
            limit=_PAGE,
        )
        self._desk.query(asked, self._take)

    def _take(self, page: Rows | None) -> None:
        if self._ended:
            return
        if page is None:
            self._fail(translate("Events", "the server gave no answer"))
            return
        read = [row_of(each) for each in page.rows]
        rows = [row for row in read if row is not None]
        if len(rows) < len(read):
            self._fail(translate("Events", "the server sent rows that can't be read"))
            return
        self._count += len(rows)
        if self._pdf:
            self._rows += rows
            if self._count > PDF_ROWS_MAX:
                text = translate("Events", "more than {0} rows: choose a shorter time, or CSV")
                self._fail(text.format(PDF_ROWS_MAX))
                return
        elif self._out.write(as_csv(rows).partition("\r\n")[2].encode()) < 0:
            self._fail(self._out.errorString())
            return
        self.came.emit(self._count)
        if page.next_after:
            self._ask(page.next_after)
            return
        self._finish()

    def _finish(self) -> None:
        if self._pdf:
            print_pdf(self._out, self._title, self._rows)
        if not self._out.commit():
            self._fail(self._out.errorString())
            return
        self._ended = True
        self.done.emit(str(self._file), self._count)

    def _fail(self, why: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._out.cancelWriting()
        self._out.commit()
        self.failed.emit(why)


def as_html(title: str, rows: list[EventRow]) -> str:
    """The rows as a page to print. Text from the journal is never markup."""
    heads = (
        translate("Events", "Time"),
        translate("Events", "No"),
        translate("Events", "Group"),
        translate("Events", "User"),
        translate("Events", "Kind"),
        translate("Events", "What"),
    )
    head = "".join(f'<th align="left">{html.escape(each)}</th>' for each in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(cell)}</td>"
            for cell in (local_time(row.wall_ns), str(row.seq), row.group, row.user, row.kind, row.text)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<h3>{html.escape(title)}</h3>"
        f'<table width="100%" border="0.5" cellspacing="0" cellpadding="2">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def print_pdf(out: QSaveFile, title: str, rows: list[EventRow]) -> None:
    """The rows on A4, sideways."""
    writer = QPdfWriter(out)
    writer.setResolution(96)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageOrientation(QPageLayout.Orientation.Landscape)
    writer.setPageMargins(QMarginsF(12, 12, 12, 12), QPageLayout.Unit.Millimeter)
    writer.setTitle(title)
    writer.setCreator("OTHA")
    document = QTextDocument()
    font = document.defaultFont()
    font.setPointSizeF(7.5)
    document.setDefaultFont(font)
    document.setHtml(as_html(title, rows))
    document.print_(writer)
