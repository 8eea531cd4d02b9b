"""Acts of the gateways: the way to a controller fails, and whoever sends by it is not to blame."""

import time

from otha.demo.act import Act, Result
from otha.demo.cast import (
    HEADER,
    WAYS,
    Cast,
    acknowledge,
    active,
    at_peace,
    back_as_standby,
    driven_by,
    measure,
    no_transfer,
    node_view,
    refusals,
    watch,
)
from otha.demo.stage import Stage, wait_for

_WATCH_S = 2.0
_WAKES_WITHIN_S = 5.0
_QUEUED_WITHIN_S = 5.0
_NETWORKS = ("net_a", "net_b")


def gateway_kill(stage: Stage, result: Result) -> None:
    """kill -9 of the gateway in use: frames go through the other one, the server behind it is not switched (S18)."""
    at_peace(stage, WAYS, HEADER)
    gateway, server = active(stage, WAYS), active(stage, HEADER)
    fault_ns = stage.fault("kill", node=gateway)
    measure(stage, result, fault_ns, WAYS)
    acknowledge(stage, result, WAYS)
    stage.fault("restart", node=gateway)
    back_as_standby(stage, result, gateway, WAYS)
    no_transfer(stage, result, fault_ns, server, HEADER)


def gateway_stop(stage: Stage, result: Result) -> None:
    """SIGSTOP of the gateway with an owner's frame in its queue, SIGCONT after the failover: the gate refuses it."""
    at_peace(stage, WAYS, HEADER)
    gateway, server, before = active(stage, WAYS), active(stage, HEADER), refusals(stage, HEADER)
    stage.fault("hold_queue", node=gateway)
    wait_for(
        lambda: stage.queued_frames(gateway) or None,
        within_s=_QUEUED_WITHIN_S,
        what=f"an owner's frame in the queue of {gateway}",
    )
    fault_ns = stage.fault("stop", node=gateway)
    measure(stage, result, fault_ns, WAYS)
    driven_by(stage, result, server, HEADER)
    stage.fault("cont", node=gateway)
    stage.fault("let_go", node=gateway)
    count = wait_for(
        lambda: n if (n := refusals(stage, HEADER) - before) > 0 else None,
        within_s=_WAKES_WITHIN_S,
        what="a refused frame out of the woken gateway's queue",
    )
    result.expect(count > 0, f"{gateway} woke and sent what it held, {count} old frames: the gate refused them")
    acknowledge(stage, result, WAYS)
    back_as_standby(stage, result, gateway, WAYS)
    no_transfer(stage, result, fault_ns, server, HEADER)


def _await_silent(stage: Stage, cast: Cast, node: str) -> None:
    wait_for(
        lambda: node_view(stage, cast, node)["liveness"] == "dead" or None,
        within_s=10.0,
        what=f"{node} silent on both paths",
    )


def server_network_cut(stage: Stage, result: Result) -> None:
    """Both heartbeat paths of the active server and of the gateway in use are cut; frames arrive: no failover (S8)."""
    at_peace(stage, WAYS, HEADER)
    gateway, server, since_ns = active(stage, WAYS), active(stage, HEADER), time.monotonic_ns()
    for cast, node in ((HEADER, server), (WAYS, gateway)):
        for network in _NETWORKS:
            stage.fault("cut", network=network, node=node)
        _await_silent(stage, cast, node)
        result.expect(True, f"{node} is silent on both paths, and by itself would count as dead")
    watch(_WATCH_S)
    no_transfer(stage, result, since_ns, gateway, WAYS)
    no_transfer(stage, result, since_ns, server, HEADER)
    for node in (server, gateway):
        for network in _NETWORKS:
            stage.fault("heal", network=network, node=node)
    at_peace(stage, WAYS, HEADER)
    no_transfer(stage, result, since_ns, server, HEADER)


GATEWAY_ACTS: tuple[Act, ...] = (
    Act(name="gateway", title="kill -9 of the gateway in use", play=gateway_kill),
    Act(name="gateway-stop", title="gateway stopped with a queued frame, later woken", play=gateway_stop),
    Act(name="network", title="server and gateway cut off, frames still arrive", play=server_network_cut),
)
