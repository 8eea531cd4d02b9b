"""Timing sums: what each group's bounds are made of, and what they add up to.

Everything that the engineer does not give is derived here, from heartbeat period, misses, deadline, control cycle,
scan, poll, round trip and disk, so that the printed worst case is a sum of causes and not of round numbers.
"""

from dataclasses import dataclass

from otha.core.config import Timing

MS = 1_000_000
# Heartbeats may leave late and processes may wait for a core: the design allows a quarter of each period (section 8).
JITTER = (5, 4)
# No call may keep the supervisor's loop longer than this (section 3), so any step may begin so much late.
LOOP_NS = 5 * MS


def late(period_ns: int) -> int:
    """A period with its allowance for jitter."""
    return period_ns * JITTER[0] // JITTER[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a sum, and in words what it is made of."""

    name: str
    ns: int
    made_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum with its terms."""

    terms: tuple[Term, ...]

    @property
    def ns(self) -> int:
        return sum(term.ns for term in self.terms)

    def __str__(self) -> str:
        return f"{' + '.join(f'{term.name} {show(term.ns)}' for term in self.terms)} = {show(self.ns)} ms"


def show(ns: int) -> str:
    """Milliseconds, with decimals only when there are any."""
    text = f"{ns / MS:.1f}"
    return text.removesuffix(".0")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTiming:
    """A group's worst cases. `detect` is the longer of `heartbeats` and `veto` and decides L1's first term.

    `heartbeats`: from a death to the last channel LOST. `veto`: from a death to the gate showing that the owner is no
    longer fresh. `frozen`: from a standstill of the control task to FROZEN; None when the nodes show no counter.
    """

    group: str
    heartbeats: Total
    veto: Total
    frozen: Total | None
    failover: Total
    held: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the bounds of one group are made of, in nanoseconds. `misses` and `margin_ns`: one of them counts."""

    period_ns: int
    deadline_ns: int
    misses: int
    adaptive: bool
    margin_ns: int
    cycle_ns: int
    scan_ns: int
    poll_ns: int
    fast_poll_ns: int
    round_trip_ns: int
    fresh_owner_ns: int
    commit_ns: int
    frozen_after_ns: int


def heartbeats(pace: Pace) -> Total:
    """The node dies just after a reply left: the next `misses` heartbeats stay unanswered, the last to its deadline."""
    p = show(pace.period_ns)
    terms: tuple[Term, ...]
    if pace.adaptive:
        terms = (
            Term(name="expected arrival", ns=late(pace.period_ns), made_of=f"1.25 x period {p}"),
            Term(name="margin", ns=pace.margin_ns, made_of="margin_ms"),
            Term(name="deadline", ns=pace.deadline_ns, made_of="slowest usual reply"),
        )
    else:
        terms = (
            Term(
                name="misses",
                ns=late(pace.period_ns) * pace.misses,
                made_of=f"1.25 x period {p} x {pace.misses} misses",
            ),
            Term(name="deadline", ns=pace.deadline_ns, made_of="deadline of the last heartbeat"),
        )
    return Total(terms=terms)


def veto(pace: Pace) -> Total:
    """The last frame came just before the death; the gate's answer to the poll that shows it stale is the last step."""
    return Total(
        terms=(
            Term(name="fresh owner", ns=pace.fresh_owner_ns, made_of="fresh_owner_ms"),
            Term(name="scan", ns=pace.scan_ns, made_of="one scan"),
            Term(name="poll", ns=late(pace.poll_ns), made_of=f"1.25 x poll {show(pace.poll_ns)}"),
            Term(name="deadline", ns=pace.deadline_ns, made_of="deadline of the poll"),
        )
    )


def frozen(pace: Pace) -> Total:
    """The counter's last advance is seen one heartbeat late, its standstill is judged at a heartbeat."""
    return Total(
        terms=(
            Term(name="standstill", ns=pace.frozen_after_ns, made_of="frozen_after_ms"),
            Term(name="heartbeats", ns=2 * late(pace.period_ns), made_of="2 x 1.25 x period"),
            Term(name="deadline", ns=pace.deadline_ns, made_of="deadline of the last heartbeat"),
        )
    )


def fence_ns(pace: Pace) -> int:
    """A command at the gate: check the magic number, write, wait for the scan, read back on the next poll."""
    return 3 * pace.round_trip_ns + pace.scan_ns + pace.fast_poll_ns + LOOP_NS


def promote_ns(pace: Pace) -> int:
    """As a fence, after the intent is durable in the journal. RELEASE is the same."""
    return pace.commit_ns + fence_ns(pace)


def cas_ns(pace: Pace) -> int:
    """One durable write to the embedded store."""
    return pace.commit_ns + LOOP_NS


def track_ns(pace: Pace) -> int:
    """The newcomer learns in one cycle that it is the owner and sends in the next; the gate compares in its scan."""
    return 2 * late(pace.cycle_ns) + pace.scan_ns + pace.fast_poll_ns + pace.round_trip_ns + LOOP_NS


def verify_ns(pace: Pace) -> int:
    """The armed gate takes the next frame with an advanced cycle, the one after it drives on; a poll shows it."""
    return track_ns(pace)


def failover(detect: Total, timing: Timing) -> Total:
    """L1 term by term."""
    return Total(
        terms=(
            Term(name="T_detect", ns=detect.ns, made_of=str(detect)),
            Term(name="T_confirm", ns=timing.confirm_ns + LOOP_NS, made_of="the suspicion stands"),
            Term(name="T_cas", ns=timing.cas_ns, made_of="claim the next epoch"),
            Term(name="T_fence", ns=timing.fence_ns, made_of="REVOKE read back"),
            *held(timing).terms,
        )
    )


def held(timing: Timing) -> Total:
    """From a fenced gate to outputs driven and verified."""
    return Total(
        terms=(
            Term(name="T_promote", ns=timing.promote_ns, made_of="GRANT read back"),
            Term(name="T_track", ns=timing.track_ns, made_of="shadow agrees with the held outputs"),
            Term(name="T_release", ns=timing.release_ns, made_of="RELEASE read back"),
            Term(name="T_verify", ns=timing.verify_ns, made_of="seen driving"),
        )
    )


def transfer(timing: Timing) -> Total:
    """From a permitted transfer to its verified end."""
    return Total(
        terms=(
            Term(name="T_cas", ns=timing.cas_ns, made_of="claim the next epoch"),
            Term(name="T_fence", ns=timing.fence_ns, made_of="REVOKE read back"),
            *held(timing).terms,
        )
    )
