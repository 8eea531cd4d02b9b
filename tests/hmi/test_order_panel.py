"""The widgets of an order: what a person can press, and when."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from hmi import switchover as sw
from hmi.desk import NoReply, inputs_of
from hmi.job import Job, Target
from hmi.order_panel import OrderPanel
from hmi.reply import Reply, preview_of
from hmi.sight import Asks, Sight, Waiting
from hmi.switchover import Step
from tests.hmi.desks import PREVIEW, WHY, PlayedDesk
from tests.hmi.test_switchover import A as SIGHT_A

A = replace(SIGHT_A, active="sc_a", gate_owner="sc_a")
B = replace(A, active="sc_b", gate_owner="sc_b", epoch=5, gate_epoch=5)
YES = Reply(accepted=True)
HELD = Reply(accepted=True, preview=preview_of(PREVIEW))


class Stage:
    """A panel with a desk, a sight and a clock that the test plays."""

    def __init__(self, qtbot: QtBot, job: Job = Job.SWITCHOVER, sight: Sight = A, **target: str | int) -> None:
        self.desk, self.sight, self.now = PlayedDesk(), sight, 0
        given = Target(group="tanks", **({"node": "sc_b"} | target))  # type: ignore[arg-type] # texts, and a number
        self.panel = OrderPanel(
            self.desk,
            job,
            given,
            lambda: self.sight,
            nodes=("sc_b",),
            conditions=("not_filling",),
            clock=lambda: self.now,
        )
        qtbot.addWidget(self.panel)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.panel.refresh()

    def see(self, sight: Sight, now: int = 0) -> None:
        """The plant is like this now."""
        self.sight, self.now = sight, now or self.now
        self.panel.refresh()

    def step(self) -> Step:
        """Where the order is."""
        return self.panel.flow.step

    def select(self) -> None:
        """SELECT, and OTHA's yes."""
        self.panel.select.click()
        self.desk.reply("Select", HELD)


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(qtbot)
    yield made
    made.panel.leave()


def test_a_switchover_from_select_to_what_is_read_back(stage: Stage) -> None:
    panel = stage.panel
    assert panel.select.isEnabled()
    assert not panel.operate.isEnabled()
    stage.select()
    assert panel.operate.isEnabled()
    panel.operate.click()
    (operate,) = stage.desk.asked("Operate")
    assert operate.target is not None
    assert operate.target.node == "sc_b"
    stage.desk.reply("Operate", YES)
    stage.see(replace(A, transfer="switchover", transfer_to="sc_b", phase="fenced", phase_left_ms=100, epoch=5), 50)
    assert stage.step() is Step.UNDER_WAY
    assert "read back" not in panel.state_text()
    stage.see(B, 100)
    assert stage.step() is Step.DONE
    assert "read back" in panel.state_text()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_alone_never_operates_wherever_the_focus_is(stage: Stage, key: Qt.Key) -> None:
    stage.select()
    panel = stage.panel
    for widget in (panel, panel.inputs.comment, panel.inputs.node, panel.select, panel.cancel, panel.operate):
        widget.setFocus()
        QTest.keyClick(widget, key)
    assert not stage.desk.asked("Operate")
    assert stage.step() is Step.SELECTED
    QTest.keyClick(panel.operate, Qt.Key.Key_Space)
    assert stage.desk.asked("Operate")


def test_a_second_space_after_select_operates_nothing(stage: Stage) -> None:
    stage.panel.select.setFocus()
    QTest.keyClick(stage.panel.select, Qt.Key.Key_Space)
    stage.desk.reply("Select", HELD)
    focus = stage.panel.focusWidget()
    assert focus is not stage.panel.operate
    if focus is not None:
        QTest.keyClick(focus, Qt.Key.Key_Space)
    assert not stage.desk.asked("Operate")


def test_an_interlock_that_turns_bad_greys_operate_with_its_reason(stage: Stage) -> None:
    stage.select()
    bad = {"block": "interlock", "rule": "S6", "detail": "level_ok false"}
    stage.desk.why_told = {**WHY, "obstacles": [bad]}
    stage.see(A, 2_000)
    assert not stage.panel.operate.isEnabled()
    assert "level_ok false" in stage.panel.operate_why()
    assert not stage.desk.asked("Operate")


def test_a_refused_operate_shows_every_reason(stage: Stage) -> None:
    stage.select()
    stage.panel.operate.click()
    stage.desk.reply("Operate", Reply(accepted=False, obstacles=("interlock: level_ok false (S6)", "not ready: x")))
    assert stage.step() is Step.FAILED
    assert "level_ok false" in stage.panel.state_text()
    assert "not ready: x" in stage.panel.state_text()


def test_no_read_back_is_shown_as_failed(stage: Stage) -> None:
    stage.select()
    stage.panel.operate.click()
    stage.desk.reply("Operate", YES)
    stage.see(A, 100)
    stage.see(A, 100 + sw.BEGINS_WITHIN_MS)
    assert stage.step() is Step.FAILED
    assert "active: sc_a / sc_b" in stage.panel.state_text()


def test_a_second_station_is_told_who_holds_it(stage: Stage) -> None:
    stage.see(replace(A, selected_by="other", selected_to="sc_b", selection_left_ms=12_000), 10)
    assert not stage.panel.select.isEnabled()
    assert "other" in stage.panel.select_why()


def test_an_order_without_an_answer_is_asked_again_with_its_id(stage: Stage) -> None:
    stage.select()
    stage.panel.operate.click()
    stage.desk.reply("Operate", NoReply.LOST)
    assert stage.step() is Step.UNSURE
    assert stage.panel.operate.isEnabled()
    stage.panel.operate.click()
    first, again = stage.desk.asked("Operate")
    assert first.order_id == again.order_id


def test_the_site_asks_who_operates(stage: Stage) -> None:
    stage.select()
    stage.panel.operate.click()
    stage.desk.reply("Operate", Reply(accepted=False, codes=("idle_locked",), obstacles=("idle",)))
    assert stage.panel.inputs.password.isVisible()
    assert not stage.panel.operate.isEnabled()
    stage.panel.inputs.password.setText("secret")
    stage.see(A, 20)
    stage.panel.operate.click()
    ((password, done),) = stage.desk.proofs
    assert password == "secret"
    assert stage.panel.inputs.password.text() == ""
    assert len(stage.desk.asked("Operate")) == 1, "the proof does not operate"
    done(True)
    stage.panel.operate.click()
    assert len(stage.desk.asked("Operate")) == 2


def test_who_leaves_gives_the_selection_back(stage: Stage) -> None:
    stage.select()
    stage.panel.leave()
    assert stage.desk.asked("Cancel")


def test_an_answer_that_comes_after_the_end_is_heard_by_nobody(stage: Stage) -> None:
    stage.panel.select.click()
    stage.panel.leave()
    stage.desk.reply("Select", HELD)
    assert stage.step() is Step.CHOOSE


def test_without_sight_nothing_can_be_pressed(stage: Stage) -> None:
    stage.select()
    stage.see(replace(A, good=False), 10)
    assert not stage.panel.operate.isEnabled()
    assert not stage.panel.select.isEnabled()


def test_safe_needs_a_reason_and_waits_for_a_second_person(qtbot: QtBot) -> None:
    held = replace(A, gate_state="HELD")
    stage = Stage(qtbot, Job.SAFE, held)
    assert not stage.panel.select.isEnabled()
    stage.panel.inputs.comment.setText("pump runs dry")
    stage.see(held, 10)
    stage.panel.select.click()
    stage.panel.operate.click()
    (safe,) = stage.desk.asked("Safe")
    assert safe.target is not None
    assert safe.target.comment == "pump runs dry"
    stage.desk.reply("Safe", YES)
    stage.see(replace(held, waiting=(replace(SAFE, by="operator-1"),)), 20)
    assert "second person" in stage.panel.state_text()
    stage.see(replace(held, gate_state="SAFE"), 30)
    assert stage.step() is Step.DONE
    stage.panel.leave()


SAFE = Waiting(number=7, asks=Asks.SAFE, what="safe", by="kim", comment="pump runs dry", left_ms=25_000)
MOVE = Waiting(number=8, asks=Asks.TRANSFER, what="failover (dead)", item="sc_b", about=("lag 3 s",))
HELD_SITE = replace(A, gate_state="HELD")


def test_what_is_confirmed_is_named_by_the_number_that_was_seen(qtbot: QtBot) -> None:
    stage = Stage(qtbot, Job.CONFIRM, replace(HELD_SITE, waiting=(SAFE,)), node="", request=7)
    assert "kim" in stage.panel.way_text()
    assert "pump runs dry" in stage.panel.way_text()
    stage.panel.select.click()
    # Another one has taken its place: the person has not seen that one.
    other = replace(SAFE, number=9, asks=Asks.BYPASS, what="bypass", item="level_ok", by="lee")
    stage.see(replace(HELD_SITE, waiting=(other,)), 10)
    assert "lee" not in stage.panel.way_text()
    assert not stage.panel.operate.isEnabled()
    assert "No. 7 waits no more" in stage.panel.operate_why()
    assert stage.desk.asked("Confirm") == []
    stage.panel.leave()


@pytest.mark.parametrize(("row", "number"), [(0, 7), (1, 8)])
def test_of_two_that_wait_the_person_chooses_and_nothing_is_chosen_for_him(qtbot: QtBot, row: int, number: int) -> None:
    stage = Stage(qtbot, Job.CONFIRM, replace(HELD_SITE, waiting=(SAFE, MOVE), transfer="failover"), node="")
    panel, waits = stage.panel, stage.panel.inputs.waits
    assert [waits.item(at).text().split(":")[0] for at in range(waits.count())] == ["○ No. 7", "○ No. 8"]
    assert "lag 3 s" in waits.item(1).text()
    assert waits.chosen == 0
    assert not panel.select.isEnabled()
    assert "Choose first" in panel.select_why()
    waits.setFocus()
    stage.see(stage.sight, 5)
    assert waits.chosen == 0
    waits.setCurrentRow(row)
    stage.see(stage.sight, 10)
    assert f"No. {number}" in panel.way_text()
    panel.select.click()
    panel.operate.click()
    (confirm,) = stage.desk.asked("Confirm")
    assert confirm.target is not None
    assert inputs_of("Confirm", confirm.target)["Request"] == number
    stage.panel.leave()


def test_after_one_that_waited_the_next_can_be_chosen(qtbot: QtBot) -> None:
    stage = Stage(qtbot, Job.REJECT, replace(HELD_SITE, waiting=(SAFE, MOVE), transfer="failover"), node="")
    stage.panel.inputs.comment.setText("not now")
    stage.panel.inputs.waits.choose(7)
    stage.see(stage.sight, 10)
    stage.panel.select.click()
    stage.panel.operate.click()
    stage.desk.reply("Reject", YES)
    # A transfer that goes on waiting beside it is none of this order's business.
    stage.see(replace(HELD_SITE, waiting=(MOVE,), transfer="failover"), 20)
    assert stage.step() is Step.DONE
    stage.panel.inputs.waits.choose(8)
    assert stage.step() is Step.CHOOSE
    stage.see(stage.sight, 30)
    assert "No. 8" in stage.panel.way_text()
    assert stage.panel.select.isEnabled()
    stage.panel.leave()


def test_text_from_elsewhere_is_never_markup(stage: Stage) -> None:
    stage.select()
    stage.panel.operate.click()
    stage.desk.reply("Operate", Reply(accepted=False, obstacles=("<b>x</b><img src='file:///etc/passwd'>",)))
    assert "<b>x</b>" in stage.panel.state_text()
    formats = {label.textFormat() for label in stage.panel.findChildren(QLabel) if label.buddy() is None}
    assert formats == {Qt.TextFormat.PlainText}
