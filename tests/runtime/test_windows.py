"""The shell looks at the wall clock for the core: what it tells, and when."""

import time
from dataclasses import replace

from otha.core.config import FailbackConfig
from otha.core.inputs import WindowTurned
from otha.core.supervision import Supervision
from otha.core.window import parse
from otha.core.words import FailbackMode
from otha.runtime.windows import Windows
from tests.core.build import MS, group_config, site_config

SCHEDULED = FailbackConfig(mode=FailbackMode.SCHEDULED, hold_ns=0, windows=(parse("mon 02:00-03:00"),))
MONDAY = "2026-11-30"


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.text = f"{MONDAY} 01:59:59"

    def __call__(self) -> time.struct_time:
        return time.strptime(self.text, "%Y-%m-%d %H:%M:%S")


def test_it_tells_once_when_the_window_turns_and_again_what_the_core_does_not_know() -> None:
    core, wall = Supervision(site_config([group_config(failback=SCHEDULED)]), 0), Wall()
    windows = Windows(wall)

    def look(at_ms: int) -> list[WindowTurned]:
        told = list(windows.look(core.cfg.groups, core.group, at_ms * MS))
        for each in told:
            core.feed(each, at_ms * MS)
        return told

    assert look(1_000) == []
    wall.text = f"{MONDAY} 02:00:00"
    assert look(1_500) == [], "once a second is enough"
    assert look(2_000) == [WindowTurned(group="tanks", is_open=True)]
    assert core.group("tanks").window_open
    assert look(3_000) == []
    # A supervision that began anew in an open window is told as well.
    core = Supervision(core.cfg, 0)
    assert look(4_000) == [WindowTurned(group="tanks", is_open=True)]
    wall.text = f"{MONDAY} 03:00:00"
    assert look(5_000) == [WindowTurned(group="tanks", is_open=False)]


def test_a_group_without_a_window_is_told_nothing() -> None:
    group = group_config(failback=replace(SCHEDULED, mode=FailbackMode.MANUAL, windows=()))
    core, wall = Supervision(site_config([group]), 0), Wall()
    wall.text = f"{MONDAY} 02:30:00"
    assert list(Windows(wall).look(core.cfg.groups, core.group, 1_000 * MS)) == []
