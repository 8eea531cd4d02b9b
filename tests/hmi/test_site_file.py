"""The site file as `Configuration` answers it."""

import pytest

from hmi.site_file import SiteFile, told

ANSWER = ("/etc/otha/site.toml", "text", "aa", "cc", "bb", '{"tanks_a": {"profile": "otha_controller"}}')


def test_the_answer_is_read() -> None:
    assert told(ANSWER) == SiteFile(
        path="/etc/otha/site.toml",
        text_hash="aa",
        said_hash="cc",
        disk_hash="bb",
        nodes={"tanks_a": {"profile": "otha_controller"}},
    )


def test_what_is_no_text_is_shown_as_one() -> None:
    found = told((*ANSWER[:5], '{"tanks_a": {"number": 1, "domains": ["room_1"]}}'))
    assert found is not None
    assert found.nodes == {"tanks_a": {"number": "1", "domains": "['room_1']"}}


@pytest.mark.parametrize(
    "outputs",
    [
        (),
        ANSWER[:5],
        (*ANSWER, ""),
        *((*ANSWER[:5], nodes) for nodes in ("", "{", "null", "[]", '"text"', '{"tanks_a": 1}', "[" * 100_000)),
    ],
)
def test_an_answer_that_is_another_is_none(outputs: tuple[str, ...]) -> None:
    assert told(outputs) is None
