"""How OTHA itself is: its ServiceLevel with the reasons, its site file, and histograms of how punctual it is."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from hmi import diagnostic_rows, say
from hmi.fact_table import FactTable
from hmi.feed import Model
from hmi.group_rows import Rows
from hmi.histogram import Bar, bars_of, time
from hmi.model import SiteView, Station
from hmi.pages.commissioning import CommissioningPage
from hmi.pages.group import GroupPage
from hmi.site_file import SiteFile
from hmi.window import Window
from tests.hmi import plant, scenes
from tests.hmi.scenes import MAIN, PlayedSession, Scene

WELL = SiteView(stamp=plant.GOOD, name="works", supervisor="otha_1", version="1.0")


def _found(rows: Rows) -> dict[str, tuple[str, bool]]:
    return {what: (said, bold) for (what, said), bold in rows}


def _shown(table: FactTable) -> dict[str, bool]:
    """The facts of a table, and whether each is bold."""
    items = [table.item(at, 0) for at in range(table.rowCount())]
    return {item.text(): item.font().bold() for item in items if item is not None}


def _headings(table: FactTable) -> list[str]:
    items = [table.horizontalHeaderItem(at) for at in range(table.columnCount())]
    return [item.text() for item in items if item is not None]


def test_a_supervisor_that_is_well_wants_no_eyes() -> None:
    rows = diagnostic_rows.supervisor(WELL, Station(service_level=255))
    assert _found(rows)["ServiceLevel of OTHA"] == ("255 · healthy", False)
    assert [texts for texts, bold in rows if bold] == []


def test_why_otha_is_degraded_is_said() -> None:
    found = _found(diagnostic_rows.supervisor(replace(WELL, reasons=("tilted",)), Station(service_level=150)))
    assert found["ServiceLevel of OTHA"] == ("150 · degraded", True)
    assert found["Reasons against it"] == ("after a clock step or a gap it only watches (S10)", True)


@pytest.mark.parametrize(
    ("on_disk", "said"), [("aa", "as it was taken"), ("bb", "changed since"), ("", "can't be read")]
)
def test_a_site_file_that_is_another_one_on_disk_is_told(on_disk: str, said: str) -> None:
    of = SiteFile(path="/etc/otha/site.toml", text_hash="aa", said_hash="cc", disk_hash=on_disk)
    found = _found(diagnostic_rows.site_file(of))
    assert said in found["On disk"][0]
    assert found["On disk"][1] is (on_disk != "aa")
    assert diagnostic_rows.site_file(None) == []


def test_bars_end_with_the_last_that_holds_something() -> None:
    bounds = (100, 200, 500)
    assert bars_of(bounds, {"counts": [7, 0, 2, 0]}) == (
        Bar(bound_us=100, count=7),
        Bar(bound_us=200, count=0),
        Bar(bound_us=500, count=2),
    )
    assert bars_of(bounds, {"counts": [0, 0, 0, 1]})[-1] == Bar(bound_us=None, count=1)
    assert bars_of(bounds, {"counts": [1, 2]}) == ()  # of other bounds than these
    assert bars_of(bounds, {}) == ()


@pytest.mark.parametrize(("us", "said"), [(100, "100 µs"), (1000, "1 ms"), (2500, "2.5 ms"), (1_000_000, "1 s")])
def test_a_short_time_is_said_in_its_unit(us: int, said: str) -> None:
    assert time(us) == said


@pytest.fixture
def played(qtbot: QtBot, tmp_path: Path) -> Window:
    """The window over the played site."""
    settings = QSettings(str(tmp_path / "layout.ini"), QSettings.Format.IniFormat)
    settings.setValue("sound", "off")
    model = Model()
    made = Window(model, PlayedSession(model), settings)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    scenes.show(model, Scene.NORMAL)
    return made


def test_the_histogram_that_is_chosen_is_shown(played: Window, qtbot: QtBot) -> None:
    page = played.show_page("commissioning")
    assert isinstance(page, CommissioningPage)
    page.tabs.setCurrentWidget(page.diagnostics)
    shown = page.diagnostics
    qtbot.waitUntil(lambda: "Site file" in _shown(shown.facts))
    scenes.show(played.model, Scene.NORMAL)
    departures = shown.histogram.bars
    assert sum(each.count for each in departures) == 1_204_511
    assert f"{say.count(1_204_511)} counted" in shown.summary.text()
    shown.choice.setCurrentIndex(1)
    assert shown.histogram.bars != departures
    assert shown.histogram.accessibleName() == shown.choice.currentText()
    chosen = shown.choice.currentText()
    fresh = shown.histogram.grab().toImage()
    scenes.show(played.model, Scene.STALE)
    assert shown.histogram.grab().toImage() != fresh
    scenes.show(played.model, Scene.NORMAL)
    assert shown.choice.currentText() == chosen


def test_the_groups_nodes_stand_beside_each_other(played: Window, qtbot: QtBot) -> None:
    page = played.show_page("group", {"group": MAIN})
    assert isinstance(page, GroupPage)
    page.tabs.setCurrentWidget(page.nodes)
    table = page.nodes

    def told() -> bool:
        scenes.show(played.model, Scene.NORMAL)
        return "Site file: number" in _shown(table)

    qtbot.waitUntil(told)
    assert _headings(table) == ["Fact", f"{MAIN}_a", f"{MAIN}_b"]
    assert _shown(table)["Site file: channels.lan_1.endpoint"]
    assert not _shown(table)["Site file: profile"]
    page.choice.setCurrentText("mixing")
    assert _headings(table)[1] == "mixing_a"
