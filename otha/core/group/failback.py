"""The return of the active role to the preferred node (rule S12).

A person orders it, or confirms a request that is raised once the node has been stable for its hold time and agrees with
the active one; or it is scheduled and begins by itself, in its window alone, in an armed group. All of it is judged
anew on every emission up to the fence.
"""

from otha.core.config import GroupConfig
from otha.core.group import guard, suspicion, transfer
from otha.core.group.guard import HEALTHY_LEVEL, Stage
from otha.core.group.state import GroupState, Plan, Shared
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Arming, Authority, FailbackMode, GroupKind, Liveness, Standing, TransferKind, Verdict

_SECOND = 1_000_000_000
# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_ALIVE, _FOLLOWING, _SCHEDULED = Liveness.ALIVE, Standing.FOLLOWING, FailbackMode.SCHEDULED
_NATIVE = Authority.NATIVE
# What comes and goes with every change of the plant, and is judged again once a person has confirmed.
_PASSING = (Block.NOT_RESYNCHRONISED, Block.PERMISSIVE)


def _active(g: GroupState) -> str | None:
    return g.record.active if g.record is not None else None


def disturbance(cfg: GroupConfig, shared: Shared, g: GroupState) -> str:
    """Why the preferred node does not count as stable now; "" when it does. What was not watched is not stable."""
    name = cfg.preferred
    index = guard.node_index(cfg, name)
    assert index is not None
    view = g.nodes[index]
    if shared.tilted or shared.isolated:
        return f"{name} is not watched undisturbed"
    if view.liveness is not _ALIVE:
        return f"{name} is {view.liveness.value}"
    if view.level < HEALTHY_LEVEL:
        return f"{name} has ServiceLevel {view.level}"
    if view.channels_lost:
        return f"{name} has lost a channel"
    if guard.able(cfg, g, name):
        return f"{name} is in maintenance"
    return ""


def mind_the_hold(t: Turn) -> None:
    """The hold time runs while the preferred node is stable and another one is active; every interruption ends it. A
    pair that switches itself returns by itself, or does not."""
    g = t.g
    if t.cfg.authority is _NATIVE:
        return
    if _active(g) in (None, t.cfg.preferred) or disturbance(t.cfg, t.shared, g):
        if g.steady:
            t.put(steady=False, steady_at=None, return_asked=False)
    elif not g.steady:
        hold_ns = t.cfg.failback.hold_ns
        t.put(steady=True, steady_at=t.now + hold_ns if hold_ns else None, return_asked=False)


def _is_scheduled(cfg: GroupConfig) -> bool:
    return cfg.failback.mode is _SCHEDULED


def window_turned(t: Turn, *, is_open: bool) -> None:
    """Each window is an opportunity of its own; one that passed unused says what stood against it."""
    if t.g.window_open and not is_open and _due(t.cfg, t.g) and t.g.plan is None:
        t.say_blockers(Why.BLOCKED, against_schedule(t.cfg, t.shared, t.g, t.now), t.cfg.preferred)
    t.put(window_open=is_open)
    if is_open and _is_scheduled(t.cfg):
        t.put(return_asked=False)


def armed_anew(t: Turn) -> None:
    """What a group that was not armed has only told may be done now."""
    if _is_scheduled(t.cfg):
        t.put(return_asked=False)


def _steadiness(cfg: GroupConfig, shared: Shared, g: GroupState, now: int) -> tuple[Blocker, ...]:
    name = cfg.preferred
    if not g.steady:
        detail = disturbance(cfg, shared, g) or f"{name} has just come back"
        return (Blocker(block=Block.NOT_STEADY, detail=detail),)
    if g.steady_at is not None:
        left_s = -(-(g.steady_at - now) // _SECOND)
        return (Blocker(block=Block.NOT_STEADY, detail=f"{name}: {left_s} s left"),)
    return ()


def _resynchronisation(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """Unknown is not verified; of a store no row may be missing, as it says itself."""
    view = guard.node_view(cfg, g, cfg.preferred)
    assert view is not None
    said = [("sync", view.in_rpo)]
    if cfg.kind is GroupKind.STORE:
        said.append(("rows", view.whole))
    found = tuple(
        Blocker(block=Block.NOT_RESYNCHRONISED, detail=f"{cfg.preferred}: {what} {verdict.value}")
        for what, verdict in said
        if verdict is not Verdict.TRUE
    )
    if view.ready is Verdict.TRUE:
        return found
    return found + guard.not_ready(f"{cfg.preferred}:", view, Block.NOT_RESYNCHRONISED)


def against(
    cfg: GroupConfig, shared: Shared, g: GroupState, *, kind: TransferKind, to_node: str, now: int
) -> tuple[Blocker, ...]:
    """What of S12 stands against a transfer of this kind; empty for any but a failback."""
    if kind is not TransferKind.FAILBACK:
        return ()
    found = _steadiness(cfg, shared, g, now) + _resynchronisation(cfg, g)
    if to_node != cfg.preferred:
        found += (Blocker(block=Block.NOT_PREFERRED, detail=cfg.preferred),)
    if suspicion.cause(cfg, shared, g) is not None:
        # What the active needs then is a failover, which asks for less.
        found += (Blocker(block=Block.ACTIVE_IN_TROUBLE, detail=_active(g) or ""),)
    return found


def against_start(cfg: GroupConfig, shared: Shared, g: GroupState, now: int) -> tuple[Blocker, ...]:
    """Everything that stands against a failback now."""
    to_node, kind = cfg.preferred, TransferKind.FAILBACK
    permits = guard.against(cfg, shared, g, kind=kind, to_node=to_node, cause=None, stage=Stage.START, now=now)
    return permits + against(cfg, shared, g, kind=kind, to_node=to_node, now=now)


def _by_itself(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """What a failback that nobody ordered needs beside its permits: its window, and what every automatic transfer needs
    (S3, S7)."""
    found: tuple[Blocker, ...] = ()
    if not g.window_open:
        found += (Blocker(block=Block.WINDOW_CLOSED, detail=", ".join(map(str, cfg.failback.windows))),)
    if g.arming is not Arming.ARMED:
        found += (Blocker(block=Block.NOT_ARMED, detail=g.arming.value),)
    return found + guard.fence(cfg) + guard.anti_flap(cfg, g, cfg.preferred, None)


def against_schedule(cfg: GroupConfig, shared: Shared, g: GroupState, now: int) -> tuple[Blocker, ...]:
    """Everything that stands against a scheduled failback beginning now."""
    permits = against_start(cfg, shared, g, now)
    own = _by_itself(cfg, g)
    return own + tuple(blocker for blocker in permits if blocker not in own)


def begun_by_itself(cfg: GroupConfig, plan: Plan) -> bool:
    """Whether the transfer is a failback that no person ordered or approved."""
    return _is_scheduled(cfg) and plan.kind is TransferKind.FAILBACK and not plan.by and not plan.drill


def window_closed(cfg: GroupConfig, g: GroupState, plan: Plan) -> tuple[Blocker, ...]:
    """A failback that began by itself and has moved nothing yet when its window closes does not take place."""
    scheduled = begun_by_itself(cfg, plan)
    return tuple(each for each in _by_itself(cfg, g) if each.block is Block.WINDOW_CLOSED) if scheduled else ()


def lasting(found: tuple[Blocker, ...], kind: TransferKind) -> tuple[Blocker, ...]:
    """What ends a failback that waits for its confirmation."""
    if kind is not TransferKind.FAILBACK:
        return found
    return tuple(blocker for blocker in found if blocker.block not in _PASSING)


def _due(cfg: GroupConfig, g: GroupState) -> bool:
    """The preferred node is steady, and nobody was asked for it yet."""
    rests = g.standing is _FOLLOWING and g.suspicion is None
    return rests and g.steady and g.steady_at is None and not g.return_asked


def ask(t: Turn) -> bool:
    """Ask a person for the failback once all is met, once in a hold time; True when the request was raised."""
    if not _due(t.cfg, t.g) or t.cfg.failback.mode is not FailbackMode.APPROVAL:
        return False
    if against_start(t.cfg, t.shared, t.g, t.now):
        return False
    transfer.begin(t, kind=TransferKind.FAILBACK, cause=None, to_node=t.cfg.preferred, because="stable")
    t.put_plan(confirmed=False)
    t.put(return_asked=True)
    return True


def begin_scheduled(t: Turn) -> bool:
    """Begin the failback in its window, once all is met, once in a window; True when it was begun."""
    g = t.g
    if not _is_scheduled(t.cfg) or not g.window_open or not _due(t.cfg, g):
        return False
    found = against_schedule(t.cfg, t.shared, g, t.now)
    if found and all(blocker.block is Block.NOT_ARMED for blocker in found):
        t.put(return_asked=True)
        active = _active(g) or "-"
        t.say(Why.WOULD_TRANSFER, "arming", TransferKind.FAILBACK.value, active, t.cfg.preferred, "scheduled")
    if found:
        return False
    transfer.begin(t, kind=TransferKind.FAILBACK, cause=None, to_node=t.cfg.preferred, because="scheduled")
    t.put(return_asked=True)
    return True
