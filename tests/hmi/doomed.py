"""An HMI that orders a switchover as a person would, says so, and waits for its end.

`python -m tests.hmi.doomed URL KEYS USER`; the password is in OTHA_HMI_PASSWORD.
"""

import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from hmi.desk import Desk, sight_of
from hmi.feed import Model
from hmi.job import Job
from hmi.order_dialog import OrderBar
from hmi.session import Session
from hmi.switchover import Step
from hmi.trust import Keys
from hmi.window import Window

_GROUP = "tanks"
_WITHIN_S = 60.0


def main(url: str, keys: str, user: str) -> None:
    """Order it and stay."""
    app = QApplication([])
    model = Model()
    session = Session(model, Keys(Path(keys)))
    settings = QSettings(str(Path(keys) / "doomed.ini"), QSettings.Format.IniFormat)
    settings.setValue("sound", "off")
    window = Window(model, session, settings)
    window.show()
    session.open(url, user, os.environ["OTHA_HMI_PASSWORD"])
    bar = OrderBar(model, Desk(model, session))
    end = time.monotonic() + _WITHIN_S
    panel = None
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)
        if panel is None:
            if sight_of(model.snapshot.groups.get(_GROUP), stale=model.stale).good:
                bar.show_group(_GROUP)
                panel = bar.open(Job.SWITCHOVER).panel
            continue
        if panel.flow.step is Step.CHOOSE:
            panel.select.click()
        elif panel.flow.step is Step.SELECTED and panel.operate.isEnabled():
            panel.operate.click()
        elif panel.flow.step is Step.UNDER_WAY:
            sys.stdout.write("operated\n")
            sys.stdout.flush()
            time.sleep(_WITHIN_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
