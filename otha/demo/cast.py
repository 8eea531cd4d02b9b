"""The groups on stage, and what every act asks of one: who is active, is it at peace, what came of the disturbance."""

import time
from dataclasses import dataclass
from typing import Any

from otha.core.words import Liveness, OrderKind, Phase, Role, Standing
from otha.demo.act import Result
from otha.demo.stage import Stage, wait_for
from otha.report import sentence, terms
from otha.report.terms import Transfer
from otha.site.timing import GroupTiming, Total
from otha.wire.message import OrderReply

_NS_PER_MS = 1_000_000
_OWNED = 1
_ENDS_WITHIN_S = 20.0
_WAITS_WITHIN_S = 90.0  # a crane's longest move, and the pause before it
_WAIT_NS = 50_000_000
_RESUMES_WITHIN_S = 2.0
_RESUME_WINDOW_S = 70.0  # the simulated gate counts over 60 s
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A redundant pair. `section`: the one that it drives and the PLC can be asked about, "" for another kind.
    `way_to`: the section that it leads to. `verified`: what a transfer of it ends with.
    """

    name: str
    nodes: tuple[str, str]
    section: str = ""
    way_to: str = ""
    verified: str = "outputs driven again and verified"

    @property
    def gate(self) -> str:
        """The section whose gate sees what becomes of a transfer, "" when there is none."""
        return self.section or self.way_to


TANKS = Cast(name="tanks", nodes=("sc_a", "sc_b"), section="plc")
HEADER = Cast(name="header", nodes=("scada_a", "scada_b"), section="header")
WAYS = Cast(
    name="ways", nodes=("gw_a", "gw_b"), way_to="header", verified="frames arrive by the other way, seen at the gate,"
)
PUMPS = Cast(name="pumps", nodes=("sc_a", "sc_b"), section="plc")
BOILER = Cast(name="boiler", nodes=("sc_a", "sc_b"), section="plc")
CRANE = Cast(name="crane", nodes=("sc_a", "sc_b"), section="plc")
ARCHIVE = Cast(name="archive", nodes=("hist_a", "hist_b"), verified="rows stored again, seen there,")


def seen(stage: Stage, cast: Cast) -> dict[str, Any]:
    """The supervisor's newest word on the group."""
    groups: list[dict[str, Any]] = stage.status()["groups"]
    return next(group for group in groups if group["name"] == cast.name)


def active(stage: Stage, cast: Cast = TANKS) -> str:
    """The node that the record names."""
    return str(seen(stage, cast)["active"])


def other(stage: Stage, cast: Cast = TANKS) -> str:
    """The other one."""
    return next(node for node in cast.nodes if node != active(stage, cast))


def node_view(stage: Stage, cast: Cast, node: str) -> dict[str, Any]:
    """The supervisor's newest word on one node."""
    views: list[dict[str, Any]] = seen(stage, cast)["nodes"]
    return next(view for view in views if view["name"] == node)


def at_peace(stage: Stage, *casts: Cast, within_s: float = 30.0) -> None:
    """Wait until a switchover could be ordered: nothing moves, nothing stands against it. Raises StageError."""
    for cast in casts or (TANKS,):
        why: dict[str, Any] = {}

        def look(name: str = cast.name, why: dict[str, Any] = why) -> bool | None:
            why |= stage.why(name)
            return True if why["standing"] == Standing.FOLLOWING.value and not why["obstacles"] else None

        def against(why: dict[str, Any] = why) -> str:
            return ", ".join(f"{each['block']} {each['detail']}" for each in why.get("obstacles", ()))

        wait_for(look, within_s=within_s, what=f"{cast.name} ready for a transfer", said=against)
        if cast.gate:
            _may_resume(stage, cast.gate)


def _may_resume(stage: Stage, section: str) -> None:
    """Wait until a watchdog hold may end by itself again: after a few in one window the gate waits for a person."""
    wait_for(
        lambda: stage.gate(section)["status"]["resumes_left"] or None,
        within_s=_RESUME_WINDOW_S,
        what=f"the gate of {section} lets its owner resume by itself",
    )


def all_well(stage: Stage, *, within_s: float = 30.0) -> None:
    """Wait until every group follows its record and every node answers. Raises StageError."""

    def look() -> bool | None:
        groups = stage.status()["groups"]
        rests = all(group["standing"] == Standing.FOLLOWING.value and group["plan"] is None for group in groups)
        return (rests and all(node["liveness"] == "alive" for group in groups for node in group["nodes"])) or None

    wait_for(look, within_s=within_s, what="every group at rest, every node alive")


def timing(stage: Stage, cast: Cast) -> GroupTiming:
    """The sums that `otha check` prints."""
    assert stage.site is not None
    return next(timing for timing in stage.site.timings if timing.group == cast.name)


def bounds_ms(total: Total) -> dict[str, float]:
    """A sum, term by term."""
    return {term.name: term.ns / _NS_PER_MS for term in total.terms}


def new_transfer(stage: Stage, cast: Cast, since_ns: int, *, within_s: float = _ENDS_WITHIN_S) -> Transfer:
    """The newest transfer since then, once it has ended. Raises StageError."""

    def look() -> Transfer | None:
        found = transfers(stage, cast, since_ns)
        return found[-1] if found and found[-1].ending else None

    return wait_for(look, within_s=within_s, what=f"a transfer of {cast.name} that ended")


def transfers(stage: Stage, cast: Cast, since_ns: int) -> list[Transfer]:
    """Those that began since then."""
    return [each for each in terms.transfers(stage.said(since_ns)) if each.group == cast.name]


def measure(
    stage: Stage, result: Result, fault_ns: int, cast: Cast = TANKS, *, frozen: bool = False, waits: str = ""
) -> Transfer:
    """Wait for the failover after `fault_ns`, and judge every term of it against the sum that `otha check` prints.

    `waits`: what it must have waited for before its claim, which no term holds; "" when it must not.
    """
    transfer = new_transfer(stage, cast, fault_ns, within_s=_WAITS_WITHIN_S if waits else _ENDS_WITHIN_S)
    sums = timing(stage, cast)
    bounds = bounds_ms(sums.failover)
    if frozen and sums.frozen is not None:
        bounds["T_detect"] = sums.frozen.ns / _NS_PER_MS
    _judge(stage, result, cast, transfer, fault_ns=fault_ns, bounds=bounds, waits=waits)
    return transfer


def measure_ordered(stage: Stage, result: Result, since_ns: int, cast: Cast = TANKS, *, waits: str = "") -> Transfer:
    """Wait for the end of the transfer since then, and judge it from its request on. `waits`: as in `measure`."""
    transfer = new_transfer(stage, cast, since_ns, within_s=_WAITS_WITHIN_S if waits else _ENDS_WITHIN_S)
    bounds = bounds_ms(timing(stage, cast).transfer)
    _judge(stage, result, cast, transfer, fault_ns=None, bounds=bounds, waits=waits)
    return transfer


def _judge(
    stage: Stage,
    result: Result,
    cast: Cast,
    transfer: Transfer,
    *,
    fault_ns: int | None,
    bounds: dict[str, float],
    waits: str,
) -> None:
    result.group = cast.name
    result.terms_ms, result.bounds_ms = transfer.terms_ms(fault_ns), bounds
    told = f"{transfer.kind} {transfer.from_node} to {transfer.to_node} {transfer.ending}"
    result.expect(transfer.ending == "done", f"{told}: {transfer.detail}" if transfer.detail else told)
    if transfer.verified_ns is not None:
        since_ns = transfer.requested_ns if fault_ns is None else fault_ns
        since = "from request on, " if fault_ns is None else ""
        waited_ns = transfer.phases[Phase.PERMITTED.value] - transfer.requested_ns
        if waits:
            result.expect(waited_ns > _WAIT_NS, f"it waited {waited_ns / _NS_PER_MS:.0f} ms for {waits}")
            since_ns += waited_ns
            since = "the wait apart, "
        total_ms = (transfer.verified_ns - since_ns) / _NS_PER_MS
        result.expect_in_time(total_ms, sum(bounds.values()), since + cast.verified)
    if cast.section:
        driven_by(stage, result, transfer.to_node, cast)


def driven_by(stage: Stage, result: Result, node: str, cast: Cast = TANKS) -> None:
    """Ask the controller itself who drives. A hold by its own watchdog, which the owner ends, is waited for: devices of
    a busy machine stall."""
    until = time.monotonic() + _RESUMES_WITHIN_S
    while True:
        status = stage.gate(cast.section)["status"]
        drives = status["state"] == _OWNED and status["owner"] == cast.nodes.index(node) + 1
        if drives or time.monotonic() > until:
            break
        time.sleep(_LOOK_EVERY_S)
    result.expect(drives, f"the controller says: OWNED by {node}, epoch {status['epoch']}")


def no_transfer(stage: Stage, result: Result, since_ns: int, node: str, cast: Cast = TANKS) -> None:
    """Nothing was moved since then."""
    moved = transfers(stage, cast, since_ns)
    told = "no transfer was begun" if not moved else f"{len(moved)} transfers were begun"
    result.expect(not moved, told if cast is TANKS else f"{cast.name}: {told}")
    result.expect(active(stage, cast) == node, f"{node} is still the active node")
    if cast.section:
        driven_by(stage, result, node, cast)


def acknowledge(stage: Stage, result: Result, cast: Cast = TANKS) -> None:
    """As the operator would, visibly: it ends the hold-off, so that the next act may move the group again."""
    reply = stage.order(OrderKind.ACKNOWLEDGE, cast.name, comment="seen")
    result.expect(reply.accepted, "the operator acknowledged the transfer")


def refusals(stage: Stage, cast: Cast = TANKS) -> int:
    """How many frames the group's gate has refused."""
    status = stage.gate(cast.section)["status"]
    return sum(int(status[name]) for name in ("frame_owner", "frame_epoch", "frame_session", "frame_seq"))


def back_as_standby(stage: Stage, result: Result, node: str, cast: Cast = TANKS) -> None:
    """Wait until the node is well again, and is not the active one."""
    driver = active(stage, cast)
    at_peace(stage, cast)
    result.expect(active(stage, cast) == driver != node, f"{node} is back as standby, {driver} goes on")


def refused(stage: Stage, result: Result, cast: Cast) -> OrderReply:
    """Order a switchover that must be refused, and note why it was."""
    reply = stage.order(OrderKind.SWITCHOVER, cast.name, node=other(stage, cast), comment="demo")
    result.expect(not reply.accepted, "the order was refused")
    for obstacle in reply.obstacles:
        detail = f": {obstacle.detail}" if obstacle.detail else ""
        result.notes.append(f"why: {sentence.of_block(obstacle.block)}{detail} ({obstacle.rule})")
    return reply


def machine_state(stage: Stage, cast: Cast) -> str:
    """The machine's state as OTHA has read it."""
    return str(seen(stage, cast)["machine"]["state"])


def until_state(stage: Stage, cast: Cast, *states: str, within_s: float = 60.0) -> str:
    """Wait until OTHA has read one of these machine states. Raises StageError."""

    def look() -> str | None:
        state = machine_state(stage, cast)
        return state if state in states else None

    return wait_for(look, within_s=within_s, what=f"the machine of {cast.name} in {' or '.join(states)}")


def order_switchover(stage: Stage, result: Result, cast: Cast) -> int:
    """Order the other node to take over; CLOCK_MONOTONIC ns just before."""
    to_node, since_ns = other(stage, cast), time.monotonic_ns()
    reply = stage.order(OrderKind.SWITCHOVER, cast.name, node=to_node, comment="demo")
    state = machine_state(stage, cast)
    result.expect(reply.accepted, f"in {state} the order to switch over to {to_node} was taken")
    for obstacle in reply.obstacles:
        result.notes.append(f"why: {sentence.of_block(obstacle.block)}: {obstacle.detail} ({obstacle.rule})")
    return since_ns


def restart_as_standby(stage: Stage, result: Result, node: str, cast: Cast) -> None:
    """The killed one is started again, after the operator acknowledged the transfer."""
    acknowledge(stage, result, cast)
    stage.fault("restart", node=node)
    back_as_standby(stage, result, node, cast)


def wait_for_standby(stage: Stage, cast: Cast, *, within_s: float = 30.0) -> None:
    """Wait until the other node is alive and stands by, whatever the machine's state forbids. Raises StageError."""

    def look() -> bool | None:
        view = node_view(stage, cast, other(stage, cast))
        return (view["role"] == Role.STANDBY.name and view["liveness"] == Liveness.ALIVE.value) or None

    wait_for(look, within_s=within_s, what=f"a standby of {cast.name}")


def watch(seconds: float) -> None:
    """Look on: what an act says did not happen had this time to happen."""
    time.sleep(seconds)
