"""What the decisions need to know of the site: frozen, typed, judged by `otha.site` before it gets here.

Times are integer nanoseconds. Analogue values are the raw integers that the devices report.
"""

from dataclasses import dataclass

from otha.core.alarm_list import DEFAULTS, AlarmConfig
from otha.core.conditions import ConditionConfig, ConditionTree, MachineConfig, TagConfig
from otha.core.window import DayWindow
from otha.core.words import (
    AfterFence,
    Arming,
    Authority,
    Confirm,
    FailbackMode,
    Fencing,
    GroupKind,
    RedundancyMode,
    RpoMiss,
    TrackedForm,
    TrackedKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDetector:
    """LOST after `misses` heartbeats in a row without a reply."""

    misses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveDetector:
    """Chen, Toueg, Aguilera, "On the quality of service of failure detectors" (2002), NFD-E.

    The expected arrival of the next reply is the mean of the last `window` arrivals, each shifted by whole periods;
    LOST when nothing has come `margin_ns` (Chen's alpha) after it.
    """

    window: int
    margin_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a channel is granted while `link` is in use."""

    link: str
    deadline_ns: int
    detector: FixedDetector | AdaptiveDetector


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One heartbeat path to a node. A heartbeat without a reply after `deadline_ns` is a miss.

    `via`: the group of links that it goes by, `allowances` one for each of them; None and none for its own way.
    """

    name: str
    node: str
    period_ns: int
    deadline_ns: int
    detector: FixedDetector | AdaptiveDetector
    via: str | None = None
    allowances: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfFence:
    """A timed self-fence (rule S4): the node's own watchdog stops it; nobody confirms it.

    `drift_ppm` is the largest relative error of the two clocks that time it.
    """

    watchdog_ns: int
    stop_ns: int
    wait_ns: int
    drift_ppm: int
    hardware: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTag:
    """A tag that must agree between active and standby; `tolerance` in raw units, 0 but for an analog one. A value
    older than `max_age_ns` agrees with nothing."""

    name: str
    kind: TrackedKind
    form: TrackedForm
    tolerance: int
    max_age_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """One supervised node. `number` is its number at the gate; a lower `priority` is preferred.

    `frozen_after_ns`: a control-cycle counter (or heartbeat counter) that stands still so long while the node answers
    is positive evidence that the node is FROZEN. `data_stale_after_ns`: data older than this is stale (0: not judged).
    `cycle_ns`: the duration of one count of the sync position. `capacity`: in how many groups it may be active at a
    time.
    """

    name: str
    number: int
    priority: int
    channels: tuple[str, ...]
    frozen_after_ns: int
    data_stale_after_ns: int
    cycle_ns: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRule:
    """What the controller does with an output while its section is held, in words; `state` None: in every machine state
    that has no rule of its own. OTHA shows it and decides nothing by it."""

    output: str
    state: str | None
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """A controller section behind a gate.

    `poll_ns`/`fast_poll_ns`: how often its status is read at rest and in a transfer. `stale_after_ns`: without a newer
    reading the gate counts as unseen. `fresh_owner_ns`: a younger owner age vetoes DEAD (S8). The three durations
    of the program (`hold_max_ns`, `owner_watchdog_ns`, `scan_ns`) are compared with what the gate reports.
    `tolerance` is per output, in raw units of 1/100 % of span; 0 for one that is `discrete`, which must be equal.
    """

    section: str
    paths: tuple[str, ...]
    poll_ns: int
    fast_poll_ns: int
    stale_after_ns: int
    fresh_owner_ns: int
    hold_max_ns: int
    owner_watchdog_ns: int
    scan_ns: int
    outputs: tuple[str, ...]
    tolerance: tuple[int, ...]
    discrete: tuple[bool, ...]
    holds: tuple[HeldRule, ...] = ()

    def held(self, state: str | None) -> tuple[HeldRule, ...]:
        """What holds for each output in that machine state."""
        own = {rule.output: rule for rule in self.holds if rule.state == state}
        return tuple(own.get(rule.output, rule) for rule in self.holds if rule.state is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorConfig:
    """A client's own switch that says which node of a group it uses. It takes only a newer epoch.

    `critical`: a transfer needs its word; any other one counts only while it is seen, and is set right when it comes
    back. `stale_after_ns`: without a newer reading it counts as unseen.
    """

    name: str
    critical: bool
    poll_ns: int
    stale_after_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Bounds of the terms of L1, and of what surrounds a transfer.

    `confirm_ns`: how long a suspicion must stand; `not_driving_ns` instead of it when the active answers but its frames
    have stopped reaching the gate; `deadband_ns` with `deadband_level` when it is only degraded (S16).
    `uncontrolled_ns`: how long a section may be held with nobody to promote before SAFE is asked for.
    `redirect_ns`: setting the selectors, read back. `backfill_ns`: closing the gap in a store.
    `patience`: a step is waited for so many times its bound, inside the gate's hold, before the transfer heads
    elsewhere: one slow write to a disk must not cost a second claim.
    """

    confirm_ns: int
    not_driving_ns: int
    cas_ns: int
    fence_ns: int
    promote_ns: int
    track_ns: int
    release_ns: int
    verify_ns: int
    retry_ns: int
    patience: int
    settle_ns: int
    order_ttl_ns: int
    holdoff_ns: int
    window_ns: int
    max_in_window: int
    uncontrolled_ns: int
    safe_ns: int
    redirect_ns: int
    backfill_ns: int
    deadband_level: int
    deadband_ns: int

    @property
    def held_bound_ns(self) -> int:
        """Longest time from a fenced gate to outputs driven and verified."""
        return self.promote_ns + self.track_ns + self.release_ns + self.verify_ns

    @property
    def transfer_bound_ns(self) -> int:
        """Longest time from a permitted transfer to its verified end."""
        return self.cas_ns + self.fence_ns + 2 * self.redirect_ns + self.held_bound_ns

    @property
    def transfer_end_ns(self) -> int:
        """When a permitted transfer has ended, one way or another (rule L2)."""
        return self.patience * (self.transfer_bound_ns + self.backfill_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailbackConfig:
    """The return to the preferred node, the one with the lowest priority number (rule S12).

    `hold_ns`: how long it must have been stable without interruption: alive, healthy, no channel lost. `windows`: when
    a scheduled one may take place; whether one is open is told from outside.
    """

    mode: FailbackMode
    hold_ns: int
    windows: tuple[DayWindow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """What the site asks of the persons who order. `select_ns`: how long a selection lasts. `confirm_ns`: within which
    time a transfer, or a forced action, must be confirmed. `two_persons`: who ordered a switchover may not confirm it.
    `bypass_max_ns`: the longest bypass of an interlock."""

    select_ns: int
    confirm_ns: int
    two_persons: bool
    bypass_max_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupConfig:
    """One redundancy group: at most one of `nodes` is ACTIVE. `supervisor`: who decides, for the claim's id.

    `gate`: of the section that the group drives (`driver`), or that its frames must reach (`path`); a `store` has none.
    `selectors`: the clients' switches by which a path or store is redirected; a `driver` has none.
    `drills`: its target is marked for drills (S14).
    """

    name: str
    supervisor: str
    kind: GroupKind
    mode: RedundancyMode
    nodes: tuple[NodeConfig, ...]
    gate: GateConfig | None
    selectors: tuple[SelectorConfig, ...]
    arming: Arming
    authority: Authority
    confirm: Confirm
    persons: Persons
    fencing: Fencing
    self_fence: SelfFence | None
    after_fence: AfterFence
    failback: FailbackConfig
    drills: bool
    rpo_ns: int | None
    on_rpo_miss: RpoMiss
    observers_needed: int
    conditions: tuple[ConditionConfig, ...]
    machine: MachineConfig | None = None
    tracked: tuple[TrackedTag, ...]
    upstream: tuple[str, ...]
    timing: Timing

    @property
    def preferred(self) -> str:
        """The node that the active role returns to."""
        best = self.nodes[0]
        for node in self.nodes:
            if node.priority < best.priority:
                best = node
        return best.name

    @property
    def section(self) -> str:
        """The section behind the group's gate, "" without one."""
        return self.gate.section if self.gate is not None else ""

    @property
    def own_gate(self) -> GateConfig:
        """The gate that a `driver` always has."""
        assert self.gate is not None, f"{self.name} has no gate"
        return self.gate


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceConfig:
    """An endpoint that a healthy observer reaches; LOST after `misses` polls in a row."""

    name: str
    period_ns: int
    deadline_ns: int
    misses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantAlarmConfig:
    """An alarm on plant tags, in the list of `group`. `when`: its condition; `text`: that as a person reads it."""

    group: str
    listed: AlarmConfig
    when: ConditionTree
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfig:
    """All that one supervisor decides on. `tilt_gap_ns`: a loop gap or clock step above it starts TILT (S10).

    `alarms`: the rationalised list of OTHA's own alarms, with each once; `plant_alarms`: those on plant tags.
    """

    name: str
    supervisor: str
    channels: tuple[ChannelConfig, ...]
    references: tuple[ReferenceConfig, ...]
    tags: tuple[TagConfig, ...]
    groups: tuple[GroupConfig, ...]
    tilt_gap_ns: int
    tilt_for_ns: int
    alarms: tuple[AlarmConfig, ...] = DEFAULTS
    plant_alarms: tuple[PlantAlarmConfig, ...] = ()
