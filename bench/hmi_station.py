"""An HMI that measures itself, off the screen, as a process of its own.

`python -m bench.hmi_station start|hold|watch ARGUMENTS...` takes the arguments of `otha-hmi`; `python -m
bench.hmi_station lists EVENTS ALARMS SEED` measures its lists. Every line that it prints is JSON; times are
CLOCK_MONOTONIC. It ends with its standard input.
"""

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent, QObject, QRect, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from hmi import app as hmi_app
from hmi import theme
from hmi.alarm_page import AlarmPage
from hmi.alarm_rows import AlarmRow
from hmi.collector import Collector
from hmi.desk import Asked, Desk, Rows
from hmi.event_page import EventPage
from hmi.pages.overview import OverviewPage
from hmi.window import Window

_SIZE = 1920, 1080
_NODES_SHARE = 0.55  # of a tile's height: its head and its nodes, without the sparkline, which always moves
_SCROLLS = 40
_WORDS = ("held", "tank_7", "redundancy", "unit_199 gate", "")
_CODES = ("redundancy_lost", "gate_unseen", "section_held", "active_suspect", "role_disagrees")


def say(**said: Any) -> None:
    """One line."""
    print(json.dumps(said), flush=True)


class Painted(QObject):
    """Calls `then` once each time a widget has been painted."""

    def __init__(self, of: QWidget, then: Callable[[], None]) -> None:
        super().__init__(of)
        self._then = then
        of.installEventFilter(self)

    def eventFilter(self, of: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """After the event, as the filter is asked before it."""
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self, self._then)
        return False


def _end_with_input(app: QApplication) -> None:
    def wait() -> None:
        sys.stdin.read()
        os._exit(0)  # nothing of it is to be kept, and a session takes seconds to hang up

    threading.Thread(target=wait, daemon=True).start()
    app.setQuitOnLastWindowClosed(False)


def _station(arguments: list[str]) -> tuple[QApplication, Window, Collector]:
    app = QApplication(sys.argv[:1])
    told = hmi_app.arguments(arguments)
    window, url = hmi_app.make(app, told)
    collector = Collector(app)
    window.resize(*_SIZE)
    window.session.open(url, told.user, os.environ.pop(hmi_app.PASSWORD_VARIABLE, ""))
    return app, window, collector


def _overview(window: Window) -> OverviewPage:
    page = window.page("overview")
    assert isinstance(page, OverviewPage)
    return page


def start(arguments: list[str]) -> None:
    """When the first frame was painted, and the first that shows the groups."""
    app, window, _collector = _station(arguments)
    seen: set[str] = set()

    def painted() -> None:
        now = time.monotonic_ns()
        if "frame" not in seen:
            seen.add("frame")
            say(frame=now)
        if "groups" not in seen and window.model.snapshot.groups and not window.model.stale:
            seen.add("groups")
            say(groups=now)

    watch_of = Painted(_overview(window).board, painted)
    window.show()
    _end_with_input(app)
    app.exec()
    del watch_of


def hold(arguments: list[str]) -> None:
    """Show the overview, and count how often it was painted; each line on standard input is answered with it."""
    app, window, _collector = _station(arguments)
    count = 0

    def painted() -> None:
        nonlocal count
        count += 1

    watch_of = Painted(_overview(window).board, painted)
    window.show()

    def answer() -> None:
        for _ in sys.stdin:
            say(painted=count, groups=len(window.model.snapshot.groups), stale=window.model.stale)
        os._exit(0)

    threading.Thread(target=answer, daemon=True).start()
    app.exec()
    del watch_of


def watch(arguments: list[str]) -> None:
    """When a pixel of the first group's nodes on its tile has changed."""
    app, window, _collector = _station(arguments)
    board = _overview(window).board
    last: list[bytes] = [b""]

    def look() -> None:
        groups = list(window.model.snapshot.groups)
        if not groups:
            return
        box = board.box_of(groups[0])
        part = QRect(box.left(), box.top(), box.width(), int(box.height() * _NODES_SHARE))
        image = board.grab(part).toImage()
        pixels = bytes(image.constBits())
        if pixels != last[0]:
            at = time.monotonic_ns()
            last[0] = pixels
            view = window.model.snapshot.groups[groups[0]]
            nodes = {each.name: f"{each.liveness} {each.role}" for each in view.nodes}
            say(changed=at, nodes=nodes, stale=window.model.stale)

    window.show()
    # A look at the pixels paints them: what a paint event would trigger would trigger itself.
    window.model.changed.connect(lambda _snapshot: QTimer.singleShot(0, board, look))
    _end_with_input(app)
    app.exec()


class _Journal(Desk):
    """A journal of so many rows, whose answers come by the next turn of the loop: the HMI's own share is measured."""

    def __init__(self, rows: int) -> None:
        QObject.__init__(self)
        self._rows = rows

    @property
    def user(self) -> str:
        """As a desk."""
        return "bench"

    def may(self, method: str) -> bool:
        """As a desk."""
        return True

    def query(self, asked: Asked, done: Callable[[Rows | None], None]) -> None:
        """A page: from the newest down where it is asked for so, else up."""
        if asked.newest_first:
            top = (asked.after_seq or self._rows + 1) - 1
            numbers = range(top, max(top - (asked.limit or 500), 0), -1)
        else:
            numbers = range(asked.after_seq + 1, min(asked.after_seq + (asked.limit or 500), self._rows) + 1)
        rows = tuple(_journal_row(number) for number in numbers)
        next_after = numbers[-1] if len(numbers) and 1 < numbers[-1] < self._rows else 0
        QTimer.singleShot(0, self, lambda: done(Rows(rows=rows, next_after=next_after, verified_seq=0)))


def _journal_row(number: int) -> dict[str, Any]:
    reasons = [{"why": "SUSPECTED", "rule": "S8", "args": [f"n{number % 400}_a", "dead"]}]
    return {
        "seq": number,
        "wall_ns": 1_700_000_000_000_000_000 + number * 1_000_000,
        "kind": "decision",
        "group": f"g{number % 200}",
        "user": "",
        "epoch": 4,
        "body": {"reasons": reasons},
    }


def _timed(what: Callable[[], object], done: Callable[[], bool]) -> float:
    """Milliseconds from a deed to the frame that shows its end."""
    began = time.perf_counter()
    what()
    QApplication.processEvents()
    while not done():
        QApplication.processEvents()
    QApplication.processEvents()
    return (time.perf_counter() - began) * 1000


def lists(events: int, alarms: int, seed: int) -> None:
    """Scroll and filter the list of events and the list of alarms."""
    app = QApplication(sys.argv[:1])
    theme.use(app, "light")
    chosen = random.Random(seed)
    page = EventPage(_Journal(events))
    page.resize(*_SIZE)
    page.show()
    page.live.setChecked(False)
    page.grow(events)
    _timed(lambda: None, lambda: page.model.row(0) is not None)
    bar = page.table.verticalScrollBar()

    def shown() -> bool:
        top, bottom = page.table.rowAt(0), page.table.rowAt(page.table.viewport().height() - 1)
        return all(page.model.row(row) is not None for row in range(top, (bottom if bottom >= 0 else top) + 1))

    scrolled = [_timed(lambda: bar.setValue(chosen.randrange(bar.maximum())), shown) for _ in range(_SCROLLS)]
    filtered = []
    for word in _WORDS:

        def search(word: str = word) -> None:
            page.text.setText(word)
            page.filter_now()

        filtered.append(_timed(search, shown))
    say(events_scrolled=scrolled, events_filtered=filtered, events=page.model.rowCount())
    say(**_alarm_times(alarms, chosen))


def _alarm_times(count: int, chosen: random.Random) -> dict[str, Any]:
    page = AlarmPage(_Journal(1))
    page.resize(*_SIZE)
    page.show()
    rows = [
        AlarmRow(
            group=f"unit_{number % 200}",
            owner=f"unit_{number % 200}",
            code=_CODES[number % len(_CODES)] + f"_{number // 1000}",
            state="unacked",
            active=True,
            unacked=True,
            flags=(),
            occurrence=1,
            priority=("critical", "high", "medium", "low")[number % 4],
            first_out=False,
            detail=f"tank_{number % 77}",
            since_ms=1_700_000_000_000 + number,
        )
        for number in range(count)
    ]
    taken = [_timed(lambda: page.take(rows), lambda: True) for _ in range(5)]
    bar = page.table.verticalScrollBar()
    scrolled = [_timed(lambda: bar.setValue(chosen.randrange(bar.maximum())), lambda: True) for _ in range(_SCROLLS)]
    filtered = []
    for word in _WORDS:

        def search(word: str = word) -> None:
            page.filter.setText(word)
            page.filter_now()

        filtered.append(_timed(search, lambda: True))
    return {
        "alarms_taken": taken,
        "alarms_scrolled": scrolled,
        "alarms_filtered": filtered,
        "alarms": page.model.rowCount(),
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["lists", events, alarms, seed]:
            lists(int(events), int(alarms), int(seed))
        case [deed, *rest]:
            {"start": start, "hold": hold, "watch": watch}[deed](rest)
        case _:
            sys.exit(__doc__)
