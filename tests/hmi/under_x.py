"""The switchover by the keyboard alone on a real window system: each key goes to the window that has the focus then.

`DISPLAY=:N python -m tests.hmi.under_x`; says "ok", or what was not so. Off the screen every window is as active as a
test says; here the window system decides, and a dialog that does not take the keyboard is found.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hmi import theme
from hmi.feed import Model
from hmi.pages.group import GroupPage
from hmi.switchover import Step
from hmi.window import Window
from tests.hmi import scenes
from tests.hmi.scenes import MAIN, PlayedSession, Scene

_WITHIN_S = 20.0
_ALT, _CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def until(true: Callable[[], bool], what: str) -> None:
    """Let Qt run until it is so. Raises SystemExit with `what` if it does not become so."""
    end = time.monotonic() + _WITHIN_S
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"not so: {what}")
        QApplication.processEvents()
        time.sleep(0.01)


def press(key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key; it goes to the window that the window system gave the keyboard."""
    window = QApplication.focusWindow()
    if window is None:
        raise SystemExit(f"no window has the keyboard at {key.name}")
    QTest.keyClick(window, key, held)


def main() -> None:
    """Go through it."""
    app = QApplication(sys.argv[:1])
    if app.platformName() != "xcb":
        raise SystemExit(f"this is no X display: {app.platformName()}")
    theme.use(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "layout.ini"), QSettings.Format.IniFormat)
        settings.setValue("sound", "off")
        model = Model()
        session = PlayedSession(model)
        window = Window(model, session, settings)
        window.show()
        window.activateWindow()
        until(window.isActiveWindow, "the window has the keyboard")
        switchover(window, session)
        window.close()
    sys.stdout.write("ok\n")


def switchover(window: Window, session: PlayedSession) -> None:
    """F2, Ctrl+S, Alt+S, Enter for nothing, Alt+O, Escape; then the window has the keyboard again."""

    def seen() -> None:
        scenes.show(window.model, Scene.NORMAL)

    seen()
    press(Qt.Key.Key_F2)
    page = window.pages["group"]
    assert isinstance(page, GroupPage)
    page.choice.setCurrentText(MAIN)
    seen()
    press(Qt.Key.Key_S, _CTRL)
    dialog = page.orders.opened
    if dialog is None:
        raise SystemExit("Ctrl+S opened nothing")
    until(dialog.isActiveWindow, "the dialog has the keyboard")
    seen()
    dialog.panel.refresh()
    press(Qt.Key.Key_S, _ALT)
    until(lambda: dialog.panel.flow.step is Step.SELECTED, "selected")
    seen()
    dialog.panel.refresh()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        press(key)
    until(lambda: not any(each.method == "Operate" for each in session.orders), "Enter operates nothing")
    if dialog.panel.flow.step is not Step.SELECTED:
        raise SystemExit(f"Enter made it {dialog.panel.flow.step}")
    press(Qt.Key.Key_O, _ALT)
    until(lambda: [each.method for each in session.orders] == ["Select", "Operate"], "operated, once")
    until(lambda: dialog.panel.flow.step is Step.UNDER_WAY, "under way")
    press(Qt.Key.Key_Escape)
    until(window.isActiveWindow, "the window has the keyboard again")
    seen()
    press(Qt.Key.Key_F3)
    until(lambda: window.current == "alarms", "F3 goes to the alarms")


if __name__ == "__main__":
    main()
