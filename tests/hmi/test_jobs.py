"""The jobs of docs/hmi.md by the keys that it counts, in the window."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hmi.pages.alarms import AlarmsPage
from hmi.pages.events import EventsPage
from hmi.pages.group import GroupPage
from hmi.pages.overview import OverviewPage
from hmi.window import Window
from tests.hmi import plant
from tests.hmi.conftest import Wait

ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def press(window: Window, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    """Press a key where the keyboard is."""
    QTest.keyClick(window.windowHandle(), key, held)


def ready(window: Window, wait: Wait) -> None:
    """The window has the keyboard and shows a troubled plant."""
    window.activateWindow()
    wait(window.isActiveWindow)
    window.model.take_snapshot(plant.troubled())


def test_one_key_from_an_alarm_to_its_group_and_why(window: Window, wait: Wait) -> None:
    ready(window, wait)
    press(window, Qt.Key.Key_F12)
    assert window.current == "group"
    page = window.pages["group"]
    assert isinstance(page, GroupPage)
    first = min((each for each in window.model.snapshot.alarms if not each.quiet), key=lambda each: not each.first_out)
    assert page.group == first.group
    assert page.tabs.currentWidget() is page.conditions


def test_group_is_that_of_the_chosen_tile_and_the_tile_that_of_the_group(window: Window, wait: Wait) -> None:
    ready(window, wait)
    overview, group = window.pages["overview"], window.page("group")
    assert isinstance(overview, OverviewPage)
    assert isinstance(group, GroupPage)
    most_urgent = overview.board.chosen
    press(window, Qt.Key.Key_F2)
    assert group.group == most_urgent
    press(window, Qt.Key.Key_Right, CTRL)
    other = group.group
    assert other != most_urgent
    press(window, Qt.Key.Key_F1)
    assert overview.board.chosen == other
    press(window, Qt.Key.Key_F2)
    assert group.group == other


def test_a_switchover_is_two_keys_from_its_dialog(window: Window, wait: Wait) -> None:
    ready(window, wait)
    press(window, Qt.Key.Key_F2)
    press(window, Qt.Key.Key_S, CTRL)
    page = window.pages["group"]
    assert isinstance(page, GroupPage)
    dialog = page.orders.opened
    assert dialog is not None
    assert dialog.isVisible()
    dialog.close()


def test_the_most_urgent_alarm_is_chosen_and_acknowledged_by_two_keys(window: Window, wait: Wait) -> None:
    ready(window, wait)
    press(window, Qt.Key.Key_F3)
    page = window.pages["alarms"]
    assert isinstance(page, AlarmsPage)
    assert page.page.table.currentIndex().row() == 0
    assert page.page.side.ack.isEnabled()
    press(window, Qt.Key.Key_A, ALT)
    wait(lambda: page.page.side.answer_text() != "")
    press(window, Qt.Key.Key_C, ALT)
    assert page.page.side.comment.hasFocus()
    QTest.keyClicks(page.page.side.comment, "known")
    press(window, Qt.Key.Key_S, ALT)
    assert page.page.side.answer_text() != ""


def test_yesterday_is_one_letter(window: Window, wait: Wait) -> None:
    ready(window, wait)
    press(window, Qt.Key.Key_F4)
    press(window, Qt.Key.Key_Y)
    page = window.pages["events"]
    assert isinstance(page, EventsPage)
    assert page.page.span.currentData() == "yesterday"


def test_the_horn_sounds_until_it_is_silenced_and_nothing_is_acknowledged(window: Window, wait: Wait) -> None:
    def sounds() -> bool:
        return window.horn.on

    ready(window, wait)
    assert sounds()
    press(window, Qt.Key.Key_F10)
    assert not sounds()
    assert any(each.unacked for each in window.model.snapshot.alarms)
    again = replace(window.model.snapshot.alarms[0], occurrence=99, unacked=True, flags=())
    window.model.take_snapshot(replace(window.model.snapshot, alarms=(again, *window.model.snapshot.alarms[1:])))
    assert sounds()
