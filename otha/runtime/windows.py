"""Windows of wall time in which a failback may take place: judged here, by the local time of the supervisor's machine,
and told to the core, which has no clock."""

import time
from collections.abc import Callable, Iterator

from otha.core.config import GroupConfig
from otha.core.group.state import GroupState
from otha.core.inputs import WindowTurned
from otha.core.window import any_open

_LOOK_NS = 1_000_000_000


class Windows:
    """Looks at the wall clock once a second. `local_time`: as `time.localtime`."""

    def __init__(self, local_time: Callable[[], time.struct_time] = time.localtime) -> None:
        self._local_time = local_time
        self._next_ns = 0

    def look(
        self, groups: tuple[GroupConfig, ...], state: Callable[[str], GroupState], now: int
    ) -> Iterator[WindowTurned]:
        """What is to be told at `now` (ns of CLOCK_MONOTONIC): each group whose window is otherwise than it knows. A
        step of the wall clock needs nothing more: the next look is by the clock as it is then."""
        if now < self._next_ns:
            return
        self._next_ns = now + _LOOK_NS
        scheduled = [group for group in groups if group.failback.windows]
        if not scheduled:
            return
        wall = self._local_time()
        for group in scheduled:
            is_open = any_open(group.failback.windows, wall.tm_wday, wall.tm_hour * 60 + wall.tm_min)
            if is_open != state(group.name).window_open:
                yield WindowTurned(group=group.name, is_open=is_open)
