"""The acts: each disturbs the plant in one way and judges what came of it, by the journal and by the controller."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from otha.core.words import OrderKind, Standing
from otha.demo.stage import Stage, StageError, wait_for
from otha.report import sentence, terms
from otha.report.terms import Transfer
from otha.site.timing import GroupTiming, Total

GROUP = "tanks"
SECTION = "plc"
_NS_PER_MS = 1_000_000
_WATCH_S = 3.0
_OWNED = 1
_FENCED_WITHIN_S = 10.0


@dataclass(slots=True)
class Result:
    """What an act showed. `terms_ms` with their bounds where it was a transfer; `notes` in plain sentences.

    `right`: the right thing happened; `in_time`: within its bound.
    """

    name: str
    title: str
    right: bool = True
    in_time: bool = True
    notes: list[str] = field(default_factory=list)
    terms_ms: dict[str, float] = field(default_factory=dict)
    bounds_ms: dict[str, float] = field(default_factory=dict)
    total_ms: float | None = None
    bound_ms: float | None = None

    @property
    def passed(self) -> bool:
        return self.right and self.in_time

    def expect(self, holds: bool, note: str) -> None:
        """Note something that must hold; the act fails if it does not."""
        self.notes.append(note if holds else f"FAILED: {note}")
        self.right = self.right and holds

    def expect_in_time(self, total_ms: float, bound_ms: float, note: str) -> None:
        """Note a duration that must stay within its bound."""
        self.total_ms, self.bound_ms = total_ms, bound_ms
        self.in_time = total_ms <= bound_ms
        verdict = "" if self.in_time else "MISSED: "
        self.notes.append(f"{verdict}{note} in {total_ms:.0f} ms, bound {bound_ms:.0f} ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act: its name on the command line, its title, and how it is played."""

    name: str
    title: str
    play: Callable[["Stage", Result], None]


def _group(stage: Stage) -> dict[str, Any]:
    groups: list[dict[str, Any]] = stage.status()["groups"]
    return next(group for group in groups if group["name"] == GROUP)


def active(stage: Stage) -> str:
    """The node that the record names."""
    return str(_group(stage)["active"])


def other(stage: Stage) -> str:
    """The other one."""
    return "sc_b" if active(stage) == "sc_a" else "sc_a"


def at_peace(stage: Stage, *, within_s: float = 15.0) -> None:
    """Wait until a switchover could be ordered: nothing moves, nothing stands against it."""

    def look() -> bool | None:
        why = stage.why(GROUP)
        return True if why["standing"] == Standing.FOLLOWING.value and not why["obstacles"] else None

    wait_for(look, within_s=within_s, what=f"{GROUP} ready for a transfer")


def _timing(stage: Stage) -> GroupTiming:
    assert stage.site is not None
    return next(timing for timing in stage.site.timings if timing.group == GROUP)


def _bounds(total: Total) -> dict[str, float]:
    return {term.name: term.ns / _NS_PER_MS for term in total.terms}


def _new_transfer(stage: Stage, since_ns: int, *, within_s: float) -> Transfer:
    def look() -> Transfer | None:
        found = terms.transfers(stage.said(since_ns))
        return found[-1] if found and found[-1].ending else None

    return wait_for(look, within_s=within_s, what="a transfer that ended")


def _measure(stage: Stage, result: Result, fault_ns: int, *, frozen: bool = False) -> Transfer:
    """Wait for the failover after `fault_ns`, and judge every term of it against the sum that `otha check` prints."""
    transfer = _new_transfer(stage, fault_ns, within_s=10.0)
    timing = _timing(stage)
    result.terms_ms = transfer.terms_ms(fault_ns)
    result.bounds_ms = _bounds(timing.failover)
    if frozen and timing.frozen is not None:
        result.bounds_ms["T_detect"] = timing.frozen.ns / _NS_PER_MS
    result.expect(
        transfer.ending == "done", f"{transfer.kind} {transfer.from_node} to {transfer.to_node} {transfer.ending}"
    )
    if transfer.verified_ns is not None:
        total_ms = (transfer.verified_ns - fault_ns) / _NS_PER_MS
        result.expect_in_time(total_ms, sum(result.bounds_ms.values()), "outputs driven again and verified")
    _owned_by(stage, result, transfer.to_node)
    return transfer


def _owned_by(stage: Stage, result: Result, node: str) -> None:
    """Ask the controller itself who drives."""
    status = stage.gate()["status"]
    numbers = {"sc_a": 1, "sc_b": 2}
    drives = status["state"] == _OWNED and status["owner"] == numbers[node]
    result.expect(drives, f"the controller says: OWNED by {node}, epoch {status['epoch']}")


def _no_transfer(stage: Stage, result: Result, since_ns: int, node: str) -> None:
    moved = terms.transfers(stage.said(since_ns))
    result.expect(not moved, "no transfer was begun" if not moved else f"{len(moved)} transfers were begun")
    result.expect(active(stage) == node, f"{node} is still the active node")
    _owned_by(stage, result, node)


def _acknowledge(stage: Stage, result: Result) -> None:
    """As the operator would, visibly: it ends the hold-off, so that the next act may move the group again."""
    reply = stage.order(OrderKind.ACKNOWLEDGE, GROUP, comment="seen")
    result.expect(reply.accepted, "the operator acknowledged the transfer")


def _refusals(stage: Stage) -> int:
    status = stage.gate()["status"]
    return sum(int(status[name]) for name in ("frame_owner", "frame_epoch", "frame_session", "frame_seq"))


def _back_as_standby(stage: Stage, result: Result, node: str) -> None:
    driver = active(stage)
    at_peace(stage)
    result.expect(active(stage) == driver != node, f"{node} is back as standby, {driver} goes on")


def steady(stage: Stage, result: Result) -> None:
    """Nothing happens, and nothing is done about it (L5)."""
    at_peace(stage, within_s=30.0)
    since_ns, node = time.monotonic_ns(), active(stage)
    time.sleep(_WATCH_S)
    _no_transfer(stage, result, since_ns, node)


def kill(stage: Stage, result: Result) -> None:
    """kill -9 of the active node."""
    at_peace(stage)
    _measure(stage, result, stage.fault("kill", node=active(stage)))
    _acknowledge(stage, result)


def comes_back(stage: Stage, result: Result) -> None:
    """The killed node is started again: it becomes the standby, no failback happens by itself (S12)."""
    driver, gone = active(stage), other(stage)
    since_ns = time.monotonic_ns()
    stage.fault("restart", node=gone)
    _back_as_standby(stage, result, gone)
    time.sleep(_WATCH_S)
    _no_transfer(stage, result, since_ns, driver)


def switchover(stage: Stage, result: Result) -> None:
    """An operator orders the other node to take over."""
    at_peace(stage)
    to_node, since_ns = other(stage), time.monotonic_ns()
    reply = stage.order(OrderKind.SWITCHOVER, GROUP, node=to_node, comment="demo")
    result.expect(reply.accepted, f"the order to switch over to {to_node} was taken")
    transfer = _new_transfer(stage, since_ns, within_s=10.0)
    bounds = _bounds(_timing(stage).transfer)
    result.terms_ms, result.bounds_ms = transfer.terms_ms(None), bounds
    result.expect(transfer.ending == "done", f"{transfer.kind} ended {transfer.ending}")
    if transfer.verified_ns is not None:
        total_ms = (transfer.verified_ns - transfer.requested_ns) / _NS_PER_MS
        result.expect_in_time(total_ms, sum(bounds.values()), "from order to verified outputs")
    _owned_by(stage, result, to_node)


def stop_and_wake(stage: Stage, result: Result) -> None:
    """SIGSTOP of the active node, SIGCONT after the failover: the woken one still drives, and is refused."""
    at_peace(stage)
    stopped, before = active(stage), _refusals(stage)
    _measure(stage, result, stage.fault("stop", node=stopped))
    stage.fault("cont", node=stopped)
    refused = wait_for(
        lambda: n if (n := _refusals(stage) - before) > 0 else None,
        within_s=5.0,
        what="a refused frame of the woken node",
    )
    result.expect(refused > 0, f"{stopped} woke, still thought that it drives, and was refused ({refused} frames)")
    _acknowledge(stage, result)
    _back_as_standby(stage, result, stopped)


def _positive(stage: Stage, result: Result, fault: str) -> None:
    at_peace(stage)
    node = active(stage)
    _measure(stage, result, stage.fault(fault, node=node), frozen=True)
    stage.fault("thaw", node=node)
    _acknowledge(stage, result)
    _back_as_standby(stage, result, node)


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
    time.sleep(_WATCH_S)
    lost = any(said.why == "CHANNEL" and said.args == (f"{node}.net_a", "lost") for said in stage.said(since_ns))
    result.expect(lost, f"channel {node}.net_a was seen to be lost")
    _no_transfer(stage, result, since_ns, node)
    stage.fault("heal")


def isolated(stage: Stage, result: Result) -> None:
    """OTHA is cut off from everything, its reference points included: it knows that, and does nothing (S8)."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("isolate_observer")
    time.sleep(_WATCH_S)
    said = stage.said(since_ns)
    knows = any(each.why == "ISOLATED" and each.args == ("isolated",) for each in said)
    result.expect(knows, "OTHA calls itself isolated")
    stage.fault("heal")
    at_peace(stage)
    _no_transfer(stage, result, since_ns, node)


def interlock(stage: Stage, result: Result) -> None:
    """An interlock is false: the order is refused, and the reason is shown."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("set_tag", tag="maintenance_key", value=1)

    def named() -> bool | None:
        return any("key_out" in obstacle["detail"] for obstacle in stage.why(GROUP)["obstacles"]) or None

    wait_for(named, within_s=5.0, what="the interlock seen false")
    reply = stage.order(OrderKind.SWITCHOVER, GROUP, node=other(stage), comment="demo")
    result.expect(not reply.accepted, "the order was refused")
    for obstacle in reply.obstacles:
        detail = f": {obstacle.detail}" if obstacle.detail else ""
        result.notes.append(f"why: {sentence.of_block(obstacle.block)}{detail} ({obstacle.rule})")
    result.expect(any("key_out" in obstacle.detail for obstacle in reply.obstacles), "the interlock key_out is named")
    stage.fault("set_tag", tag="maintenance_key", value=0)
    at_peace(stage)
    _no_transfer(stage, result, since_ns, node)


def stalls(stage: Stage, result: Result) -> None:
    """Stalls shaped like bursts of packet loss on one of the two channels: no failover."""
    at_peace(stage)
    node, since_ns = active(stage), time.monotonic_ns()
    stage.fault("stalls", network="net_b", node=node, every_ms=800, hold_ms=300)
    time.sleep(2 * _WATCH_S)
    stage.fault("heal")
    late = sum(said.why == "CHANNEL" and said.args[0] == f"{node}.net_b" for said in stage.said(since_ns))
    result.expect(late > 0, f"channel {node}.net_b changed its verdict {late} times")
    _no_transfer(stage, result, since_ns, node)


def _is_fenced(event: dict[str, Any]) -> bool:
    reasons = event.get("body", {}).get("reasons", ())
    return any(reason["why"] == "PHASE" and reason["args"][0] == "fenced" for reason in reasons)


def otha_killed(stage: Stage, result: Result) -> None:
    """kill -9 of OTHA in the middle of a transfer; restarted, it finds the open claim and ends it safely."""
    at_peace(stage)
    to_node, since_ns = other(stage), time.monotonic_ns()
    with stage.client() as listener:
        # Listening before the order: on a busy machine the transfer may be over before a later listener is heard.
        events = listener.events(within_s=_FENCED_WITHIN_S)
        reply = stage.order(OrderKind.SWITCHOVER, GROUP, node=to_node, comment="OTHA will be killed")
        result.expect(reply.accepted, f"a switchover to {to_node} was ordered")
        if not any(_is_fenced(entry.event) for entry in events):
            raise StageError(
                f"not within {_FENCED_WITHIN_S:g} s: the old owner fenced", mend="see the logs in the demo's folder"
            )
    killed_ns = stage.kill_otha()
    result.notes.append(
        f"killed {(killed_ns - since_ns) / _NS_PER_MS:.0f} ms after the order, the old owner was fenced"
    )
    time.sleep(0.5)
    stage.start_otha()
    at_peace(stage, within_s=20.0)
    said = stage.said(killed_ns)
    endings = [transfer for transfer in terms.transfers(said) if transfer.ending]
    if endings:
        last = endings[-1]
        result.expect(last.ending in ("done", "returned", "aborted_safe"), f"taken up again and ended {last.ending}")
    node = active(stage)
    _owned_by(stage, result, node)
    seconds = (time.monotonic_ns() - killed_ns) / 1e9
    result.expect(True, f"record and controller agree on {node} again {seconds:.1f} s after the kill")


ACTS: tuple[Act, ...] = (
    Act(name="steady", title="nothing happens", play=steady),
    Act(name="kill", title="kill -9 of the active controller", play=kill),
    Act(name="return", title="the killed one comes back as standby", play=comes_back),
    Act(name="switchover", title="ordered switchover", play=switchover),
    Act(name="stop", title="SIGSTOP of the active, later SIGCONT", play=stop_and_wake),
    Act(name="frozen", title="application frozen behind a live socket", play=frozen),
    Act(name="stalled", title="control task stalled, heartbeat advancing", play=stalled_worker),
    Act(name="path", title="one of two heartbeat paths cut", play=one_path_cut),
    Act(name="isolated", title="OTHA cut off from everything", play=isolated),
    Act(name="interlock", title="an interlock is false", play=interlock),
    Act(name="stalls", title="loss-shaped stalls on one of two channels", play=stalls),
    Act(name="otha", title="OTHA killed in mid-transfer and restarted", play=otha_killed),
)
