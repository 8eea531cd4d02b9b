"""What this station remembers, in the window."""

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QVBoxLayout

from hmi import language, theme
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.pages import Page
from hmi.session import Session
from hmi.settings_page import SettingsPage as Fields
from hmi.window import Window


class SettingsPage(Page):
    """Appearance, language, sound."""

    NAME = "settings"

    def title(self) -> str:
        """As every page."""
        return self.tr("Settings")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self.page: Fields | None = None
        self._whole = QVBoxLayout(self)

    def refresh(self, snapshot: Snapshot) -> None:
        """Made when it is first seen: its window knows where the station keeps what it remembers."""
        window = self.window()
        if self.page is not None or not isinstance(window, Window):
            return
        settings = window.settings
        themes = (("light", self.tr("Light, for bright rooms")), ("dark", self.tr("Dark, for dim rooms")))
        self.page = Fields(settings, themes, theme.now().name, language.chosen(settings, QLocale.system().name()))
        self.page.theme_wanted.connect(self._look)
        self.page.sound_wanted.connect(window.horn.enable)
        self.page.test_wanted.connect(window.horn.test)
        self._whole.addWidget(self.page)

    def _look(self, name: str) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.use(app, name)
