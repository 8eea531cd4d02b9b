"""The alarm page: lists, filter, the alarm that is looked at, and what is ordered about it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from hmi.alarm_model import Column
from hmi.alarm_page import AlarmPage
from hmi.alarm_rows import AlarmRow
from hmi.desk import NoReply
from hmi.job import Target
from hmi.reply import Reply
from tests.hmi.desks import PlayedDesk
from tests.hmi.test_alarm_rows import ROW

OTHER = replace(ROW, code="gate_unseen", priority="medium", occurrence=7)


@pytest.fixture
def desk() -> PlayedDesk:
    return PlayedDesk()


@pytest.fixture
def page(qtbot: QtBot, desk: PlayedDesk) -> AlarmPage:
    made = AlarmPage(desk)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    made.take([ROW, OTHER])
    return made


def target(desk: PlayedDesk, method: str) -> Target:
    (call,) = desk.asked(method)
    assert call.target is not None
    return call.target


def texts(page: AlarmPage) -> list[str]:
    """The alarms of the list, from the top."""
    rows = [page.model.row(at) for at in range(page.model.rowCount())]
    return [row.code for row in rows if row is not None]


def test_an_alarm_is_acknowledged_with_its_occurrence_and_a_comment_while_it_is_active(
    page: AlarmPage, desk: PlayedDesk
) -> None:
    page.choose(OTHER.key)
    page.side.comment.setText("on my way")
    page.side.ack.click()
    said = target(desk, "AlarmAck")
    assert (said.group, said.alarm, said.occurrence, said.comment) == ("tanks", "gate_unseen", 7, "on my way")
    desk.reply("AlarmAck", Reply(accepted=False, obstacles=("old occurrence: 8",)))
    assert "old occurrence: 8" in page.side.answer_text()


def test_shelving_needs_a_reason_and_takes_a_time(page: AlarmPage, desk: PlayedDesk) -> None:
    page.choose(ROW.key)
    page.side.shelve.click()
    assert not desk.asked("Shelve")
    page.side.comment.setText("known, pump P1 is out")
    page.side.shelve.click()
    assert (target(desk, "Shelve").for_s, target(desk, "Shelve").comment) == (1800, "known, pump P1 is out")


def test_what_can_be_done_is_what_its_state_allows(page: AlarmPage) -> None:
    page.take([replace(ROW, state="latched_acked", unacked=False, active=False)])
    page.choose(ROW.key)
    assert (page.side.ack.isEnabled(), page.side.reset.isEnabled(), page.side.unshelve.isEnabled()) == (
        False,
        True,
        False,
    )
    page.take([ROW])
    assert (page.side.ack.isEnabled(), page.side.reset.isEnabled()) == (True, False)


def test_an_order_and_what_takes_it_back_never_stand_beside_each_other(page: AlarmPage) -> None:
    side = page.side
    for flags, seen in (
        ((), (True, False, True, False)),
        (("shelved",), (False, True, True, False)),
        (("shelved", "out_of_service"), (False, True, False, True)),
    ):
        side.tell(replace(ROW, flags=flags))
        buttons = side.shelve, side.unshelve, side.out, side.back
        assert tuple(each.isVisibleTo(side) for each in buttons) == seen
        assert tuple(each.isEnabled() for each in buttons) == seen


def test_who_comes_looks_at_the_most_urgent_one_unless_he_had_chosen_another(page: AlarmPage) -> None:
    urgent = replace(OTHER, code="newer", priority="critical", unacked=True)
    page.take([ROW])
    page.come()
    page.take([urgent, ROW, OTHER])
    assert page.table.currentIndex().row() == page.model.place(ROW.key), "what is looked at stays"
    page.come()
    assert page.table.currentIndex().row() == page.model.place(urgent.key) == 0
    page.table.selectRow(page.model.place(OTHER.key))
    page.come()
    assert page.table.currentIndex().row() == page.model.place(OTHER.key)
    page.take([ROW])
    page.table.setFocus()
    page.take([urgent, ROW])
    page.come()
    assert page.table.currentIndex().row() == 0


def test_the_alarm_that_is_looked_at_stays_so_wherever_it_goes(page: AlarmPage) -> None:
    page.choose(OTHER.key)
    many = [replace(ROW, code=f"new_{number}", priority="critical") for number in range(50)]
    page.take([*many, ROW, OTHER])
    row = page.model.row(page.table.currentIndex().row())
    assert row is not None
    assert row.key == OTHER.key
    page.side.comment.setText("half a comm")
    page.take([*many[:10], ROW, OTHER])
    assert page.side.comment.text() == "half a comm"


def test_shelved_alarms_have_a_list_of_their_own(page: AlarmPage) -> None:
    page.take([replace(ROW, flags=("shelved",), unacked=False), OTHER])
    assert texts(page) == ["gate_unseen"]
    page.shelves.setCurrentIndex(1)
    assert texts(page) == ["redundancy_lost"]


def test_enter_on_an_alarm_leads_to_its_group_and_orders_nothing(
    page: AlarmPage, desk: PlayedDesk, qtbot: QtBot
) -> None:
    page.choose(ROW.key)
    with qtbot.waitSignal(page.go_to) as went:
        QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert went.args == ["tanks"]
    assert not [call for call in desk.calls if call.method != "QueryEvents"]


def test_silence_is_no_acknowledgement(page: AlarmPage, desk: PlayedDesk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.silence):
        page.quiet.click()
    assert not desk.asked("AlarmAck")


def test_who_may_not_is_told(page: AlarmPage, desk: PlayedDesk) -> None:
    page.choose(ROW.key)
    page.side.out.click()
    desk.reply("OutOfService", NoReply.DENIED)
    assert "operator-1" in page.side.answer_text()


def test_ten_thousand_alarms_keep_the_models_promises(page: AlarmPage) -> None:
    many: list[AlarmRow] = [replace(ROW, code=f"alarm_{number}", occurrence=number) for number in range(10_000)]
    page.take(many)
    assert page.model.rowCount() == 10_000
    page.filter.setText("alarm_99")
    page.filter_now()
    assert page.model.rowCount() == 111
    page.take([replace(row, state="acked", unacked=False) for row in many])
    assert page.model.rowCount() == 111


def test_the_model_keeps_qts_rules(page: AlarmPage, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(page.model)
    page.take([OTHER])
    page.take([OTHER, ROW])
    page.take([replace(OTHER, priority="critical"), ROW])


def test_the_sites_group_names_have_the_room_that_they_need(page: AlarmPage) -> None:
    name = "gateway_yard_outer_3"
    page.know_groups(("tanks", name))
    assert page.table.columnWidth(Column.GROUP) > page.table.fontMetrics().horizontalAdvance(name)
