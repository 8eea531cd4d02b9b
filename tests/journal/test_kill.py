"""kill -9 of the writing process at random moments: every acknowledged row is there, and the chain fits."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from otha.journal.reader import Query, Reader
from otha.journal.recorder import Recorder
from otha.journal.recording import Header, RowKind, read, recordings_in
from otha.journal.verify import verify
from otha.journal.writer import Journal

APPEND = """
import os, sys
from pathlib import Path
from otha.journal.entry import Entry
from otha.journal.terms import Limits
from otha.journal.writer import Journal

journal = Journal(Path(sys.argv[1]), limits=Limits(fold_rows=200, checkpoint_rows=100))
tell = lambda done: os.write(1, b"%d\\n" % done.result())
n = 0
while True:
    n += 1
    future = journal.append(Entry(kind="test.row", body={"n": n, "text": "x" * (n % 97)}), urgent=n % 7 == 0)
    future.add_done_callback(tell)
    if n % 50 == 0:
        future.result()
"""

RECORD = """
import os, sys, time
from functools import partial
from pathlib import Path
from otha.journal.recorder import Recorder
from otha.journal.recording import Header

header = Header(code_version="1", site_hash="s", python_version="3", snapshot=(0).to_bytes(8, "big"))
n = 0
take = lambda: partial(bytes, n.to_bytes(8, "big"))
recorder = Recorder(Path(sys.argv[1]), header, capture=take, segment_bytes=20_000)
while True:
    recorder.input(n, n.to_bytes(8, "big") + os.urandom(40))
    n += 1
    if n % 40 == 0:
        os.write(1, b"%d %d\\n" % (n, time.monotonic_ns()))
        time.sleep(0.002)
"""


def run_and_kill(script: str, directory: Path, dice: random.Random) -> list[str]:
    """Start `script`, kill -9 it at a random moment, and return the whole lines it wrote until then."""
    child = subprocess.Popen([sys.executable, "-c", script, str(directory)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    first = b""
    if dice.random() < 0.2:
        time.sleep(dice.uniform(0.0, 0.7))  # while it starts, recovery of the last kill included
    else:
        first = child.stdout.readline()
        time.sleep(dice.uniform(0.0, 0.15))
    child.kill()
    rest = child.stdout.read()
    child.wait()
    child.stdout.close()
    whole = (first + rest).decode().rpartition("\n")[0]
    return whole.split("\n") if whole else []


def kill_journal(directory: Path, times: int, seed: int) -> int:
    directory.mkdir(exist_ok=True)
    dice = random.Random(seed)
    acknowledged: set[int] = set()
    for _ in range(times):
        before = max(acknowledged, default=0)
        acknowledged.update(int(line) for line in run_and_kill(APPEND, directory, dice))
        if not any(directory.glob("journal-*.db")):
            continue
        with Reader(directory) as reader:
            there = {row.seq for row in reader.query(Query(after_seq=before))}
        assert {seq for seq in acknowledged if seq > before} <= there
        with Journal(directory) as journal:
            assert journal.damage is None
    found = verify(directory)
    assert found.ok, found.faults
    assert found.last_seq >= max(acknowledged, default=0)
    return len(acknowledged)


def test_ten_kills_lose_no_acknowledged_row(tmp_path: Path) -> None:
    assert kill_journal(tmp_path, 10, seed=1) > 100


@pytest.mark.soak
def test_two_hundred_kills_lose_no_acknowledged_row(tmp_path: Path) -> None:
    # Twenty at a time on one journal: a long one would spend the time on being verified at each start.
    assert sum(kill_journal(tmp_path / str(seed), 20, seed) for seed in range(10)) > 2000


def test_a_recording_survives_kills_up_to_the_last_batch(tmp_path: Path) -> None:
    dice = random.Random(3)
    for _ in range(4):
        old = set(recordings_in(tmp_path))
        lines = run_and_kill(RECORD, tmp_path, dice)
        numbers: list[int] = []
        for path in recordings_in(tmp_path):
            if path not in old:
                numbers += [int.from_bytes(row.payload[:8], "big") for row in read(path) if row.kind is RowKind.INPUT]
        assert numbers == list(range(len(numbers)))
        if lines:
            killed_ns = int(lines[-1].split()[1])
            due = [int(n) for n, at_ns in (line.split() for line in lines) if int(at_ns) < killed_ns - 500_000_000]
            assert len(numbers) >= max(due, default=0)
    header = Header(code_version="1", site_hash="s", python_version="3", snapshot=b"")
    Recorder(tmp_path, header, capture=lambda: bytes).close()
    assert [row.kind for row in read(tmp_path)][-1] is RowKind.END
    assert os.listdir(tmp_path)
