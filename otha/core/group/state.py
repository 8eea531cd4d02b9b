"""What one redundancy group knows: enums, small numbers and future deadlines. No past times."""

from dataclasses import dataclass
from enum import Enum

from otha.core.conditions import UNKNOWN_MACHINE
from otha.core.group.request import Bypass, Preview, Request, Selection
from otha.core.inputs import EffectId, Record
from otha.core.reasons import Blocker
from otha.core.words import (
    Arming,
    Course,
    GateState,
    Liveness,
    Phase,
    Role,
    Standing,
    TrackedForm,
    TransferKind,
    Verdict,
)

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_FORWARD, _RETURN = Course.FORWARD, Course.RETURN


class StoreView(Enum):
    """What is known of the group record: never read, known, or unknown after an answer that did not come."""

    UNREAD = "unread"
    KNOWN = "known"
    UNKNOWN = "unknown"


class Cause(Enum):
    """Why the active node should not stay active. Only FROZEN is positive evidence by itself (S8).

    Both of NOT_DRIVING and HELD_BACK mean a section held while its owner answers: its frames do not come, or they come
    and the gate does not let them through.
    """

    DEAD = "dead"
    FROZEN = "frozen"
    STALE_DATA = "stale_data"
    NOT_DRIVING = "not_driving"
    HELD_BACK = "held_back"
    DEGRADED = "degraded"

    @property
    def positive(self) -> bool:
        return self is Cause.FROZEN


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOff:
    """A tracked tag by which a standby is not ready, in raw units, as it stood when that was found or when an order
    asked. `age_ms`: of the older of the two readings (None: never read)."""

    tag: str
    form: TrackedForm
    verdict: Verdict
    active: int | None
    standby: int | None
    tolerance: int
    age_ms: int | None
    max_age_ms: int

    def __str__(self) -> str:
        active, standby = ("not said" if each is None else str(each) for each in (self.active, self.standby))
        age = "never read" if self.age_ms is None else f"age {self.age_ms} of {self.max_age_ms} ms"
        match self.form:
            case TrackedForm.ANALOG:
                allowed = f"tolerance {self.tolerance}"
            case TrackedForm.DISCRETE:
                allowed = "must be equal"
            case TrackedForm.ONE_SHOT:
                allowed = "one-shot, must be 0"
        return f"{self.tag} {self.verdict.value}: active {active}, standby {standby}, {allowed}, {age}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOff:
    """An output that the newcomer would move at release: its held value and what its shadow register shows."""

    output: str
    discrete: bool
    held: int
    shadow: int
    tolerance: int

    def __str__(self) -> str:
        allowed = "a discrete edge that nobody commanded" if self.discrete else f"tolerance {self.tolerance}"
        return f"{self.output}: held {self.held}, would be {self.shadow}, {allowed}"


class InFlightKind(Enum):
    """What was under way at a node when it was told to let go."""

    COMMANDS = "commands"
    ONE_SHOT = "one_shot"


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """What a node had under way when the REVOKE left, by its own last word. Whether it was carried out is UNKNOWN.

    `count` commands of operators, or the one-shot command `tag`.
    """

    node: str
    kind: InFlightKind
    count: int
    tag: str

    def __str__(self) -> str:
        match self.kind:
            case InFlightKind.COMMANDS:
                what = f"commands that {self.node} had taken, {self.count} of them,"
            case InFlightKind.ONE_SHOT:
                what = f"one-shot command {self.tag}, which {self.node} had taken"
        return f"{what} and not finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """The verdicts of `watch` on one node. `ready`: its tracked tags agree with the active's (S13), `off` says which do
    not. `one_shots`: the commands that act once and are still to be carried out; `pending`: how many commands of
    operators it has not finished (None: it does not say). `channels_lost`: at least one of its channels is.

    Of a store: `epoch` as it says, `taking`: its position has advanced under that epoch, `whole`: no row is missing.
    """

    liveness: Liveness = Liveness.UNKNOWN
    role: Role = Role.UNKNOWN
    level: int = 0
    channels_lost: bool = False
    in_rpo: Verdict = Verdict.UNKNOWN
    ready: Verdict = Verdict.UNKNOWN
    off: tuple[TagOff, ...] = ()
    one_shots: tuple[str, ...] = ()
    pending: int | None = None
    epoch: int = 0
    taking: Verdict = Verdict.UNKNOWN
    whole: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """The verdicts of `watch` on the gate. `seen` False: the rest is what was last seen.

    `fits`: layout and program constants agree with the site file. `shadow`: the would-be outputs are fresh and within
    tolerance of the held ones, judged by the gate and again here; `apart`: those that are not. `driven`: frames of the
    owner are being let through. `hold_until`: when the gate's own hold limit ends the hold. `used_up`: the owner is
    held, and the gate has ended as many watchdog holds by itself as it may.
    """

    seen: bool = False
    fits: bool = True
    boot: int = 0
    state: GateState = GateState.FREE
    owner: str | None = None
    last_driver: str | None = None
    owner_epoch: int = 0
    epoch: int = 0
    granted: int = 0
    hold_no: int = 0
    armed: bool = False
    permit: bool = False
    return_permit: bool = False
    shadow: Verdict = Verdict.UNKNOWN
    apart: tuple[OutputOff, ...] = ()
    owner_fresh: bool = False
    driven: bool = False
    hold_until: int | None = None
    used_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorView:
    """What is known of a selector. `seen` False: the rest is what was last seen. `node` None: none."""

    seen: bool = False
    epoch: int = 0
    node: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What groups see of the rest of the site. `troubled`: upstream groups that are failed or moving (S18). `full`:
    nodes that are active, or about to be, in as many groups as they can."""

    isolated: bool = False
    tilted: bool = False
    troubled: tuple[str, ...] = ()
    full: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A transfer under way. It moves under `epoch` and returns, or is voided, under `epoch + 1`.

    `revoked`: a REVOKE, or the first command to a selector, may have left. `asked`: the effect whose end is awaited.
    `demoted`: the other store was told once on this course to stand by. `due`: when the phase must have ended.
    `continued`: it goes on from a hold that an earlier one left, so only the promotion itself is judged.
    `drill`: it is a rehearsal (S14). `by`: who ordered it, "" for nobody. `lag_confirmed`: a person knew of a standby
    outside the RPO. `attempt` counts emissions, so that no two share an id.
    `waiting`: nothing else can be done; the transfer waits for the machine's phase to end, or inside the gate's hold.
    `against`: what stands against it. `confirmed_in`: the machine state in which a person let it go on. `wait_until`:
    when it has waited for phases of the machine long enough; `waited_out`: it has. `ask_until`: when a person must have
    answered, whatever the machine does meanwhile; `asked_out`: nobody has. `request`: the number by which a person's
    answer names it (0: nobody was asked), `about`: what that answer is about, beside the transfer.
    """

    serial: int
    kind: TransferKind
    cause: Cause | None
    from_node: str | None
    to_node: str
    course: Course
    phase: Phase
    epoch: int
    boot: int
    automatic: bool
    drill: bool
    by: str
    confirmed: bool
    lag_confirmed: bool
    revoked: bool
    demoted: bool
    continued: bool
    attempt: int
    asked: EffectId | None
    retry_at: int | None
    due: int
    waiting: bool
    against: tuple[Blocker, ...]
    confirmed_in: int | None = None
    wait_until: int | None = None
    waited_out: bool = False
    ask_until: int | None = None
    asked_out: bool = False
    request: int = 0
    about: tuple[str, ...] = ()

    @property
    def goal_node(self) -> str:
        """Who is to drive at the end of the present course."""
        return self.from_node if self.course is _RETURN and self.from_node is not None else self.to_node

    @property
    def goal_epoch(self) -> int:
        """Under which epoch."""
        return self.epoch if self.course is _FORWARD else self.epoch + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """What an order got. `blockers` say why not. `preview`: what a selection would do."""

    order_id: str
    accepted: bool
    blockers: tuple[Blocker, ...]
    preview: Preview | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """All that decisions of one group rest on.

    `calm_until`: until when roles and lags may still be those from before the start or the last transfer, and do not
    alarm. `harmless`: ids of open claims from which no REVOKE left. `recent`: when each counted automatic transfer
    leaves the anti-flap window. `extra_used`: the one more move on positive evidence was made (S7). `told`: would-have
    decisions and blockers already told, so that they are told once. `uncontrolled`: the section was held too long with
    nobody to promote. `unverified`: the last transfer ended without the gate's word for it; it is taken up again, and
    an alarm stands until then. `machine`: the machine's state (UNKNOWN_MACHINE: not known), `unlisted`: what its
    controller says that is none of them. `stays`: a failover has
    waited for the present one to end as long as it may. `first_out`: the interlock that was the first not to be true
    any more, until all are true again. `confirm_at` None with a suspicion: it has stood.
    `arming_ordered`: a person ordered the arming that holds; else it is the site file's.
    `steady`: the preferred node, which is not the active one, has been stable since its hold time began; it has passed
    once `steady_at` is None. `return_asked`: a failback was asked for in this hold time, or begun in this window (S12).
    `window_open`: the window of a scheduled one is.
    `requests`: the number of what a person was asked last.
    `selection`, `request`, `bypasses`: what persons hold for a while. `safe_for`: the number of the hold that two
    persons ordered to end in SAFE. `safe_asked`: how often SAFE was asked for in this hold without a transfer,
    `safe_retry_at`: when it is asked for again.
    `declined`: the cause whose failover a person rejected; it is asked for no more while the cause stands.
    `in_flight`: what was under way at the old owner when the last REVOKE left, until a person acknowledges it or
    another transfer begins.
    """

    store: StoreView = StoreView.UNREAD
    record: Record | None = None
    errand: EffectId | None = None
    errand_attempt: int = 0
    errand_retry_at: int | None = None
    nodes: tuple[NodeView, ...]
    maintenance: tuple[bool, ...]
    gate: GateView
    selectors: tuple[SelectorView, ...] = ()
    conditions: tuple[Verdict, ...]
    machine: int = UNKNOWN_MACHINE
    unlisted: str = ""
    stays: bool = False
    first_out: int | None = None
    arming: Arming
    arming_ordered: bool = False
    standing: Standing = Standing.SETTLING
    concern: Blocker | None = None
    settle_until: int | None
    calm_until: int | None
    plan: Plan | None = None
    serial: int = 0
    harmless: tuple[str, ...] = ()
    suspicion: Cause | None = None
    confirm_at: int | None = None
    steady: bool = False
    steady_at: int | None = None
    return_asked: bool = False
    window_open: bool = False
    told: tuple[Blocker, ...] = ()
    holdoff_until: int | None = None
    recent: tuple[int, ...] = ()
    extra_used: bool = False
    uncontrolled_until: int | None = None
    uncontrolled: bool = False
    unverified: bool = False
    adopt_ordered: bool = False
    requests: int = 0
    selection: Selection | None = None
    request: Request | None = None
    bypasses: tuple[Bypass, ...] = ()
    safe_for: int | None = None
    safe_asked: int = 0
    safe_retry_at: int | None = None
    declined: Cause | None = None
    in_flight: tuple[InFlight, ...] = ()
    halted: str | None = None
