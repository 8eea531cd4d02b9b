"""Texts that have less room than they need: `python -m tests.hmi.clipped LANGUAGE` prints each, one a line.

A process of its own, as the language of one that runs does not change. At the smallest window that is promised, on the
played site with the most to show.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QTableView, QWidget

from hmi import language, theme
from hmi.alarm_model import Column
from hmi.feed import Model
from hmi.order_dialog import OrderDialog
from hmi.pages.alarms import AlarmsPage
from hmi.window import SMALLEST, Window
from tests.hmi.pictures import dialogs, screens, settle
from tests.hmi.scenes import PlayedSession, Scene

_FRAME_PX = 48  # what the window system puts around a dialog
_CELL_MARGIN = 10  # what the style leaves free at both ends of a cell


def clipped(window: QWidget) -> Iterator[str]:
    """What is clipped of what is seen."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QPushButton) or (isinstance(widget, QLabel) and not widget.wordWrap()):
            if widget.minimumHeight() > widget.height():
                yield f"{type(widget).__name__} {widget.text()!r}: {widget.height()} of {widget.minimumHeight()} high"
            if widget.sizeHint().width() > widget.width():
                yield f"{type(widget).__name__} {widget.text()!r}: {widget.width()} of {widget.sizeHint().width()}"
        elif isinstance(widget, QLabel) and widget.heightForWidth(widget.width()) > widget.height():
            yield f"QLabel {widget.text()!r}: {widget.height()} of {widget.heightForWidth(widget.width())} high"
        elif isinstance(widget, QTableView):
            yield from _headings(widget)


def _scrolled(dialog: QWidget) -> Iterator[str]:
    """A dialog is whole on every screen: what operates is never out of sight."""
    for area in dialog.findChildren(QScrollArea):
        if below := area.verticalScrollBar().maximum():
            yield f"{below} pixels of it are out of sight"


def _headings(table: QTableView) -> Iterator[str]:
    head = table.horizontalHeader()
    for at in range(head.count()):
        needed = head.sectionSizeHint(at)
        if head.isVisible() and head.sectionSize(at) < needed:
            text = table.model().headerData(at, Qt.Orientation.Horizontal)
            yield f"heading {text!r}: {head.sectionSize(at)} of {needed}"


def _alarms(page: AlarmsPage) -> Iterator[str]:
    """Cells of the list of alarms; its last column has what is left over."""
    table = page.page.table
    wide = table.fontMetrics().horizontalAdvance
    for row in range(table.model().rowCount()):
        for column in (Column.PRIORITY, Column.STATE, Column.SINCE, Column.GROUP, Column.ALARM):
            text = str(table.model().index(row, column).data())
            if table.columnWidth(column) < wide(text) + _CELL_MARGIN:
                yield f"alarm {text!r}: {table.columnWidth(column)} of {wide(text) + _CELL_MARGIN}"


def main(spoken: str) -> None:
    """Look at every screen."""
    app = QApplication(sys.argv[:1])
    theme.use(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "layout.ini"), QSettings.Format.IniFormat)
        settings.setValue("sound", "off")
        settings.setValue(language.KEY, spoken)
        language.install(app, settings)
        model = Model()
        window = Window(model, PlayedSession(model), settings)
        window.resize(*SMALLEST)
        window.show()
        for scene in (Scene.NORMAL, Scene.FLOOD):
            for name, _ in screens(window, scene):
                page = window.pages[window.current]
                more = _alarms(page) if isinstance(page, AlarmsPage) else iter(())
                for each in (*clipped(window), *more):
                    sys.stdout.write(f"{name}-{scene.value}: {each}\n")
        for name, dialog in dialogs(window):
            if isinstance(dialog, OrderDialog):
                dialog.resize(dialog.width(), SMALLEST[1] - _FRAME_PX)
                settle(window)
            for each in (*clipped(dialog), *_scrolled(dialog)):
                sys.stdout.write(f"{name}: {each}\n")
        window.close()


if __name__ == "__main__":
    main(sys.argv[1])
