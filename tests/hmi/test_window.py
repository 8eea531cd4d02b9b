"""The bar, the navigation and what a screen looks like, from grabbed pixels."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hmi import theme
from hmi.dialogs import TYPED, TrustDialog
from hmi.feed import monotonic_ms
from hmi.model import Link, Quality, Snapshot, Stamp
from hmi.opening import Opening
from hmi.pages import REGISTRY
from hmi.window import Window
from tests.hmi import plant


def look(window: Window, snapshot: Snapshot) -> None:
    """Show this, now."""
    plant.connected(window.model)
    window.model.take_snapshot(snapshot)


def coloured(widget: QWidget) -> int:
    """How many pixels are no grey."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGBX8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    rgb = pixels[:, : image.width(), :3].astype(np.int16)
    return int(((rgb.max(axis=2) - rgb.min(axis=2)) > theme.GREY_SPREAD).sum())


@pytest.mark.parametrize("page", ["overview", "group"])
def test_calm_has_no_colour_and_trouble_has(palette: theme.Palette, window: Window, page: str) -> None:
    look(window, plant.calm())
    window.show_page(page, {"group": "unit_000"} if page == "group" else None)
    assert coloured(window) == 0
    look(window, plant.troubled())
    assert coloured(window) > 100


def test_colour_is_never_alone(window: Window) -> None:
    look(window, plant.troubled())
    assert "unit_000" in window.bar.button.words()
    assert window.bar.button.accessibleDescription() == window.bar.button.words()
    assert [window.bar.button.counted[each][1] for each in sorted(window.bar.button.counted)] == [1, 2, 0, 1]


def test_the_bar_says_who_where_and_how_old(window: Window) -> None:
    look(window, plant.calm())
    window.bar.tick()
    assert window.bar.mode.text == "armed"
    assert window.bar.user.text == "olga (operator)"
    assert "SIMULATION" in window.bar.simulation.text
    assert window.bar.trouble.text == ""
    look(window, plant.calm(simulation=False))
    assert window.bar.simulation.text == ""


def test_mode_names_what_is_unusual(window: Window) -> None:
    base = plant.calm(2)
    look(window, replace(base, site=replace(base.site, tilted=True)))
    assert "TILT" in window.bar.mode.text
    groups = dict(base.groups)
    groups["unit_000"] = replace(groups["unit_000"], arming="observe")
    look(window, replace(base, groups=groups))
    assert window.bar.mode.text == "1 armed · 1 observe"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"link": Link.LOST}, "connection lost"),
        ({"link": Link.CERTIFICATE_CHANGED, "trouble": "THE CERTIFICATE HAS CHANGED"}, "CERTIFICATE"),
        ({"heard_ms": monotonic_ms() - 10_000}, "not heard"),
    ],
)
def test_what_is_stale_is_said_and_has_no_colour(window: Window, changed: dict[str, Any], said: str) -> None:
    look(window, plant.troubled())
    model = window.model
    model.take_station(replace(model.station, **changed))
    window.bar.tick()
    assert model.stale
    assert "STALE" in window.bar.trouble.text
    assert said in window.bar.trouble.text
    page = window.pages["overview"]
    page.refresh(model.snapshot)
    assert coloured(page) == 0
    assert coloured(window.bar.trouble) > 50
    look(window, plant.troubled())
    assert coloured(page) > 100


def test_a_bad_quality_is_stale_even_if_it_is_heard(window: Window) -> None:
    base = plant.calm()
    look(window, replace(base, site=replace(base.site, stamp=Stamp(quality=Quality.UNCERTAIN, at_ms=1))))
    assert window.model.stale


def test_a_display_that_stood_still_says_so(window: Window) -> None:
    look(window, plant.calm())
    window.bar.stood_still(4000)
    window.bar.tick()
    assert "stood still" in window.bar.trouble.text


def test_a_display_that_has_failed_says_so(window: Window) -> None:
    look(window, plant.calm())
    window.bar.failed("KeyError: x")
    window.bar.tick()
    assert "KeyError: x" in window.bar.trouble.text


def test_a_session_that_is_locked_says_so(window: Window) -> None:
    look(window, plant.calm())
    window.model.take_station(replace(window.model.station, locks_in_ms=0))
    assert "LOCKED" in window.bar.user.text


def test_keys_go_to_pages(window: Window, qtbot: QtBot) -> None:
    look(window, plant.calm())
    window.activateWindow()
    with qtbot.waitActive(window, timeout=5000):
        pass
    for name, key, _ in REGISTRY:
        QTest.keyClick(window, getattr(Qt.Key, f"Key_{key}"))
        assert window.current == name


def test_arrows_move_the_choice_and_enter_opens_the_group(window: Window, qtbot: QtBot) -> None:
    look(window, plant.calm())
    window.activateWindow()
    with qtbot.waitActive(window, timeout=5000):
        pass
    page: Any = window.show_page("overview")
    board = page.board
    board.setFocus()
    assert board.chosen == "unit_000"
    QTest.keyClick(board, Qt.Key.Key_Right)
    assert board.chosen == "unit_001"
    QTest.keyClick(board, Qt.Key.Key_Down)
    below = board.chosen
    assert board.box_of(below).left() == board.box_of("unit_001").left()
    assert board.box_of(below).top() > board.box_of("unit_001").top()
    QTest.keyClick(board, Qt.Key.Key_End)
    assert board.chosen == "unit_011"
    QTest.keyClick(board, Qt.Key.Key_Right)
    assert board.chosen == "unit_011"
    QTest.keyClick(board, Qt.Key.Key_Return)
    assert window.current == "group"
    shown: Any = window.pages["group"]
    assert shown.group == "unit_011"


def test_the_choice_is_scrolled_into_view(window: Window, qtbot: QtBot) -> None:
    look(window, plant.calm(200))
    page: Any = window.show_page("overview")
    QTest.keyClick(page.board, Qt.Key.Key_End)
    seen = QRect(page.board.mapFrom(page.area.viewport(), QPoint(0, 0)), page.area.viewport().size())
    assert seen.contains(page.board.box_of("unit_199"))


def test_tiles_never_overlap_and_all_are_within_the_board(window: Window) -> None:
    look(window, plant.calm(50))
    page: Any = window.show_page("overview")
    for width in (700, 1000, 1900, 3800):
        page.board.resize(width, 2000)
        boxes = [page.board.box_of(name) for name in window.model.snapshot.groups]
        assert all(page.board.rect().adjusted(0, 0, 0, 100_000).contains(box) for box in boxes)
        assert not any(one.intersects(other) for at, one in enumerate(boxes) for other in boxes[:at])


def test_search_keeps_the_board_to_what_matches(window: Window) -> None:
    look(window, plant.calm())
    page: Any = window.show_page("overview")
    page.search.setText("unit_003_b")
    assert page.board.chosen == "unit_003"
    assert "1 of 12" in page.count.text()
    page.search.clear()
    page.abnormal.setChecked(True)
    assert "0 of 12" in page.count.text()


def test_everything_that_is_pressed_has_a_name_and_fits_a_glove(window: Window) -> None:
    look(window, plant.calm())
    for name in ("overview", "group"):
        window.show_page(name, {"group": "unit_000"} if name == "group" else None)
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit

    small = [
        type(each).__name__
        for each in window.findChildren(QWidget)
        if isinstance(each, QAbstractButton | QComboBox | QLineEdit)
        and each.isVisible()
        and not each.objectName().startswith("qt_")
        and type(each.parent()) is not QLineEdit
        and (each.height() < theme.TOUCH_PX - 8 or not (each.accessibleName() or getattr(each, "text", str)()))
    ]
    assert small == []


def test_the_layout_is_remembered(window: Window, qtbot: QtBot) -> None:
    window.resize(960, 700)  # no larger than the screen that there is not
    window.close()
    again = Window(window.model, window.session, window.settings)
    qtbot.addWidget(again)
    assert again.size() == window.size()


def test_a_changed_certificate_wants_its_end_typed(qtbot: QtBot) -> None:
    new = "ab" * 32
    dialog = TrustDialog(Opening(url="opc.tcp://x", fingerprint=new, pinned="0" * 64))
    qtbot.addWidget(dialog)
    assert dialog.changed
    assert not dialog.trust.isEnabled()
    dialog.typed.setText("00000000")
    assert not dialog.trust.isEnabled()
    dialog.typed.setText(new[-TYPED:].upper())
    assert dialog.trust.isEnabled()


def test_a_new_certificate_wants_to_be_compared(qtbot: QtBot) -> None:
    dialog = TrustDialog(Opening(url="opc.tcp://x", fingerprint="ab" * 32))
    qtbot.addWidget(dialog)
    assert not dialog.trust.isEnabled()
    assert not dialog.trust.isDefault()
    dialog.compared.setChecked(True)
    assert dialog.trust.isEnabled()
