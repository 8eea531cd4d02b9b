"""The acts of the crane: a load in motion is stopped, not handed over."""

import time
from dataclasses import dataclass

from otha.demo.act import Act, Result
from otha.demo.cast import (
    CRANE,
    acknowledge,
    active,
    at_peace,
    measure,
    measure_ordered,
    no_transfer,
    order_switchover,
    refused,
    restart_as_standby,
    until_state,
)
from otha.demo.stage import Stage, wait_for
from otha.demo.terminal_log import no_edge
from sim.crane import STILL, STOP_M, SWAY_DEG, SWAY_SPAN_DEG, TRACK_M, TROLLEY

_FAST = 0.8  # of full speed
_TRAVELS_WITHIN_S = 90.0
_STANDS_WITHIN_S = 15.0
_SEEN_WITHIN_S = 5.0
_FULL = 10_000


def _travels(stage: Stage) -> None:
    def fast() -> bool | None:
        speed = stage.gate(CRANE.section)["terminals"][TROLLEY]
        return abs(speed - STILL) >= _FAST * STILL or None

    wait_for(fast, within_s=_TRAVELS_WITHIN_S, what="the trolley at speed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The active was killed at `fault_ns`: how far the trolley went until it stood, and how far the load swayed."""

    fault_ns: int
    way_m: float
    sway_deg: float


def stopped_by_a_kill(stage: Stage, node: str) -> Stop:
    """Kill the active while the trolley travels, and look on until it stands. Raises StageError."""
    _travels(stage)
    began = stage.gate(CRANE.section)["tags"]["trolley"]
    fault_ns = stage.fault("kill", node=node)
    way, sway = 0, 0

    def stands() -> bool | None:
        nonlocal way, sway
        told = stage.gate(CRANE.section)
        way = max(way, abs(told["tags"]["trolley"] - began))
        sway = max(sway, abs(told["tags"]["sway"] - STILL))
        return told["machine"] == "STOPPED" or None

    wait_for(stands, within_s=_STANDS_WITHIN_S, what="the trolley stands")
    return Stop(fault_ns=fault_ns, way_m=way / _FULL * TRACK_M, sway_deg=sway / STILL * SWAY_SPAN_DEG)


def killed(stage: Stage, result: Result) -> None:
    """The active is killed while the trolley travels: the gate runs the speeds down, and the other one takes over at
    standstill."""
    at_peace(stage, CRANE)
    node = active(stage, CRANE)
    stop = stopped_by_a_kill(stage, node)
    result.expect(stop.way_m <= STOP_M, f"the load stopped within {stop.way_m:.2f} m, stated {STOP_M} m")
    result.expect(stop.sway_deg <= SWAY_DEG, f"it swayed by {stop.sway_deg:.1f} degrees at most, stated {SWAY_DEG}")
    measure(stage, result, stop.fault_ns, CRANE, waits="the load to stand")
    no_edge(stage, result, stop.fault_ns, time.monotonic_ns(), "the magnet kept what it had")
    restart_as_standby(stage, result, node, CRANE)


def ordered_in_motion(stage: Stage, result: Result) -> None:
    """A switchover is ordered while the load moves: it waits until the crane stands."""
    at_peace(stage, CRANE)
    until_state(stage, CRANE, "IN_MOTION")
    since_ns = order_switchover(stage, result, CRANE)
    # A person lets it stand after this move; otherwise the next one might begin before the order is carried out.
    stage.fault("press", button="wait")
    measure_ordered(stage, result, since_ns, CRANE, waits="the end of the move")
    told = stage.gate(CRANE.section)
    result.expect(told["machine"] == "STOPPED", f"the crane is {told['machine']}")
    acknowledge(stage, result, CRANE)
    stage.fault("press", button="go")


def key(stage: Stage, result: Result) -> None:
    """The maintenance key is turned: an order is refused, and the reason is shown."""
    at_peace(stage, CRANE)
    node, since_ns = active(stage, CRANE), time.monotonic_ns()
    stage.fault("set_tag", tag="maintenance_key", value=1)

    def named() -> bool | None:
        return any("key_out" in obstacle["detail"] for obstacle in stage.why(CRANE.name)["obstacles"]) or None

    wait_for(named, within_s=_SEEN_WITHIN_S, what="the interlock seen false")
    reply = refused(stage, result, CRANE)
    result.expect(any("key_out" in obstacle.detail for obstacle in reply.obstacles), "the interlock key_out is named")
    stage.fault("set_tag", tag="maintenance_key", value=0)
    at_peace(stage, CRANE)
    no_transfer(stage, result, since_ns, node, CRANE)


CRANE_ACTS: tuple[Act, ...] = (
    Act(name="kill", title="kill -9 of the active while the trolley travels", play=killed),
    Act(name="motion", title="a switchover ordered while the load moves", play=ordered_in_motion),
    Act(name="key", title="the maintenance key forbids a takeover", play=key),
)
