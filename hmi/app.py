"""`otha-hmi [URL]`: the station. `--shot DIR` takes a picture of every page instead, off the screen."""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QSettings, QStandardPaths
from PySide6.QtWidgets import QApplication

from hmi import language, theme
from hmi.collector import Collector
from hmi.feed import Model
from hmi.pages import REGISTRY
from hmi.session import Session
from hmi.trust import Keys, KeysError
from hmi.window import Window

DEFAULT_URL: Final = "opc.tcp://127.0.0.1:4840/otha"
PASSWORD_VARIABLE: Final = "OTHA_HMI_PASSWORD"
FOLDER_VARIABLE: Final = "OTHA_HMI_DIR"
_FAILED: Final = 1
_BAD_INPUT: Final = 2
_SHOT_WAIT_S: Final = 30.0
_SETTLE_S: Final = 2.5


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="otha-hmi", description="The HMI of OTHA.")
    parser.add_argument("url", nargs="?", default="", metavar="URL", help=f"OTHA's interface; else {DEFAULT_URL}")
    parser.add_argument("--user", default="", help=f"log in as; the password may be in {PASSWORD_VARIABLE}")
    parser.add_argument("--trust", default="", metavar="SHA256", help="trust the server with this fingerprint there")
    parser.add_argument("--dir", type=Path, help=f"certificate, trusted servers and layout; else {FOLDER_VARIABLE}")
    parser.add_argument("--theme", choices=sorted(theme.PALETTES), help="light or dark")
    parser.add_argument("--certificate", action="store_true", help="print where this station's certificate is and end")
    parser.add_argument("--shot", type=Path, metavar="DIR", help="write a PNG of every page and end")
    parser.add_argument("--size", default="1280x720", help="of the pictures, in pixels that are not scaled")
    return parser.parse_args(given)


def folder_of(given: Path | None) -> Path:
    """Where the station keeps what is its own."""
    if given is not None:
        return given
    if FOLDER_VARIABLE in os.environ:
        return Path(os.environ[FOLDER_VARIABLE])
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation))


def make(app: QApplication, told: argparse.Namespace) -> tuple[Window, str]:
    """The window, and the URL that is to be opened. Raises KeysError."""
    folder = folder_of(told.dir)
    settings = QSettings(str(folder / "layout.ini"), QSettings.Format.IniFormat)
    theme.use(app, told.theme or str(settings.value("theme", "light")))
    language.install(app, settings)
    keys = Keys(folder)
    url = told.url or str(settings.value("url", DEFAULT_URL))
    if told.trust:
        keys.pin(url, told.trust.replace(" ", "").replace(":", "").lower())
    settings.setValue("url", url)
    model = Model()
    window = Window(model, Session(model, keys), settings)
    return window, url


def main(given: Sequence[str] | None = None) -> int:
    """Entry of the console script; the exit code."""
    told = arguments(sys.argv[1:] if given is None else given)
    if told.certificate:
        return _certificate(folder_of(told.dir))
    if told.shot is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("otha-hmi")
    try:
        window, url = make(app, told)
    except KeysError as error:
        sys.stderr.write(f"{error.what}\n  {error.mend}\n")
        return _BAD_INPUT
    sys.excepthook = _told_by(window)
    window.session.open(url, told.user, os.environ.pop(PASSWORD_VARIABLE, ""))
    collector = Collector(app)
    try:
        if told.shot is not None:
            return shoot(app, window, told.shot, told.size)
        window.show()
        threading.Thread(target=_warm, name="warm", daemon=True).start()
        return app.exec()
    finally:
        collector.end()


def _told_by(window: Window) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """A defect of a page must not look like a plant in which nothing happens."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        window.bar.failed(f"{kind.__name__}: {error}")

    return told


def _warm() -> None:
    """Load what trends need while nobody waits for it: a page that is opened first must not stand still."""
    import numpy  # noqa: F401, ICN001 - to have it loaded


def _certificate(folder: Path) -> int:
    """For `otha cert trust`, before this station has ever knocked."""
    try:
        sys.stdout.write(f"{Keys(folder).identity().certificate}\n")
    except KeysError as error:
        sys.stderr.write(f"{error.what}\n  {error.mend}\n")
        return _BAD_INPUT
    return 0


def shoot(
    app: QApplication,
    window: Window,
    folder: Path,
    size: str,
    *,
    wait_s: float = _SHOT_WAIT_S,
    settle_s: float = _SETTLE_S,
) -> int:
    """A PNG of every page, each given `settle_s` to ask for what it shows; 1 where nothing was connected within
    `wait_s`."""
    try:
        width, height = (int(each) for each in size.split("x"))
        folder.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"--shot: {error}\n  give a folder that can be written, and a --size such as 1280x720\n")
        return _BAD_INPUT
    window.resize(width, height)
    window.show()
    _until(app, lambda: not window.model.stale, wait_s)
    connected = not window.model.stale
    first = next(iter(window.model.snapshot.groups), "")
    for name, _, _ in REGISTRY:
        window.show_page(name, {"group": first} if name == "group" and first else None)
        _until(app, lambda: False, settle_s)
        path = folder / f"{name}.png"
        if not window.grab().save(str(path)):
            sys.stderr.write(f"{path} can't be written\n")
            return _FAILED
        sys.stdout.write(f"{path}\n")
    if not connected:
        station = window.model.station
        sys.stderr.write(f"not connected to {station.url}: {station.trouble}\n  {station.mend}\n")
    window.close()
    return 0 if connected else _FAILED


def _until(app: QApplication, done: Callable[[], bool], within_s: float) -> None:
    end = time.monotonic() + within_s
    while not done() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
