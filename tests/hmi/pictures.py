"""Pictures of every screen in every state, for the documents: `python -m tests.hmi.pictures FOLDER [--scale 1.5]`.

Off the screen, of the played site of `tests.hmi.scenes`.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QSettings, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from hmi import language, theme
from hmi.dialogs import LoginDialog, TrustDialog
from hmi.feed import Model
from hmi.job import Job
from hmi.opening import Opening
from hmi.pages import REGISTRY
from hmi.pages.commissioning import CommissioningPage
from hmi.pages.group import GroupPage
from hmi.window import Window
from tests.hmi import scenes
from tests.hmi.scenes import MAIN, PlayedSession, Scene

SIZE = 1280, 800
_COLOURS = 256
_TABS = ((0, "orders"), (2, "tracked"), (3, "transfer"), (4, "channels"), (5, "nodes"))


def settle(window: Window) -> None:
    """Until every answer has come, every delay is over and what is shown is laid out."""
    session = window.session
    assert isinstance(session, PlayedSession)
    QApplication.processEvents()
    while session.waiting or any(each.isSingleShot() and each.isActive() for each in window.findChildren(QTimer)):
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    QApplication.processEvents()


def small(widget: QWidget) -> QImage:
    """What a widget looks like, in the 256 colours that it has most of; a calm screen has fewer."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    width, height = image.width(), image.height()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(height, image.bytesPerLine() // 4)[:, :width]
    colours, which, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    parts = colours.view(np.uint8).reshape(-1, 4)[:, :3].astype(np.int16)
    # A mark is small and its colour is what it is looked at for.
    vivid = 1 + (parts.max(axis=1) - parts.min(axis=1)).astype(np.int64) ** 2
    kept = np.argsort(-counts * vivid, kind="stable")[:_COLOURS]
    nearest = np.array([np.abs(parts[kept] - part).sum(axis=1).argmin() for part in parts], np.uint8)
    made = QImage(width, height, QImage.Format.Format_Indexed8)
    made.setColorTable([int(colour) for colour in colours[kept]])
    lines = np.frombuffer(made.bits(), np.uint8).reshape(height, made.bytesPerLine())
    lines[:, :width] = nearest[which].reshape(height, width)
    return made


def screens(window: Window, scene: Scene) -> Iterator[tuple[str, QWidget]]:
    """Every screen by its name, as it is to be looked at."""
    for name, _, _ in REGISTRY:
        scenes.show(window.model, scene)
        window.show_page(name, {"group": MAIN} if name == "group" else None)
        settle(window)
        scenes.show(window.model, scene)
        window.bar.tick()
        settle(window)
        yield name, window
        page = window.pages[name]
        if isinstance(page, GroupPage) and scene is Scene.NORMAL:
            for at, tab in _TABS:
                page.tabs.setCurrentIndex(at)
                settle(window)
                scenes.show(window.model, scene)
                settle(window)
                yield f"group-{tab}", window
            page.tabs.setCurrentIndex(1)
        if isinstance(page, CommissioningPage) and scene in (Scene.NORMAL, Scene.STALE):
            page.tabs.setCurrentWidget(page.diagnostics)
            settle(window)
            scenes.show(window.model, scene)
            page.refresh(window.model.snapshot)
            settle(window)
            yield "diagnostics", window
            page.tabs.setCurrentIndex(0)


def dialogs(window: Window) -> Iterator[tuple[str, QDialog]]:
    """The dialogs that matter, over a plant in its normal state."""
    scenes.show(window.model, Scene.NORMAL)
    page = window.show_page("group", {"group": MAIN})
    assert isinstance(page, GroupPage)
    settle(window)
    order = page.orders.open(Job.SWITCHOVER)
    settle(window)
    order.panel.select.click()
    settle(window)
    scenes.show(window.model, Scene.NORMAL)
    order.panel.refresh()
    yield "dialog-switchover", order
    order.close()
    scenes.show(window.model, Scene.FLOOD)
    window.show_page("group", {"group": "pumps_west"})
    settle(window)
    answer = page.orders.open(Job.CONFIRM)
    settle(window)
    scenes.show(window.model, Scene.FLOOD)
    answer.panel.refresh()
    yield "dialog-confirm", answer
    answer.close()
    trust = TrustDialog(Opening(url="opc.tcp://otha-1.example:4840/otha", fingerprint="3f9a" * 16), window)
    trust.show()
    settle(window)
    yield "dialog-trust", trust
    trust.close()
    login = LoginDialog(Opening(url="opc.tcp://otha-1.example:4840/otha", user="olga"), window)
    login.show()
    settle(window)
    yield "dialog-login", login
    login.close()


def main() -> int:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", default="1", help="1, 1.5 or 2")
    parser.add_argument("--theme", default="light", choices=sorted(theme.PALETTES))
    parser.add_argument("--language", default="en", choices=("en", "de"))
    parser.add_argument("--scene", choices=[each.value for each in Scene], help="this one alone")
    parser.add_argument("--only", default="", help="screens whose name begins so")
    told = parser.parse_args()
    os.environ.update(QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR=told.scale, TZ="UTC")
    time.tzset()
    told.folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    theme.use(app, told.theme)
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "layout.ini"), QSettings.Format.IniFormat)
        settings.setValue("sound", "off")
        settings.setValue(language.KEY, told.language)
        language.install(app, settings)
        model = Model()
        window = Window(model, PlayedSession(model), settings)
        window.resize(*SIZE)
        window.show()
        # A picture on a busy machine takes longer than a display may stand still.
        for timer in window.findChildren(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly):
            timer.stop()
        for scene in Scene:
            if told.scene in (None, scene.value):
                for name, widget in screens(window, scene):
                    if name.startswith(told.only):
                        _save(widget, told.folder / f"{name}-{scene.value}.png")
        if told.scene is None:
            for name, dialog in dialogs(window):
                if name.startswith(told.only):
                    _save(dialog, told.folder / f"{name}.png")
        window.close()
    return 0


def _save(widget: QWidget, path: Path) -> None:
    if not small(widget).save(str(path), quality=0):
        raise OSError(f"{path} can't be written")
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    sys.exit(main())
