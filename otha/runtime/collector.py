"""The garbage collector of the supervisor's process: it runs when the scheduler says so, never in the middle of other
work.

Reference counting frees nearly all. A collection stops every thread for about a microsecond per object that it looks
at, and begins by itself whenever enough new ones are alive: while a state of the whole site is written out, that is
after each thousand of its objects.
"""

import gc

PERIOD_NS = 100_000_000
_YOUNG_MAX = 2_000  # two milliseconds at most
_PUT_OFF_MAX = 600
_OLDER_EVERY = 100


class Collector:
    """Looks for cycles at each `look`, among what was made since the last one, and every ten seconds further back."""

    def __init__(self) -> None:
        self._looks = 0
        self._put_off = 0

    def take_over(self) -> None:
        """From now on nothing is collected but by `look`; what start-up has made is never looked at again."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def look(self, _now: int) -> None:
        """Collect, unless so much is alive that something large is just being made: it is freed as soon as it has been
        sent. Put off for a minute at most."""
        if gc.get_count()[0] > _YOUNG_MAX and self._put_off < _PUT_OFF_MAX:
            self._put_off += 1
            return
        self._put_off = 0
        self._looks += 1
        gc.collect(0 if self._looks % _OLDER_EVERY else 1)
