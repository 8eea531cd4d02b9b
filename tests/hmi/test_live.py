"""Stations beside a simulated plant: a switchover by the keyboard alone, a second station, an HMI that is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi.desk import Desk
from hmi.job import Job
from hmi.order_dialog import OrderBar, OrderDialog
from hmi.pages.commissioning import CommissioningPage
from hmi.pages.group import GroupPage
from hmi.switchover import ENDED, Say, Step
from hmi.trust import Keys
from hmi.why_view import WhyView
from sim import console
from tests.hmi.live import GROUP, Station, plant, settled, until
from tests.interface.house import PASSWORD, USERS
from tests.interface.supervised import Supervised

OTHER = {"sc_a": "sc_b", "sc_b": "sc_a"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Supervised, Keys]]:
    with plant(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def station(site: tuple[Supervised, Keys], tmp_path: Path, qtbot: QtBot) -> Iterator[Station]:
    made = Station(*site, tmp_path)
    yield made
    made.close()


class DeafDesk(Desk):
    """A desk that has not heard yet what stands against an order: OTHA's own judgement is all that there is."""

    def why(self, group: str, node: str, done: Callable[[WhyView | None], None]) -> None:
        """Nothing comes."""


def ordered(station: Station, job: Job = Job.SWITCHOVER, desk: Desk | None = None) -> OrderDialog:
    """The dialog of an order about the group."""
    bar = OrderBar(station.model, desk or Desk(station.model, station.session))
    bar.setParent(station.window)
    bar.show_group(GROUP)
    dialog = bar.open(job)
    until(lambda: dialog.isVisible() and QApplication.activeWindow() is not None)  # it has the keyboard a moment later
    return dialog


def press(key: Qt.Key, *, alt: bool = False) -> None:
    """Press a key where the keyboard is."""
    window = QApplication.activeWindow()
    assert window is not None
    QTest.keyClick(
        window.windowHandle(), key, Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
    )


def selectable(dialog: OrderDialog) -> None:
    """Select until OTHA takes it: a busy plant is not always ready."""

    def taken() -> bool:
        if dialog.panel.flow.step is Step.CHOOSE and dialog.panel.select.isEnabled():
            press(Qt.Key.Key_S, alt=True)
        return dialog.panel.flow.step is Step.SELECTED and dialog.panel.operate.isEnabled()

    until(taken, dialog.panel.state_text)


def test_a_switchover_by_the_keyboard_alone(station: Station) -> None:
    before = settled(station)
    dialog = ordered(station)
    selectable(dialog)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Enter)
    assert dialog.panel.flow.step is Step.SELECTED
    press(Qt.Key.Key_O, alt=True)
    until(lambda: dialog.panel.flow.step is Step.DONE, lambda: (dialog.panel.state_text(), dialog.panel.flow))
    after = station.sight()
    assert (after.active, after.gate_owner, after.gate_state) == (OTHER[before.active], OTHER[before.active], "OWNED")
    assert after.epoch > before.epoch
    ended: list[bool] = []
    dialog.gone.connect(lambda: ended.append(True))
    press(Qt.Key.Key_Escape)
    until(lambda: bool(ended))


@pytest.fixture
def key(site: tuple[Supervised, Keys]) -> Iterator[Callable[[], None]]:
    """Turns the maintenance key at the PLC, which the interlock key_out watches; it is turned back in the end."""
    plant_dir = site[1].folder.parent / "plant"

    def turn() -> None:
        console.fault(plant_dir, "set_tag", tag="maintenance_key", value=1)

    yield turn
    console.fault(plant_dir, "set_tag", tag="maintenance_key", value=0)


def test_an_interlock_that_turns_bad_after_select_greys_operate_with_its_reason(
    station: Station, key: Callable[[], None]
) -> None:
    settled(station)
    dialog = ordered(station)
    selectable(dialog)
    key()
    until(lambda: "key_out" in dialog.panel.operate_why(), dialog.panel.operate_why)
    assert not dialog.panel.operate.isEnabled()
    press(Qt.Key.Key_O, alt=True)
    assert dialog.panel.flow.step is not Step.OPERATING
    dialog.close()


def test_an_interlock_that_turns_bad_after_select_is_refused_by_otha_with_its_reason(
    site: tuple[Supervised, Keys], station: Station, key: Callable[[], None]
) -> None:
    before = settled(station)
    dialog = ordered(station, desk=DeafDesk(station.model, station.session))
    selectable(dialog)
    key()

    def judged() -> bool:
        conditions = {each["name"]: each["verdict"] for each in site[0].status()["groups"][0]["conditions"]}
        return bool(conditions["key_out"] == "false")

    until(judged)
    press(Qt.Key.Key_O, alt=True)
    until(lambda: dialog.panel.flow.step is Step.FAILED, dialog.panel.state_text)
    assert dialog.panel.flow.said.what is Say.REFUSED
    assert "key_out" in dialog.panel.state_text()
    after = station.sight()
    assert (after.active, after.epoch, after.gate_owner) == (before.active, before.epoch, before.gate_owner)
    dialog.close()


def test_a_second_station_sees_who_has_selected_and_is_refused(
    site: tuple[Supervised, Keys], station: Station, tmp_path: Path
) -> None:
    settled(station)
    first = ordered(station)
    selectable(first)
    second_station = Station(*site, tmp_path, "engineer")
    try:
        until(lambda: second_station.sight().selected_by == USERS["operator"])
        second = ordered(second_station)
        until(lambda: USERS["operator"] in second.panel.select_why(), second.panel.select_why)
        assert not second.panel.select.isEnabled()
        second.close()
    finally:
        second_station.close()
    first.close()
    until(lambda: station.sight().selected_by == "", lambda: "closing gives the selection back")


def test_an_hmi_that_is_killed_in_mid_switchover_changes_nothing_and_the_next_one_shows_the_truth(
    site: tuple[Supervised, Keys], station: Station, tmp_path: Path
) -> None:
    supervised, keys = site
    before = settled(station)
    command = [sys.executable, "-m", "tests.hmi.doomed", supervised.url, str(keys.folder), USERS["operator"]]
    environment = {**os.environ, "OTHA_HMI_PASSWORD": PASSWORD, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as doomed:
        assert doomed.stdout is not None
        assert doomed.stdout.readline().strip() == "operated"
        doomed.send_signal(signal.SIGKILL)
        doomed.wait()
    until(lambda: station.sight().active == OTHER[before.active] and not station.sight().transfer)
    station.close()
    new = Station(*site, tmp_path, "engineer")
    try:
        seen = settled(new)
        assert (seen.active, seen.gate_owner) == (OTHER[before.active], OTHER[before.active])
        assert supervised.status()["groups"][0]["active"] == seen.active
        assert seen.selected_by == ""
    finally:
        new.close()


def test_what_is_not_read_back_has_failed_and_was_never_done(site: tuple[Supervised, Keys], station: Station) -> None:
    """The node that shall take over dies unseen between select and operate: OTHA begins, and has to return."""
    plant_dir = site[1].folder.parent / "plant"
    shown: set[Step] = set()
    for _ in range(3):
        before = settled(station)
        dialog = ordered(station, desk=DeafDesk(station.model, station.session))
        selectable(dialog)
        console.fault(plant_dir, "kill", node=OTHER[before.active])
        press(Qt.Key.Key_O, alt=True)

        def ended(dialog: OrderDialog = dialog) -> bool:
            shown.add(dialog.panel.flow.step)
            return dialog.panel.flow.step in (*ENDED, Step.CHOOSE)

        until(ended, dialog.panel.state_text)
        step, said, text = dialog.panel.flow.step, dialog.panel.flow.said, dialog.panel.state_text()
        dialog.close()
        console.fault(plant_dir, "restart", node=OTHER[before.active])
        # On a crowded machine the death may be seen before the order: then it is refused, and that is another test.
        if step is Step.FAILED and said.what is not Say.REFUSED:
            break
    assert said.what is Say.NOT_READ_BACK, text
    assert f"active: {before.active} / {OTHER[before.active]}" in text
    assert Step.DONE not in shown


def test_nodes_and_diagnostics_are_those_of_the_plant(site: tuple[Supervised, Keys], tmp_path: Path) -> None:
    station = Station(*site, tmp_path, role="engineer")
    try:
        group = station.window.show_page("group", {"group": GROUP})
        assert isinstance(group, GroupPage)
        group.tabs.setCurrentWidget(group.nodes)

        def facts() -> dict[str, str]:
            table = group.nodes
            rows = [(table.item(at, 0), table.item(at, 1)) for at in range(table.rowCount())]
            return {fact.text(): said.text() for fact, said in rows if fact is not None and said is not None}

        until(lambda: {"Site file: profile", "net_a level", "ServiceLevel"} <= facts().keys(), facts)
        assert facts()["Site file: profile"] == "sim_soft_controller"
        assert facts()["net_a level"] == facts()["ServiceLevel"].partition(" ")[0]
        page = station.window.show_page("commissioning")
        assert isinstance(page, CommissioningPage)
        page.tabs.setCurrentWidget(page.diagnostics)
        until(lambda: sum(bar.count for bar in page.diagnostics.histogram.bars) > 0)
        page.diagnostics.choice.setCurrentIndex(1)
        until(lambda: sum(bar.count for bar in page.diagnostics.histogram.bars) > 0)
        assert "net_" in page.diagnostics.choice.currentText()
    finally:
        station.close()
