"""A station beside a simulated plant with supervisor and interface, all of it real."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from hmi.desk import sight_of
from hmi.feed import Model
from hmi.session import Session
from hmi.sight import Sight
from hmi.trust import Keys, fingerprint
from hmi.window import Window
from tests.interface.house import PASSWORD, USERS, WAIT_S
from tests.interface.supervised import Supervised, supervised_plant

GROUP = "tanks"


def until(true: Callable[[], bool], what: Callable[[], object] = str, within_s: float = WAIT_S) -> None:
    """Let Qt run until it is so."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, what()
        QApplication.processEvents()
        time.sleep(0.01)


class Station:
    """One HMI. `role`: as whose user it logs in."""

    def __init__(self, supervised: Supervised, keys: Keys, folder: Path, role: str = "operator") -> None:
        self._before = set(threading.enumerate())
        keys.pin(supervised.url, fingerprint(supervised.certificate.read_bytes()))
        self.model = Model()
        self.session = Session(self.model, keys)
        settings = QSettings(str(folder / f"{role}.ini"), QSettings.Format.IniFormat)
        settings.setValue("sound", "off")
        self.window = Window(self.model, self.session, settings)
        self.window.show()
        self.session.open(supervised.url, USERS[role], PASSWORD)
        until(lambda: not self.model.stale, lambda: (role, self.model.station))

    def sight(self) -> Sight:
        """What it sees of the group."""
        return sight_of(self.model.snapshot.groups.get(GROUP), stale=self.model.stale)

    def close(self) -> None:
        """Go home. On a crowded machine hanging up takes longer than a person would be kept waiting."""
        threads = set(threading.enumerate()) - self._before
        self.window.close()
        for each in threads:
            each.join(WAIT_S)


@contextmanager
def plant(folder: Path) -> Iterator[tuple[Supervised, Keys]]:
    """The plant, and the keys of a station that it trusts."""
    keys = Keys(folder / "hmi")
    with supervised_plant(folder, keys.identity().certificate.read_bytes()) as supervised:
        supervised.wait_for("listens=")
        yield supervised, keys


def settled(station: Station) -> Sight:
    """Wait until the group follows, undisturbed."""
    until(lambda: station.sight().good and station.sight().standing == "following", station.sight)
    return station.sight()
