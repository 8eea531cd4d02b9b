"""What every screen looks like, on a site that is played: calm is grey, trouble is not, and what is stale says so."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from hmi import language, theme
from hmi.feed import Model
from hmi.pages import REGISTRY
from hmi.window import Window
from tests.hmi import scenes
from tests.hmi.conftest import delete_windows
from tests.hmi.pictures import screens
from tests.hmi.scenes import PlayedSession, Scene
from tests.hmi.test_window import coloured


@pytest.fixture(params=sorted(theme.PALETTES))
def played(request: pytest.FixtureRequest, qapp: QApplication, tmp_path: Path) -> Iterator[Window]:
    """The window in each palette, over the played site."""
    theme.use(qapp, request.param)
    settings = QSettings(str(tmp_path / "layout.ini"), QSettings.Format.IniFormat)
    settings.setValue("sound", "off")
    model = Model()
    made = Window(model, PlayedSession(model), settings)
    made.resize(1280, 800)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    delete_windows()
    theme.use(qapp, "light")


def test_no_screen_has_a_colour_while_nothing_is_wrong(played: Window) -> None:
    found = {name: coloured(widget) for name, widget in screens(played, Scene.NORMAL)}
    assert found.keys() >= {name for name, _, _ in REGISTRY}
    assert {name: count for name, count in found.items() if count} == {}


def test_a_stale_page_has_no_colour_but_for_what_says_that_it_is_stale(played: Window) -> None:
    found = {}
    for name, _ in screens(played, Scene.STALE):
        assert "STALE" in played.bar.trouble.text
        assert coloured(played.bar.trouble) > 50
        found[name] = coloured(played.stack)
    assert {name: count for name, count in found.items() if count} == {}


def test_an_alarm_is_seen_from_every_screen(played: Window) -> None:
    for name, _ in screens(played, Scene.FAILOVER):
        assert "tank 2 rising" in played.bar.button.words(), name
        assert coloured(played.bar.button) > 100, name


def test_the_site_that_is_played_is_as_the_interface_tells_it(played: Window) -> None:
    for scene in Scene:
        scenes.show(played.model, scene)
        assert played.model.stale is (scene is Scene.STALE)
        names = {each.group for each in played.model.snapshot.alarms}
        assert names <= set(played.model.snapshot.groups)


@pytest.mark.parametrize("spoken", [code for code, _ in language.LANGUAGES])
def test_every_text_has_the_room_that_it_needs(spoken: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hmi.clipped", spoken], check=True, capture_output=True, text=True
    )
    assert done.stdout == ""
