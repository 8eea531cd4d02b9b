"""One node, from all its channels and from what it says on them: alive, frozen, with stale data, or dead."""

from dataclasses import dataclass, replace

from otha.core.config import NodeConfig
from otha.core.inputs import NodeReading
from otha.core.words import Liveness, Pulse, Role, Verdict

_LEVEL_UNSAID = 255
# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_ALIVE, _DEAD, _UNKNOWN = Liveness.ALIVE, Liveness.DEAD, Liveness.UNKNOWN
_ROLES = {role.value: role for role in Role}
_U32 = 1 << 32
_UNSAID = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWatch:
    """`still_until`/`idle_until`: by when the cycle and the heartbeat counter must have moved, if the node goes on
    answering. `said`: the two counters as each channel told them last. `heard_at`: the last reading, `seen_at`: the
    last one that came in time and so has a known age; it serves the sync lag (S5). `channels_lost`: one at least is."""

    liveness: Liveness = Liveness.UNKNOWN
    role: Role = Role.UNKNOWN
    level: int = 0
    channels_lost: bool = False
    heartbeat: int | None = None
    cycle: int | None = None
    still_until: int = 0
    idle_until: int = 0
    said: tuple[tuple[int | None, int | None], ...] = ()
    heard_at: int = 0
    seen_at: int = 0
    position: int | None = None
    acked: int | None = None
    lag_ms: int | None = None
    epoch: int = 0
    taking: Verdict = Verdict.UNKNOWN
    missing: int | None = None
    stored: int | None = None
    pending: int | None = None
    tracked: tuple[int | None, ...] = ()

    @property
    def whole(self) -> Verdict:
        """Whether a store says that no row is missing."""
        if self.missing is None:
            return Verdict.UNKNOWN
        return Verdict.TRUE if self.missing == 0 else Verdict.FALSE


def from_pulses(w: NodeWatch, pulses: tuple[Pulse, ...]) -> NodeWatch:
    """Judge a change of the channels' verdicts: DEAD when all of them are LOST, alive again by a reading only.

    One that is BLIND counts neither way (S18); with none left that counts nothing is known of the node.
    """
    lost = any(pulse in (Pulse.LOST, Pulse.BLIND) for pulse in pulses)
    if lost is not w.channels_lost:
        w = replace(w, channels_lost=lost)
    counting = [pulse for pulse in pulses if pulse is not Pulse.BLIND]
    if all(pulse is Pulse.LOST for pulse in counting):
        return replace(w, liveness=Liveness.DEAD if counting else Liveness.UNKNOWN, role=Role.UNKNOWN, level=0)
    return w


def answered(w: NodeWatch) -> NodeWatch:
    """The node answered without values (busy, or too late to be read): that is not death."""
    return replace(w, liveness=Liveness.ALIVE) if w.liveness in (Liveness.DEAD, Liveness.UNKNOWN) else w


def _overtaken(w: NodeWatch, reading: NodeReading) -> bool:
    """Whether a newer reading was taken already; the heartbeat counter is a u32 that wraps."""
    if w.heartbeat is None or reading.heartbeat is None:
        return False
    return (reading.heartbeat - w.heartbeat) % _U32 >= _U32 // 2


def _taking(w: NodeWatch, reading: NodeReading) -> Verdict:
    """Whether rows have come since the store names its present epoch. A store that counts them is judged by that: over
    a gap the position stands still, and the gap is only filled once rows are taken."""
    counted = reading.stored is not None
    now_at, was_at = (reading.stored, w.stored) if counted else (reading.position, w.position)
    if reading.epoch is None or now_at is None:
        return Verdict.UNKNOWN
    if reading.epoch != w.epoch or was_at is None:
        return Verdict.FALSE
    return Verdict.TRUE if now_at != was_at else w.taking


def watch(
    cfg: NodeConfig, w: NodeWatch, reading: NodeReading, now: int, *, channel: int = 0, late: bool = False
) -> NodeWatch:
    """Judge one reading. A counter that stands still while the node answers is positive evidence (FROZEN).

    `channel`: which of the node's channels it came on. `late`: the reply came after its deadline; its values are of
    unknown age.
    """
    if late and _overtaken(w, reading):
        return answered(w)
    # After a silence the counters get their whole time again: a process that slept may answer before it works.
    rested = now > w.heard_at + cfg.frozen_after_ns or w.liveness in (_DEAD, _UNKNOWN)
    deadline = now + cfg.frozen_after_ns
    still_until = deadline if rested or reading.cycle is None or reading.cycle != w.cycle else w.still_until
    idle_until = deadline if rested or reading.heartbeat is None or reading.heartbeat != w.heartbeat else w.idle_until
    said = w.said if channel < len(w.said) else w.said + (_UNSAID,) * (channel + 1 - len(w.said))
    if not rested:
        # What a channel repeats is no step, though another one has said something else since: two communication
        # modules may hold copies of different age when the application stops.
        cycle, heartbeat = said[channel]
        if cycle is not None and reading.cycle == cycle:
            still_until = w.still_until
        if heartbeat is not None and reading.heartbeat == heartbeat:
            idle_until = w.idle_until
    if now >= still_until or now >= idle_until:
        liveness = Liveness.FROZEN
    elif (
        cfg.data_stale_after_ns
        and reading.data_age_ms is not None
        and reading.data_age_ms * 1_000_000 > cfg.data_stale_after_ns
    ):
        liveness = Liveness.STALE_DATA
    else:
        liveness = _ALIVE
    return NodeWatch(
        liveness=liveness,
        role=Role.UNKNOWN if reading.role is None else _ROLES.get(reading.role, Role.UNKNOWN),
        level=_LEVEL_UNSAID if reading.level is None else reading.level,
        channels_lost=w.channels_lost,
        heartbeat=reading.heartbeat,
        cycle=reading.cycle,
        still_until=still_until,
        idle_until=idle_until,
        said=(*said[:channel], (reading.cycle, reading.heartbeat), *said[channel + 1 :]),
        heard_at=now,
        seen_at=w.seen_at if late else now,
        position=reading.position,
        acked=reading.acked,
        lag_ms=reading.lag_ms,
        epoch=reading.epoch or 0,
        taking=_taking(w, reading),
        missing=reading.missing,
        stored=reading.stored,
        pending=reading.pending,
        tracked=reading.tracked,
    )
