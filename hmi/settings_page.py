"""What this station remembers for who stands before it: appearance, language, sound."""

from typing import Final

from PySide6.QtCore import QCoreApplication, QSettings, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget

from hmi.controls import DeedButton, named, plain
from hmi.language import KEY, LANGUAGES

translate = QCoreApplication.translate
THEME: Final = "theme"
SOUND: Final = "sound"


class SettingsPage(QWidget):
    """`theme_wanted`, `sound_wanted`: take effect at once. A language takes effect at the next start."""

    theme_wanted = Signal(str)
    sound_wanted = Signal(bool)
    test_wanted = Signal()

    def __init__(self, settings: QSettings, themes: tuple[tuple[str, str], ...], theme: str, now: str) -> None:
        super().__init__()
        self._settings = settings
        whole = QVBoxLayout(self)
        form = QFormLayout()
        form.setVerticalSpacing(14)
        self.theme = QComboBox()
        for name, shown in themes:
            self.theme.addItem(shown, name)
        self.theme.setCurrentIndex(max(self.theme.findData(theme), 0))
        self.language = QComboBox()
        for code, shown in LANGUAGES:
            self.language.addItem(shown, code)
        self.language.setCurrentIndex(max(self.language.findData(now), 0))
        self.sound = QCheckBox(translate("Settings", "&Sound at this station"))
        self.sound.setChecked(sound(settings))
        self.test = DeedButton(translate("Settings", "&Try the sound"))
        self.test.clicked.connect(self.test_wanted)
        for text, field in (
            (translate("Settings", "&Appearance"), self.theme),
            (translate("Settings", "&Language"), self.language),
        ):
            field.setMinimumHeight(44)
            field.setMinimumWidth(260)
            form.addRow(named(text, field), field)
        form.addRow("", self.sound)
        form.addRow("", self.test)
        self.note = plain(wraps=True)
        whole.addLayout(form)
        whole.addWidget(self.note)
        whole.addStretch(1)
        self.theme.currentIndexChanged.connect(self._themed)
        self.language.currentIndexChanged.connect(self._spoken)
        self.sound.toggled.connect(self._sounds)

    def _themed(self) -> None:
        self._settings.setValue(THEME, self.theme.currentData())
        self.theme_wanted.emit(str(self.theme.currentData()))

    def _spoken(self) -> None:
        self._settings.setValue(KEY, self.language.currentData())
        self.note.setText(translate("Settings", "The language changes at the next start of this station."))

    def _sounds(self, on: bool) -> None:
        self._settings.setValue(SOUND, "on" if on else "off")
        self.sound_wanted.emit(on)
        self.note.setText("" if on else translate("Settings", "! No alarm is heard at this station."))


def sound(settings: QSettings) -> bool:
    """Whether this station sounds."""
    return str(settings.value(SOUND, "on")) != "off"
