"""Acts in which nobody can be trusted to drive: the section goes to its safe state, and only a person at the plant ends
that."""

import time

from otha.core.words import GateState, OrderKind
from otha.demo.act import Act, Result
from otha.demo.cast import (
    HEADER,
    WAYS,
    acknowledge,
    active,
    all_well,
    at_peace,
    driven_by,
    refused,
    seen,
    watch,
)
from otha.demo.stage import Stage, wait_for

_NS_PER_S = 1_000_000_000
_HELD_WITHIN_S = 15.0
_SAFE_WITHIN_S = 40.0
_SEEN_WITHIN_S = 15.0
_BACK_WITHIN_S = 60.0
_DRIVEN_WITHIN_S = 20.0
_WATCH_S = 3.0
_DONE = 1  # the gate's answer to a command that it obeyed


def _state(stage: Stage) -> GateState:
    return GateState(stage.gate(HEADER.section)["status"]["state"])


def _held(stage: Stage, result: Result) -> None:
    wait_for(
        lambda: _state(stage) is GateState.HELD or None,
        within_s=_HELD_WITHIN_S,
        what=f"section {HEADER.section} held by its own watchdog",
    )
    result.expect(True, f"the controller's own watchdog holds the outputs of {HEADER.section}")


def _goes_safe(stage: Stage, fault_ns: int) -> float:
    """Seconds from the fault until the section stood in its safe state, as the controller says."""
    wait_for(
        lambda: _state(stage) is GateState.SAFE or None,
        within_s=_SAFE_WITHIN_S,
        what=f"section {HEADER.section} in its safe state",
    )
    return (time.monotonic_ns() - fault_ns) / _NS_PER_S


def _asked_for_safe(stage: Stage, since_ns: int) -> bool:
    """Of its own, after the limit of a hold that nobody could end, or as the last course of a transfer that a server
    seen to be alive at first was to end."""
    said = [(each.why, each.args[:1]) for each in stage.said(since_ns) if each.group == HEADER.name]
    return any(why == "SAFE_ASKED" or (why, args) == ("COURSE", ("safe",)) for why, args in said)


def _only_a_person_ends_it(stage: Stage, result: Result) -> None:
    """Everything comes back, and the section stays SAFE; a reset at the plant and an order let a server drive again."""
    since_ns = time.monotonic_ns()

    def back() -> bool | None:
        views = [view for cast in (HEADER, WAYS) for view in seen(stage, cast)["nodes"]]
        return all(view["liveness"] == "alive" for view in views) or None

    wait_for(back, within_s=_BACK_WITHIN_S, what="servers and gateways alive again")
    server = active(stage, HEADER)
    wait_for(
        lambda: seen(stage, HEADER)["gate"]["state"] == GateState.SAFE.name or None,
        within_s=_SEEN_WITHIN_S,
        what="the safe state read back",
    )
    refused(stage, result, HEADER)
    watch(_WATCH_S)
    result.expect(_state(stage) is GateState.SAFE, "everybody is back, and the section stays SAFE")
    begun = [each for each in stage.said(since_ns) if each.group == HEADER.name and each.why == "REQUESTED"]
    result.expect(not begun, "and OTHA began nothing")
    stage.fault("reset", section=HEADER.section)
    wait_for(
        lambda: seen(stage, HEADER)["gate"]["state"] == GateState.FREE.name or None,
        within_s=_SEEN_WITHIN_S,
        what="the section free again",
    )
    result.expect(True, "a person pressed reset at the plant: FREE, outputs at their safe values, and nobody drives")

    def ordered() -> bool | None:
        return stage.order(OrderKind.SWITCHOVER, HEADER.name, node=server, comment="plant inspected").accepted or None

    wait_for(ordered, within_s=_DRIVEN_WITHIN_S, what=f"the order to let {server} drive taken")
    at_peace(stage, HEADER, within_s=_DRIVEN_WITHIN_S)
    driven_by(stage, result, server, HEADER)
    for cast in (HEADER, WAYS):
        acknowledge(stage, result, cast)
    all_well(stage)


def nobody_left(stage: Stage, result: Result) -> None:
    """Both servers and the gateway in use are killed at once: SAFE through the other gateway, read back."""
    at_peace(stage, WAYS, HEADER)
    gateway, since_ns = active(stage, WAYS), time.monotonic_ns()
    for node in (*HEADER.nodes, gateway):
        stage.fault("kill", node=node)
    _held(stage, result)
    before = stage.gate(HEADER.section)["status"]["command_id"]
    seconds = _goes_safe(stage, since_ns)
    status = stage.gate(HEADER.section)["status"]
    obeyed = status["command_id"] != before and status["command_answer"] == _DONE
    result.expect(obeyed, f"{seconds:.1f} s after the kill SAFE came by the other gateway, before the gate's own limit")
    result.expect(_asked_for_safe(stage, since_ns), "OTHA asked for the safe state")
    wait_for(
        lambda: any(each["code"] == "section_safe" for each in seen(stage, HEADER)["alarms"]) or None,
        within_s=_SEEN_WITHIN_S,
        what="the safe state read back and alarmed",
    )
    result.expect(True, "the safe state was read back, and alarmed")
    for node in (*HEADER.nodes, gateway):
        stage.fault("restart", node=node)
    _only_a_person_ends_it(stage, result)


def abandoned(stage: Stage, result: Result) -> None:
    """Servers and gateways all dead, then OTHA too: it says UNVERIFIED, and the controller acts alone."""
    at_peace(stage, WAYS, HEADER)
    before, since_ns = stage.gate(HEADER.section)["status"]["command_id"], time.monotonic_ns()
    nodes = (*HEADER.nodes, *WAYS.nodes)
    for node in nodes:
        stage.fault("kill", node=node)
    _held(stage, result)

    def unverified() -> bool | None:
        alarms = seen(stage, HEADER)["alarms"]
        return any((a["code"], a["detail"]) == ("needs_operator", "unverified") for a in alarms) or None

    wait_for(unverified, within_s=_SEEN_WITHIN_S, what=f"{HEADER.name} called UNVERIFIED")
    result.expect(True, f"OTHA reaches neither server nor gate, and calls {HEADER.section} UNVERIFIED")
    stage.kill_otha()
    seconds = _goes_safe(stage, since_ns)
    commands = stage.gate(HEADER.section)["status"]["command_id"] - before
    result.expect(not commands, f"OTHA dead as well: the controller alone went SAFE, {seconds:.1f} s after the kill")
    for node in nodes:
        stage.fault("restart", node=node)
    stage.start_otha()
    _only_a_person_ends_it(stage, result)


SAFE_ACTS: tuple[Act, ...] = (
    Act(name="nobody", title="both servers and a gateway killed: SAFE", play=nobody_left, on_request=True),
    Act(name="abandoned", title="servers, gateways and OTHA killed: the PLC alone", play=abandoned, on_request=True),
)
