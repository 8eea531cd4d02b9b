"""Widgets without a screen, and one interface for all tests of a module that share it."""

import gc
import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi import theme
from hmi.feed import Model
from hmi.session import Session
from hmi.trust import Keys
from hmi.window import Window
from tests.hmi import plant


@pytest.fixture(autouse=True)
def gui_collects() -> Iterator[None]:
    """As in the HMI itself (`hmi.collector`): no thread of a session destroys what tests before it have left.

    Nothing is left of a test's windows either: without an event loop none of them would ever be deleted, and a change
    of palette goes through all widgets that there are.
    """
    gc.disable()
    yield
    delete_windows()
    # What the test has made is young. An interface of the module's, half a million objects, need not be looked at.
    gc.collect(0)
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def gui_collects_all() -> Iterator[None]:
    """What a module's own fixtures leave behind is destroyed here as well."""
    yield
    delete_windows()
    gc.collect()


def delete_windows() -> None:
    """Carry out what `deleteLater` has put off."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(params=sorted(theme.PALETTES))
def palette(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[theme.Palette]:
    """Each palette in turn."""
    theme.use(qapp, request.param)
    yield theme.now()
    theme.use(qapp, "light")


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    """A session that is connected to nothing, and ended at the end."""
    made = Session(Model(), Keys(tmp_path / "keys"))
    yield made
    made.end()


@pytest.fixture
def window(qtbot: QtBot, session: Session, tmp_path: Path) -> Window:
    """The window of a station that believes to be connected."""
    made = Window(session.model, session, QSettings(str(tmp_path / "layout.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)
    plant.connected(session.model)
    made.resize(1280, 720)
    made.show()
    return made


Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def wait(qtbot: QtBot) -> Wait:
    """Lets the GUI go on until something is so."""
    return lambda so: qtbot.waitUntil(so, timeout=60_000)
