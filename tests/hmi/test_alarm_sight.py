"""Cause, consequence and response: whose words stand beside an alarm."""

from hmi import rationale
from hmi.alarm_sight import row_of
from hmi.model import Priority
from otha.core.words import AlarmCode
from tests.hmi import plant

TOLD = {"cause": "the crane's brake is worn", "consequence": "the load may sag", "response": "park the crane"}


def test_an_alarm_on_plant_tags_brings_the_site_files_words() -> None:
    row = row_of(plant.alarm("tanks", "brake_worn", Priority.HIGH, site_words=True, **TOLD))
    assert (row.cause, row.consequence, row.response) == tuple(TOLD.values())


def test_the_site_files_words_go_before_othas_own() -> None:
    own = row_of(plant.alarm("tanks", "section_held", Priority.HIGH, **TOLD))
    assert (own.cause, own.consequence, own.response) == rationale.of("section_held")
    changed = row_of(plant.alarm("tanks", "section_held", Priority.HIGH, site_words=True, **TOLD))
    assert changed.response == TOLD["response"]


def test_every_alarm_of_othas_own_has_words_here() -> None:
    assert [code.value for code in AlarmCode if rationale.of(code.value) is None] == []
