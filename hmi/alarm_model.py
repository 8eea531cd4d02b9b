"""Alarms as a table. Ten thousand rows: what changed is told, and a filter is a pass over them, not a proxy."""

import time
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from hmi.alarm_rows import AlarmRow, Shelf, chosen
from hmi.event_rows import local_time

_Index = QModelIndex | QPersistentModelIndex
ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 1
_NS_PER_MS: Final = 1_000_000


class Column(IntEnum):
    """The columns."""

    PRIORITY = 0
    STATE = 1
    SINCE = 2
    GROUP = 3
    ALARM = 4
    DETAIL = 5


class AlarmModel(QAbstractTableModel):
    """The rows of one list. `words`: what stands in a cell of priority, state and alarm."""

    def __init__(self, headings: tuple[str, ...], words: Callable[[AlarmRow, Column], str]) -> None:
        super().__init__()
        self._headings = headings
        self._words = words
        self._all: dict[tuple[str, str], AlarmRow] = {}
        self._rows: list[AlarmRow] = []
        self._shelf = Shelf.ACTIVE
        self._needle = ""
        self._group: str | None = None

    def show(self, shelf: Shelf, needle: str, group: str | None = None) -> None:
        """Which rows are shown."""
        self._shelf, self._needle, self._group = shelf, needle, group
        self._choose()

    def take(self, rows: Iterable[AlarmRow]) -> None:
        """All alarms as they are now."""
        now = {row.key: row for row in rows}
        if now != self._all:
            self._all = now
            self._choose()

    def _choose(self) -> None:
        rows = chosen(self._all.values(), self._shelf, self._needle, self._group)
        before = self._rows
        if [row.key for row in rows] == [row.key for row in before]:
            self._rows = rows
            for at, (was, is_) in enumerate(zip(before, rows, strict=True)):
                if was != is_:
                    self.dataChanged.emit(self.index(at, 0), self.index(at, len(Column) - 1))
            return
        if len(rows) != len(before):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        places = {row.key: at for at, row in enumerate(rows)}
        moved = [self._moved(each, before, places) for each in kept]
        self._rows = rows
        now = [self._at(at, each.column()) for at, each in zip(moved, kept, strict=True)]
        self.changePersistentIndexList(kept, now)
        self.layoutChanged.emit()

    @staticmethod
    def _moved(index: QModelIndex, before: list[AlarmRow], places: dict[tuple[str, str], int]) -> int:
        return places.get(before[index.row()].key, -1) if index.row() < len(before) else -1

    def _at(self, row: int, column: int) -> QModelIndex:
        return self.index(row, column) if row >= 0 else QModelIndex()

    def row(self, number: int) -> AlarmRow | None:
        """The alarm in this row."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def place(self, key: tuple[str, str]) -> int:
        """The row of this alarm; -1: it is not shown."""
        return next((at for at, row in enumerate(self._rows) if row.key == key), -1)

    def count(self, shelf: Shelf) -> int:
        """How many alarms stand on a list, whatever the filter."""
        return sum(row.shelf is shelf for row in self._all.values())

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - as Qt has it
        """As Qt asks."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - as Qt has it
        """As Qt asks."""
        return 0 if parent.isValid() else len(Column)

    def headerData(  # noqa: N802 - as Qt has it
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # Any: as Qt has it
        """As Qt asks."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._headings[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Any: as Qt has it
        """As Qt asks."""
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        match Column(index.column()):
            case Column.SINCE:
                return _since(row.since_ms, whole=role == Qt.ItemDataRole.ToolTipRole)
            case Column.GROUP:
                return row.owner
            case Column.DETAIL:
                return row.detail
            case column:
                return self._words(row, column)


def _since(at_ms: int, *, whole: bool) -> str:
    """The time of day; with the date where it was not today."""
    if not at_ms:
        return ""
    text = local_time(at_ms * _NS_PER_MS)
    if whole:
        return text
    today = local_time(time.time_ns())[:10]
    return text[11:19] if text[:10] == today else text[5:16]
