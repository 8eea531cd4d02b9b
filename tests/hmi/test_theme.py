"""The palettes by numbers: calm is grey, text and marks stand out, priorities are told apart without colour."""

from itertools import combinations

import pytest

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
