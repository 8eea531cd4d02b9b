"""The languages of the HMI: Qt Linguist's files beside this module. English is what the sources say."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QLibraryInfo, QLocale, QSettings, QTranslator
from PySide6.QtWidgets import QApplication

LANGUAGES: Final = (("en", "English"), ("de", "Deutsch"))
KEY: Final = "language"
_FOLDER: Final = Path(__file__).parent / "translations"


def chosen(settings: QSettings, system: str) -> str:
    """What the person has chosen, else the system's if there is one of it, else English."""
    known = [code for code, _ in LANGUAGES]
    wanted = str(settings.value(KEY, "") or system.partition("_")[0])
    return wanted if wanted in known else "en"


def install(app: QApplication, settings: QSettings) -> str:
    """Speak the language that is wanted from here on; what it is."""
    language = chosen(settings, QLocale.system().name())
    QLocale.setDefault(QLocale(language))
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in ((f"qtbase_{language}", qt), (f"hmi_{language}", str(_FOLDER))):
        translator = QTranslator(app)
        if translator.load(name, folder):
            app.installTranslator(translator)
    return language
