"""What stands in the cells of the list of alarms, and how a priority is painted there."""

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hmi import theme, words
from hmi.alarm_model import ROW_ROLE, Column
from hmi.alarm_rows import PRIORITIES, AlarmRow
from hmi.model import Priority

translate = QCoreApplication.translate
_Index = QModelIndex | QPersistentModelIndex


def cell(row: AlarmRow, column: Column) -> str:
    """What stands in a cell."""
    match column:
        case Column.PRIORITY:
            return words.priority_word(row.priority)
        case Column.STATE:
            return words.alarm_state(row.state)
        case Column.ALARM:
            first = translate("Alarms", " (first out)") if row.first_out else ""
            return row.code.replace("_", " ") + first
        case _:
            return ""


class MarkDelegate(QStyledItemDelegate):
    """A priority by its mark and its word: shape, number and colour, never colour alone. Stale: without the colour."""

    stale = False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """As Qt asks."""
        row = index.data(ROW_ROLE)
        style = QStyleOptionViewItem(option)
        self.initStyleOption(style, index)
        side = style.rect.height() - 8
        text, style.text = style.text, ""
        style.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, style, painter, style.widget)
        if not isinstance(row, AlarmRow) or row.priority not in PRIORITIES:
            return
        box = QRectF(style.rect.left() + 4, style.rect.top() + 4, side, side)
        priority = Priority(PRIORITIES.index(row.priority) + 1)
        theme.paint_mark(painter, box, priority, unacked=row.unacked, stale=self.stale)
        painter.setPen(style.palette.color(QPalette.ColorRole.Text))
        painter.setFont(style.font)
        words_at = style.rect.adjusted(side + 12, 0, 0, 0)
        painter.drawText(words_at, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
