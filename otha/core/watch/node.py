"""One node, from all its channels and from what it says on them: alive, frozen, with stale data, or dead."""

from dataclasses import dataclass, replace

from otha.core.altered import maker
from otha.core.config import NodeConfig
from otha.core.inputs import NodeReading
from otha.core.words import Liveness, Pulse, Role, Verdict

_LEVEL_UNSAID = 255
_U32 = 1 << 32
_UNSAID = (None, None)
# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_ALIVE, _STALE_DATA, _FROZEN = Liveness.ALIVE, Liveness.STALE_DATA, Liveness.FROZEN
_DEAD, _UNHEARD = Liveness.DEAD, Liveness.UNKNOWN
_NO_ROLE = Role.UNKNOWN
_ROLES: dict[int | None, Role] = {role.value: role for role in Role}
_TRUE, _FALSE, _UNKNOWN = Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN

NOTHING_SAID = NodeReading(
    heartbeat=None, cycle=None, role=None, level=None, position=None, acked=None, lag_ms=None, data_age_ms=None,
    session=None, tracked=(),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeVerdict:
    """What is judged of a node by itself, whoever is active. `channels_lost`: at least one is. `pending`: the commands
    of operators that it has not finished, as it says. Of a store: `epoch` as it says, `taking`: rows have come under
    it, `whole`: no row is missing."""

    liveness: Liveness = Liveness.UNKNOWN
    role: Role = Role.UNKNOWN
    level: int = 0
    channels_lost: bool = False
    pending: int | None = None
    epoch: int = 0
    taking: Verdict = Verdict.UNKNOWN
    whole: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWatch:
    """Every heartbeat makes a new one, so it has few fields: the last `reading` whole, and a `verdict` that stays the
    same object until something of it changes.

    `said`: the counters of cycle and heartbeat as each channel told them last; `move_by`: by when the two must have
    moved, if the node goes on answering. `heard_at`: the last reading, `seen_at`: the last one that came in time and so
    has a known age; it serves the sync lag (S5).
    """

    verdict: NodeVerdict = NodeVerdict()
    reading: NodeReading = NOTHING_SAID
    said: tuple[tuple[int | None, int | None], ...] = ()
    move_by: tuple[int, int] = (0, 0)
    heard_at: int = 0
    seen_at: int = 0


_node_watch = maker(NodeWatch)


def from_pulses(w: NodeWatch, pulses: tuple[Pulse, ...]) -> NodeWatch:
    """Judge a change of the channels' verdicts: DEAD when all of them are LOST, alive again by a reading only.

    One that is BLIND counts neither way (S18); with none left that counts nothing is known of the node.
    """
    verdict = w.verdict
    lost = any(pulse in (Pulse.LOST, Pulse.BLIND) for pulse in pulses)
    if lost is not verdict.channels_lost:
        verdict = replace(verdict, channels_lost=lost)
    counting = [pulse for pulse in pulses if pulse is not Pulse.BLIND]
    if all(pulse is Pulse.LOST for pulse in counting):
        liveness = Liveness.DEAD if counting else Liveness.UNKNOWN
        verdict = replace(verdict, liveness=liveness, role=Role.UNKNOWN, level=0)
    return w if verdict is w.verdict else replace(w, verdict=verdict)


def answered(w: NodeWatch) -> NodeWatch:
    """The node answered without values (busy, or too late to be read): that is not death."""
    return replace(w, verdict=replace(w.verdict, liveness=_ALIVE)) if w.verdict.liveness in (_DEAD, _UNHEARD) else w


def watch(
    cfg: NodeConfig, w: NodeWatch, reading: NodeReading, now: int, *, channel: int = 0, late: bool = False
) -> NodeWatch:
    """Judge one reading. A counter that stands still while the node answers is positive evidence (FROZEN).

    `channel`: which of the node's channels it came on. `late`: the reply came after its deadline; its values are of
    unknown age.
    """
    if late and _overtaken(w.reading, reading):
        return answered(w)
    was, cycle, heartbeat = w.verdict.liveness, reading.cycle, reading.heartbeat
    said = list(w.said)
    if channel >= len(said):
        said += [_UNSAID] * (channel + 1 - len(said))
    told_cycle, told_heartbeat = said[channel]
    said[channel] = (cycle, heartbeat)
    cycle_by = heartbeat_by = now + cfg.frozen_after_ns
    # After a silence the counters get their whole time again: a process that slept may answer before it works.
    if now <= w.heard_at + cfg.frozen_after_ns and was is not _DEAD and was is not _UNHEARD:
        # What a channel repeats is no step, though another one has said something else since: two communication
        # modules may hold copies of different age when the application stops.
        if cycle is not None and cycle in (w.reading.cycle, told_cycle):
            cycle_by = w.move_by[0]
        if heartbeat is not None and heartbeat in (w.reading.heartbeat, told_heartbeat):
            heartbeat_by = w.move_by[1]
    if now >= cycle_by or now >= heartbeat_by:
        liveness = _FROZEN
    elif (
        cfg.data_stale_after_ns
        and reading.data_age_ms is not None
        and reading.data_age_ms * 1_000_000 > cfg.data_stale_after_ns
    ):
        liveness = _STALE_DATA
    else:
        liveness = _ALIVE
    return _node_watch(
        verdict=_verdict(w, reading, liveness),
        reading=reading,
        said=tuple(said),
        move_by=(cycle_by, heartbeat_by),
        heard_at=now,
        seen_at=w.seen_at if late else now,
    )


def _overtaken(last: NodeReading, reading: NodeReading) -> bool:
    """Whether a newer reading was taken already; the heartbeat counter is a u32 that wraps."""
    if last.heartbeat is None or reading.heartbeat is None:
        return False
    return (reading.heartbeat - last.heartbeat) % _U32 >= _U32 // 2


def _verdict(w: NodeWatch, reading: NodeReading, liveness: Liveness) -> NodeVerdict:
    """The verdict after this reading: the same object, if it is the same."""
    was, missing = w.verdict, reading.missing
    role = _ROLES.get(reading.role, _NO_ROLE)
    level = _LEVEL_UNSAID if reading.level is None else reading.level
    taking = _UNKNOWN if reading.epoch is None else _taking(w, reading)
    whole = _UNKNOWN if missing is None else _FALSE if missing else _TRUE
    epoch = reading.epoch or 0
    if (
        liveness is was.liveness
        and role is was.role
        and level == was.level
        and reading.pending == was.pending
        and taking is was.taking
        and whole is was.whole
        and epoch == was.epoch
    ):
        return was
    return NodeVerdict(
        liveness=liveness,
        role=role,
        level=level,
        channels_lost=was.channels_lost,
        pending=reading.pending,
        epoch=epoch,
        taking=taking,
        whole=whole,
    )


def _taking(w: NodeWatch, reading: NodeReading) -> Verdict:
    """Whether rows have come since the store names its present epoch. A store that counts them is judged by that: over
    a gap the position stands still, and the gap is only filled once rows are taken."""
    was, counted = w.reading, reading.stored is not None
    now_at, was_at = (reading.stored, was.stored) if counted else (reading.position, was.position)
    if now_at is None:
        return _UNKNOWN
    if reading.epoch != w.verdict.epoch or was_at is None:
        return _FALSE
    return _TRUE if now_at != was_at else w.verdict.taking
