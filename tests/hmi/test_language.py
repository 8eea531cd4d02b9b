"""German is whole: every text of the sources stands in the file, none is unfinished, and the compiled file says it."""

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, QTranslator
from PySide6.QtWidgets import QApplication

import hmi
from hmi import language

ROOT = Path(hmi.__file__).parent
TS = ROOT / "translations" / "hmi_de.ts"


def said() -> Iterator[str]:
    """Every text that the sources have translated."""
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            last = node.args[-1]
            if (
                name in ("tr", "translate", "QT_TRANSLATE_NOOP")
                and isinstance(last, ast.Constant)
                and isinstance(last.value, str)
            ):
                yield last.value


def translated() -> Iterator[tuple[str, str, ET.Element]]:
    """Context, text and translation, of the file."""
    for context in ET.parse(TS).getroot().iter("context"):
        for message in context.iter("message"):
            found = message.find("translation")
            assert found is not None
            yield context.findtext("name") or "", message.findtext("source") or "", found


def test_every_text_of_the_sources_is_in_the_file() -> None:
    known = {source for _, source, _ in translated()}
    assert {text for text in said() if text not in known} == set()


def test_none_is_unfinished_and_none_loses_what_is_put_into_it() -> None:
    holes = re.compile(r"\{\d*\}")
    for _, source, found in translated():
        assert found.get("type") is None, source
        text = found.text or ""
        assert text.strip() or not source.strip(), source
        assert sorted(holes.findall(text)) == sorted(holes.findall(source)), source
        assert ("&" in text) == ("&" in source), source


def test_the_compiled_file_is_of_this_text(qapp: QApplication) -> None:
    translator = QTranslator()
    assert translator.load("hmi_de", str(TS.parent))
    for context, source, found in translated():
        assert translator.translate(context, source) == found.text, "run tools/translate.sh"


@pytest.mark.parametrize(
    ("set_to", "system", "wanted"),
    [("", "de_AT", "de"), ("", "fr_FR", "en"), ("en", "de_DE", "en"), ("xx", "de", "en")],
)
def test_the_language_is_the_chosen_one_else_the_systems(tmp_path: Path, set_to: str, system: str, wanted: str) -> None:
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    settings.setValue(language.KEY, set_to)
    assert language.chosen(settings, system) == wanted


def test_the_sources_speak_english(qapp: QApplication) -> None:
    assert QCoreApplication.translate("Words", "Switch over") == "Switch over"
