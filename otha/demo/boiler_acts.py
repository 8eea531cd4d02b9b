"""The acts of the boiler: whoever drives, the burner management's steps are never disturbed."""

import time

from otha.demo.act import Act, Result
from otha.demo.cast import (
    BOILER,
    acknowledge,
    active,
    at_peace,
    driven_by,
    machine_state,
    measure,
    measure_ordered,
    no_transfer,
    order_switchover,
    refused,
    restart_as_standby,
    until_state,
)
from otha.demo.stage import Stage, wait_for

_SEEN_WITHIN_S = 5.0
_RUNS_WITHIN_S = 30.0


def killed(stage: Stage, result: Result) -> None:
    """The active is killed while the burner runs: fire and feed go on where they were held."""
    at_peace(stage, BOILER)
    node = active(stage, BOILER)
    measure(stage, result, stage.fault("kill", node=node), BOILER)
    _still(stage, result, "RUNNING")
    restart_as_standby(stage, result, node, BOILER)


def level(stage: Stage, result: Result) -> None:
    """The detector of a low drum level is tested: an order is refused, and the reason is shown."""
    at_peace(stage, BOILER)
    node, since_ns = active(stage, BOILER), time.monotonic_ns()
    stage.fault("set_tag", tag="low_level", value=1)

    def named() -> bool | None:
        why = stage.why(BOILER.name)["obstacles"]
        return any("water_in_the_drum" in obstacle["detail"] for obstacle in why) or None

    wait_for(named, within_s=_SEEN_WITHIN_S, what="the interlock seen false")
    reply = refused(stage, result, BOILER)
    told = any("water_in_the_drum" in obstacle.detail for obstacle in reply.obstacles)
    result.expect(told, "the interlock water_in_the_drum is named")
    stage.fault("set_tag", tag="low_level", value=0)
    at_peace(stage, BOILER)
    no_transfer(stage, result, since_ns, node, BOILER)


def sequence(stage: Stage, result: Result) -> None:
    """The burner is started anew, and in each step a switchover is ordered: PURGE lets it go, LIGHT_OFF refuses it,
    in IGNITION it waits until the burner runs."""
    _light(stage, result)
    measure_ordered(stage, result, order_switchover(stage, result, BOILER), BOILER)
    _still(stage, result, "PURGE")
    acknowledge(stage, result, BOILER)
    until_state(stage, BOILER, "LIGHT_OFF")
    refused(stage, result, BOILER)
    until_state(stage, BOILER, "IGNITION")
    since_ns = order_switchover(stage, result, BOILER)
    measure_ordered(stage, result, since_ns, BOILER, waits="the end of IGNITION")
    _still(stage, result, "RUNNING")
    acknowledge(stage, result, BOILER)


def killed_in_ignition(stage: Stage, result: Result) -> None:
    """The active is killed while the flame is being proved: the burner management lights on, and only when the burner
    runs does the other one take over."""
    _light(stage, result)
    node = active(stage, BOILER)
    until_state(stage, BOILER, "IGNITION")
    measure(stage, result, stage.fault("kill", node=node), BOILER, waits="the end of IGNITION")
    _still(stage, result, "RUNNING")
    restart_as_standby(stage, result, node, BOILER)


def _light(stage: Stage, result: Result) -> None:
    """Stop the burner and start it again."""
    until_state(stage, BOILER, "RUNNING", within_s=_RUNS_WITHIN_S)
    at_peace(stage, BOILER)
    node = active(stage, BOILER)
    stage.fault("press", button="stop_burner")
    until_state(stage, BOILER, "POST_PURGE", within_s=_SEEN_WITHIN_S)
    stage.fault("press", button="start_burner")
    until_state(stage, BOILER, "PURGE", within_s=_SEEN_WITHIN_S)
    driven_by(stage, result, node, BOILER)


def _still(stage: Stage, result: Result, state: str) -> None:
    """The machine is where it was, as the PLC itself says."""
    found = stage.gate(BOILER.section)["machine"]
    result.expect(found == state, f"the burner management says {found}, OTHA {machine_state(stage, BOILER)}")


BOILER_ACTS: tuple[Act, ...] = (
    Act(name="kill", title="kill -9 of the active while the burner runs", play=killed),
    Act(name="level", title="a low drum level forbids a takeover", play=level),
    Act(name="sequence", title="a switchover ordered in PURGE, LIGHT_OFF and IGNITION", play=sequence),
    Act(name="ignition", title="kill -9 of the active in IGNITION", play=killed_in_ignition),
)
