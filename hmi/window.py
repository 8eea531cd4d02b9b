"""The main window: the bar, the navigation by F-keys, and the pages behind it."""

import importlib
from typing import Final

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hmi import theme
from hmi.alarm_rows import first_out
from hmi.alarm_sight import row_of
from hmi.bar import Bar
from hmi.dialogs import LoginDialog, TrustDialog
from hmi.feed import Model, monotonic_ms
from hmi.horn import HornKeeper
from hmi.model import Access, Link, Snapshot, Station
from hmi.opening import Opening
from hmi.pages import REGISTRY, Page
from hmi.session import Session
from hmi.settings_page import sound as sounds
from hmi.tone import Tone

SMALLEST: Final = (1280, 720)
_OF_ONE_GROUP: Final = {"overview", "group"}
_TICK_MS: Final = 250
_TICKS_PER_SECOND: Final = 1000 // _TICK_MS
_STOOD_STILL_MS: Final = 2000
_NAVIGATION_PX: Final = 186


class NotBuilt(Page):
    """In the place of a page that this version does not have."""

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        label = QLabel(self.tr("This page is not built in this version."))
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self).addWidget(label)


class Window(QMainWindow):
    """`pages`: those that were made, by name; a page is made when it is first shown, so that the start is quick."""

    def __init__(self, model: Model, session: Session, settings: QSettings) -> None:
        super().__init__()
        self.model = model
        self.session = session
        self.settings = settings
        self.pages: dict[str, Page] = {}
        self.current = ""
        self._dialog: QDialog | None = None
        self._ticks = 0
        self._ticked_ms = monotonic_ms()
        self.setWindowTitle(self.tr("OTHA"))
        self.setMinimumSize(960, 600)
        self.bar = Bar(model)
        self.bar.alarms_wanted.connect(lambda: self.show_page("alarms"))
        self.horn = HornKeeper(model, Tone(self))
        self.horn.enable(sounds(settings))
        self.stack = QStackedWidget()
        self._buttons: dict[str, QPushButton] = {}
        self._site = QLabel()
        self._build()
        self._say_login(model.station)
        model.changed.connect(self._refresh)
        model.trust_changed.connect(self._doubt)
        model.station_changed.connect(self._heard_of_station)
        session.trust_asked.connect(self._ask_trust)
        session.login_asked.connect(self._ask_login)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)
        self._restore()
        self.show_page("overview")

    def _build(self) -> None:
        navigation = QVBoxLayout()
        navigation.setContentsMargins(6, 6, 6, 6)
        navigation.setSpacing(4)
        group = QButtonGroup(self)
        for name, key, _ in REGISTRY:
            button = QPushButton(f"{key}  {self._caption(name)}")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            button.setFixedHeight(theme.TOUCH_PX)
            button.setStyleSheet("text-align: left; padding-left: 8px;")
            button.setAccessibleName(self._caption(name))
            button.clicked.connect(lambda _checked=False, name=name: self.turn_to(name))
            group.addButton(button)
            navigation.addWidget(button)
            self._buttons[name] = button
            QShortcut(QKeySequence(key), self, lambda name=name: self.turn_to(name))
        navigation.addStretch(1)
        self._site.setWordWrap(True)
        self._site.setFont(theme.font(theme.SMALL_PT))
        navigation.addWidget(self._site)
        self._login = QPushButton()
        self._login.clicked.connect(self.log_in)
        navigation.addWidget(self._login)
        side = QWidget()
        side.setFixedWidth(_NAVIGATION_PX)
        side.setLayout(navigation)
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(side)
        below.addWidget(self.stack, 1)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.bar)
        whole.addLayout(below, 1)
        middle = QWidget()
        middle.setLayout(whole)
        self.setCentralWidget(middle)
        QShortcut(QKeySequence("F10"), self, self.horn.silence)
        QShortcut(QKeySequence("F12"), self, self.to_first_out)
        QShortcut(QKeySequence("F11"), self, self._full_screen)
        QShortcut(QKeySequence("Ctrl+L"), self, self.log_in)

    def _caption(self, name: str) -> str:
        return {
            "overview": self.tr("Overview"),
            "group": self.tr("Group"),
            "alarms": self.tr("Alarms"),
            "events": self.tr("Events"),
            "kpi": self.tr("KPI"),
            "drills": self.tr("Drills"),
            "commissioning": self.tr("Commissioning"),
            "users": self.tr("Users"),
            "settings": self.tr("Settings"),
        }[name]

    # Pages

    def show_page(self, name: str, given: dict[str, str] | None = None) -> Page:
        """Show a page; `given`: what one comes there with."""
        page = self.page(name)
        if given:
            page.arrive(**given)
        if name != self.current and self.current:
            self.pages[self.current].leave()
        self.current = name
        self.stack.setCurrentWidget(page)
        self._buttons[name].setChecked(True)
        page.refresh(self.model.snapshot)
        page.tick()
        page.setFocus()
        return page

    def turn_to(self, name: str) -> None:
        """By a key or a button of the navigation. Overview and Group look at the same group."""
        group = self.pages[self.current].looked_at() if {name, self.current} == _OF_ONE_GROUP else ""
        self.show_page(name, {"group": group} if group else None)

    def page(self, name: str) -> Page:
        """A page, made if it was not yet. Raises KeyError for a name that is none."""
        if name not in self.pages:
            class_name = {each: class_ for each, _, class_ in REGISTRY}[name]
            made = self._make(name, class_name)
            made.wanted.connect(self._wanted)
            self.pages[name] = made
            self.stack.addWidget(made)
        return self.pages[name]

    def _make(self, name: str, class_name: str) -> Page:
        try:
            module = importlib.import_module(f"hmi.pages.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"hmi.pages.{name}":
                raise
            return NotBuilt(self.model, self.session)
        made: Page = getattr(module, class_name)(self.model, self.session)
        return made

    def _refresh(self, snapshot: Snapshot) -> None:
        self.bar.refresh(snapshot)
        self.bar.tick()
        site = snapshot.site
        self._site.setText(f"{site.name}\n{site.supervisor}\nOTHA {site.version}" if site.name else "")
        title = self.tr("OTHA") if not site.name else f"{site.name} - OTHA"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        self.pages[self.current].refresh(snapshot)

    def _doubt(self, stale: bool) -> None:
        """Grey what can't be trusted any more, or take that back."""
        self.stack.setProperty("stale", stale)
        self._site.setProperty("stale", stale)
        for each in (self.stack, *self.stack.findChildren(QWidget)):
            each.style().unpolish(each)
            each.style().polish(each)
        self._refresh(self.model.snapshot)

    def _heard_of_station(self, station: Station) -> None:
        self._say_login(station)
        self.bar.tick()

    def _say_login(self, station: Station) -> None:
        somebody = bool(station.user) and station.access is not Access.NONE
        self._login.setText(self.tr("Change user …") if somebody else self.tr("Log in …"))

    def _tick(self) -> None:
        now = monotonic_ms()
        late_ms, self._ticked_ms = now - self._ticked_ms - _TICK_MS, now
        if late_ms > _STOOD_STILL_MS:
            self.bar.stood_still(late_ms)
        self.bar.tick()
        self._ticks += 1
        if self._ticks % _TICKS_PER_SECOND == 0 and self.current:
            self.pages[self.current].tick()

    def _wanted(self, name: str, given: dict[str, str]) -> None:
        if name == "silence":
            self.horn.silence()
        else:
            self.show_page(name, given)

    def to_first_out(self) -> None:
        """To the group of the alarm that came first, or where there is no group to the alarm itself."""
        rows = [row_of(alarm) for alarm in self.model.snapshot.alarms if not alarm.quiet]
        first = first_out(rows)
        if first is None:
            return
        if first.group:
            self.show_page("group", {"group": first.group})
        else:
            self.show_page("alarms", {"group": "", "alarm": first.code})

    # Connecting

    def log_in(self) -> None:
        """Ask who it is; the connection is made anew."""
        station = self.model.station
        self._ask_login(Opening(url=station.url, user=station.user))

    def _ask_login(self, opening: Opening) -> None:
        dialog = LoginDialog(opening, self)

        def done(result: int) -> None:
            if result == QDialog.DialogCode.Accepted:
                self.session.open(opening.url, dialog.user.text().strip(), dialog.password.text())
            dialog.password.clear()

        self._open_dialog(dialog, done)

    def _ask_trust(self, opening: Opening) -> None:
        dialog = TrustDialog(opening, self)

        def done(result: int) -> None:
            if result == QDialog.DialogCode.Accepted:
                self.session.trust(opening)

        self._open_dialog(dialog, done)

    def _open_dialog(self, dialog: QDialog, done: object) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog
        dialog.finished.connect(done)
        dialog.setModal(True)
        dialog.open()

    # Layout

    def _full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _restore(self) -> None:
        geometry = self.settings.value("window/geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(*SMALLEST)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self.settings.setValue("window/geometry", self.saveGeometry())
        self.settings.sync()
        self._timer.stop()
        self.horn.close()
        self.session.end()
        super().closeEvent(event)

    @property
    def connected(self) -> bool:
        """Whether what is shown comes from an open connection."""
        return self.model.station.link is Link.OPEN
