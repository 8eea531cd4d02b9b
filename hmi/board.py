"""The overview's board: every group as a tile, painted by one widget. A label per word would cost a core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hmi import theme
from hmi.tile import Tile
from hmi.tile_painter import TilePainter, Trace

_GAP: Final = 8
_MIN_WIDTH: Final = 236


@dataclass(slots=True)
class _Placed:
    tile: Tile
    box: QRect
    row: int
    column: int


class Board(QWidget):
    """Tiles under headings. `chosen`: the name of the group that has the keyboard; "" none.

    Signals: `opened(str)` when a group is wanted (Enter, double click); `moved(QRect)` when the choice has moved there.
    """

    opened = Signal(str)
    moved = Signal(QRect)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Groups"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.chosen = ""
        self._arranged: list[tuple[str, list[Tile]]] = []
        self._traces: Mapping[str, Trace] = {}
        self._placed: dict[str, _Placed] = {}
        self._rows: list[list[_Placed]] = []
        self._headings: list[tuple[QRect, str]] = []
        self._stale = True
        self._painter = TilePainter()

    def show_tiles(self, arranged: Sequence[tuple[str, list[Tile]]], *, stale: bool) -> None:
        """Show these; what has not changed is not painted anew."""
        arranged = list(arranged)
        same_places = [(name, [each.group for each in tiles]) for name, tiles in arranged] == [
            (name, [each.group for each in tiles]) for name, tiles in self._arranged
        ]
        changed_trust, self._stale = stale != self._stale, stale
        self._arranged = arranged
        if not same_places:
            self._place()
            self.update()
            return
        for _, tiles in arranged:
            for tile in tiles:
                placed = self._placed[tile.group]
                if placed.tile != tile:
                    for part in self._changed(placed, tile):
                        self.update(part)
                    placed.tile = tile
        if changed_trust:
            self.update()

    def show_traces(self, traces: Mapping[str, Trace]) -> None:
        """Show these sparklines, by group."""
        before, self._traces = self._traces, traces
        places = self._painter.places
        for name, placed in self._placed.items():
            was, trace = before.get(name), traces.get(name)
            if (was is None) != (trace is None):
                self.update(places.standby(placed.box))  # the words before it have more room, or less
            elif was != trace:
                self.update(places.spark(placed.box))

    def choose(self, group: str) -> None:
        """Put the choice on this group, if it is there."""
        if group in self._placed and group != self.chosen:
            for each in (self.chosen, group):
                if each in self._placed:
                    self.update(self._placed[each].box)
            self.chosen = group
            self.setAccessibleDescription(self._placed[group].tile.text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
            self.moved.emit(self._placed[group].box)

    def box_of(self, group: str) -> QRect:
        """Where a group's tile is."""
        return self._placed[group].box

    # Places

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(_MIN_WIDTH * 4, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._place()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self._painter.measure()
            self._place()
            self.update()

    def _place(self) -> None:
        columns = max((self.width() - _GAP) // (_MIN_WIDTH + _GAP), 1)
        width = max((self.width() - _GAP * (columns + 1)) // columns, 80)
        places = self._painter.places
        self._placed, self._rows, self._headings = {}, [], []
        top = _GAP
        for name, tiles in self._arranged:
            if name:
                self._headings.append((QRect(_GAP, top, self.width() - 2 * _GAP, places.heading_height), name))
                top += places.heading_height
            for at in range(0, len(tiles), columns):
                row: list[_Placed] = []
                for column, tile in enumerate(tiles[at : at + columns]):
                    box = QRect(_GAP + column * (width + _GAP), top, width, places.tile_height)
                    placed = _Placed(tile, box, len(self._rows), column)
                    self._placed[tile.group] = placed
                    row.append(placed)
                self._rows.append(row)
                top += places.tile_height + _GAP
        self.setMinimumHeight(top)
        if self.chosen not in self._placed:
            self.chosen = self._rows[0][0].tile.group if self._rows else ""

    def _changed(self, placed: _Placed, tile: Tile) -> list[QRect]:
        """What of a tile is to be painted anew; words alone are the usual case."""
        was, box, places = placed.tile, placed.box, self._painter.places
        outer = (was.priority, was.unacked, was.doubtful, was.corner, len(was.nodes), was.more)
        if outer != (tile.priority, tile.unacked, tile.doubtful, tile.corner, len(tile.nodes), tile.more):
            return [box]
        parts = [
            places.line(box, at)
            for at, pair in enumerate(zip(was.nodes, tile.nodes, strict=True))
            if pair[0] != pair[1]
        ]
        if (was.standby, was.sync) != (tile.standby, tile.sync):
            parts.append(places.standby(box))
        if (was.news, was.loud) != (tile.news, tile.loud):
            parts.append(places.news(box))
        return parts

    # Keyboard and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        placed = self._placed.get(self.chosen)
        if placed is None:
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.chosen)
        elif (target := self._target(placed, key)) is not None:
            self.choose(target.tile.group)
        else:
            super().keyPressEvent(event)

    def _target(self, at: _Placed, key: Qt.Key) -> _Placed | None:
        flat = [each for row in self._rows for each in row]
        here = flat.index(at)
        page = max(self.visibleRegion().boundingRect().height() // (self._painter.places.tile_height + _GAP) - 1, 1)
        match key:
            case Qt.Key.Key_Right:
                return flat[min(here + 1, len(flat) - 1)]
            case Qt.Key.Key_Left:
                return flat[max(here - 1, 0)]
            case Qt.Key.Key_Down:
                return self._in_row(at.row + 1, at.column)
            case Qt.Key.Key_Up:
                return self._in_row(at.row - 1, at.column)
            case Qt.Key.Key_PageDown:
                return self._in_row(at.row + page, at.column)
            case Qt.Key.Key_PageUp:
                return self._in_row(at.row - page, at.column)
            case Qt.Key.Key_Home:
                return flat[0]
            case Qt.Key.Key_End:
                return flat[-1]
            case _:
                return None

    def _in_row(self, row: int, column: int) -> _Placed:
        found = self._rows[min(max(row, 0), len(self._rows) - 1)]
        return found[min(column, len(found) - 1)]

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        found = self._at(event.position().toPoint())
        if found is not None:
            self.choose(found.tile.group)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        found = self._at(event.position().toPoint())
        if found is not None:
            self.opened.emit(found.tile.group)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._at(event.pos())
            QToolTip.showText(event.globalPos(), found.tile.text if found is not None else "", self)
            return True
        return super().event(event)

    def focusInEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        self._update_chosen()

    def focusOutEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        self._update_chosen()

    def _update_chosen(self) -> None:
        if self.chosen in self._placed:
            self.update(self._placed[self.chosen].box)

    def _at(self, point: QPoint) -> _Placed | None:
        return next((each for each in self._placed.values() if each.box.contains(point)), None)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        of = theme.now()
        painter = QPainter(self)
        region = event.region()
        painter.fillRect(event.rect(), QColor(of.window))
        for box, name in self._headings:
            if region.intersects(box):
                painter.setFont(self._painter.head_font)
                painter.setPen(QColor(of.text))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        keyboard = self.hasFocus()
        for name, placed in self._placed.items():
            if region.intersects(placed.box):
                chosen = name == self.chosen
                self._painter.paint(
                    painter,
                    placed.tile,
                    placed.box,
                    self._traces.get(name),
                    stale=self._stale or placed.tile.doubtful,
                    chosen=chosen,
                    keyboard=chosen and keyboard,
                )
        painter.end()
