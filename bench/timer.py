"""`python -m bench.timer SECONDS`: how late this machine wakes a process that does nothing else, the floor of lateness.

A departure each millisecond at an absolute time, at the priority of the supervisor where the system allows it.
"""

import gc
import json
import sys
import time

from otha.runtime import realtime

_PERIOD_NS = 1_000_000


def lateness_ns(seconds: float) -> list[int]:
    """The lateness of each wake-up."""
    late = []
    due = time.monotonic_ns() + _PERIOD_NS
    end = due + round(seconds * 1e9)
    while due < end:
        left = due - time.monotonic_ns()
        if left > 0:
            time.sleep(left / 1e9)
        late.append(max(0, time.monotonic_ns() - due))
        due += _PERIOD_NS
    return late


if __name__ == "__main__":
    gc.disable()
    realtime.raise_priority()
    print(json.dumps(lateness_ns(float(sys.argv[1]))))
