"""The tables of a redundancy group, key by key, as the engineer writes them."""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from otha.core.conditions import Comparison
from otha.core.words import (
    AfterFence,
    Arming,
    Authority,
    ConditionClass,
    Conduct,
    Confirm,
    FailbackMode,
    Fencing,
    GroupKind,
    RedundancyMode,
    RpoMiss,
    TrackedForm,
    TrackedKind,
)
from otha.site.read import key
from otha.site.written_hold import HoldTable

DAY_MS = 86_400_000


class Detector(Enum):
    """How a channel is judged lost."""

    FIXED = "fixed"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoonTable:
    """At least `m` of the conditions."""

    m: int = key("how many must hold", low=1, high=100)
    of: "tuple[When, ...]" = key("the conditions", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A condition: `{ tag, op, value, for_ms }`, or `all`, `any`, `moon` of conditions."""

    tag: str | None = key("the tag that is compared", default=None)
    op: Comparison | None = key("how it is compared", default=None)
    value: int | bool | None = key("with what", default=None)
    for_ms: int = key("how long the comparison must have held", default=0, low=0, high=3_600_000)
    off_ms: int = key(
        "for how long the condition stays true after the comparison has ceased; never over a bad or stale value",
        default=0,
        low=0,
        high=3_600_000,
    )
    deadband: int = key(
        "in an alarm: how far back, in raw units, the value must be until <, <=, > or >= ceases to hold",
        default=0,
        low=0,
        high=4_294_967_295,
    )
    all_: "tuple[When, ...] | None" = key("conditions that must all hold", default=None, least=1)
    any_: "tuple[When, ...] | None" = key("conditions of which one must hold", default=None, least=1)
    moon: MoonTable | None = key("m of n conditions must hold", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterlockTable:
    """Must hold throughout a transfer (rule S6)."""

    class_: ConditionClass = key("safety: never bypassable; process: bypassable by an engineer")
    when: When = key("the condition under which a transfer is allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissiveTable:
    """Must hold for an ordered transfer to start."""

    when: When = key("the condition under which a transfer may start")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductTable:
    """What one kind of transfer does in a machine state."""

    does: Conduct = key(
        "go: take place; wait: for the end of the phase; ask: a person must confirm; stay: not take place; safe "
        "(failover alone): send a section that nobody drives to its safe state"
    )
    limit_ms: int | None = key("wait: for how long", default=None, low=1, high=DAY_MS)
    then: Conduct = key("wait: what follows after the limit: stay, ask, or safe", default=Conduct.STAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTable:
    """A state of the machine. The first one of the file that is recognised is the present one. The PLC program must
    drop its permit in every state that forbids a takeover: only that closes the time between OTHA's reading and the
    GRANT."""

    when: When = key("how the state is recognised")
    switchover: ConductTable = key("what an ordered transfer does", default=ConductTable(does=Conduct.STAY))
    failover: ConductTable = key("what an unplanned transfer does", default=ConductTable(does=Conduct.ASK))
    after_fence: AfterFence | None = key(
        "what is tried first when a transfer can't go on after the fence; by default as the group says", default=None
    )
    hold: dict[str, HoldTable] = key(
        "what outputs do in this state while the section is held, by their names; by default as the section says",
        default={},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStateTable:
    """When no state is recognised, or a value that tells it is bad, stale or unknown. A switchover is refused."""

    failover: ConductTable = key("what an unplanned transfer does", default=ConductTable(does=Conduct.ASK))
    after_fence: AfterFence | None = key(
        "what is tried first when a transfer can't go on after the fence; by default as the group says", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTable:
    """A node of a group."""

    node: str = key("the node's name")
    priority: int = key("a lower number is preferred", low=1, high=1000)
    deadline_ms: int | None = key(
        "a link: the least deadline of heartbeats that go by it while it is in use", default=None, low=1, high=60_000
    )
    misses: int | None = key(
        "a link: the least number of misses in a row until a channel that goes by it is lost",
        default=None,
        low=1,
        high=20,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionTable:
    """How a silent node is noticed."""

    detector: Detector = key("fixed: counted misses; adaptive: expected arrival plus a margin", default=Detector.FIXED)
    period_ms: int = key("a heartbeat leaves this often on each channel", low=5, high=60_000)
    deadline_ms: int | None = key(
        "a reply later than this is a miss; by default 4/5 of the period", default=None, low=1, high=60_000
    )
    misses: int = key("fixed: misses in a row until the channel is lost", default=3, low=1, high=20)
    window: int = key("adaptive: how many arrivals the expectation is drawn from", default=100, low=2, high=1000)
    margin_ms: int | None = key(
        "adaptive: how long after the expected arrival the channel is lost; by default two periods",
        default=None,
        low=1,
        high=60_000,
    )
    confirm_ms: int | None = key(
        "how long a suspicion must stand; by default until the reference points would be lost too",
        default=None,
        low=0,
        high=60_000,
    )
    not_driving_ms: int | None = key(
        "how long an active that answers may fail to reach the gate; by default ten owner watchdogs",
        default=None,
        low=1,
        high=600_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundsTable:
    """Bounds of the steps of a transfer; by default each is summed up from scan, cycle, poll, round trip and disk."""

    cas_ms: int | None = key("claiming the next epoch in the store", default=None, low=1, high=60_000)
    fence_ms: int | None = key("REVOKE, read back", default=None, low=1, high=60_000)
    promote_ms: int | None = key("GRANT, read back", default=None, low=1, high=60_000)
    track_ms: int | None = key(
        "until the new active's frames agree with the held outputs", default=None, low=1, high=600_000
    )
    release_ms: int | None = key("RELEASE, read back", default=None, low=1, high=60_000)
    verify_ms: int | None = key("until the new active is read back as driving", default=None, low=1, high=60_000)
    safe_ms: int | None = key("SAFE, read back", default=None, low=1, high=60_000)
    redirect_ms: int | None = key("path, store: all clients led, read back", default=None, low=1, high=600_000)
    backfill_ms: int | None = key("store: the gap closed", default=None, low=1, high=DAY_MS)
    retry_ms: int | None = key("pause before a refused step is tried again", default=None, low=1, high=60_000)
    patience: int = key(
        "a step is waited for so many times its bound before the transfer heads elsewhere", default=3, low=1, high=20
    )
    uncontrolled_ms: int | None = key(
        "how long a section may be held with nobody to promote before SAFE is asked for; by default 3/4 of hold_max_ms",
        default=None,
        low=1,
        high=DAY_MS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfFenceTable:
    """A timed self-fence (rule S4)."""

    watchdog_ms: int = key("the node's own watchdog", low=1, high=600_000)
    stop_ms: int = key("longest time from the watchdog to its outputs standing still", low=0, high=600_000)
    wait_ms: int = key("how long OTHA waits before it promotes another", low=1, high=3_600_000)
    drift_ppm: int = key("largest error of the two clocks", default=200, low=0, high=100_000)
    hardware: bool = key("true for a hardware watchdog; a guest's watchdog pauses with the guest")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailbackTable:
    """The return to the preferred node, the one with the lowest priority number (rule S12)."""

    mode: FailbackMode = key(
        "manual: a person orders it; approval: OTHA asks for it once all is met, and a person confirms; scheduled: "
        "OTHA does it by itself once all is met, inside a window, in an armed group",
        default=FailbackMode.MANUAL,
    )
    window: tuple[str, ...] = key(
        "for `scheduled`: when it may begin and pass its fence, by the local time of the supervisor's machine, as "
        '"mon-fri 02:00-04:00", "sat,sun 22:00-06:00" or "daily 01:00-01:30"',
        default=(),
    )
    hold_s: int = key(
        "how long the node must have been stable without interruption: alive, healthy, no channel lost",
        default=600,
        low=0,
        high=604_800,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTable:
    """A tag that must agree between active and standby."""

    name: str = key("its name in the nodes' profile")
    kind: TrackedKind | None = key(
        "what it is to its loop; by default what its name begins with (setpoint_1, mode_1 ...)", default=None
    )
    form: TrackedForm | None = key(
        "analog: within a tolerance; discrete: equal; one_shot: a command that acts once, 0 in both when nothing is "
        "left to do, and never replayed; by default a mode is discrete, all else analog",
        default=None,
    )
    tolerance: int | None = key(
        "analog: largest difference, in raw units; this or tolerance_pct", default=None, low=0, high=4_294_967_295
    )
    tolerance_pct: float | None = key(
        "analog: largest difference, in percent of its span", default=None, low=0, high=100
    )
    span: int = key("raw units of its whole span, for tolerance_pct", default=10_000, low=1, high=4_294_967_295)
    max_age_ms: int | None = key(
        "an older value agrees with nothing; by default two heartbeats and a deadline",
        default=None,
        low=1,
        high=600_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTable:
    """A client of a path or store: it chooses between the nodes of the group by a switch of its own."""

    node: str = key("the client, a node of this file")
    switch: str = key("which of its switches, as its profile names it")
    critical: bool = key(
        "true: no transfer without its word; false: a client out of sight is led after the others", default=False
    )
    buffer_ms: int | None = key(
        "store: for how long it keeps what it can't deliver, delivered or not", default=None, low=1, high=DAY_MS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """A redundancy group: nodes of which at most one is active."""

    LATER: ClassVar[dict[str, str]] = {
        "targets": "several targets per group",
        "redirects": "client redirects (VIP, DNS, proxy)",
        "power_fence": "power fencing",
        "port_fence": "switch-port fencing",
        "hazards": "hazard conditions",
    }

    kind: GroupKind = key(
        "what the group moves: the owner of a section (driver), the way to it (path: gateways, links), the place "
        "where data is kept (store: historians), or nothing (pair: nodes that switch themselves, only watched)",
        default=GroupKind.DRIVER,
    )
    mode: RedundancyMode = key("how warm the standby is kept")
    members: tuple[MemberTable, ...] = key("its nodes with their priorities", least=2)
    target: str | None = key(
        "driver: the section that the group drives; path: the section that it leads to; store and pair: none",
        default=None,
        later={"[]": "several targets per group"},
    )
    clients: tuple[ClientTable, ...] = key("path and store: the clients that are led to another node", default=())
    arming: Arming = key("observe: only tell; advise: obey orders; armed: act by itself", default=Arming.OBSERVE)
    authority: Authority = key("who switches the pair: OTHA, or the pair itself", default=Authority.OTHA)
    confirm: Confirm = key("which transfers a person must confirm", default=Confirm.NEVER)
    fencing: Fencing = key(
        "what a fence of this group can honestly do",
        later={"power": "power fencing", "port": "switch-port fencing"},
    )
    self_fence: SelfFenceTable | None = key("the timed self-fence, for fencing self_fence", default=None)
    after_fence: AfterFence = key(
        "what is tried first when a transfer can't go on after the fence", default=AfterFence.RETURN
    )
    failback: FailbackTable = key("the return to the preferred node", default=FailbackTable())
    drills: bool = key("true: transfers may be rehearsed on the group's target (rule S14)", default=False)
    detection: DetectionTable = key("how a silent node is noticed")
    bounds: BoundsTable = key("bounds of the steps of a transfer", default=BoundsTable())
    rpo_ms: int | None = key("how far behind a standby may be (rule S5)", default=None, low=0, high=DAY_MS)
    on_rpo_miss: RpoMiss = key("what a transfer does when it is further behind", default=RpoMiss.BLOCK)
    holdoff_s: int = key("no second automatic transfer within this time (rule S7)", default=60, low=0, high=86_400)
    window_s: int = key("window in which automatic transfers are counted", default=3600, low=1, high=604_800)
    max_in_window: int = key("at most so many in the window", default=3, low=1, high=100)
    deadband_level: int = key(
        "between degraded nodes, how much better a peer must be (rule S16)", default=20, low=1, high=200
    )
    deadband_ms: int = key("and for how long", default=10_000, low=100, high=DAY_MS)
    order_ttl_s: int = key("an order not carried out by then expires", default=60, low=1, high=86_400)
    select_ttl_s: int = key("a selection not operated by then expires", default=30, low=1, high=3600)
    confirm_ttl_s: int = key(
        "a transfer, bypass or SAFE that waits for a person's confirmation expires then", default=30, low=1, high=86_400
    )
    two_persons: bool = key("true: who ordered a switchover may not confirm it", default=False)
    bypass_max_s: int = key("the longest bypass of a process interlock", default=28_800, low=1, high=604_800)
    settle_ms: int | None = key(
        "how long OTHA looks before it judges, after its start; by default twice the detection, "
        "with OPC UA nodes or clients at least 8000",
        default=None,
        low=10,
        high=600_000,
    )
    observers: int = key("how many independent observers must agree (rule S8)", default=1, low=1, high=9)
    tracked: tuple[TrackedTable, ...] = key("tags that must agree between active and standby (rule S13)", default=())
    upstream: tuple[str, ...] = key("groups whose trouble would look like this one's (rule S18)", default=())
    interlock: dict[str, InterlockTable] = key("must hold throughout a transfer", default={})
    state: dict[str, StateTable] = key("states of the machine, in the order in which they are looked for", default={})
    unknown_state: UnknownStateTable = key("when no state is recognised", default=UnknownStateTable())
    permissive: dict[str, PermissiveTable] = key("must hold for an ordered transfer to start", default={})
