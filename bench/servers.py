"""Failovers of SCADA servers, gateways and historians on the whole simulated plant, against their sums."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from bench.failover import Events, Kind, evidence, folder_of, lose, of_kind, samples_of
from bench.figure import Figure, holds, shown
from bench.options import Measurement, Options
from otha.demo.cast import ARCHIVE, HEADER, WAYS, Cast, at_peace, timing
from otha.demo.historian_acts import YOUNG_MS
from otha.demo.play import WHOLE_PLANT, write_site
from otha.demo.stage import Stage, wait_for
from sim import archive_check, checker
from sim.console import historian_state

_SEED = 5
# A server of a busy machine takes its time to start.
_WITHIN_S = 60.0
_WHOLE_WITHIN_S = 30.0
_BEHIND_MAX = 30  # rows, 20 of which come in a second
_LAG_MS_MAX = 1000  # of 5,000 of the RPO


def _run(cast: Cast, count: int, folder: Path) -> Iterator[Figure]:
    template, measured = write_site(folder, None, WHOLE_PLANT)
    chance = random.Random(_SEED)
    faults: list[tuple[Kind, int]] = []
    with Stage(folder, template=template, plant=WHOLE_PLANT) as stage:
        at_peace(stage, cast, within_s=_WITHIN_S)
        events = Events(stage)
        for _ in range(count):
            for kind in Kind:
                _caught_up(stage, cast)
                faults.append(lose(stage, events, kind, chance, cast, within_s=_WITHIN_S))
        at_peace(stage, cast, within_s=_WITHIN_S)
        archives = list(_archives(stage, cast.name))
    yield shown(f"{cast.name}: faults", len(faults), "", note=measured)
    samples = samples_of(stage, faults, cast)
    for kind in Kind:
        mine = [each for each in samples if each.kind is kind]
        yield from of_kind(f"{cast.name}, {kind.value}", mine, timing(stage, cast), None)
    yield from archives
    yield from evidence(stage, cast.name)
    for findings in checker.check_all(stage.plant_dir):
        note = f"{findings.frames_on_bus:,} frames" if findings.ok else str(findings.violations[:3])
        yield holds(f"{cast.name}: no rule broken at section {findings.section}", findings.ok, note)


def _caught_up(stage: Stage, cast: Cast) -> None:
    """Wait until both archives hold the same rows but for the youngest, and the standby's peer says so to it: a standby
    that has just come back may be within its RPO and not stay there until the active one's death is known, and nobody
    may be promoted then (S5)."""
    if cast is not ARCHIVE:
        return

    def close() -> bool | None:
        if any(historian_state(stage.plant_dir, each)["lag_ms"] > _LAG_MS_MAX for each in ARCHIVE.nodes):
            return None
        stored = [archive_check.check(stage.plant_dir, each, bound_ms=YOUNG_MS) for each in ARCHIVE.nodes]
        return all(found.ok and found.produced - found.stored <= _BEHIND_MAX for found in stored) or None

    wait_for(close, within_s=_WITHIN_S, what="both archives caught up")


def _archives(stage: Stage, name: str) -> Iterator[Figure]:
    """Both archives against what the plant produced, row by row, once the standby has caught up."""
    for historian in ARCHIVE.nodes:
        until = time.monotonic() + _WHOLE_WITHIN_S
        while not (found := archive_check.check(stage.plant_dir, historian, bound_ms=YOUNG_MS)).ok:
            if time.monotonic() > until:
                break
            time.sleep(0.5)
        note = f"{found.stored:,} of {found.produced:,} rows, {found.young} too young to judge"
        yield holds(f"{name}: {historian} misses no row", not found.missing, f"{note}; {len(found.missing)} missing")
        yield holds(f"{name}: {historian} has no row twice, changed or made up", found.ok or not _wrong(found), note)


def _wrong(found: archive_check.Findings) -> bool:
    return bool(found.doubled or found.changed or found.made_up)


def _measurement(name: str, cast: Cast, whom: str) -> Measurement:
    def measure(options: Options) -> Iterator[Figure]:
        with folder_of(options.keep, name) as folder:
            yield from _run(cast, options.count, folder)

    return Measurement(
        name=name,
        title=f"Failover of {whom}",
        what=f"The whole plant; the active one of the {whom} is killed, stopped and black-holed in turn, each time at "
        "a random phase. The operator acknowledges and the old one comes back before the next fault. Times are the "
        "journal's. Both archives are compared row by row with what the plant produced.",
        measure=measure,
        on_request=True,
    )


SCADA = _measurement("scada", HEADER, "SCADA servers")
GATEWAY = _measurement("gateway", WAYS, "gateways")
HISTORIAN = _measurement("historian", ARCHIVE, "historians")
