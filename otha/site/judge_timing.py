"""Timing that contradicts itself is refused, with the sum shown (rules S4, S5, S7, S8; section 7 of the design)."""

from otha.core.config import GateConfig, GroupConfig, SelfFence
from otha.core.group import self_fence
from otha.core.words import GroupKind, RpoMiss
from otha.site import timing as sums
from otha.site.detection import confirm_needed_ms, standstill
from otha.site.document import Document
from otha.site.groups import pace_of
from otha.site.locate import Path as KeyPath
from otha.site.machine import judge_waits
from otha.site.timing import GroupTiming, Term, Total, late, show
from otha.site.written import SiteFile
from otha.site.written_group import Detector

MS = 1_000_000
SECOND = 1_000_000_000


def _ms_up(ns: int) -> int:
    return -(-ns // MS)


def judge_group(doc: Document, file: SiteFile, group: GroupConfig, timing: GroupTiming) -> None:
    """Every timing rule on one group."""
    _detection(doc, file, group, timing)
    _frozen(doc, file, group)
    if group.kind is GroupKind.PAIR:
        return
    if group.kind is not GroupKind.DRIVER:
        _hold_off(doc, group, timing)
        _clients(doc, file, group, timing)
        return
    _fresh_owner(doc, group, timing)
    _watchdog(doc, group, timing)
    _hold(doc, group, timing)
    judge_waits(doc, group)
    _hold_off(doc, group, timing)
    _rpo(doc, file, group)
    _bounds(doc, file, group)
    if group.self_fence is not None:
        _self_fence(doc, group.name, group.self_fence)


def _detection(doc: Document, file: SiteFile, group: GroupConfig, timing: GroupTiming) -> None:
    table = file.group[group.name].detection
    path: KeyPath = ("group", group.name, "detection")
    if table.deadline_ms is not None and table.deadline_ms > table.period_ms:
        doc.error(
            path,
            "deadline_ms",
            f"{table.deadline_ms} ms is longer than the period of {table.period_ms} ms: the next heartbeat would leave "
            "before this one is judged",
            mend=f"Give at most {table.period_ms}, or leave it out for {max(1, table.period_ms * 4 // 5)}",
        )
    needed = confirm_needed_ms(file, table)
    if group.timing.confirm_ns < needed * MS:
        doc.warn(
            path,
            "confirm_ms",
            f"{show(group.timing.confirm_ns)} ms: an isolated observer may call nodes dead {needed} ms before its "
            "reference "
            "points count as lost",
            mend=f"Give at least {needed}, or leave it out",
            rule="S8",
        )
    if table.detector is Detector.ADAPTIVE and table.misses != 3:
        doc.warn(path, "misses", "the adaptive detector counts no misses", mend="Take it out")
    if group.timing.settle_ns < timing.heartbeats.ns:
        doc.warn(
            ("group", group.name),
            "settle_ms",
            f"{show(group.timing.settle_ns)} ms is shorter than one detection ({timing.heartbeats})",
            mend="Leave it out",
        )
    for name in file.reference:
        reference = file.reference[name]
        if (reference.deadline_ms or 0) > (reference.period_ms or table.period_ms):
            doc.error(
                ("reference", name),
                "deadline_ms",
                f"{reference.deadline_ms} ms is longer than its period of {reference.period_ms or table.period_ms} ms",
                mend="Shorten it, or leave it out",
            )


def _fresh_owner(doc: Document, group: GroupConfig, timing: GroupTiming) -> None:
    gate = group.own_gate
    path: KeyPath = ("section", gate.section)
    cycle_ns = max(node.cycle_ns for node in group.nodes)
    if gate.fresh_owner_ns <= cycle_ns + gate.scan_ns:
        total = Total(
            terms=(
                Term(name="control cycle", ns=cycle_ns, made_of=""),
                Term(name="scan", ns=gate.scan_ns, made_of=""),
            )
        )
        doc.error(
            path,
            "fresh_owner_ms",
            f"{show(gate.fresh_owner_ns)} ms: a living owner's age at the gate reaches {total}, so it would never "
            "be fresh",
            mend=f"Give at least {_ms_up(2 * cycle_ns + gate.scan_ns)}, or leave it out",
            rule="S8",
        )
    elif gate.fresh_owner_ns > gate.owner_watchdog_ns:
        doc.warn(
            path,
            "fresh_owner_ms",
            f"{show(gate.fresh_owner_ns)} ms is longer than the owner watchdog of {show(gate.owner_watchdog_ns)} "
            "ms: an "
            "owner that the gate has given up still counts as living",
            mend=f"Give at most {_ms_up(gate.owner_watchdog_ns)}",
            rule="S8",
        )
    if timing.veto is not None and timing.veto.ns > timing.heartbeats.ns:
        doc.warn(
            path,
            "fresh_owner_ms",
            f"not the heartbeats ({timing.heartbeats}) decide how fast a death is noticed, but the gate that shows the "
            f"owner fresh ({timing.veto})",
            mend="Accept it, or shorten poll_ms or fresh_owner_ms",
            rule="S8",
        )


def _frozen(doc: Document, file: SiteFile, group: GroupConfig) -> None:
    table = file.group[group.name].detection
    for node in group.nodes:
        total = standstill(node.cycle_ns, table)
        if node.frozen_after_ns < total.ns:
            doc.error(
                ("node", node.name),
                "frozen_after_ms",
                f"{show(node.frozen_after_ns)} ms: between two heartbeats a healthy counter can seem to stand "
                "still for "
                f"{total}",
                mend=f"Give at least {_ms_up(total.ns)} leave it out, or shorten the heartbeat period",
                rule="S8",
            )


def _watchdog(doc: Document, group: GroupConfig, timing: GroupTiming) -> None:
    gate = group.own_gate
    path: KeyPath = ("section", gate.section)
    cycle_ns = max(node.cycle_ns for node in group.nodes)
    least = Total(
        terms=(
            Term(name="2 control cycles", ns=2 * cycle_ns, made_of=""),
            Term(name="2 scans", ns=2 * gate.scan_ns, made_of=""),
        )
    )
    if gate.owner_watchdog_ns < least.ns:
        doc.error(
            path,
            "owner_watchdog_ms",
            f"{show(gate.owner_watchdog_ns)} ms: one frame that comes late already holds the section; it needs {least}",
            mend=f"Give at least {_ms_up(least.ns)}, and build the PLC program with the same",
        )
    wait = Total(terms=timing.failover.terms[:2] + timing.failover.terms[3:4])
    if gate.owner_watchdog_ns > wait.ns:
        doc.error(
            path,
            "owner_watchdog_ms",
            f"{show(gate.owner_watchdog_ns)} ms is longer than OTHA waits for a dead owner ({wait}): the "
            "controller's own "
            "watchdog must come first, for it acts alone when OTHA has no path to the gate",
            mend=f"Give at most {wait.ns // MS}, and build the PLC program with the same",
            rule="S3",
        )
    if group.timing.not_driving_ns < gate.owner_watchdog_ns:
        doc.warn(
            ("group", group.name, "detection"),
            "not_driving_ms",
            f"{show(group.timing.not_driving_ns)} ms is shorter than the owner watchdog of "
            f"{show(gate.owner_watchdog_ns)} ms: the owner gets no chance to resume",
            mend="Leave it out",
        )


def _hold(doc: Document, group: GroupConfig, timing: GroupTiming) -> None:
    """A dead owner's section is held by its watchdog before OTHA acts, so the hold spans nearly the whole failover."""
    gate = group.own_gate
    path: KeyPath = ("section", gate.section)
    if timing.held is not None and gate.hold_max_ns < timing.held.ns:
        doc.error(
            path,
            "hold_max_ms",
            f"{show(gate.hold_max_ns)} ms is shorter than a transfer holds the outputs ({timing.held}): the gate "
            "would go "
            "to its safe values in the middle",
            mend=f"Give at least {_ms_up(timing.failover.ns)} if the process bears it, and build the PLC program "
            "with it",
        )
    elif gate.hold_max_ns + gate.owner_watchdog_ns < timing.failover.ns:
        doc.error(
            path,
            "hold_max_ms",
            f"{show(gate.hold_max_ns)} ms: the watchdog holds a dead owner's section after "
            f"{show(gate.owner_watchdog_ns)} ms, and the failover ends after {timing.failover}: too little hold is "
            "left",
            mend=f"Give at least {_ms_up(timing.failover.ns - gate.owner_watchdog_ns)} if the process bears it",
        )
    elif _needs_more_hold(gate, timing):
        doc.warn(
            path,
            "fast_deadline_ms",
            f"one lost reply of the gate costs a transfer {timing.lost_reply}, and the outputs are held for "
            f"{timing.held} without it: more than hold_max_ms, {show(gate.hold_max_ns)} ms",
            mend="Shorten fast_deadline_ms, or lengthen hold_max_ms if the process bears it",
        )
    elif group.timing.uncontrolled_ns > gate.hold_max_ns:
        doc.warn(
            ("group", group.name, "bounds"),
            "uncontrolled_ms",
            f"{show(group.timing.uncontrolled_ns)} ms is longer than hold_max_ms, {show(gate.hold_max_ns)} ms: the "
            "gate goes "
            "to its safe values before OTHA asks for it",
            mend="Leave it out",
        )


def _needs_more_hold(gate: GateConfig, timing: GroupTiming) -> bool:
    """Whether one lost reply would take a transfer out of the gate's hold."""
    held, lost = timing.held, timing.lost_reply
    return held is not None and lost is not None and gate.hold_max_ns < held.ns + lost.ns


def _clients(doc: Document, file: SiteFile, group: GroupConfig, timing: GroupTiming) -> None:
    """What clients keep must last until the rows are kept again; the RPO must bear the time that nobody looks."""
    path: KeyPath = ("group", group.name)
    for at, client in enumerate(file.group[group.name].clients):
        if client.buffer_ms is not None and client.buffer_ms * MS < timing.failover.ns:
            doc.error(
                (*path, "clients", at),
                "buffer_ms",
                f"{client.buffer_ms} ms is shorter than a failover of the store ({timing.failover}): rows would be "
                "lost",
                mend=f"Give the client a buffer of at least {_ms_up(timing.failover.ns)} ms, or shorten the bounds",
                rule="S5",
            )
    if group.kind is not GroupKind.STORE or group.rpo_ns is None or group.on_rpo_miss is RpoMiss.DEGRADE:
        return
    unseen = Total(terms=timing.failover.terms[:4])
    if group.rpo_ns < unseen.ns:
        doc.error(
            path,
            "rpo_ms",
            f"{show(group.rpo_ns)} ms is shorter than the time from the last look at the active until every client "
            f"has let go of it ({unseen}): failovers would be blocked",
            mend=f'Give at least {_ms_up(unseen.ns)}, shorten the detection, or write on_rpo_miss = "degrade"',
            rule="S5",
        )


def _hold_off(doc: Document, group: GroupConfig, timing: GroupTiming) -> None:
    total = timing.transfer
    if group.timing.holdoff_ns < total.ns:
        doc.error(
            ("group", group.name),
            "holdoff_s",
            f"{group.timing.holdoff_ns // SECOND} s is shorter than one transfer ({total}): the next could begin "
            "before "
            "this one is verified",
            mend=f"Give at least {-(-total.ns // SECOND)}",
            rule="S7",
        )
    if group.timing.window_ns < group.timing.holdoff_ns * group.timing.max_in_window:
        doc.warn(
            ("group", group.name),
            "max_in_window",
            f"{group.timing.max_in_window} transfers with a hold-off of {group.timing.holdoff_ns // SECOND} s take "
            "longer "
            f"than the window of {group.timing.window_ns // SECOND} s: the limit is never reached",
            mend="Widen the window",
            rule="S7",
        )


def _rpo(doc: Document, file: SiteFile, group: GroupConfig) -> None:
    """S5 adds the time since the active was last seen, up to the moment at which its frames stopped at the gate."""
    if group.rpo_ns is None or group.on_rpo_miss is RpoMiss.DEGRADE:
        return
    pace = pace_of(file, file.group[group.name], group.nodes)
    total = Total(
        terms=(
            Term(name="heartbeat period", ns=late(pace.period_ns), made_of=""),
            Term(name="deadline", ns=pace.deadline_ns, made_of=""),
            Term(name="2 control cycles", ns=2 * pace.cycle_ns, made_of=""),
        )
    )
    if group.rpo_ns < total.ns:
        doc.error(
            ("group", group.name),
            "rpo_ms",
            f"{show(group.rpo_ns)} ms is shorter than a standby in good order can seem to be behind when the "
            "active dies "
            f"({total}): failovers would be blocked",
            mend=f'Give at least {_ms_up(total.ns)}, shorten the heartbeat period, or write on_rpo_miss = "degrade"',
            rule="S5",
        )


def _bounds(doc: Document, file: SiteFile, group: GroupConfig) -> None:
    """A bound given by hand that is shorter than what it is made of ends good transfers."""
    pace = pace_of(file, file.group[group.name], group.nodes)
    derived = {
        "cas_ms": sums.cas(pace).ns,
        "fence_ms": sums.fence(pace).ns,
        "promote_ms": sums.promote(pace).ns,
        "track_ms": sums.track(pace).ns,
        "release_ms": sums.promote(pace).ns,
        "verify_ms": sums.verify(pace).ns,
        "safe_ms": sums.fence(pace).ns,
    }
    for key, needed in derived.items():
        given: int | None = getattr(file.group[group.name].bounds, key)
        if given is not None and given * MS < needed:
            doc.warn(
                ("group", group.name, "bounds"),
                key,
                f"{given} ms is shorter than the {show(needed)} ms that disk, round trips, scan, polls and cycles "
                "can take",
                mend=f"Give at least {_ms_up(needed)}, or leave it out",
            )


def _self_fence(doc: Document, name: str, fence: SelfFence) -> None:
    path: KeyPath = ("group", name, "self_fence")
    if not fence.hardware:
        doc.error(
            path,
            "hardware",
            "only a hardware watchdog fences: one in software or in a guest pauses with what it watches",
            mend='Use a hardware watchdog, or write fencing = "none"',
            rule="S4",
        )
    needed = self_fence.needed_wait_ns(fence)
    drift = needed - fence.watchdog_ns - fence.stop_ns
    total = Total(
        terms=(
            Term(name="watchdog", ns=fence.watchdog_ns, made_of=""),
            Term(name="stop", ns=fence.stop_ns, made_of=""),
            Term(name="clock drift", ns=drift, made_of=""),
        )
    )
    if fence.wait_ns <= needed:
        doc.error(
            path,
            "wait_ms",
            f"{show(fence.wait_ns)} ms must be longer than the node may still act ({total})",
            mend=f"Give at least {needed // MS + 1}",
            rule="S4",
        )
