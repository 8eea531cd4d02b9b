"""How fast the small-world explorer is, and that its worlds are complete."""

import os
import resource
import time
from collections.abc import Iterator

from bench.figure import Figure, at_most, holds, shown
from bench.options import Measurement, Options
from bench.virtual import demo_site
from otha.verify.explore import commissioned, explore

_STATES_AT_MOST = 20_000_000
_MIB = 1_024  # in the kibibytes that the system counts in


def _explored(faults: int, orders: int, limit_s: float) -> Iterator[Figure]:
    cfg = demo_site().core.groups[0]
    name = f"{faults} fault{'s' if faults > 1 else ''} + {orders} order"
    began, cpu_s = time.perf_counter(), _cpu_s()
    jobs = len(os.sched_getaffinity(0))
    start = commissioned(cfg, faults=faults, orders=orders)
    found = explore(start, jobs=jobs, states_at_most=_STATES_AT_MOST)
    seconds = time.perf_counter() - began
    yield at_most(f"{name}: time", seconds, "s", limit_s)
    yield shown(f"{name}: CPU of all processes", _cpu_s() - cpu_s, "s")
    yield shown(f"{name}: states", found.states, "")
    yield shown(f"{name}: transitions", found.transitions, "")
    yield shown(f"{name}: transitions/s", found.transitions / seconds, "/s")
    complete = found.complete and not found.stories
    yield holds(f"{name}: complete, no breach", complete, "; ".join(story.breach for story in found.stories))


def _cpu_s() -> float:
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, _WHO))


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def measure(_options: Options) -> Iterator[Figure]:
    """Explore the demo's group to the end."""
    yield from _explored(1, 1, 10.0)
    yield from _explored(2, 1, 60.0)


def measure_three(_options: Options) -> Iterator[Figure]:
    """Three faults, and the memory that they take."""
    yield from _explored(3, 1, 1_800.0)
    note = "the process that keeps all that was met, and the largest of those that expand"
    kept, expanding = (resource.getrusage(who).ru_maxrss / _MIB for who in _WHO)
    yield shown("memory at most", kept, "MiB", note=f"{note}: {expanding:,.0f} MiB")


MEASUREMENT = Measurement(
    name="explorer",
    title="Explorer over the production step",
    what="`otha.verify.explore` over the demo's group, every state within the budget of faults and orders, "
    "one process for each core.",
    measure=measure,
)
THREE = Measurement(
    name="explorer3",
    title="Explorer, three faults",
    what="As the explorer, with three faults and an order.",
    measure=measure_three,
    on_request=True,
)
