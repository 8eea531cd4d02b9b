"""The acts of the pump station: no pump starts or stops because somebody else takes over."""

import time

from otha.demo.act import Act, Result
from otha.demo.cast import (
    PUMPS,
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
from otha.demo.terminal_log import edges_between, no_edge
from sim.pump_station import ON, RUN_1, RUN_2

_SEEN_WITHIN_S = 5.0


def killed(stage: Stage, result: Result) -> None:
    """The active is killed while a pump runs: pump and inlet go on where they were held."""
    at_peace(stage, PUMPS)
    node = active(stage, PUMPS)
    fault_ns = stage.fault("kill", node=node)
    measure(stage, result, fault_ns, PUMPS)
    no_edge(stage, result, fault_ns, time.monotonic_ns(), "no pump started or stopped in the failover")
    restart_as_standby(stage, result, node, PUMPS)


def changeover(stage: Stage, result: Result) -> None:
    """The other pump goes on duty, and in the middle of it a switchover is ordered: that waits, and moves no pump."""
    at_peace(stage, PUMPS)
    pressed_ns = stage.fault("press", button="change_duty")
    until_state(stage, PUMPS, "STARTING", within_s=_SEEN_WITHIN_S)
    since_ns = order_switchover(stage, result, PUMPS)
    measure_ordered(stage, result, since_ns, PUMPS, waits="the end of the changeover")
    changed = edges_between(stage, pressed_ns, time.monotonic_ns())
    told = sorted((each.output, each.value) for each in changed)
    first, second = stage.gate(PUMPS.section)["outputs"][RUN_1:]
    wanted = sorted([(RUN_1, first), (RUN_2, second)])
    result.expect(told == wanted, "one pump started and one stopped, as the person chose")
    result.expect(all(each.at_ns < since_ns for each in changed), "both before the order: none by the switchover")
    acknowledge(stage, result, PUMPS)


def dry(stage: Stage, result: Result) -> None:
    """The dry-run detector is tested: the PLC stops the pumps by itself, and OTHA lets nobody take over."""
    at_peace(stage, PUMPS)
    node, since_ns = active(stage, PUMPS), time.monotonic_ns()
    stage.fault("set_tag", tag="dry", value=1)

    def stopped() -> bool | None:
        return all(value < ON for value in stage.gate(PUMPS.section)["terminals"][RUN_1:]) or None

    def named() -> bool | None:
        return any("not_dry" in obstacle["detail"] for obstacle in stage.why(PUMPS.name)["obstacles"]) or None

    wait_for(stopped, within_s=_SEEN_WITHIN_S, what="the pumps stopped at the terminals")
    result.expect(True, "the PLC stopped the pumps at the terminals, whatever the controller asked for")
    wait_for(named, within_s=_SEEN_WITHIN_S, what="the interlock seen false")
    reply = refused(stage, result, PUMPS)
    result.expect(any("not_dry" in each.detail for each in reply.obstacles), "the interlock not_dry is named")
    stage.fault("set_tag", tag="dry", value=0)
    until_state(stage, PUMPS, "STARTING", within_s=_SEEN_WITHIN_S)
    at_peace(stage, PUMPS)
    no_transfer(stage, result, since_ns, node, PUMPS)


PUMP_ACTS: tuple[Act, ...] = (
    Act(name="kill", title="kill -9 of the active while a pump runs", play=killed),
    Act(name="changeover", title="a switchover ordered in a change of the duty pump", play=changeover),
    Act(name="dry", title="the dry-run detector stops the pumps, and forbids a takeover", play=dry),
)
