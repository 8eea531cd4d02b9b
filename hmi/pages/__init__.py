"""The pages, and what a page is.

A page is a class in `hmi/pages/NAME.py` below `Page`. It is registered by standing in `REGISTRY` (name of the module,
key, name of the class): the window imports it, makes one of it and puts it behind its key. A module that is not there
yet is shown as "not built", so that the order of the keys never changes.

    class AlarmsPage(Page):
        NAME = "alarms"                                   # the name that `Window.show_page` and `--shot` use
        def title(self) -> str:
            return self.tr("Alarms")
        def __init__(self, model: Model, session: Session) -> None:
            super().__init__(model, session)              # self.model, self.session
            ...                                           # build widgets once; never block
        def refresh(self, snapshot: Snapshot) -> None:    # at most 20 times a second, only while it is shown
            ...
        def tick(self) -> None:                           # once a second while it is shown: ages, countdowns
            ...

What is there:
- `self.model.snapshot`: the newest `hmi.model.Snapshot` (frozen). Signals of `Model`: `changed(Snapshot)`,
  `station_changed(Station)`, `events_came(tuple[EventView, ...])`; `self.model.events`: the newest 1,000, oldest first.
- `self.model.stale`: nothing that is shown can be trusted (not connected, or OTHA not heard for 2 s); `age_ms` says
  since when.
- `self.session`: all that can be ordered or asked (see `hmi.session.Session`). Every call returns a ticket at once and
  answers with an `hmi.model.Answer` in the GUI thread: to `then`, if given, and as signal `answered`.
- Whether a user may order something: `self.session.may("Shelve")` greys a button; the supervisor judges anew.
- To another page: `self.go("group", group="tanks")`; the window calls `arrive(**given)` of that page and then shows it.
- Colours, fonts, marks: `hmi.theme` only (`theme.now()`), never a colour of one's own; redraw in `changeEvent` of
  StyleChange/PaletteChange or simply read `theme.now()` in `paintEvent`.
- Every control has an accessible name, can be reached and used by keyboard, is at least `theme.TOUCH_PX` high (gloves).
"""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hmi.feed import Model
from hmi.model import Snapshot
from hmi.session import Session

# The page's module and name, its key, its class. The order is the order of the navigation.
REGISTRY: Final = (
    ("overview", "F1", "OverviewPage"),
    ("group", "F2", "GroupPage"),
    ("alarms", "F3", "AlarmsPage"),
    ("events", "F4", "EventsPage"),
    ("kpi", "F5", "KpiPage"),
    ("drills", "F6", "DrillsPage"),
    ("commissioning", "F7", "CommissioningPage"),
    ("users", "F8", "UsersPage"),
    ("settings", "F9", "SettingsPage"),
)


class Page(QWidget):
    """One page of the window. `wanted`: emitted by `go`, taken by the window."""

    NAME = ""
    wanted = Signal(str, dict)

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__()
        self.model = model
        self.session = session

    def title(self) -> str:
        """What stands in the navigation and over the page."""
        return self.NAME

    def refresh(self, snapshot: Snapshot) -> None:
        """Show this. Called when the page is shown and after each change while it is."""

    def tick(self) -> None:
        """A second has gone by while the page is shown."""

    def arrive(self, **given: str) -> None:
        """Somebody has come here by `go` with this in mind, e.g. `group="tanks"`."""

    def looked_at(self) -> str:
        """The group that a person looks at here; "" where that is none."""
        return ""

    def leave(self) -> None:
        """Another page is shown now: end what costs something while nobody looks."""

    def go(self, page: str, **given: str) -> None:
        """Show another page."""
        self.wanted.emit(page, given)
