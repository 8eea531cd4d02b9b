"""Planned transfers of the tanks: a drill, and the return to the preferred node."""

import time

from otha.core.reasons import Block
from otha.core.words import OrderKind, TransferKind
from otha.demo.act import Act, Result
from otha.demo.cast import TANKS, acknowledge, active, at_peace, measure_ordered, other, seen, transfers
from otha.demo.stage import Stage, wait_for
from otha.report import sentence
from otha.wire.message import OrderReply

_HOLD_S = 20.0


def _why_refused(result: Result, reply: OrderReply) -> None:
    for obstacle in reply.obstacles:
        result.notes.append(f"why: {sentence.of_block(obstacle.block)}: {obstacle.detail} ({obstacle.rule})")


def drill(stage: Stage, result: Result) -> None:
    """A failover is rehearsed while the active is alive and well: the fence comes first, as in a real one (S14)."""
    acknowledge(stage, result)
    at_peace(stage)
    since_ns = time.monotonic_ns()
    reply = stage.order(OrderKind.DRILL, TANKS.name, transfer=TransferKind.FAILOVER, comment="rehearsal")
    result.expect(reply.accepted, "the drill of a failover was taken: the tanks are marked for drills")
    _why_refused(result, reply)
    measured = measure_ordered(stage, result, since_ns)
    result.expect(measured.cause == "drill", "the journal calls it a drill")


def failback(stage: Stage, result: Result) -> None:
    """Back to the preferred node: refused before its hold time has passed, then a planned transfer (S12)."""
    preferred = TANKS.nodes[0]
    if active(stage) == preferred:
        at_peace(stage)
        since_ns = time.monotonic_ns()
        stage.order(OrderKind.SWITCHOVER, TANKS.name, node=other(stage), comment="away")
        wait_for(
            lambda: next((each for each in transfers(stage, TANKS, since_ns) if each.ending), None),
            within_s=_HOLD_S,
            what="the tanks led away from the preferred node",
        )
    early = stage.order(OrderKind.FAILBACK, TANKS.name, comment="too early")
    blocks = [obstacle.block for obstacle in early.obstacles]
    result.expect(not early.accepted and Block.NOT_STEADY.code in blocks, "ordered too early, it was refused")
    _why_refused(result, early)
    wait_for(
        lambda: ((way := seen(stage, TANKS)["failback"]) is not None and not way["obstacles"]) or None,
        within_s=_HOLD_S,
        what="nothing against a failback",
    )
    since_ns = time.monotonic_ns()
    reply = stage.order(OrderKind.FAILBACK, TANKS.name, comment="home")
    result.expect(reply.accepted, f"after its hold time the failback to {preferred} was taken")
    measure_ordered(stage, result, since_ns)


PLANNED_ACTS: tuple[Act, ...] = (
    Act(name="drill", title="a failover rehearsed while all is well", play=drill),
    Act(name="failback", title="back to the preferred controller after its hold time", play=failback),
)
