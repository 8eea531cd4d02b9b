"""The overview's board: every group as a tile, painted by one widget. A label per word would cost a core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hmi import symbols, theme
from hmi.tile import Tile, TileNode

_GAP: Final = 8
_MIN_WIDTH: Final = 236
_PAD: Final = 8.0
_SPARK_SHARE: Final = 0.3
_SPARK_MOST: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Ages of a group's worst heartbeat, the newest last, and the age at which it counts as lost."""

    ages_ms: tuple[float, ...]
    limit_ms: float


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
        self._elided: dict[tuple[str, int, bool, float], str] = {}
        self._measure()

    def _measure(self) -> None:
        self._big, self._small = theme.font(theme.TEXT_PT, bold=True), theme.font(theme.SMALL_PT)
        self._small_bold = theme.font(theme.SMALL_PT, bold=True)
        self._big_m, self._small_m = QFontMetricsF(self._big), QFontMetricsF(self._small)
        self._small_bold_m = QFontMetricsF(self._small_bold)
        line = self._small_m.height()
        self._line = line + 3
        self._tile_height = int(_PAD * 2 + self._big_m.height() + 3 + self._line * 4 + 2)
        self._heading_height = int(self._big_m.height() + 10)
        self._elided.clear()

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
        for name, placed in self._placed.items():
            if traces.get(name) != before.get(name):
                self.update(self._spark_box(self._line_box(placed.box, 2)).toAlignedRect())

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
        self._place()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self._measure()
            self._place()
            self.update()

    def _place(self) -> None:
        columns = max((self.width() - _GAP) // (_MIN_WIDTH + _GAP), 1)
        width = max((self.width() - _GAP * (columns + 1)) // columns, 80)
        self._placed, self._rows, self._headings = {}, [], []
        top = _GAP
        for name, tiles in self._arranged:
            if name:
                self._headings.append((QRect(_GAP, top, self.width() - 2 * _GAP, self._heading_height), name))
                top += self._heading_height
            for at in range(0, len(tiles), columns):
                row: list[_Placed] = []
                for column, tile in enumerate(tiles[at : at + columns]):
                    box = QRect(_GAP + column * (width + _GAP), top, width, self._tile_height)
                    placed = _Placed(tile, box, len(self._rows), column)
                    self._placed[tile.group] = placed
                    row.append(placed)
                self._rows.append(row)
                top += self._tile_height + _GAP
        self.setMinimumHeight(top)
        if self.chosen not in self._placed:
            self.chosen = self._rows[0][0].tile.group if self._rows else ""
        self._elided.clear()

    def _line_box(self, box: QRect, line: int) -> QRectF:
        """One of the four lines below a tile's head."""
        inner = QRectF(box).adjusted(_PAD, _PAD, -_PAD, -_PAD)
        top = inner.top() + self._big_m.height() + 3 + self._line * line
        return QRectF(inner.left(), top, inner.width(), self._line)

    def _head_box(self, box: QRect) -> QRectF:
        return QRectF(box.left(), box.top(), box.width(), _PAD + self._big_m.height() + 3)

    @staticmethod
    def _spark_box(line: QRectF) -> QRectF:
        width = min(line.width() * _SPARK_SHARE, _SPARK_MOST)
        return QRectF(line.right() - width, line.top() + 1, width, line.height() - 3)

    def _changed(self, placed: _Placed, tile: Tile) -> list[QRect]:
        """What of a tile is to be painted anew; words alone are the usual case."""
        was, box = placed.tile, placed.box
        outer = (was.priority, was.unacked, was.doubtful, was.corner, len(was.nodes), was.more)
        if outer != (tile.priority, tile.unacked, tile.doubtful, tile.corner, len(tile.nodes), tile.more):
            return [box]
        parts = [
            self._line_box(box, at)
            for at, pair in enumerate(zip(was.nodes, tile.nodes, strict=True))
            if pair[0] != pair[1]
        ]
        if (was.standby, was.sync) != (tile.standby, tile.sync):
            parts.append(self._line_box(box, 2))
        if (was.news, was.loud) != (tile.news, tile.loud):
            parts.append(self._line_box(box, 3))
        return [each.toAlignedRect() for each in parts]

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
        page = max(self.visibleRegion().boundingRect().height() // (self._tile_height + _GAP) - 1, 1)
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
                painter.setFont(self._big)
                painter.setPen(QColor(of.text))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        for placed in self._placed.values():
            if region.intersects(placed.box):
                self._paint(painter, placed, region)
        painter.end()

    def _paint(self, painter: QPainter, placed: _Placed, region: QRegion) -> None:
        of, tile = theme.now(), placed.tile
        stale = self._stale or tile.doubtful
        box = QRectF(placed.box)
        chosen = tile.group == self.chosen
        painter.fillRect(placed.box, QColor(of.panel))
        if stale:
            symbols.paint_hatch(painter, box)
        keyboard = chosen and self.hasFocus()
        width = 3 if keyboard else 2 if chosen or tile.priority is not None else 1
        painter.setPen(QPen(QColor(of.outline if chosen or tile.priority is not None else of.line), width))
        painter.drawRect(box.adjusted(width / 2, width / 2, -width / 2, -width / 2))
        if region.intersects(self._head_box(placed.box).toAlignedRect()):
            self._paint_head(painter, box.adjusted(_PAD, _PAD, -_PAD, -_PAD), tile, stale)
        for at, node in enumerate(tile.nodes):
            line = self._line_box(placed.box, at)
            if region.intersects(line.toAlignedRect()):
                self._paint_node(painter, line, node, stale)
        line = self._line_box(placed.box, 2)
        if region.intersects(line.toAlignedRect()):
            self._paint_standby(painter, line, tile, stale)
        line = self._line_box(placed.box, 3)
        if not region.intersects(line.toAlignedRect()):
            return
        if tile.news:
            self._text(painter, line, tile.news, bold=tile.loud, stale=stale)
        elif tile.more:
            self._text(painter, line, self.tr("+ {0} nodes").format(tile.more), stale=stale, muted=True)

    def _paint_head(self, painter: QPainter, inner: QRectF, tile: Tile, stale: bool) -> None:
        height = self._big_m.height()
        left = inner.left()
        if tile.priority is not None:
            size = height + 4
            mark = QRectF(left, inner.top() - 2, size, size)
            theme.paint_mark(painter, mark, tile.priority, unacked=tile.unacked, stale=stale)
            left += size + 6
        right = inner.right()
        corner_width = min(self._small_m.horizontalAdvance(tile.corner) + 2, (right - left) * 0.5)
        corner = QRectF(right - corner_width, inner.top(), corner_width, height)
        self._text(painter, corner, tile.corner, stale=stale, muted=True, align=Qt.AlignmentFlag.AlignRight)
        painter.setFont(self._big)
        painter.setPen(QColor(theme.now().muted if stale else theme.now().text))
        name = QRectF(left, inner.top(), right - left - corner_width - 6, height)
        painter.drawText(
            name,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self._cut(tile.group, name.width(), big=True),
        )

    def _paint_node(self, painter: QPainter, box: QRectF, node: TileNode, stale: bool) -> None:
        size = min(self._small_m.height() - 2, 14.0)
        symbols.paint_node(
            painter,
            QRectF(box.left(), box.top() + (box.height() - size) / 2, size, size),
            node.symbol,
            stale=stale,
        )
        left = box.left() + size + 6
        name_width = (box.right() - left) * 0.5
        self._text(painter, QRectF(left, box.top(), name_width - 4, box.height()), node.name, stale=stale)
        word = QRectF(left + name_width, box.top(), box.right() - left - name_width, box.height())
        self._text(painter, word, node.word, stale=stale, bold=not node.well)

    def _paint_standby(self, painter: QPainter, box: QRectF, tile: Tile, stale: bool) -> None:
        trace = self._traces.get(tile.group)
        words = tile.standby if tile.behind else f"{tile.standby}, {tile.sync}"
        width = box.width()
        if trace is not None:
            spark = self._spark_box(box)
            symbols.paint_spark(painter, spark, trace.ages_ms, trace.limit_ms, stale=stale)
            width -= spark.width() + 6
        self._text(
            painter,
            QRectF(box.left(), box.top(), width, box.height()),
            words,
            stale=stale,
            bold=not tile.standby_well,
        )

    def _text(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        *,
        stale: bool,
        bold: bool = False,
        muted: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        of = theme.now()
        painter.setFont(self._small_bold if bold else self._small)
        painter.setPen(QColor(of.muted if stale or muted else of.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | align, self._cut(text, box.width(), bold=bold))

    def _cut(self, text: str, width: float, *, big: bool = False, bold: bool = False) -> str:
        key = text, int(width), bold, 1.0 if big else 0.0
        found = self._elided.get(key)
        if found is None:
            metrics = self._big_m if big else self._small_bold_m if bold else self._small_m
            if len(self._elided) > 20_000:
                self._elided.clear()
            found = self._elided[key] = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        return found
