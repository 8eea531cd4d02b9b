"""The journal as a table that is read from the server as it is looked at: a million rows cost what is on the screen.

Without a filter the table is the journal itself, whose numbers have no gap, and only blocks that are looked at are
fetched. With a filter the server looks for the rows, page by page, and the table grows as it is scrolled.
"""

from collections import OrderedDict
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from hmi.event_rows import EventRow, local_time

BLOCK: Final = 200
BLOCKS_KEPT: Final = 60
PAGE: Final = 500
NOT_YET: Final = "…"
_OLDER, _NEWER = -1, -2  # what a page is for, where it is no block
_Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns."""

    TIME = 0
    GROUP = 1
    USER = 2
    KIND = 3
    TEXT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are wanted. Times in milliseconds since 1970 UTC, 0: open."""

    from_ms: int = 0
    to_ms: int = 0
    group: str = ""
    kind: str = ""
    text: str = ""

    @property
    def all(self) -> bool:
        """Everything is wanted."""
        return self == Wanted()


class EventModel(QAbstractTableModel):
    """The newest row is on top. Asks for rows by `ask(token, wanted, after_seq, limit, newest_first)`; the answer comes
    to `answered`, or `failed` says that there is none."""

    ask = Signal(int, object, object, int, bool)  # a row's number may be longer than a C int

    def __init__(self, headings: tuple[str, ...]) -> None:
        super().__init__()
        self._headings = headings
        self._wanted = Wanted()
        self._token = 0
        self._size = 0
        self._blocks: OrderedDict[int, dict[int, EventRow]] = OrderedDict()
        self._read_to: dict[int, int] = {}  # by block: the journal's length when it was asked for
        self._waiting: dict[int, int] = {}
        self._found: list[EventRow] = []
        self._next = 0
        self._more = False
        self._searched_to = 0  # every row up to this one was looked at, or lies on a page that is still to come

    @property
    def wanted(self) -> Wanted:
        """Which rows are shown."""
        return self._wanted

    @property
    def complete(self) -> bool:
        """Everything that is wanted has been found; always so without a filter."""
        return self._wanted.all or not self._more

    def want(self, wanted: Wanted) -> None:
        """Show these rows."""
        self.beginResetModel()
        self._wanted = wanted
        self._waiting.clear()
        self._found, self._next, self._more = [], 0, not wanted.all
        self._searched_to = self._size
        self._forget()
        self.endResetModel()
        if not wanted.all:
            self._ask(_OLDER, 0, PAGE)

    def grow(self, last_seq: int) -> None:
        """The journal has so many rows now."""
        before, self._size = self._size, last_seq
        if last_seq < before:
            # Another journal: nothing of what was read belongs to it.
            self._size = last_seq
            self.want(self._wanted)
        elif not self._wanted.all:
            self._look_for_newer()
        elif last_seq > before:
            self._size = before
            self.beginInsertRows(QModelIndex(), 0, last_seq - before - 1)
            self._size = last_seq
            self.endInsertRows()

    def _look_for_newer(self) -> None:
        """The first page, which looks from the newest row on, comes before."""
        waiting = self._waiting.values()
        asked = _NEWER in waiting or (not self._found and _OLDER in waiting)
        if self._wanted.to_ms == 0 and self._size > self._searched_to and not asked:
            self._ask(_NEWER, self._searched_to, PAGE)

    def answered(self, token: int, rows: list[EventRow], next_after: int) -> None:
        """A page of rows. What was asked for before the last change of filter is dropped."""
        match self._waiting.pop(token, None):
            case None:
                return
            case block if block == _OLDER:
                self._more, self._next = next_after > 0, next_after
                self._searched_to = max([self._searched_to, *(row.seq for row in rows)])
                self._insert(len(self._found), rows)
            case block if block == _NEWER:
                fresh = [row for row in rows if row.seq > self._searched_to]
                self._searched_to = max([next_after or self._size, *(row.seq for row in rows)])
                self._insert(0, fresh[::-1])
            case block:
                self._keep(block, rows, next_after)

    def failed(self, token: int) -> None:
        """No answer came; it is asked for again when it is looked at again."""
        block = self._waiting.pop(token, None)
        if block is not None and block >= 0:
            self._read_to.pop(block, None)

    def _insert(self, at: int, rows: list[EventRow]) -> None:
        if rows:
            self.beginInsertRows(QModelIndex(), at, at + len(rows) - 1)
            self._found[at:at] = rows
            self.endInsertRows()

    def _keep(self, block: int, rows: list[EventRow], next_after: int) -> None:
        self._blocks.setdefault(block, {}).update({row.seq: row for row in rows})
        self._blocks.move_to_end(block)
        while len(self._blocks) > BLOCKS_KEPT:
            self._read_to.pop(self._blocks.popitem(last=False)[0], None)
        if 0 < next_after < (block + 1) * BLOCK and rows:
            # The server's page ends by bytes, too.
            self._ask(block, next_after, (block + 1) * BLOCK - next_after)
        first = max(self._size - (block + 1) * BLOCK, 0)
        last = min(self._size - block * BLOCK, self._size) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(Column) - 1))

    def _forget(self) -> None:
        self._blocks.clear()
        self._read_to.clear()

    def _ask(self, block: int, after: int, limit: int) -> None:
        self._token += 1
        self._waiting[self._token] = block
        self.ask.emit(self._token, self._wanted, after, limit, block == _OLDER)

    def row(self, number: int) -> EventRow | None:
        """The row of the table; None: it is not read yet."""
        if not self._wanted.all:
            return self._found[number] if 0 <= number < len(self._found) else None
        seq = self._size - number
        if number < 0 or seq < 1:
            return None
        block = (seq - 1) // BLOCK
        found = self._blocks.get(block, {}).get(seq)
        if found is None and self._read_to.get(block, -1) < self._size and block not in self._waiting.values():
            self._read_to[block] = self._size
            self._ask(block, block * BLOCK, BLOCK)
        return found

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - as Qt has it
        """As Qt asks."""
        if parent.isValid():
            return 0
        return self._size if self._wanted.all else len(self._found)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - as Qt has it
        """As Qt asks."""
        return 0 if parent.isValid() else len(Column)

    def canFetchMore(self, parent: _Index) -> bool:  # noqa: N802 - as Qt has it
        """As Qt asks."""
        return not parent.isValid() and not self._wanted.all and self._more and _OLDER not in self._waiting.values()

    def fetchMore(self, parent: _Index) -> None:  # noqa: N802 - as Qt has it
        """As Qt asks."""
        if self.canFetchMore(parent):
            self._ask(_OLDER, self._next, PAGE)

    def headerData(  # noqa: N802 - as Qt has it
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # Any: as Qt has it
        """As Qt asks."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._headings[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Any: as Qt has it
        """As Qt asks."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self.row(index.row())
        if row is None:
            return NOT_YET if index.column() == Column.TIME else None
        match Column(index.column()):
            case Column.TIME:
                return local_time(row.wall_ns)
            case Column.GROUP:
                return row.group
            case Column.USER:
                return row.user
            case Column.KIND:
                return row.kind
            case Column.TEXT:
                return row.text
