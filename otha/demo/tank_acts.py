"""The acts of the two tanks: each disturbs in one way and judges what came of it, by the journal and the controller."""

import time

from otha.core.words import OrderKind
from otha.demo.act import Act, Result
from otha.demo.cast import (
    TANKS,
    acknowledge,
    active,
    all_well,
    at_peace,
    back_as_standby,
    driven_by,
    measure,
    measure_ordered,
    no_transfer,
    other,
    refusals,
    refused,
    watch,
)
from otha.demo.otha_killed import killed_in_transfer
from otha.demo.planned_acts import PLANNED_ACTS
from otha.demo.stage import Stage, wait_for
from otha.report import terms

_WATCH_S = 3.0


def steady(stage: Stage, result: Result) -> None:
    """Nothing happens, and nothing is done about it (L5)."""
    at_peace(stage)
    since_ns, node = time.monotonic_ns(), active(stage)
    watch(_WATCH_S)
    no_transfer(stage, result, since_ns, node)


def kill(stage: Stage, result: Result) -> None:
    """kill -9 of the active node."""
    at_peace(stage)
    measure(stage, result, stage.fault("kill", node=active(stage)))
    acknowledge(stage, result)


def comes_back(stage: Stage, result: Result) -> None:
    """The killed node is started again: it becomes the standby, no failback happens by itself (S12)."""
    driver, gone = active(stage), other(stage)
    since_ns = time.monotonic_ns()
    stage.fault("restart", node=gone)
    back_as_standby(stage, result, gone)
    watch(_WATCH_S)
    no_transfer(stage, result, since_ns, driver)


def switchover(stage: Stage, result: Result) -> None:
    """An operator orders the other node to take over."""
    at_peace(stage)
    to_node, since_ns = other(stage), time.monotonic_ns()
    reply = stage.order(OrderKind.SWITCHOVER, TANKS.name, node=to_node, comment="demo")
    result.expect(reply.accepted, f"the order to switch over to {to_node} was taken")
    measure_ordered(stage, result, since_ns)


def stop_and_wake(stage: Stage, result: Result) -> None:
    """SIGSTOP of the active node, SIGCONT after the failover: the woken one still drives, and is refused."""
    at_peace(stage)
    stopped, before = active(stage), refusals(stage)
    measure(stage, result, stage.fault("stop", node=stopped))
    stage.fault("cont", node=stopped)
    count = wait_for(
        lambda: n if (n := refusals(stage) - before) > 0 else None,
        within_s=5.0,
        what="a refused frame of the woken node",
    )
    result.expect(count > 0, f"{stopped} woke, still thought that it drives, and was refused ({count} frames)")
    acknowledge(stage, result)
    back_as_standby(stage, result, stopped)


def _positive(stage: Stage, result: Result, fault: str) -> None:
    at_peace(stage)
    node = active(stage)
    measure(stage, result, stage.fault(fault, node=node), frozen=True)
    stage.fault("thaw", node=node)
    acknowledge(stage, result)
    back_as_standby(stage, result, node)


def frozen(stage: Stage, result: Result) -> None:
    """The application freezes behind a live socket: it answers, but its counters stand still."""
    _positive(stage, result, "freeze")


def stalled_worker(stage: Stage, result: Result) -> None:
    """The control task stands still while heartbeat and frames go on."""
    _positive(stage, result, "stall_worker")


def one_path_cut(stage: Stage, result: Result) -> None:
    """One of the two heartbeat paths of the active node becomes a black hole: no failover."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("cut", network="net_a", node=node)
    watch(_WATCH_S)
    lost = any(said.why == "CHANNEL" and said.args == (f"{node}.net_a", "lost") for said in stage.said(since_ns))
    result.expect(lost, f"channel {node}.net_a was seen to be lost")
    no_transfer(stage, result, since_ns, node)
    stage.fault("heal")


def isolated(stage: Stage, result: Result) -> None:
    """OTHA is cut off from everything, its reference points included: it knows that, and does nothing (S8)."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("isolate_observer")
    watch(_WATCH_S)
    said = stage.said(since_ns)
    knows = any(each.why == "ISOLATED" and each.args == ("isolated",) for each in said)
    result.expect(knows, "OTHA calls itself isolated")
    stage.fault("heal")
    all_well(stage)
    no_transfer(stage, result, since_ns, node)
    moved = {each.group for each in terms.transfers(stage.said(since_ns))}
    result.expect(not moved, f"no group was moved{''.join(f', but {name}' for name in sorted(moved))}")


def interlock(stage: Stage, result: Result) -> None:
    """An interlock is false: the order is refused, and the reason is shown."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("set_tag", tag="maintenance_key", value=1)

    def named() -> bool | None:
        return any("key_out" in obstacle["detail"] for obstacle in stage.why(TANKS.name)["obstacles"]) or None

    wait_for(named, within_s=5.0, what="the interlock seen false")
    reply = refused(stage, result, TANKS)
    result.expect(any("key_out" in obstacle.detail for obstacle in reply.obstacles), "the interlock key_out is named")
    stage.fault("set_tag", tag="maintenance_key", value=0)
    at_peace(stage)
    no_transfer(stage, result, since_ns, node)


def stalls(stage: Stage, result: Result) -> None:
    """Stalls shaped like bursts of packet loss on one of the two channels: no failover."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("stalls", network="net_b", node=node, every_ms=800, hold_ms=300)
    watch(2 * _WATCH_S)
    stage.fault("heal")
    late = sum(said.why == "CHANNEL" and said.args[0] == f"{node}.net_b" for said in stage.said(since_ns))
    result.expect(late > 0, f"channel {node}.net_b changed its verdict {late} times")
    no_transfer(stage, result, since_ns, node)


def otha_killed(stage: Stage, result: Result) -> None:
    """kill -9 of OTHA in the middle of a transfer; restarted, it finds the open claim and ends it safely."""
    killed_in_transfer(stage, result, TANKS)
    driven_by(stage, result, active(stage))


TANK_ACTS: tuple[Act, ...] = (
    Act(name="steady", title="nothing happens", play=steady),
    Act(name="kill", title="kill -9 of the active controller", play=kill),
    Act(name="return", title="the killed one comes back as standby", play=comes_back),
    Act(name="switchover", title="ordered switchover", play=switchover),
    *PLANNED_ACTS,
    Act(name="stop", title="SIGSTOP of the active, later SIGCONT", play=stop_and_wake),
    Act(name="frozen", title="application frozen behind a live socket", play=frozen),
    Act(name="stalled", title="control task stalled, heartbeat advancing", play=stalled_worker),
    Act(name="path", title="one of two heartbeat paths cut", play=one_path_cut),
    Act(name="isolated", title="OTHA cut off from everything", play=isolated),
    Act(name="interlock", title="an interlock is false", play=interlock),
    Act(name="stalls", title="loss-shaped stalls on one of two channels", play=stalls),
    Act(name="otha", title="OTHA killed in mid-transfer and restarted", play=otha_killed),
)
