"""What was painted once, kept as pictures: the same words in a box of the same size look the same."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

Draw = Callable[[QPainter, QRectF], None]

_MOST_BYTES: Final = 24 << 20  # what stands on a screen of 3840 by 2160, less what is between it
_BYTES_PER_PIXEL: Final = 4


@dataclass(slots=True)
class _Kept:
    said: object
    picture: QPixmap


class PaintCache:
    """Pictures by their place: what has not been painted for the longest time is let go first."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def clear(self) -> None:
        """Keep nothing of it: fonts or colours are others now."""
        self._kept.clear()
        self._bytes = 0

    def paint(
        self, painter: QPainter, box: QRect, ground: QColor, place: Hashable, draw: Draw, said: object = None
    ) -> None:
        """Paint what `draw` draws on this opaque ground. `place` names all that it depends on, beside the size of the
        box; or `place` and `said` do, and of a place only what was said there last is kept."""
        scale = painter.device().devicePixelRatioF()
        key = place, box.width(), box.height(), scale
        found = self._kept.get(key)
        if found is None or found.said != said:
            found = self._keep(key, _Kept(said, _drawn(box, scale, ground, draw)))
        else:
            self._kept.move_to_end(key)
        # On whole pixels of the screen, else the picture would be blurred.
        at = QPointF(round(box.x() * scale) / scale, round(box.y() * scale) / scale)
        painter.drawPixmap(at, found.picture)

    def _keep(self, key: Hashable, made: _Kept) -> _Kept:
        before = self._kept.pop(key, None)
        if before is not None:
            self._bytes -= _bytes_of(before.picture)
        self._kept[key] = made
        self._bytes += _bytes_of(made.picture)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _bytes_of(oldest.picture)
        return made


def _bytes_of(picture: QPixmap) -> int:
    return picture.width() * picture.height() * _BYTES_PER_PIXEL


def _drawn(box: QRect, scale: float, ground: QColor, draw: Draw) -> QPixmap:
    picture = QPixmap(math.ceil(box.width() * scale), math.ceil(box.height() * scale))
    picture.setDevicePixelRatio(scale)
    picture.fill(ground)
    painter = QPainter(picture)
    draw(painter, QRectF(0, 0, box.width(), box.height()))
    painter.end()
    return picture
