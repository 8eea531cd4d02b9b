"""The group's page, its diagram, and a transfer against its bounds."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hmi import timing, why
from hmi.diagram import fitting, picture_of
from hmi.model import Answer
from hmi.timeline import Step, Watch, measured
from hmi.timing_view import TimingView
from hmi.trend import series
from hmi.window import Window
from tests.hmi import plant
from tests.hmi.test_window import look

WHY = {
    "group": "unit_000",
    "node": "unit_000_b",
    "obstacles": [{"block": "interlock_not_true", "rule": "S6", "detail": "level_ok"}],
    "failover_obstacles": [],
    "conditions": [
        {
            "name": "level_ok",
            "interlock": True,
            "class": "safety",
            "verdict": "stale",
            "bypassed": False,
            "first_out": True,
            "when": {"all": [{"tag": "level", "op": "<", "value": 9500, "for_ms": 100}, {"any": []}]},
            "tags": [
                {"name": "level", "source": "plc", "value": 5989, "quality": "stale", "age_ms": 9100, "fresh_ms": 500}
            ],
        }
    ],
    "tracking": [
        {
            "node": "unit_000_b",
            "tag": "sp_1",
            "kind": "setpoint",
            "active": 50,
            "standby": 49,
            "tolerance": 0,
            "verdict": "false",
            "active_age_ms": 20,
            "standby_age_ms": 40,
            "max_age_ms": 500,
        }
    ],
}


def page_of(window: Window) -> Any:
    look(window, plant.troubled())
    return window.show_page("group", {"group": "unit_000"})


def test_a_transfer_is_in_the_title_and_in_the_timeline(window: Window) -> None:
    page = page_of(window)
    assert page.group == "unit_000"
    assert page.state.text() == "FAILOVER to unit_000_b: fenced"
    assert "fenced" in page.timeline.accessibleDescription()


def test_why_is_shown_with_value_quality_and_age(window: Window) -> None:
    page = page_of(window)
    page._told_why(Answer(ticket="1", method="Why", group="unit_000", data=WHY))
    row = [page.conditions.item(0, column).text() for column in range(page.conditions.columnCount())]
    assert row == [
        "level_ok",
        "! stale, first out",
        "safety interlock",
        "level < 9500 for 100 ms and ()",
        "level = 5989",
        "! stale",
        "9.1 s",
    ]
    assert page.conditions.item(0, 0).font().bold()
    assert "interlock not true: level_ok (S6)" in page.against.text()
    tracked = [page.tracked.item(0, column).text() for column in range(page.tracked.columnCount())]
    assert tracked == ["sp_1", "50", "49", "unit_000_b", "0", "20 ms / 40 ms", "✗ false"]


def test_an_answer_about_another_group_is_not_shown(window: Window) -> None:
    page = page_of(window)
    page._told_why(Answer(ticket="1", method="Why", data={**WHY, "group": "unit_001"}))
    assert page.tracked.rowCount() == 0


def test_the_next_group_forgets_what_was_said_of_the_last(window: Window) -> None:
    page = page_of(window)
    page._told_why(Answer(ticket="1", method="Why", group="unit_000", data=WHY))
    page._step(1)
    assert page.group == "unit_001"
    assert page.tracked.rowCount() == 0
    assert page.against.text() == ""


def test_channels_with_their_ages(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    window.model.take_timing(plant.timing(window.model.snapshot))
    rows = [page.heard.item(row, 0).text() for row in range(page.heard.rowCount())]
    assert rows == ["unit_000_a.lan_1", "unit_000_a.lan_2", "unit_000_b.lan_1", "unit_000_b.lan_2"]
    assert page.heard.item(0, 2).text() == "40 ms"


def test_a_lost_path_and_what_all_share_are_in_the_picture() -> None:
    group = plant.group("tanks")
    snapshot = replace(plant.calm(1), groups={"tanks": group}, channels={each.name: each for each in group.channels})
    lost = replace(group, channels=(replace(group.channels[0], pulse="lost", trouble="refused"), *group.channels[1:]))
    picture = picture_of(lost, plant.timing(snapshot))
    assert picture.shared == ("room",)
    first, second = picture.boxes
    assert first.paths[0].parts == ("lan_1", "lost", "40 ms / 175 ms", "refused")
    assert "lan_1 · lost · 40 ms / 175 ms · refused" in picture.text
    assert (first.drives, second.drives) == (True, False)
    assert first.lines[-1] == "needs feed_a"
    assert picture.target[:2] == ("plc", "gate OWNED")
    assert picture_of(lost, TimingView()).shared == ()


def test_over_a_path_stands_what_has_room_and_nothing_that_is_cut(qapp: QApplication) -> None:
    metrics, parts = QFontMetricsF(qapp.font()), ("lan_1", "lost", "412 ms / 175 ms", "no answer")
    shorter = " · ".join(parts[:3])
    assert fitting(parts, metrics, metrics.horizontalAdvance(shorter) + 1) == shorter
    assert fitting(parts, metrics, 10_000) == " · ".join(parts)
    assert fitting(("a name that is far too long",), metrics, 80).endswith("…")


def test_a_watched_transfer_has_times_and_bounds() -> None:
    transfer = plant.troubled().groups["unit_000"].transfer
    assert transfer is not None
    watch = Watch()
    watch.see(replace(transfer, phase="claimed", due_ms=100), 1000)
    watch.see(replace(transfer, phase="claimed", due_ms=20), 1080)
    watch.see(replace(transfer, phase="fenced", due_ms=200), 1120)
    assert watch.steps(1150) == (
        Step(name="claimed", ms=120, bound_ms=100),
        Step(name="fenced", ms=30, bound_ms=200, running=True),
    )
    assert [each.kept for each in watch.steps(1150)] == [False, True]
    watch.see(None, 1200)
    assert watch.steps(1300) == ()


def test_the_last_transfer_as_measured() -> None:
    told = {
        "kind": "failover",
        "from_node": "a",
        "to_node": "b",
        "ending": "done",
        "steps": [{"name": "T_fence", "ms": 12.5, "bound_ms": 80.0, "kept": True}],
    }
    assert measured(told) == ("failover · a → b · done", (Step(name="fence", ms=12.5, bound_ms=80.0),))
    assert measured(None) == ("", ())


def test_a_transfer_that_no_snapshot_has_shown_is_asked_for(window: Window) -> None:
    base = plant.calm()
    look(window, base)
    page: Any = window.show_page("group", {"group": "unit_000"})
    page._wants_last = False
    look(window, base)
    assert not page._wants_last
    moved = replace(base.groups["unit_000"], transfer=None, active="unit_000_b", epoch=8)
    look(window, replace(base, groups={**base.groups, "unit_000": moved}))
    assert page._wants_last


def test_a_group_that_is_gone_is_not_changed_for_another(window: Window) -> None:
    page = page_of(window)
    base = window.model.snapshot
    look(window, replace(base, groups={name: each for name, each in base.groups.items() if name != "unit_000"}))
    assert page.group == "unit_000"
    assert page.choice.currentIndex() == -1
    assert "no group unit_000 any more" in page.state.text()
    assert not any(button.isEnabled() for button in page.orders.buttons.values())
    assert page.conditions.rowCount() == 0
    look(window, base)
    assert page.choice.currentText() == "unit_000"
    assert page.state.text().startswith("FAILOVER")


def test_outputs_in_percent() -> None:
    told = {
        "full_scale": 10_000,
        "samples": [
            {
                "at_us": -50_000,
                "state": "OWNED",
                "applied": [5000, 0],
                "held": [0],
                "shadow": [0],
                "shadow_age_ms": 65_535,
            },
            {
                "at_us": 1000,
                "state": "HELD",
                "applied": [2500, 0],
                "held": [5000],
                "shadow": [2500],
                "shadow_age_ms": 3,
            },
        ],
    }
    assert series(told, 0, "applied") == ([-50.0, 1.0], [50.0, 25.0])
    assert series(told, 0, "shadow") == ([1.0], [25.0])
    assert series(told, 0, "held") == ([1.0], [50.0])
    assert series(told, 5, "applied") == ([], [])


@pytest.mark.parametrize("told", [None, [], "x", 3])
def test_what_is_no_answer_is_no_view(told: Any) -> None:
    assert why.read(told) is None
    assert timing.read(told, 1) is None


def test_the_trend_shows_what_was_told(window: Window, qtbot: QtBot) -> None:
    page = page_of(window)
    page._make_trend()
    sample = {"at_us": 0, "state": "HELD", "applied": [5000], "held": [5000], "shadow": [5000], "shadow_age_ms": 1}
    told = {
        "kind": "switchover",
        "drill": True,
        "from_node": "a",
        "to_node": "b",
        "end_us": 310_000,
        "outputs": ["pump_1"],
        "full_scale": 10_000,
        "samples": [sample, {**sample, "at_us": 1000}],
    }
    page._told_outputs("unit_000", Answer(ticket="1", method="OutputsOfTransfer", data=told))
    assert page.trend.output.currentText() == "pump_1"
    assert "a → b" in page.trend.said.text()
    assert len(page.trend.plot.listDataItems()) == 3
    page._told_outputs("unit_000", Answer(ticket="1", method="OutputsOfTransfer", trouble="BadNoData"))
    assert page.trend.plot.listDataItems() == []
