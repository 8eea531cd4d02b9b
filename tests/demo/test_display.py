"""Whether the HMI opens beside the demo, and that the demo does not hang on it."""

import importlib.util
import io

import pytest
from rich.console import Console

from otha import demo_cli
from otha.core.errors import HostError
from otha.demo import display, play
from otha.demo.display import BESIDE, WINDOW


class NoDoor(display.Display):
    """A display that is never let in."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def admit(self, stage: object) -> str:
        """As a port that another one took."""
        raise HostError("the port is taken", mend="try again")


@pytest.mark.parametrize(
    ("displays", "libraries", "possible"),
    [
        ({}, True, False),
        ({"DISPLAY": ""}, True, False),
        ({"DISPLAY": ":0"}, True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"DISPLAY": ":0"}, False, False),
    ],
)
def test_the_hmi_opens_by_itself_only_where_it_can(
    monkeypatch: pytest.MonkeyPatch, displays: dict[str, str], libraries: bool, possible: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in displays.items():
        monkeypatch.setenv(name, value)
    if not libraries:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert display.possible() is possible
    assert demo_cli.hmi_of(None, measured=False) == (BESIDE if possible else "")
    assert demo_cli.hmi_of(None, measured=True) == ""
    assert demo_cli.hmi_of(demo_cli.HmiName.NONE, measured=False) == ""
    assert demo_cli.hmi_of(demo_cli.HmiName.WINDOW, measured=True) == WINDOW


def test_a_demo_that_nobody_asked_an_hmi_for_goes_on_without_it() -> None:
    said = io.StringIO()
    console = Console(file=said)
    with play._shown(NoDoor(BESIDE), None, console):  # type: ignore[arg-type]  # the stage is not looked at
        console.print("the acts")
    assert "no HMI beside it: the port is taken" in said.getvalue()
    assert "the acts" in said.getvalue()


def test_a_demo_that_an_hmi_was_asked_for_says_why_it_has_none() -> None:
    with (
        pytest.raises(HostError, match="the port is taken"),
        play._shown(NoDoor(WINDOW), None, Console(file=io.StringIO())),  # type: ignore[arg-type]  # as above
    ):
        pass
