"""The garbage collector of the supervisor's process: it runs when the scheduler says so, never in the middle of other
work.

Reference counting frees nearly all. A collection stops every thread for about a microsecond per object that it looks
at, and begins by itself whenever enough new ones are alive: while a state of the whole site is written out, that is
after each thousand of its objects.
"""

import gc
from collections import deque

PERIOD_NS = 100_000_000
_FEW = 1_000
_CALM_MAX = 6_000  # looks
_YOUNG_MAX = 2_000  # two milliseconds at most
_RESTS_AFTER = 10  # looks
_RESTS_MAX = 20_000
_START_LOOKS = 600
_START_MAX = 200_000
_PUT_OFF_MAX = 600  # looks
_OLDER_EVERY = 20  # collections


class Collector:
    """Looks for cycles among what was made since the last time: when enough has gathered, and every ten minutes. Every
    twentieth time it looks further back."""

    def __init__(self) -> None:
        self._collections = 0
        self._since = 0
        self._put_off = 0
        self._starts = _START_LOOKS
        self._young: deque[int] = deque(maxlen=_RESTS_AFTER)

    def take_over(self) -> None:
        """From now on nothing is collected but by `look`; what start-up has made is never looked at again."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def look(self, _now: int) -> None:
        """Collect, unless hardly anything has gathered, or so much is alive that something large is just being made: it
        is freed as soon as it has been sent, and waited for a minute at most.

        What has gathered is how many more objects were made than freed. In calm that is next to none, while what lives
        is made anew all the time: to look at that finds nothing, and stops every thread for a millisecond and more.
        """
        young = gc.get_count()[0]
        self._young.append(young)
        self._starts = max(self._starts - 1, 0)
        self._since += 1
        calm = young <= _FEW and self._since <= _CALM_MAX
        large = young > _YOUNG_MAX and self._put_off < _PUT_OFF_MAX and not self._rests(young)
        self._put_off = self._put_off + 1 if large else 0
        if calm or large:
            return
        self._since = 0
        self._young.clear()
        if young > _YOUNG_MAX and self._starts:
            # What the nodes' first answers have made is here to stay as well: to look at it twice stops every thread
            # for ten milliseconds at 200 channels.
            self._starts = 0
            gc.freeze()
            return
        self._collections += 1
        gc.collect(0 if self._collections % _OLDER_EVERY else 1)

    def _rests(self, young: int) -> bool:
        """Whether it has been about as much for a second: nothing comes and goes, it is garbage, or here to stay. Left
        to a minute's end, what a few connections a second leave behind would stop every thread for a tenth of one."""
        least = min(self._young)
        most = _START_MAX if self._starts else _RESTS_MAX
        return len(self._young) == _RESTS_AFTER and young <= min(least + least // 2, most)
