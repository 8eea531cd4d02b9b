"""Failovers on the live simulated plant, fault by fault, term by term against the sum that `otha check` prints."""

import bisect
import queue
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from bench.bystander import Bystander
from bench.figure import MS, Figure, at_most, holds, median, quantile, shown
from bench.options import Measurement, Options
from otha.core.words import Ending, Liveness, OrderKind, Role
from otha.demo.cast import TANKS, WAYS, Cast, active, at_peace, node_view
from otha.demo.play import write_site
from otha.demo.stage import Stage, StageError, wait_for
from otha.journal.verify import verify as verify_journal
from otha.report import terms
from otha.report.terms import Said, Transfer
from otha.site.timing import GroupTiming
from otha.verify.replay import Replay
from otha.wire.errors import NoSupervisorError
from sim import checker, recordings
from sim.plant import NODES

_MEDIAN_LIMITS_MS = {50: 350.0, 10: 120.0}
_SLACK = 2.0
_ENDS_WITHIN_S = 10.0
_CALM_S = 0.3
_SEED = 4
_OWNED = 1


class Kind(Enum):
    """How the active controller is lost."""

    KILL = "kill"
    STOP = "SIGSTOP"
    BLACK_HOLE = "black hole"


_FAULT = {Kind.KILL: "kill", Kind.STOP: "stop", Kind.BLACK_HOLE: "black_hole"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One fault: when, how many transfers it took, what the journal tells of the last of them, and when the
    controller's own log shows the successor."""

    kind: Kind
    fault_ns: int
    transfers: int
    dead_ns: int | None
    transfer: Transfer
    driven_ns: int | None


class Events:
    """The supervisor's events from now on, received by a thread."""

    def __init__(self, stage: Stage) -> None:
        self._queue: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._client = stage.client()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(NoSupervisorError), self._client:
            for entry in self._client.events():
                self._queue.put(entry.event)

    def forget(self) -> None:
        """Drop what came so far."""
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()

    def wait_for_done(self, group: str, within_s: float) -> None:
        """Until a transfer of the group has ended as done. Raises StageError."""
        until = time.monotonic() + within_s
        while True:
            try:
                event = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise StageError(f"no failover of {group} within {within_s:g} s", mend="see otha.log") from None
            reasons = event.get("body", {}).get("reasons", ())
            if event["group"] == group and any(_is_done(reason) for reason in reasons):
                return


def _is_done(reason: dict[str, Any]) -> bool:
    return (reason["why"], reason["args"][:1]) == ("ENDED", [Ending.DONE.value])


def _repair(stage: Stage, kind: Kind, node: str, cast: Cast, within_s: float) -> None:
    """Bring the lost node back, and wait until it stands by. A gateway does not say so: it only lives."""
    match kind:
        case Kind.KILL:
            stage.fault("restart", node=node)
        case Kind.STOP:
            stage.fault("cont", node=node)
        case Kind.BLACK_HOLE:
            stage.fault("heal")

    def back() -> bool | None:
        view = node_view(stage, cast, node)
        stands_by = view["role"] == Role.STANDBY.name or cast is WAYS
        return (stands_by and view["liveness"] == Liveness.ALIVE.value) or None

    wait_for(back, within_s=within_s, what=f"{node} stands by")


def lose(
    stage: Stage, events: Events, kind: Kind, chance: random.Random, cast: Cast, *, within_s: float = _ENDS_WITHIN_S
) -> tuple[Kind, int]:
    """One fault at a random phase, its failover, the acknowledgement, and peace with the old node back."""
    at_peace(stage, cast)
    time.sleep(_CALM_S + chance.random() * _CALM_S)
    node = active(stage, cast)
    events.forget()
    fault_ns = stage.fault(_FAULT[kind], node=node)
    events.wait_for_done(cast.name, within_s)
    reply = stage.order(OrderKind.ACKNOWLEDGE, cast.name, comment=f"{kind.value} seen")
    if not reply.accepted:
        raise StageError("the acknowledgement was refused")
    _repair(stage, kind, node, cast, within_s)
    return kind, fault_ns


def _driven(stage: Stage) -> Callable[[int, str], int | None]:
    """The terminal log's word: when, after a time, the outputs were first driven by a node."""
    shape = recordings.layout(stage.plant_dir)
    changes: list[tuple[int, int]] = []
    for scan in recordings.scans(stage.plant_dir, shape):
        driver = scan.owner if scan.state == _OWNED else 0
        if not changes or changes[-1][1] != driver:
            changes.append((scan.at_ns, driver))

    def first(since_ns: int, node: str) -> int | None:
        after = changes[bisect.bisect_left(changes, (since_ns, 0)) :]
        return next((at_ns for at_ns, driver in after if driver == NODES[node]), None)

    return first


def samples_of(stage: Stage, faults: list[tuple[Kind, int]], cast: Cast) -> list[Sample]:
    """What the journal and, of the tanks, the controller's own log tell of each fault, read after the run."""
    said = stage.said()
    begun = [each for each in terms.transfers(said) if each.group == cast.name]
    driven = _driven(stage) if cast is TANKS else lambda _since_ns, _node: None
    found = []
    for index, (kind, fault_ns) in enumerate(faults):
        until_ns = faults[index + 1][1] if index + 1 < len(faults) else None
        mine = [
            each
            for each in begun
            if fault_ns < each.requested_ns and (until_ns is None or each.requested_ns < until_ns)
        ]
        if not mine:
            raise StageError(f"the journal tells of no transfer after one {kind.value}")
        found.append(
            Sample(
                kind=kind,
                fault_ns=fault_ns,
                transfers=len(mine),
                dead_ns=_dead(said, fault_ns, mine[-1].from_node),
                transfer=mine[-1],
                driven_ns=driven(fault_ns, mine[-1].to_node),
            )
        )
    return found


def _dead(said: list[Said], since_ns: int, node: str) -> int | None:
    return next(
        (s.mono_ns for s in said if s.why == "NODE" and s.args == (node, "dead") and s.mono_ns > since_ns), None
    )


@contextmanager
def folder_of(keep: Path | None, name: str) -> Iterator[Path]:
    """A folder for a run: kept in `keep`, or removed afterwards."""
    if keep is not None:
        (keep / name).mkdir(parents=True)
        yield keep / name
        return
    made = Path(tempfile.mkdtemp(prefix="otha-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def evidence(stage: Stage, name: str) -> Iterator[Figure]:
    """Journal and recording of a run."""
    verification = verify_journal(stage.state_dir)
    yield holds(f"{name}: journal verifies", verification.ok, f"{verification.rows:,} rows")
    replay = Replay(path=stage.state_dir / "recordings")
    for _ in replay.moments():
        pass
    what = (
        f"{replay.inputs:,} inputs, {replay.decisions:,} decisions"
        if replay.difference is None
        else str(replay.difference)
    )
    yield holds(f"{name}: recording replays to the byte", replay.difference is None, what)


def _bus(stage: Stage, name: str, samples: list[Sample]) -> Iterator[Figure]:
    findings = checker.check(stage.plant_dir)
    note = f"{findings.frames_on_bus:,} frames" if findings.ok else str(findings.violations[:3])
    yield holds(f"{name}: no rule broken on the bus", findings.ok, note)
    ends = [each.fault_ns for each in samples[1:]] + [time.monotonic_ns()]
    refused = [
        findings.refused(NODES[each.transfer.from_node], each.fault_ns, end_ns)
        for each, end_ns in zip(samples, ends, strict=True)
        if each.kind is not Kind.KILL
    ]
    note = f"{sum(refused)} frames of {len(refused)} woken or healed controllers"
    yield holds(f"{name}: whoever came back still driving was refused", min(refused) > 0, note)


def _spread(values: list[float]) -> str:
    return f"median {median(values):.1f}, p95 {quantile(values, 95, 100):.1f}"


def _by_the_terminals(name: str, samples: list[Sample]) -> Iterator[Figure]:
    """The controller's own log against OTHA's word."""
    driven = [(each.driven_ns - each.fault_ns) / MS for each in samples if each.driven_ns is not None]
    later = [
        (s.transfer.verified_ns - s.driven_ns) / MS
        for s in samples
        if s.transfer.verified_ns is not None and s.driven_ns is not None
    ]
    if driven and later:
        yield shown(f"{name}: driven again by the terminal log, max", max(driven), "ms", note=_spread(driven))
        note = f"{_spread(later)}, min {min(later):.1f}"
        yield shown(f"{name}: OTHA's word after the terminals, max", max(later), "ms", note=note)


def of_kind(name: str, samples: list[Sample], timing: GroupTiming, limit_ms: float | None) -> Iterator[Figure]:
    """Detection, failover, ground truth and terms of one kind of fault."""
    once = sum(each.transfer.ending == Ending.DONE.value and each.transfers == 1 for each in samples)
    yield holds(f"{name}: done by one transfer", once == len(samples), f"{once} of {len(samples)}")
    dead = [(each.dead_ns - each.fault_ns) / MS for each in samples if each.dead_ns is not None]
    yield at_most(f"{name}: detection (DEAD), max", max(dead), "ms", timing.heartbeats.ns / MS, note=_spread(dead))
    totals = [(s.transfer.verified_ns - s.fault_ns) / MS for s in samples if s.transfer.verified_ns is not None]
    if limit_ms is not None:
        yield at_most(f"{name}: failover, median", median(totals), "ms", limit_ms)
    yield at_most(f"{name}: failover, max", max(totals), "ms", timing.failover.ns / MS, note=_spread(totals))
    yield at_most(f"{name}: sum of `otha check` / max", timing.failover.ns / MS / max(totals), "", _SLACK)
    yield from _by_the_terminals(name, samples)
    measured = [each.transfer.terms_ms(each.fault_ns) for each in samples]
    for term in timing.failover.terms:
        values = [each[term.name] for each in measured if term.name in each]
        if values:
            yield at_most(f"{name}: {term.name}, max", max(values), "ms", term.ns / MS, note=_spread(values))


def _run(period_ms: int, count: int, folder: Path) -> Iterator[Figure]:
    template, measured = write_site(folder, period_ms)
    chance = random.Random(_SEED)
    faults: list[tuple[Kind, int]] = []
    with Stage(folder, template=template) as stage, Bystander(folder) as bystander:
        events = Events(stage)
        # In turn, so that what else the machine does meets every kind of fault alike.
        for _ in range(count):
            for kind in Kind:
                faults.append(lose(stage, events, kind, chance, TANKS))
        at_peace(stage)
        late = stage.status()["loop"]
    assert stage.site is not None
    yield shown(f"{period_ms} ms: faults", len(faults), "", note=measured)
    note = f"{len(bystander.took_ns):,} durable writes, {_spread([took / MS for took in bystander.took_ns])}"
    yield shown(f"{period_ms} ms: a bystander on the same disk, max", max(bystander.took_ns) / MS, "ms", note=note)
    timing = next(each for each in stage.site.timings if each.group == TANKS.name)
    samples = samples_of(stage, faults, TANKS)
    for kind in Kind:
        mine = [each for each in samples if each.kind is kind]
        yield from of_kind(f"{period_ms} ms, {kind.value}", mine, timing, _MEDIAN_LIMITS_MS.get(period_ms))
    yield from evidence(stage, f"{period_ms} ms")
    yield from _bus(stage, f"{period_ms} ms", samples)
    note = f"max {late['lateness_ns']['max'] / MS:.1f}, {late['skipped']} skipped, {late['stalls']} stalls above 5 ms"
    yield shown(f"{period_ms} ms: heartbeats late, p99.9", late["lateness_ns"]["p99_9"] / MS, "ms", note=note)


def measure(options: Options) -> Iterator[Figure]:
    """`count` faults of each kind at each period."""
    for period_ms in options.periods_ms:
        with folder_of(options.keep, f"failover-{period_ms}ms") as folder:
            yield from _run(period_ms, options.count, folder)


MEASUREMENT = Measurement(
    name="failover",
    title="Failover, from the fault to outputs driven again and verified",
    what="The acts' own plant and site file, the heartbeat period alone changed; the active controller is killed, "
    "stopped and black-holed in turn, each time at a random phase. The operator acknowledges and the old controller "
    "comes back before the next fault. Times are the journal's; the terminal log is the simulated PLC's own.",
    measure=measure,
)
