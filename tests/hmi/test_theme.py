"""The palettes by numbers: calm is grey, text and marks stand out, priorities are told apart without colour."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

import hmi
from hmi import theme
from hmi.model import Priority

ALL = sorted(theme.PALETTES)


@pytest.mark.parametrize("name", ALL)
def test_calm_is_grey(name: str) -> None:
    of = theme.PALETTES[name]
    assert {colour: theme.spread(colour) for colour in of.calm if theme.spread(colour) > theme.GREY_SPREAD} == {}


@pytest.mark.parametrize("name", ALL)
def test_text_is_readable_on_every_ground(name: str) -> None:
    of = theme.PALETTES[name]
    weak = {
        (ink, ground): round(theme.contrast(ink, ground), 2)
        for ink in (of.text, of.muted)
        for ground in of.grounds
        if theme.contrast(ink, ground) < theme.TEXT_CONTRAST
    }
    assert weak == {}


@pytest.mark.parametrize("name", ALL)
def test_outlines_and_symbols_stand_out(name: str) -> None:
    of = theme.PALETTES[name]
    for ground in of.grounds:
        assert theme.contrast(of.outline, ground) >= theme.MARK_CONTRAST
        assert theme.contrast(of.strong, ground) >= theme.MARK_CONTRAST


@pytest.mark.parametrize("name", ALL)
def test_the_number_of_a_mark_is_readable_on_it(name: str) -> None:
    of = theme.PALETTES[name]
    assert of.alarm.keys() == set(Priority)
    for fill, ink in of.alarm.values():
        assert theme.contrast(fill, ink) >= theme.TEXT_CONTRAST


@pytest.mark.parametrize("name", ALL)
def test_priorities_differ_in_grey_and_in_shape(name: str) -> None:
    of = theme.PALETTES[name]
    fills = {priority: theme.luminance(fill) for priority, (fill, _) in of.alarm.items()}
    for one, other in combinations(fills, 2):
        # Lightness helps; shape and number alone must do.
        assert theme.SHAPES[one] is not theme.SHAPES[other]
        assert abs(fills[one] - fills[other]) > 0.02


def test_contrast_is_the_one_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert theme.contrast("#ffffff", "#777777") == theme.contrast("#777777", "#ffffff")


def marks(palette: theme.Palette, side: int) -> dict[Priority, np.ndarray]:
    """Each priority's mark as it is painted, in grey: 0 to 255."""
    found = {}
    for priority in Priority:
        image = QImage(side, side, QImage.Format.Format_RGB32)
        image.fill(QColor(palette.panel))
        painter = QPainter(image)
        theme.paint_mark(painter, QRectF(0, 0, side, side), priority, unacked=False)
        painter.end()
        grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
        lines = np.frombuffer(grey.constBits(), np.uint8).reshape(side, grey.bytesPerLine())
        found[priority] = lines[:, :side].astype(int)
    return found


@pytest.mark.parametrize("side", [22, 34])
def test_painted_marks_are_told_apart_in_grey(palette: theme.Palette, side: int) -> None:
    """A person who sees no colour: of any two marks a good part of the pixels differs plainly."""
    for one, other in combinations(marks(palette, side).values(), 2):
        assert (abs(one - other) > 40).mean() > 0.1


def test_a_painted_mark_has_an_outline_that_stands_out(palette: theme.Palette) -> None:
    ground = theme.luminance(palette.panel)
    for mark in marks(palette, 34).values():
        inks = [theme.luminance(f"#{value:02x}{value:02x}{value:02x}") for value in np.unique(mark)]
        best = max((max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) for ink in inks)
        assert best >= theme.MARK_CONTRAST


def test_no_colour_is_outside_the_palettes() -> None:
    """A colour of a page's own would be held by none of the tests above."""
    own = re.compile(r"#[0-9a-fA-F]{6}\b|QColor\(\s*[\"'\d]|GlobalColor")
    root = Path(hmi.__file__).parent
    found = {
        f"{file.relative_to(root)}:{number}"
        for file in root.rglob("*.py")
        if file.name != "theme.py"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if own.search(line)
    }
    assert found == set()
