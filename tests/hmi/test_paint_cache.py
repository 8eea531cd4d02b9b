"""What was painted once is painted again from a picture, and never where something else is to be seen."""

import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from hmi.paint_cache import PaintCache

GROUND = QColor("#e0e2e3")
BOX = QRect(3, 5, 40, 12)
BYTES = BOX.width() * BOX.height() * 4


class _Pen:
    """Fills its box with a colour, and counts how often it did."""

    def __init__(self, colour: str) -> None:
        self.colour = QColor(colour)
        self.used = 0

    def __call__(self, painter: QPainter, box: QRectF) -> None:
        self.used += 1
        painter.fillRect(box.adjusted(2, 2, -2, -2), self.colour)


def _painted(cache: PaintCache, place: str, pen: _Pen, said: object = None, box: QRect = BOX) -> QImage:
    canvas = QImage(100, 40, QImage.Format.Format_RGB32)
    canvas.fill(QColor("#000000"))
    painter = QPainter(canvas)
    cache.paint(painter, box, GROUND, place, pen, said)
    painter.end()
    return canvas


def test_the_second_time_is_the_same_and_draws_nothing(qapp: QApplication) -> None:
    cache, pen = PaintCache(), _Pen("#b3001b")
    first = _painted(cache, "a", pen)
    assert _painted(cache, "a", pen) == first
    assert pen.used == 1
    assert first.pixelColor(BOX.center()) == pen.colour
    assert first.pixelColor(BOX.topLeft()) == GROUND
    assert first.pixelColor(BOX.left() - 1, BOX.top()) == QColor("#000000")
    assert first.pixelColor(BOX.right() + 1, BOX.bottom()) == QColor("#000000")


def test_another_place_another_size_and_other_words_are_drawn(qapp: QApplication) -> None:
    cache, red, blue = PaintCache(), _Pen("#b3001b"), _Pen("#7aa9d6")
    _painted(cache, "a", red, said=1)
    assert _painted(cache, "b", blue).pixelColor(BOX.center()) == blue.colour
    assert _painted(cache, "a", blue, said=2).pixelColor(BOX.center()) == blue.colour
    assert _painted(cache, "a", red, said=1).pixelColor(BOX.center()) == red.colour
    wide = BOX.adjusted(0, 0, 20, 0)
    assert _painted(cache, "a", blue, said=1, box=wide).pixelColor(wide.right() - 4, wide.center().y()) == blue.colour
    cache.clear()
    assert _painted(cache, "a", blue, said=1).pixelColor(BOX.center()) == blue.colour


def test_what_was_not_painted_for_long_is_let_go(qapp: QApplication) -> None:
    cache, pens = PaintCache(most_bytes=2 * BYTES), {name: _Pen("#7aa9d6") for name in "abc"}
    for name in "abac":
        _painted(cache, name, pens[name])
    _painted(cache, "a", pens["a"])
    assert pens["a"].used == 1
    _painted(cache, "b", pens["b"])
    assert pens["b"].used == 2


@pytest.mark.parametrize("count", [1, 50])
def test_of_one_place_only_what_was_said_last_is_kept(qapp: QApplication, count: int) -> None:
    cache, other = PaintCache(most_bytes=2 * BYTES), _Pen("#b3001b")
    _painted(cache, "other", other)
    for number in range(count):
        _painted(cache, "spark", _Pen("#7aa9d6"), said=number)
    _painted(cache, "other", other)
    assert other.used == 1
