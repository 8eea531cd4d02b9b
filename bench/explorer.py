"""How fast the small-world explorer is, and that its worlds are complete."""

import os
import time
from collections.abc import Iterator

from bench.figure import Figure, at_most, holds, shown
from bench.options import Measurement, Options
from bench.virtual import demo_site
from otha.verify.explore import commissioned, explore

_BUDGETS_S = ((1, 1, 10.0), (2, 1, 60.0))


def measure(_options: Options) -> Iterator[Figure]:
    """Explore the demo's group to the end."""
    cfg = demo_site().core.groups[0]
    jobs = len(os.sched_getaffinity(0))
    for faults, orders, limit_s in _BUDGETS_S:
        name = f"{faults} fault{'s' if faults > 1 else ''} + {orders} order"
        began = time.perf_counter()
        found = explore(commissioned(cfg, faults=faults, orders=orders), jobs=jobs)
        seconds = time.perf_counter() - began
        yield at_most(f"{name}: time", seconds, "s", limit_s)
        yield shown(f"{name}: states", found.states, "")
        yield shown(f"{name}: transitions", found.transitions, "")
        yield shown(f"{name}: transitions/s", found.transitions / seconds, "/s")
        complete = found.complete and not found.stories
        yield holds(f"{name}: complete, no breach", complete, "; ".join(story.breach for story in found.stories))


MEASUREMENT = Measurement(
    name="explorer",
    title="Explorer over the production step",
    what="`otha.verify.explore` over the demo's group, every state within the budget of faults and orders, "
    "one process for each core.",
    measure=measure,
)
