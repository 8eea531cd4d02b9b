"""Acts of the SCADA servers: killed, blind, odd, or not followed closely enough to be replaced."""

import time

from otha.demo.act import Act, Result
from otha.demo.cast import (
    HEADER,
    WAYS,
    acknowledge,
    active,
    at_peace,
    back_as_standby,
    measure,
    measure_ordered,
    no_transfer,
    node_view,
    other,
    refused,
    watch,
)
from otha.demo.stage import Stage, wait_for

_WATCH_S = 2.0
_APART_S = 1.0
_SEEN_WITHIN_S = 15.0
_FULL = 255
_PASSIVE_COUNTS_AS = 200
_FAR_BEHIND_MS = 60_000


def scada_kill(stage: Stage, result: Result) -> None:
    """kill -9 of the active SCADA server."""
    at_peace(stage, HEADER, WAYS)
    server, gateway = active(stage, HEADER), active(stage, WAYS)
    fault_ns = stage.fault("kill", node=server)
    measure(stage, result, fault_ns, HEADER)
    acknowledge(stage, result, HEADER)
    stage.fault("restart", node=server)
    back_as_standby(stage, result, server, HEADER)
    no_transfer(stage, result, fault_ns, gateway, WAYS)


def _await_liveness(stage: Stage, node: str, liveness: str) -> None:
    wait_for(
        lambda: node_view(stage, HEADER, node)["liveness"] == liveness or None,
        within_s=_SEEN_WITHIN_S,
        what=f"{node} {liveness}",
    )


def stale_source(stage: Stage, result: Result) -> None:
    """Both servers' data are stale: nobody is to blame (S18). Then the standby's are fresh again: the active one is."""
    at_peace(stage, HEADER)
    server, peer, since_ns = active(stage, HEADER), other(stage, HEADER), time.monotonic_ns()
    # The standby's first: were the active one's old for a moment while its peer saw the source fresh, it would rightly
    # be left.
    stage.fault("stale_source", node=peer)
    watch(_APART_S)
    stage.fault("stale_source", node=server)
    for node in (server, peer):
        _await_liveness(stage, node, "stale_data")
    result.expect(True, f"{server} and {peer} both show old data; heartbeats, roles and frames go on")
    watch(_WATCH_S)
    no_transfer(stage, result, since_ns, server, HEADER)
    since_ns = time.monotonic_ns()
    stage.fault("thaw", node=peer)
    transfer = measure_ordered(stage, result, since_ns, HEADER)
    result.expect(
        transfer.cause == "stale_data", f"{peer} sees its source fresh: {server} was left for {transfer.cause}"
    )
    acknowledge(stage, result, HEADER)
    stage.fault("thaw", node=server)
    back_as_standby(stage, result, server, HEADER)


def both_levels_255(stage: Stage, result: Result) -> None:
    """Both servers report ServiceLevel 255: nobody is better, nothing moves (S16)."""
    at_peace(stage, HEADER)
    server, since_ns = active(stage, HEADER), time.monotonic_ns()
    for node in HEADER.nodes:
        stage.fault("level", node=node, level=_FULL)
    watch(_WATCH_S)
    levels = [node_view(stage, HEADER, node)["level"] for node in HEADER.nodes]
    result.expect(levels == [_FULL, _FULL], f"ServiceLevels seen: {levels}")
    no_transfer(stage, result, since_ns, server, HEADER)
    for node in HEADER.nodes:
        stage.fault("thaw", node=node)


def passive_level_1(stage: Stage, result: Result) -> None:
    """The passive server reports ServiceLevel 1, as some products do in good health: it is a standby all the same."""
    at_peace(stage, HEADER)
    server, peer, since_ns = active(stage, HEADER), other(stage, HEADER), time.monotonic_ns()
    stage.fault("passive_level_1", node=peer)
    wait_for(
        lambda: node_view(stage, HEADER, peer)["level"] == _PASSIVE_COUNTS_AS or None,
        within_s=_SEEN_WITHIN_S,
        what=f"the level that {peer} shows",
    )
    result.expect(True, f"{peer} reports 1 while passive; its profile says that this counts as {_PASSIVE_COUNTS_AS}")
    watch(_WATCH_S)
    against = [each["block"] for each in stage.why(HEADER.name)["failover_obstacles"]]
    result.expect(not against, f"if {server} died now, nothing would stand against {peer}{': '.join(['', *against])}")
    no_transfer(stage, result, since_ns, server, HEADER)
    stage.fault("thaw", node=peer)


def replication_lag(stage: Stage, result: Result) -> None:
    """Replication stands still beyond the RPO: the standby can't be promoted, `otha why` says so beforehand (S5)."""
    at_peace(stage, HEADER)
    server, since_ns = active(stage, HEADER), time.monotonic_ns()
    stage.fault("replication_lag", node=server, ms=_FAR_BEHIND_MS)

    def behind() -> list[str] | None:
        against = stage.why(HEADER.name)["failover_obstacles"]
        return [f"{each['block']} {each['detail']}" for each in against if each["block"] == "sync_behind"] or None

    told = wait_for(behind, within_s=_SEEN_WITHIN_S, what="the standby too far behind")
    seconds = (time.monotonic_ns() - since_ns) / 1e9
    result.expect(True, f"after {seconds:.1f} s `otha why` says what stands against a failover: {', '.join(told)}")
    reply = refused(stage, result, HEADER)
    result.expect(any(each.block == "sync_behind" for each in reply.obstacles), "the lag is named")
    stage.fault("thaw", node=server)
    at_peace(stage, HEADER)
    no_transfer(stage, result, since_ns, server, HEADER)


SERVER_ACTS: tuple[Act, ...] = (
    Act(name="scada", title="kill -9 of the active SCADA server", play=scada_kill),
    Act(name="stale", title="stale data: of both servers, then of one", play=stale_source),
    Act(name="levels", title="both servers report ServiceLevel 255", play=both_levels_255),
    Act(name="passive", title="the passive server reports ServiceLevel 1", play=passive_level_1),
    Act(name="lag", title="replication behind by more than the RPO", play=replication_lag),
)
