"""The supervisor's own alarms: one cause, one alarm, however many groups there are."""

from dataclasses import replace

import pytest

from otha.core import alarm_sight
from otha.core.alarm_list import FOLLOWS, OWN
from otha.core.group.state import StoreView
from otha.core.inputs import AlarmsStood, LoopStalled, OrderGiven, OwnTrouble
from otha.core.reasons import Reason, Why
from otha.core.site_state import SiteState
from otha.core.supervision import Supervision
from otha.core.words import AlarmCode, AlarmFlag, AlarmState, Authority, OrderKind
from tests.core.build import MS, group_config, order, site_config

JOURNAL, RECORDER, DISK = AlarmCode.JOURNAL_SILENT, AlarmCode.RECORDER_SILENT, AlarmCode.DISK_FAILING


def core(*names: str) -> Supervision:
    groups = tuple(group_config(name=name, supervisor="sup") for name in names) if names else None
    return Supervision(site_config(groups), 0)


def trouble(code: AlarmCode, detail: str = "", *, holds: bool = True) -> OwnTrouble:
    return OwnTrouble(code=code, detail=detail, holds=holds)


def reasons(s: Supervision, *raws: OwnTrouble | LoopStalled | OrderGiven | AlarmsStood) -> list[Reason]:
    return [reason for raw in raws for decision in s.feed(raw, 1_000 * MS) for reason in decision.reasons]


def state(s: Supervision, code: AlarmCode) -> AlarmState:
    return next((w.state for w in s.alarm_watches("sup") if w.code == code), AlarmState.NORMAL)


def test_trouble_comes_and_goes_as_an_alarm_of_the_supervisor() -> None:
    s = core()
    (decision,) = s.feed(trouble(JOURNAL, "rows wait"), 1_000 * MS)
    assert decision.group == "sup"
    assert decision.reasons[0].args == ("journal_silent", "rows wait", 1, "medium", "first-out")
    assert s.alarms("tanks") == ()
    reasons(s, trouble(JOURNAL, holds=False))
    assert state(s, JOURNAL) is AlarmState.RTN_UNACKED


def test_told_twice_it_is_annunciated_once_and_anew_when_it_gets_worse() -> None:
    s = core()
    told = reasons(s, trouble(JOURNAL, "rows wait"), trouble(JOURNAL, "rows wait"))
    assert len([each for each in told if each.why is Why.ALARM_RAISED]) == 1
    worse = reasons(s, trouble(JOURNAL, "rows are refused"))
    assert [each.args[:3] for each in worse] == [("journal_silent", "rows are refused", 2)]


def test_two_that_can_not_be_written_are_one_disk() -> None:
    s = core()
    told = reasons(s, trouble(JOURNAL), trouble(RECORDER))
    assert [each.args[0] for each in told if each.why is Why.ALARM_RAISED] == ["journal_silent", "disk_failing"]
    flags = {w.code: w.flags for w in s.alarm_watches("sup")}
    assert flags[JOURNAL] == flags[RECORDER] == (AlarmFlag.SUPPRESSED,)
    reasons(s, trouble(RECORDER, holds=False))
    assert (state(s, DISK), state(s, JOURNAL)) == (AlarmState.RTN_UNACKED, AlarmState.UNACKED)


def test_what_concerns_the_whole_site_is_one_alarm_in_a_site_of_several_groups() -> None:
    s = core("tanks", "pumps")
    told = reasons(s, LoopStalled(gap_ns=300 * MS))
    assert [each.args[0] for each in told if each.why is Why.ALARM_RAISED].count("tilt") == 1
    for group in ("tanks", "pumps"):
        assert [w.code for w in s.alarm_watches(group) if w.suppressed] == list(FOLLOWS[AlarmCode.TILT])


@pytest.mark.parametrize("code", OWN)
def test_they_are_in_no_groups_list(code: AlarmCode) -> None:
    s = core()
    (decision,) = s.feed(OrderGiven(order=order(OrderKind.SHELVE, item=code.value)), 0)
    assert decision.answer is not None
    assert [each.block.code for each in decision.answer.blockers] == ["no_such_alarm"]


def test_they_are_acknowledged_and_shelved_by_the_supervisors_name_and_a_repeat_changes_nothing() -> None:
    s = core()
    reasons(s, trouble(JOURNAL))
    ack = order(OrderKind.ALARM_ACK, item="journal_silent", occurrence=1, group="sup")
    (decision,) = s.feed(OrderGiven(order=ack), 1_000 * MS)
    assert decision.answer is not None
    assert (decision.answer.accepted, state(s, JOURNAL)) == (True, AlarmState.ACKED)
    assert [each.why for each in reasons(s, OrderGiven(order=ack))] == [Why.ORDER_REPEATED]
    shelve = order(OrderKind.SHELVE, item="journal_silent", group="sup", id="o2", for_ns=5 * MS)
    s.feed(OrderGiven(order=shelve), 1_000 * MS)
    assert [w.shelved_until for w in s.alarm_watches("sup")] == [1_005 * MS]


def test_they_go_on_from_a_snapshot() -> None:
    s = core()
    reasons(s, trouble(RECORDER), trouble(JOURNAL))
    again = Supervision.restore(s.snapshot())
    assert again.alarms("sup") == s.alarms("sup")
    assert again.snapshot() == s.snapshot()


def test_of_several_details_a_new_one_is_annunciated_and_one_that_goes_is_not() -> None:
    s, code = core(), AlarmCode.CERTIFICATE_EXPIRING
    assert [each.args[1] for each in reasons(s, trouble(code, "own\nhmi within 30 days"))] == [
        "own, hmi within 30 days"
    ]
    assert reasons(s, trouble(code, "hmi within 30 days")) == []
    assert [each.args[1:3] for each in reasons(s, trouble(code, "hmi within 7 days"))] == [("hmi within 7 days", 2)]


@pytest.mark.parametrize(("authority", "told"), [(Authority.OTHA, ["store_silent"]), (Authority.NATIVE, [])])
def test_a_store_that_was_never_read_is_no_alarm_of_a_pair_that_switches_itself(
    authority: Authority, told: list[str]
) -> None:
    cfg = site_config((group_config(authority=authority, supervisor="sup"),))
    state = SiteState.start(cfg, 0)
    before = state.groups[0]
    state.groups[0] = replace(before, settle_until=None)
    assert [each.code for each in alarm_sight.of_supervisor(cfg, state).found] == told
    silent = replace(state.groups[0], store=StoreView.UNKNOWN)
    known = replace(state.groups[0], store=StoreView.KNOWN)
    assert alarm_sight.own_moved(cfg.groups[0], known, silent) is bool(told)
