"""How a tile is painted, and where its lines are. A line is set once and kept: at five changes a second of each group
the setting of words that have not changed would cost more than all else."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from hmi import symbols, theme
from hmi.paint_cache import Draw, PaintCache
from hmi.tile import NODES_SHOWN, Tile, TileNode

PAD: Final = 8
_MARK_ABOVE: Final = 2  # by so much an alarm's mark is higher than the name beside it
_SPARK_SHARE: Final = 0.3
_SPARK_MOST: Final = 90.0
_NARROW: Final = 85  # percent of a letter's width
_STANDBY_LINE: Final = NODES_SHOWN
_NEWS_LINE: Final = NODES_SHOWN + 1
_LINES: Final = NODES_SHOWN + 2
_LEFT: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Ages of a group's worst heartbeat, the newest last, and the age at which it counts as lost."""

    ages_ms: tuple[float, ...]
    limit_ms: float


class Places:
    """Where a tile's parts are within its box, by the height of the fonts."""

    def __init__(self, head: float, line: float) -> None:
        self._head = math.ceil(head) + 3
        self._line = math.ceil(line) + 3
        self.tile_height = PAD * 2 + self._head + self._line * _LINES + 2
        self.heading_height = math.ceil(head) + 10

    def head(self, box: QRect) -> QRect:
        """The alarm's mark, the group's name, and what stands in the corner."""
        return QRect(box.left() + PAD, box.top() + PAD - _MARK_ABOVE, box.width() - 2 * PAD, self._head + _MARK_ABOVE)

    def line(self, box: QRect, number: int) -> QRect:
        """One of the lines below the head."""
        top = box.top() + PAD + self._head + self._line * number
        return QRect(box.left() + PAD, top, box.width() - 2 * PAD, self._line)

    def standby(self, box: QRect) -> QRect:
        """How the standby and its copy stand, with the sparkline at the right end."""
        return self.line(box, _STANDBY_LINE)

    def news(self, box: QRect) -> QRect:
        """What is going on."""
        return self.line(box, _NEWS_LINE)

    def spark(self, box: QRect) -> QRect:
        """The sparkline."""
        line = self.standby(box)
        width = int(min(line.width() * _SPARK_SHARE, _SPARK_MOST))
        return QRect(line.right() + 1 - width, line.top() + 1, width, line.height() - 3)


class TilePainter:
    """Paints tiles. `places`: where their parts are; `head_font`: of a group's name, and of headings."""

    def __init__(self) -> None:
        self._cache = PaintCache()
        self.measure()

    def measure(self) -> None:
        """Fonts or colours are others now."""
        self._cache.clear()
        self.head_font, self._font = theme.font(theme.TEXT_PT, bold=True), theme.font(theme.SMALL_PT)
        self._bold_font = theme.font(theme.SMALL_PT, bold=True)
        self._head_height = QFontMetricsF(self.head_font).height()
        self._line_height = QFontMetricsF(self._font).height()
        self.places = Places(self._head_height, self._line_height)

    def paint(
        self,
        painter: QPainter,
        tile: Tile,
        box: QRect,
        trace: Trace | None,
        *,
        stale: bool,
        chosen: bool,
        keyboard: bool,
    ) -> None:
        """A tile in its box. `chosen`: by the arrow keys, which `keyboard` go to it now."""
        of = theme.now()
        painter.fillRect(box, QColor(of.panel))
        if stale:
            symbols.paint_hatch(painter, QRectF(box))
        marked = chosen or tile.priority is not None
        width = 3 if keyboard else 2 if marked else 1
        painter.setPen(QPen(QColor(of.outline if marked else of.line), width))
        painter.drawRect(QRectF(box).adjusted(width / 2, width / 2, -width / 2, -width / 2))
        places = self.places
        head = tile.group, tile.corner, tile.priority, tile.unacked
        self._part(painter, places.head(box), ("head", head), lambda on, at: self._head(on, at, tile, stale), stale)
        for number, node in enumerate(tile.nodes):
            self._node_line(painter, places.line(box, number), node, stale)
        self._standby(painter, box, tile, trace, stale)
        if tile.news:
            self._words(painter, places.news(box), tile.news, stale, bold=tile.loud)
        elif tile.more:
            more = QCoreApplication.translate("Board", "+ {0} nodes").format(tile.more)
            self._words(painter, places.news(box), more, stale, muted=True)

    def _part(
        self, painter: QPainter, box: QRect, place: Hashable, draw: Draw, stale: bool, said: object = None
    ) -> None:
        """Paint a part of a tile. What is stale has strokes behind it, and changes no more: nothing of it is kept."""
        of = theme.now()
        if stale:
            draw(painter, QRectF(box))
        else:
            self._cache.paint(painter, box, QColor(of.panel), (of.name, place), draw, said)

    def _head(self, painter: QPainter, box: QRectF, tile: Tile, stale: bool) -> None:
        of, height = theme.now(), self._head_height
        left, top = box.left(), box.top() + _MARK_ABOVE
        if tile.priority is not None:
            size = height + 4
            mark = QRectF(left, box.top(), size, size)
            theme.paint_mark(painter, mark, tile.priority, unacked=tile.unacked, stale=stale)
            left += size + 6
        corner_width = min(QFontMetricsF(self._font).horizontalAdvance(tile.corner) + 2, (box.right() - left) * 0.5)
        corner = QRectF(box.right() - corner_width, top, corner_width, height)
        _set(painter, corner, tile.corner, self._font, of.muted, _RIGHT)
        name = QRectF(left, top, corner.left() - left - 6, height)
        _set(painter, name, tile.group, self.head_font, of.muted if stale else of.text, _LEFT)

    def _node_line(self, painter: QPainter, box: QRect, node: TileNode, stale: bool) -> None:
        self._part(painter, box, ("node", node), lambda on, at: self._node(on, at, node, stale), stale)

    def _node(self, painter: QPainter, box: QRectF, node: TileNode, stale: bool) -> None:
        size = min(self._line_height - 2, 14.0)
        symbol = QRectF(box.left(), box.top() + (box.height() - size) / 2, size, size)
        symbols.paint_node(painter, symbol, node.symbol, stale=stale)
        ink = theme.now().muted if stale else theme.now().text
        left = box.left() + size + 6
        name_width = (box.right() - left) * 0.5
        name = QRectF(left, box.top(), name_width - 4, box.height())
        _set(painter, name, node.name, self._font, ink, _LEFT)
        word = QRectF(left + name_width, box.top(), box.right() - left - name_width, box.height())
        _set(painter, word, node.word, self._font if node.well else self._bold_font, ink, _LEFT)

    def _standby(self, painter: QPainter, box: QRect, tile: Tile, trace: Trace | None, stale: bool) -> None:
        line = self.places.standby(box)
        if trace is not None:
            spark = self.places.spark(box)
            line.setRight(spark.left() - 7)

            def draw(on: QPainter, at: QRectF) -> None:
                symbols.paint_spark(on, at.adjusted(0, 0, 0, -1), trace.ages_ms, trace.limit_ms, stale=stale)

            self._part(painter, spark, ("spark", tile.group), draw, stale, said=trace)
        words = f"{tile.standby}, {tile.sync}" if tile.standby_well else tile.standby
        self._words(painter, line, words, stale, bold=not tile.standby_well)

    def _words(
        self, painter: QPainter, box: QRect, text: str, stale: bool, *, bold: bool = False, muted: bool = False
    ) -> None:
        ink = theme.now().muted if stale or muted else theme.now().text
        font = self._bold_font if bold else self._font
        place = "words", text, bold, muted
        self._part(painter, box, place, lambda on, at: _set(on, at, text, font, ink, _LEFT), stale)


def _set(painter: QPainter, box: QRectF, text: str, font: QFont, ink: str, align: Qt.AlignmentFlag) -> None:
    """Set a text; set narrower where it is too long for its box, and cut where that is not enough."""
    if QFontMetricsF(font).horizontalAdvance(text) > box.width():
        font = QFont(font)
        font.setStretch(_NARROW)
    painter.setFont(font)
    painter.setPen(QColor(ink))
    cut = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, align, cut)
