"""Everything that can reach the decisions from outside. Nothing else does; the recorder keeps every one of them."""

from dataclasses import dataclass

from otha.core.config import SiteConfig
from otha.core.words import (
    AlarmCode,
    AlarmState,
    Answer,
    Arming,
    GateState,
    Milestone,
    OrderKind,
    Outcome,
    TransferKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReading:
    """What a node says in one heartbeat. None: its profile has no such word.

    `heartbeat` is raised by the communication task, `cycle` by the control task (the worker probe). `role` is the raw
    code of `Role`. `position` is the node's own sync position, `acked` the last position of its peer that it applied,
    `lag_ms` the age of the newest state that it took over. `epoch` is the one under which a store was last promoted or
    demoted, `missing` how many rows it knows to be missing, `stored` how many it holds: above a gap rows are stored
    while the position stands. `pending`: how many commands of operators it has taken and not finished. `tracked`
    follows the order of the group's tracked tags; None: of no good quality.
    """

    heartbeat: int | None
    cycle: int | None
    role: int | None
    level: int | None
    position: int | None
    acked: int | None
    lag_ms: int | None
    data_age_ms: int | None
    session: int | None
    epoch: int | None = None
    missing: int | None = None
    stored: int | None = None
    pending: int | None = None
    tracked: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatEnded:
    """One heartbeat on a channel ended; exactly one per departure, and one more (LATE) if its reply still comes."""

    channel: str
    answer: Answer
    reading: NodeReading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReading:
    """A gate's status block; see `plc_profiles/otha_gate.toml`. `shadow_age_ms` 65535: no shadow since GRANT."""

    boot: int
    scan: int
    state: GateState
    armed: bool
    permit: bool
    return_permit: bool
    within: bool
    owner: int
    last_driver: int
    owner_epoch: int
    epoch: int
    granted: int
    hold_no: int
    held_ms: int
    owner_age_ms: int
    last_seq: int
    refused: tuple[int, ...]
    command_id: int
    command_answer: int
    resumes_left: int
    hold_max_ms: int
    owner_watchdog_ms: int
    scan_ms: int
    shadow_age_ms: int
    applied: tuple[int, ...]
    held: tuple[int, ...]
    shadow: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolled:
    """A read of a gate's status block over one of its paths ended."""

    section: str
    path: str
    answer: Answer
    reading: GateReading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorReading:
    """What a client's switch says: the node's number that it uses (0: none, it holds back what it has), and the epoch
    under which it was told so."""

    epoch: int
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorPolled:
    """A read of a selector ended."""

    selector: str
    answer: Answer
    reading: SelectorReading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsPolled:
    """Plant tags of one source were read; `values` pairs a name with a raw value, None when it can't be read."""

    source: str
    values: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePolled:
    """A read of a reference point ended."""

    name: str
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose transfer the record belongs to; `id` is derived, never random: supervisor, group, serial and start.
    `drill`: it is a rehearsal, so that one taken up again after a restart still is."""

    id: str
    kind: TransferKind
    to_node: str
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The group record of the ConsensusStore, alone the truth for resuming.

    `epoch` is the highest epoch reserved. An open claim (milestone CLAIMED) moves under `epoch - 1` and returns under
    `epoch`. `revision` is opaque and set by the store ("" in a record not yet stored).
    """

    epoch: int
    active: str | None
    claim: Claim | None
    milestone: Milestone
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectId:
    """Derived, never random: a late result carries an id that nobody waits for any more."""

    group: str
    epoch: int
    plan: int
    phase: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEnded:
    """An effect ended. `record`: what the store holds, for effects on the store (None: no record yet)."""

    id: EffectId
    outcome: Outcome
    record: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a user asks. `id` makes it idempotent: a repeat gets the same answer and changes nothing.

    `item`: what of the group it is about, by its name in the site file or its alarm code. `occurrence`: which coming of
    an alarm. `for_ns`: for how long. `transfer`: of which kind. `request`: the number of what CONFIRM or REJECT
    answers. None where the order has no use for it. `seconds`: the forced actions that the user has the authority to be
    the second person of.
    """

    id: str
    kind: OrderKind
    group: str
    user: str
    client: str
    node: str | None
    arming: Arming | None
    comment: str
    item: str | None = None
    occurrence: int | None = None
    for_ns: int | None = None
    transfer: TransferKind | None = None
    request: int | None = None
    seconds: tuple[OrderKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGiven:
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStood:
    """What must outlive a restart of one alarm: its state, how often it came, and what kept it quiet.

    `details` and `first_out` are those of its newest occurrence. `stood_ns`: for how long it has stood so.
    `shelved_for_ns` is what is left of a timed shelving, 0 of one that ended meanwhile.
    """

    code: str
    state: AlarmState
    occurrence: int
    details: tuple[str, ...]
    first_out: bool
    stood_ns: int
    shelved_for_ns: int | None
    one_shot: bool
    out_of_service: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsStood:
    """How the alarms of a group stood before this start, as the journal tells."""

    group: str
    alarms: tuple[AlarmStood, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSwapped:
    """A person has had a changed site file applied: `cfg` is what counts from now on.

    `nodes`, `sections`, `selectors`, `tags` and `references` keep their names and are other devices, or are asked
    otherwise, than before; `gates` are the sections whose gate is reached or laid out otherwise.
    """

    cfg: SiteConfig
    nodes: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrouble:
    """Trouble of the supervisor itself began (`holds`), changed or ended: an alarm of its own, by its code.

    A `detail` of several lines is several details: one that is new is annunciated, one that is gone is not.
    """

    code: AlarmCode
    detail: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTurned:
    """By the local wall time, the window in which the group's failback may take place has opened or closed."""

    group: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStepped:
    """The wall clock moved against the monotonic one by `jump_ns` since the last look."""

    jump_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStalled:
    """The supervisor's loop did not run for `gap_ns`."""

    gap_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReached:
    """The wake time of an earlier decision came."""


Input = (
    HeartbeatEnded
    | GatePolled
    | SelectorPolled
    | TagsPolled
    | ReferencePolled
    | OrderGiven
    | AlarmsStood
    | SiteSwapped
    | OwnTrouble
    | EffectEnded
    | WindowTurned
    | ClockStepped
    | LoopStalled
    | DueReached
)
