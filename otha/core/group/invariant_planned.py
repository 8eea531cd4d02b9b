"""Rules S12 and S14 said once more, of a whole step: failbacks and drills.

Written from the rules, not from the code that decides, as `otha.core.group.invariant` is, which calls this.
"""

from otha.core.config import GroupConfig
from otha.core.effects import ReadRecord, SwapRecord
from otha.core.errors import InvariantBreachError
from otha.core.group.state import GroupState, Plan
from otha.core.group.turn import Decision
from otha.core.words import Arming, Course, FailbackMode, Liveness, Phase, TransferKind, Verdict

# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every step would make.
_FAILBACK = TransferKind.FAILBACK


def _hold(rule: str, holds: bool, what: str) -> None:
    if not holds:
        raise InvariantBreachError(rule, what)


def _first_command(cfg: GroupConfig, g: GroupState, plan: Plan) -> None:
    """What must be true in the step that lets the first command of a failback out."""
    best = min(node.priority for node in cfg.nodes)
    at = [node.name for node in cfg.nodes].index(plan.to_node)
    view = g.nodes[at]
    _hold("S12", cfg.nodes[at].priority == best, "a failback to another node than the preferred one")
    _hold("S12", g.steady and g.steady_at is None, "a failback before the hold time has passed")
    _hold("S12", view.liveness is Liveness.ALIVE and not view.channels_lost, "a failback to a node that is not stable")
    agrees = view.in_rpo is Verdict.TRUE and view.ready is Verdict.TRUE
    _hold("S12", agrees, "a failback before resynchronisation is verified")


def check(cfg: GroupConfig, before: GroupState, decision: Decision) -> None:
    """Raise InvariantBreachError if the step from `before` to `decision` breaks S12 or S14."""
    g = decision.state
    plan, was = g.plan, before.plan
    if plan is None:
        return
    _hold("S14", cfg.drills or not plan.drill, "a drill on a target that is not marked for drills")
    begun = was is None or was.serial != plan.serial
    if plan.kind is not _FAILBACK:
        return
    # One that waits for the machine after its claim is begun anew, on the word that it had.
    renewed = was is not None and was.kind is TransferKind.FAILBACK and was.confirmed
    by_itself = begun and not renewed and plan.phase is Phase.REQUESTED and decision.answer is None
    asks = cfg.failback.mode is FailbackMode.APPROVAL and not plan.confirmed
    scheduled = cfg.failback.mode is FailbackMode.SCHEDULED and not plan.by and not plan.drill
    in_window = scheduled and g.window_open and g.arming is Arming.ARMED
    _hold("S12", not by_itself or asks or in_window, "a failback that nobody ordered, approved or scheduled")
    confirmed_now = not begun and was is not None and plan.confirmed and not was.confirmed
    _hold("S12", not confirmed_now or decision.answer is not None, "a failback confirmed by nobody")
    waits = plan.phase is Phase.REQUESTED
    _hold("S12", waits or plan.confirmed, "a failback carried out before it is confirmed")
    commands = [effect for effect in decision.effects if not isinstance(effect.do, ReadRecord | SwapRecord)]
    first = was is not None and not begun and not was.revoked and plan.course is Course.FORWARD
    if first and commands:
        _hold("S12", not scheduled or g.window_open, "a scheduled failback outside its window")
        _first_command(cfg, g, plan)
