"""Timing sums: what each group's bounds are made of, and what they add up to.

Everything that the engineer does not give is derived here, from heartbeat period, misses, deadline, control cycle,
scan, poll, round trip and disk, so that the printed worst case is a sum of causes and not of round numbers.
"""

from dataclasses import dataclass

from otha.core.config import Timing

MS = 1_000_000
# Heartbeats may leave late and processes may wait for a core: the design allows a quarter of each period (section 8).
JITTER = (5, 4)
# So much late any step may begin: twice the lateness that the design allows under SCHED_FIFO (section 8). A longer
# stall is told, and is not to be expected in each step of one transfer.
LOOP_NS = 2 * MS


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

    @property
    def spelled(self) -> str:
        """Every term with what it is made of."""
        return " + ".join(f"{term.name} {show(term.ns)} ({term.made_of})" for term in self.terms)

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
    longer fresh; None without a gate. `frozen`: from a standstill of the control task to FROZEN; None when the nodes
    show no counter. `held`: how long outputs are held at the gate; None where nothing is. `lost_reply`: what a reply
    of the gate that is lost in a transfer costs; none of the other sums has one in it. `over`: with each link in use
    that grants the nodes' channels more time.
    """

    group: str
    heartbeats: Total
    veto: Total | None
    frozen: Total | None
    failover: Total
    transfer: Total
    held: Total | None
    lost_reply: Total | None
    over: "tuple[OverLink, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverLink:
    """The worst cases of a group while `link` is in use."""

    link: str
    heartbeats: Total
    failover: Total


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
            Term(name="expected arrival", ns=late(pace.period_ns), made_of=f"1.25 x {p}"),
            Term(name="margin", ns=pace.margin_ns, made_of="margin_ms"),
            Term(name="deadline", ns=pace.deadline_ns, made_of="slowest usual reply"),
        )
    else:
        terms = (
            Term(
                name="misses",
                ns=late(pace.period_ns) * pace.misses,
                made_of=f"1.25 x {p} x {pace.misses}",
            ),
            Term(name="deadline", ns=pace.deadline_ns, made_of="deadline of the last heartbeat"),
        )
    return Total(terms=terms)


def veto(pace: Pace) -> Total:
    """The last frame came just before the death; the last step is the living gate's answer that shows it stale."""
    return Total(
        terms=(
            Term(name="fresh owner", ns=pace.fresh_owner_ns, made_of="fresh_owner_ms"),
            Term(name="scan", ns=pace.scan_ns, made_of="one scan"),
            Term(name="poll", ns=late(pace.poll_ns), made_of=f"1.25 x {show(pace.poll_ns)}"),
            Term(name="round trip", ns=pace.round_trip_ns, made_of="round_trip_ms"),
        )
    )


def frozen(pace: Pace) -> Total:
    """The counter's last advance is seen one heartbeat late, its standstill is judged at a heartbeat."""
    return Total(
        terms=(
            Term(name="standstill", ns=pace.frozen_after_ns, made_of="frozen_after_ms"),
            Term(name="heartbeats", ns=2 * late(pace.period_ns), made_of=f"2 x 1.25 x {show(pace.period_ns)}"),
            Term(name="deadline", ns=pace.deadline_ns, made_of="deadline of the last heartbeat"),
        )
    )


def _disk(pace: Pace) -> Term:
    return Term(name="disk", ns=pace.commit_ns, made_of="commit_ms")


def _loop() -> Term:
    return Term(name="loop", ns=LOOP_NS, made_of="the supervisor's loop")


def _seen(pace: Pace) -> tuple[Term, ...]:
    """What happened at the gate is seen: its scan, the next poll and its answer, the supervisor's loop."""
    return (
        Term(name="scan", ns=pace.scan_ns, made_of="scan_ms"),
        Term(name="poll", ns=pace.fast_poll_ns, made_of="fast_poll_ms"),
        Term(name="round trip", ns=pace.round_trip_ns, made_of="round_trip_ms"),
        _loop(),
    )


def cas(pace: Pace) -> Total:
    """One durable write to the embedded store."""
    return Total(terms=(_disk(pace), _loop()))


def fence(pace: Pace) -> Total:
    """A command at the gate: read the magic number, write, be seen."""
    asked = Term(name="read and write", ns=2 * pace.round_trip_ns, made_of="2 x round_trip_ms")
    return Total(terms=(asked, *_seen(pace)))


def lost_reply(pace: Pace, fast_deadline_ns: int) -> Total:
    """A reply of the gate is lost just when it would have moved a transfer: its deadline, and the next poll."""
    return Total(
        terms=(
            Term(name="deadline", ns=fast_deadline_ns, made_of="fast_deadline_ms"),
            Term(name="poll", ns=pace.fast_poll_ns, made_of="fast_poll_ms"),
            Term(name="round trip", ns=pace.round_trip_ns, made_of="round_trip_ms"),
            _loop(),
        )
    )


def promote(pace: Pace) -> Total:
    """As a fence, after the intent is durable in the journal. RELEASE is the same."""
    return Total(terms=(_disk(pace), *fence(pace).terms))


def track(pace: Pace) -> Total:
    """The newcomer learns in one control cycle that it is the owner and sends in the next; the gate compares.

    A controller keeps its cycle: there is no allowance for lateness in it.
    """
    cycles = Term(name="2 cycles", ns=2 * pace.cycle_ns, made_of="2 x control cycle")
    return Total(terms=(cycles, *_seen(pace)))


def verify(pace: Pace) -> Total:
    """The armed gate takes the next frame with an advanced cycle, the one after it drives on: as long as tracking."""
    return track(pace)


def _made_of(ns: int, derived: Total) -> str:
    if ns != derived.ns:
        return "given in the site file"
    return " + ".join(f"{term.name} {show(term.ns)}" for term in derived.terms)


def _step(name: str, ns: int, derived: Total) -> Term:
    return Term(name=name, ns=ns, made_of=_made_of(ns, derived))


def held(timing: Timing, pace: Pace) -> Total:
    """From a fenced gate to outputs driven and verified."""
    return Total(
        terms=(
            _step("T_promote", timing.promote_ns, promote(pace)),
            _step("T_track", timing.track_ns, track(pace)),
            _step("T_release", timing.release_ns, promote(pace)),
            _step("T_verify", timing.verify_ns, verify(pace)),
        )
    )


def transfer(timing: Timing, pace: Pace) -> Total:
    """From a permitted transfer to its verified end."""
    return Total(
        terms=(
            _step("T_cas", timing.cas_ns, cas(pace)),
            _step("T_fence", timing.fence_ns, fence(pace)),
            *held(timing, pace).terms,
        )
    )


def failover(detect: Total, timing: Timing, pace: Pace) -> Total:
    """L1 term by term."""
    stands = Total(terms=(Term(name="confirm", ns=timing.confirm_ns, made_of="confirm_ms"), _loop()))
    return Total(
        terms=(
            Term(name="T_detect", ns=detect.ns, made_of=detect.spelled),
            _step("T_confirm", stands.ns, stands),
            *transfer(timing, pace).terms,
        )
    )
