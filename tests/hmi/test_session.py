"""The session against a real interface, whose supervisor the test plays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from hmi import line
from hmi.feed import Model
from hmi.model import Answer, EventView, Link
from hmi.opening import Opening
from hmi.session import Session
from hmi.trust import Keys
from otha.core.words import OrderKind
from tests.hmi.conftest import Wait
from tests.interface.house import PASSWORD, USERS, House

ALARM = {
    "code": "section_held",
    "state": "unacked",
    "active": True,
    "unacked": True,
    "flags": [],
    "occurrence": 4,
    "priority": "high",
    "first_out": True,
    "one_shot": False,
    "detail": "plc",
    "cause": "frames stopped",
    "consequence": "outputs are held",
    "response": "look at the plant",
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """The certificate of the station."""
    return Keys(tmp_path_factory.mktemp("station"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[House]:
    """A running interface that trusts the station."""
    made = House(tmp_path_factory.mktemp("state"))
    made.trust.trust(keys.identity().certificate.read_bytes())
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def session(qapp: QApplication, keys: Keys) -> Iterator[Session]:
    """A session of that station."""
    made = Session(Model(), keys)
    yield made
    made.end()


def enter(session: Session, house: House, wait: Wait, role: str = "operator") -> None:
    """Log in and see something."""
    session.keys.pin(house.url, house.fingerprint)
    session.open(house.url, USERS[role], PASSWORD)
    wait(lambda: not session.model.stale)


def test_an_unknown_server_is_shown_to_a_person_and_then_trusted(
    session: Session, house: House, wait: Wait, tmp_path: Path
) -> None:
    stranger = Session(Model(), Keys(tmp_path))
    try:
        asked: list[Opening] = []
        stranger.trust_asked.connect(asked.append)
        stranger.open(house.url, USERS["viewer"], PASSWORD)
        wait(lambda: bool(asked))
        assert asked[0].fingerprint == house.fingerprint
        assert stranger.model.station.link is Link.ASKING_TRUST
        stranger.trust(asked[0])
        # This station's own certificate is not trusted over there: that is said, with what to do.
        wait(lambda: stranger.model.station.link is Link.NOT_TRUSTED)
        assert Keys(tmp_path).identity().thumbprint[:16] in stranger.model.station.mend
        house.trust.trust(Keys(tmp_path).identity().certificate.read_bytes())
        wait(lambda: stranger.model.station.link is Link.OPEN)
    finally:
        stranger.end()


def test_another_certificate_is_refused_loudly(session: Session, house: House, wait: Wait) -> None:
    session.keys.pin(house.url, "0" * 64)
    asked: list[Opening] = []
    session.trust_asked.connect(asked.append)
    session.open(house.url, USERS["viewer"], PASSWORD)
    wait(lambda: bool(asked))
    assert session.model.station.link is Link.CERTIFICATE_CHANGED
    assert (asked[0].pinned, asked[0].fingerprint) == ("0" * 64, house.fingerprint)
    assert session.model.stale


def test_a_wrong_password_is_asked_for_anew(session: Session, house: House, wait: Wait) -> None:
    session.keys.pin(house.url, house.fingerprint)
    asked: list[Opening] = []
    session.login_asked.connect(asked.append)
    session.open(house.url, USERS["viewer"], "not-the-password")
    wait(lambda: bool(asked))
    assert asked[0].refused
    assert asked[0].password == ""
    assert session.model.station.link is Link.LOGIN_REFUSED


def test_a_value_that_the_interface_will_not_tell_is_said_and_nothing_looks_fresh(
    session: Session, house: House, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "_SITE_NAMES", (*line._SITE_NAMES, "NoSuchValue"))
    session.keys.pin(house.url, house.fingerprint)
    session.open(house.url, USERS["viewer"], PASSWORD)
    wait(lambda: session.model.station.trouble == "the interface refused: BadNodeIdUnknown")
    assert session.model.stale


def test_values_alarms_orders_and_their_ends(session: Session, house: House, wait: Wait) -> None:
    enter(session, house, wait)
    model = session.model
    (name,) = model.snapshot.groups
    seen = model.snapshot.groups[name]
    assert model.snapshot.site.name == "two_tanks"
    assert [node.name for node in seen.nodes] == [node["name"] for node in house.group()["nodes"]]
    assert {each.name for each in seen.channels} == {each["name"] for each in house.status["channels"]}
    house.group()["nodes"][0]["liveness"] = "dead"
    house.group()["alarms"] = [ALARM]
    wait(lambda: bool(model.snapshot.alarms))
    wait(lambda: model.snapshot.groups[name].nodes[0].liveness == "dead")
    (alarm,) = model.snapshot.alarms
    assert (alarm.group, alarm.code, alarm.occurrence, alarm.detail) == (name, "section_held", 4, "plc")
    assert alarm.unacked
    assert (alarm.cause, alarm.consequence, alarm.response) == (ALARM["cause"], ALARM["consequence"], ALARM["response"])
    assert alarm.site_words
    answers: list[Answer] = []
    session.acknowledge(alarm, "seen", then=answers.append)
    ticket = session.order("Switchover", name, Node="sc_b", Comment="why not", then=answers.append)
    wait(lambda: len(answers) == 2)
    assert all(answer.accepted for answer in answers)
    orders = {each.order.order: each.order for each in house.orders}
    assert (orders[OrderKind.ALARM_ACK].occurrence, orders[OrderKind.ALARM_ACK].comment) == (4, "seen")
    assert (orders[OrderKind.SWITCHOVER].id, orders[OrderKind.SWITCHOVER].node) == (ticket, "sc_b")
    house.group()["alarms"] = []
    wait(lambda: not model.snapshot.alarms)
    house.group()["nodes"][0]["liveness"] = "alive"
    with pytest.raises(ValueError, match="Speed"):
        session.order("Switchover", name, Speed="fast")
    with pytest.raises(KeyError):
        session.order("Explode", name)


def test_a_role_that_is_not_enough_is_said(session: Session, house: House, wait: Wait) -> None:
    enter(session, house, wait, "viewer")
    answers: list[Answer] = []
    session.order("Switchover", next(iter(session.model.snapshot.groups)), then=answers.append)
    wait(lambda: bool(answers))
    assert answers[0].denied
    assert not answers[0].accepted


def test_silence_of_the_supervisor_is_stale(session: Session, house: House, wait: Wait) -> None:
    enter(session, house, wait)
    house.silent = True
    try:
        wait(lambda: session.model.stale)
        assert session.model.snapshot.groups
    finally:
        house.silent = False
    wait(lambda: not session.model.stale)


def test_an_interface_that_ends_is_stale_at_once_and_found_again(session: Session, house: House, wait: Wait) -> None:
    enter(session, house, wait)
    events: list[EventView] = []
    session.model.events_came.connect(events.extend)
    house.process.kill()
    wait(lambda: session.model.stale)
    assert session.model.station.link is not Link.OPEN
    answers: list[Answer] = []
    session.why("tanks", then=answers.append)
    wait(lambda: bool(answers))
    assert answers[0].trouble


def test_nothing_is_heard_after_the_end(session: Session, house: House) -> None:
    session.end()
    session.end()
    session.open(house.url, "a", "b")
    assert session.model.station.link is Link.CLOSED
