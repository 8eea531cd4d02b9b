"""`python -m bench.timer SECONDS`: how late this machine wakes a process that does nothing else, the floor of lateness.

A departure each millisecond at an absolute time, at the priority of the supervisor where the system allows it. SIGTERM
ends it sooner.
"""

import gc
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from otha.runtime import realtime

_PERIOD_NS = 1_000_000
_LONGEST_S = 86_400.0


def lateness_ns(seconds: float, is_over: Callable[[], bool] = lambda: False) -> list[int]:
    """The lateness of each wake-up."""
    late = []
    due = time.monotonic_ns() + _PERIOD_NS
    end = due + round(seconds * 1e9)
    while due < end and not is_over():
        left = due - time.monotonic_ns()
        if left > 0:
            time.sleep(left / 1e9)
        late.append(max(0, time.monotonic_ns() - due))
        due += _PERIOD_NS
    return late


@contextmanager
def beside(*prefix: str) -> Iterator[list[int]]:
    """A bare timer beside the block; the list is filled at its end. `prefix`: a command that starts the timer."""
    late: list[int] = []
    command = [*prefix, sys.executable, "-m", "bench.timer", str(_LONGEST_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield late
        finally:
            process.terminate()
            said, _ = process.communicate()
            late += json.loads(said or "[]")


def main() -> None:
    """Measure, and tell."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    gc.disable()
    realtime.raise_priority()
    print(json.dumps(lateness_ns(float(sys.argv[1]), lambda: bool(ended))))


if __name__ == "__main__":
    main()
