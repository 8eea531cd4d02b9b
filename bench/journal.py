"""The journal's throughput and latency against plain SQLite, and what the recorder costs the supervisor."""

import os
import random
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

from bench.figure import MS, Figure, at_least, at_most, median, quantile, shown
from bench.options import Measurement, Options
from bench.virtual import VirtualPlant, demo_site, heartbeats
from otha.core.codec import encode_input
from otha.core.inputs import GatePolled, HeartbeatEnded
from otha.core.words import Answer
from otha.journal.entry import Entry, canonical_json
from otha.journal.recorder import Recorder
from otha.journal.recording import Header
from otha.journal.writer import Journal

_ROUNDS = 3
_ROWS = 40_000
_WAITING = 10_000
_GROUP_ROWS = 100
_URGENT = 500
_INPUTS_PER_S = 4_000
_TICK_S = 0.01
_RECORDING_S = 10.0
_READINGS = 5_000
_PLAIN = "CREATE TABLE plain (seq INTEGER PRIMARY KEY, wall_ns, mono_ns, boot_id, node, epoch, kind, body, hash)"


def _entry(number: int) -> Entry:
    """As large as a decision of a transfer."""
    body = {
        "input": "GatePolled",
        "reasons": [{"why": "PHASE", "rule": "", "args": ["promoted", "sc_b", number]}],
        "standing": "following",
        "active": "sc_a",
        "plan": number,
        "phase": "promoted",
    }
    return Entry(kind="decision", body=body, group="tanks", epoch=7, mono_ns=number)


def _plain(folder: Path) -> sqlite3.Connection:
    """The floor: rows as wide, synchronous=FULL, no chain, no thread."""
    db = sqlite3.connect(folder / "plain.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(_PLAIN)
    return db


def _insert(db: sqlite3.Connection, first: int, count: int) -> None:
    rows = [
        (n, n, n, "b" * 36, "sup", 7, "decision", canonical_json(_entry(n).body), b"h" * 64)
        for n in range(first, first + count)
    ]
    db.execute("BEGIN")
    db.executemany("INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.execute("COMMIT")


def _batched_rate(folder: Path) -> float:
    waiting: deque[Future[int]] = deque()
    with closing(Journal(folder)) as journal:
        began = time.perf_counter()
        for number in range(_ROWS):
            waiting.append(journal.append(_entry(number)))
            if len(waiting) > _WAITING:
                waiting.popleft().result()
        for future in waiting:
            future.result()
        return _ROWS / (time.perf_counter() - began)


def _plain_rate(folder: Path) -> float:
    with closing(_plain(folder)) as db:
        began = time.perf_counter()
        for first in range(0, _ROWS, _GROUP_ROWS):
            _insert(db, first, _GROUP_ROWS)
        return _ROWS / (time.perf_counter() - began)


def _urgent_ms(folder: Path) -> list[float]:
    took = []
    with closing(Journal(folder)) as journal:
        for number in range(_URGENT):
            began = time.perf_counter_ns()
            journal.append(_entry(number), urgent=True).result()
            took.append((time.perf_counter_ns() - began) / MS)
    return took


def _plain_ms(folder: Path) -> list[float]:
    took = []
    with closing(_plain(folder)) as db:
        for number in range(_URGENT):
            began = time.perf_counter_ns()
            _insert(db, number, 1)
            took.append((time.perf_counter_ns() - began) / MS)
    return took


def _journal() -> Iterator[Figure]:
    rates, floors = [], []
    for _ in range(_ROUNDS):
        with _folder() as one, _folder() as two:
            rates.append(_batched_rate(one))
            floors.append(_plain_rate(two))
    rate, floor = median(rates), median(floors)
    note = f"floor: plain SQLite by {_GROUP_ROWS} rows, synchronous=FULL, {floor:,.0f}/s"
    yield at_least("events, batched", rate, "/s", 20_000, ratio=rate / floor, note=note)
    with _folder() as one, _folder() as two:
        took, alone = _urgent_ms(one), _plain_ms(two)
    for name, parts, of in (("p50", 1, 2), ("p99", 99, 100)):
        figure, plain = quantile(took, parts, of), quantile(alone, parts, of)
        note = f"{len(took)} appends, each signed; floor: one plain row a commit, {plain:.2f} ms"
        yield shown(f"urgent append until durable, {name}", figure, "ms", ratio=figure / plain, note=note)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as made:
        yield Path(made)


def _paced_cpu_s(inputs: list[tuple[HeartbeatEnded, int]], recorder: Recorder | None) -> float:
    """CPU of this process, all threads, while it hands over inputs at the pace of the supervisor."""
    each_tick = round(_INPUTS_PER_S * _TICK_S)
    due, began = time.perf_counter(), time.process_time()
    for first in range(0, len(inputs), each_tick):
        due += _TICK_S
        for raw, at in inputs[first : first + each_tick]:
            if recorder is not None:
                recorder.input(at, encode_input(raw))
        time.sleep(max(0.0, due - time.perf_counter()))
    return time.process_time() - began


def _recorder() -> Iterator[Figure]:
    plant = VirtualPlant.settled(demo_site(), random.Random(1))
    inputs = heartbeats(plant, round(_INPUTS_PER_S * _RECORDING_S))
    snapshot = plant.core.snapshot()
    header = Header(code_version="", site_hash=plant.site.digest, python_version="", snapshot=snapshot)
    alone = _paced_cpu_s(inputs, None)
    with _folder() as folder:
        with Recorder(folder, header, capture=lambda: lambda: snapshot) as recorder:
            cpu_s = _paced_cpu_s(inputs, recorder)
        size = sum(os.path.getsize(path) for path in folder.iterdir())
    share = (cpu_s - alone) / _RECORDING_S * 100
    note = (
        f"{_INPUTS_PER_S:,} heartbeats a second for {_RECORDING_S:.0f} s; the same loop without recorder is taken off"
    )
    yield at_most("recorder, share of a core", share, "%", 5, note=note)
    yield shown("recorder, CPU per input", (cpu_s - alone) / len(inputs) * 1e6, "us")
    yield shown("recorder, bytes per input", size / len(inputs), "B")
    reading = GatePolled(
        section=plant.group.section,
        path=plant.group.own_gate.paths[0],
        answer=Answer.REPLIED,
        reading=plant.gate_reading(plant.now),
    )
    began = time.process_time()
    for _ in range(_READINGS):
        encode_input(reading)
    yield shown("recorder, CPU to encode a gate's reading", (time.process_time() - began) / _READINGS * 1e6, "us")


def measure(_options: Options) -> Iterator[Figure]:
    """Journal, then recorder, in temporary folders."""
    yield from _journal()
    yield from _recorder()


MEASUREMENT = Measurement(
    name="journal",
    title="Journal and recorder",
    what="The production `Journal` and `Recorder` in a temporary folder on this machine's disk, medians of rounds.",
    measure=measure,
)
