"""Acts of the historians: no row may be lost or kept twice, whoever dies."""

import time

from otha.demo.act import Act, Result
from otha.demo.cast import ARCHIVE, acknowledge, active, at_peace, back_as_standby, measure, no_transfer, watch
from otha.demo.otha_killed import killed_in_transfer
from otha.demo.stage import Stage, wait_for

_WATCH_S = 6.0
_STALL_EVERY_MS = 1000
_STALL_MS = 220
_WHOLE_WITHIN_S = 20.0
# What was produced within this time may still be on its way: the collector delivers, the active one feeds, 4 times a
# second each.
YOUNG_MS = 2000


def archive_is_whole(stage: Stage, result: Result, historian: str, *, within_s: float = _WHOLE_WITHIN_S) -> None:
    """Compare an archive with what the collector produced, row by row: nothing missing, nothing twice."""
    from sim import archive_check

    until = time.monotonic() + within_s
    while not (findings := archive_check.check(stage.plant_dir, historian, bound_ms=YOUNG_MS)).ok:
        if time.monotonic() > until:
            break
        time.sleep(0.2)
    for line in archive_check.report(findings).splitlines():
        result.expect(findings.ok, line)


def historian_kill(stage: Stage, result: Result) -> None:
    """kill -9 of the active historian: rows wait at the collector, the gap is filled, each row is kept once."""
    at_peace(stage, ARCHIVE)
    historian = active(stage, ARCHIVE)
    transfer = measure(stage, result, stage.fault("kill", node=historian), ARCHIVE)
    archive_is_whole(stage, result, transfer.to_node)
    acknowledge(stage, result, ARCHIVE)
    stage.fault("restart", node=historian)
    back_as_standby(stage, result, historian, ARCHIVE)
    archive_is_whole(stage, result, historian)


def slow_stalls(stage: Stage, result: Result) -> None:
    """Loss-shaped stalls on both channels of the active historian, whose bound is over a second: no failover."""
    at_peace(stage, ARCHIVE)
    node, since_ns = active(stage, ARCHIVE), time.monotonic_ns()
    for seed, network in enumerate(("net_a", "net_b"), 1):
        arguments = {"every_ms": _STALL_EVERY_MS, "hold_ms": _STALL_MS, "seed": seed}
        stage.fault("stalls", network=network, node=node, **arguments)
    watch(_WATCH_S)
    for network in ("net_a", "net_b"):
        stage.fault("heal", network=network, node=node)
    for network in ("net_a", "net_b"):
        channel = f"{node}.{network}"
        late = sum(said.why == "CHANNEL" and said.args[0] == channel for said in stage.said(since_ns))
        result.expect(late > 0, f"channel {channel} changed its verdict {late} times")
    wait_for(lambda: stage.why(ARCHIVE.name)["standing"] == "following" or None, within_s=10.0, what="archive at rest")
    no_transfer(stage, result, since_ns, node, ARCHIVE)


def otha_killed(stage: Stage, result: Result) -> None:
    """kill -9 of OTHA when the collector has let go of one historian and has no other yet."""
    killed_in_transfer(stage, result, ARCHIVE)
    archive_is_whole(stage, result, active(stage, ARCHIVE))


HISTORIAN_ACTS: tuple[Act, ...] = (
    Act(name="historian", title="kill -9 of the active historian", play=historian_kill),
    Act(name="slow-stalls", title="loss-shaped stalls on both channels of a slow group", play=slow_stalls),
    Act(name="otha-store", title="OTHA killed while the collector changes historians", play=otha_killed),
)
