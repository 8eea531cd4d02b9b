"""A table of facts to read: rows of texts, where what has not changed stays as it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from hmi import theme
from hmi.group_rows import Rows


class FactTable(QTableWidget):
    """Rows of texts; what has not changed stays as it is, and so does what is chosen. Bold: wants eyes."""

    def __init__(self, name: str, columns: tuple[str, ...], wide: int) -> None:
        super().__init__(0, len(columns))
        self._columns = columns
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def head(self, columns: tuple[str, ...]) -> None:
        """Have these columns instead: all but the first share the room."""
        if columns != self._columns:
            self._columns = columns
            self.setColumnCount(len(columns))
            self.setHorizontalHeaderLabels(list(columns))
            header = self.horizontalHeader()
            for at in range(1, len(columns)):
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    def fill(self, rows: Rows) -> None:
        """Show these rows."""
        if self.rowCount() != len(rows):
            self.setRowCount(len(rows))
        for at, (texts, bold) in enumerate(rows):
            for column, text in enumerate(texts):
                item = self.item(at, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(at, column, item)
                if item.text() != text:
                    item.setText(text)
                    item.setToolTip(text)
                if item.font().bold() != bold:
                    item.setFont(theme.font(theme.TEXT_PT, bold=bold))
