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


@pytest.mark.parametrize("outputs", [(), ANSWER[:5], (*ANSWER[:5], "{")])
def test_an_answer_that_is_another_is_none(outputs: tuple[str, ...]) -> None:
    assert told(outputs) is None
