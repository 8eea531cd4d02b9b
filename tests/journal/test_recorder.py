"""Recordings: what went in comes out in order, changes are noticed, segments rotate and stand on their own."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from otha.journal import recorder as recorder_module
from otha.journal.errors import RecordingDamaged, RecordingNotFound
from otha.journal.recorder import Recorder
from otha.journal.recording import (
    MAGIC,
    NO_CHAIN,
    BlockKind,
    Header,
    RowKind,
    decode_header,
    encode_block,
    encode_rows,
    read,
    recordings_in,
)

ONE_ROW = ((BlockKind.ROWS, (2, 2, b"b")), (BlockKind.END, (5, 2, b"")))


def taken(state: int) -> Callable[[], bytes]:
    return partial(bytes, b"state %d" % state)


HEADER = Header(code_version="0.1.0", site_hash="ab" * 32, python_version="3.11.7", snapshot=b"state 0")


def record(directory: Path, rows: int) -> None:
    state = 0
    with Recorder(directory, HEADER, capture=lambda: taken(state)) as recorder:
        for n in range(rows):
            recorder.input(n * 1000, b"input %d " % n + os.urandom(20))
            state = n + 1
            if n % 10 == 0:
                recorder.decision(b"decision %d" % n)


def only(path: Path) -> Path:
    (found,) = recordings_in(path)
    return found


def test_everything_comes_out_in_its_order(tmp_path: Path) -> None:
    record(tmp_path, 25)
    rows = list(read(tmp_path))
    assert [row.kind for row in rows[:3]] == [RowKind.HEADER, RowKind.INPUT, RowKind.DECISION]
    header = decode_header(rows[0].payload)
    assert (header.snapshot, header.site_hash, header.python_version) == (b"state 0", "ab" * 32, "3.11.7")
    assert (header.part, header.previous_file) == (1, "")
    inputs = [row for row in rows if row.kind is RowKind.INPUT]
    assert [(row.now_ns, row.payload.split()[1]) for row in inputs] == [(n * 1000, b"%d" % n) for n in range(25)]
    decisions = [row for row in rows if row.kind is RowKind.DECISION]
    assert [(row.now_ns, row.payload) for row in decisions] == [(n * 1000, b"decision %d" % n) for n in (0, 10, 20)]
    assert rows[-1].kind is RowKind.END


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    record(tmp_path, 15)
    path = only(tmp_path)
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes((good[at] ^ 1 << at % 8,)) + good[at + 1 :])
        with pytest.raises(RecordingDamaged):
            list(read(path))


def test_a_block_cut_short_is_reported_and_what_comes_before_is_kept(tmp_path: Path) -> None:
    record(tmp_path, 5)
    path = only(tmp_path)
    good = path.read_bytes()
    whole = list(read(path))
    lengths = set()
    for size in range(len(good)):
        path.write_bytes(good[:size])
        rows = list(read(path))
        torn = [row for row in rows if row.kind is RowKind.TORN]
        kept = rows[: len(rows) - len(torn)]
        assert kept == whole[: len(kept)]
        assert all(int.from_bytes(row.payload, "big") > 0 for row in torn)
        lengths.add(len(kept))
    assert lengths == {0, 1, len(whole) - 1}


def test_an_exchanged_a_repeated_and_a_left_out_block_are_noticed(tmp_path: Path) -> None:
    blocks, chain = [], NO_CHAIN
    for kind, body in ((BlockKind.HEADER, (1, 0, HEADER.encode())), (BlockKind.ROWS, (2, 1, b"a")), *ONE_ROW):
        block, chain = encode_block(kind, encode_rows([body]), 1, chain)
        blocks.append(block)
    path = tmp_path / "00000001.rec"
    path.write_bytes(MAGIC + b"".join(blocks))
    assert len(list(read(path))) == 4
    for order in ((0, 2, 1, 3), (0, 1, 1, 2, 3), (0, 2, 3), (1, 0, 2, 3)):
        path.write_bytes(MAGIC + b"".join(blocks[n] for n in order))
        with pytest.raises(RecordingDamaged, match="follow"):
            list(read(path))


def test_something_after_the_end_is_noticed(tmp_path: Path) -> None:
    record(tmp_path, 3)
    path = only(tmp_path)
    with path.open("ab") as file:
        file.write(path.read_bytes()[len(MAGIC) :])
    with pytest.raises(RecordingDamaged, match="end"):
        list(read(path))


def rotate(directory: Path) -> None:
    """Record until several segments are there."""
    state = 0
    dice = random.Random(1)
    with Recorder(directory, HEADER, capture=lambda: taken(state), segment_bytes=5_000) as recorder:
        while len(recordings_in(directory)) < 4:
            recorder.input(state, b"%d " % state + dice.randbytes(100))
            state += 1
            if state % 50 == 0:
                threading.Event().wait(0.002)


def test_each_segment_begins_with_the_state_before_its_first_input(tmp_path: Path) -> None:
    rotate(tmp_path)
    expected = 0
    for part, path in enumerate(recordings_in(tmp_path), 1):
        rows = list(read(path))
        header = decode_header(rows[0].payload)
        assert header.part == part
        assert header.snapshot == b"state %d" % expected
        for row in rows:
            if row.kind is RowKind.INPUT:
                assert row.payload.split()[0] == b"%d" % expected
                expected += 1
    assert [row.kind for row in read(tmp_path)].count(RowKind.HEADER) == part


def test_a_segment_cut_or_missing_between_others_is_noticed(tmp_path: Path) -> None:
    rotate(tmp_path)
    second = recordings_in(tmp_path)[1]
    good = second.read_bytes()
    second.write_bytes(good[:-1])
    with pytest.raises(RecordingDamaged, match="00000003"):
        list(read(tmp_path))
    second.unlink()
    with pytest.raises(RecordingDamaged, match="00000003"):
        list(read(tmp_path))
    recordings_in(tmp_path)[0].unlink()
    assert list(read(tmp_path))


def test_the_oldest_segments_go_when_the_space_is_used_up(tmp_path: Path) -> None:
    record(tmp_path, 10)
    first_run = only(tmp_path)
    state = 0
    dice = random.Random(1)
    with Recorder(tmp_path, HEADER, 40_000, capture=lambda: taken(state), segment_bytes=10_000) as recorder:
        while not recordings_in(tmp_path)[-1].stem.endswith("7"):
            recorder.input(state, dice.randbytes(100))
            state += 1
            if state % 20 == 0:
                threading.Event().wait(0.005)
    assert not first_run.exists()
    # Judged when the newest segment began, which leaves room for it.
    assert sum(path.stat().st_size for path in recordings_in(tmp_path)[:-1]) <= 30_000
    assert list(read(tmp_path))


def test_a_later_run_names_the_recording_before_it(tmp_path: Path) -> None:
    record(tmp_path, 3)
    record(tmp_path, 3)
    headers = [decode_header(row.payload) for row in read(tmp_path) if row.kind is RowKind.HEADER]
    assert headers[1].previous_file == recordings_in(tmp_path)[0].name
    assert headers[0].run != headers[1].run
    assert [header.part for header in headers] == [1, 1]


def test_input_never_waits_and_a_gap_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MAX_WAITING_ROWS", 100)
    monkeypatch.setattr(recorder_module, "FLUSH_S", 0.2)
    state = 0
    with Recorder(tmp_path, HEADER, capture=lambda: taken(state)) as recorder:
        while RowKind.GAP not in kinds(tmp_path):
            recorder.input(state, b"%d" % state)
            recorder.decision(b"d")
            state += 1
            if state % 500 == 0:
                threading.Event().wait(0.3)
    rows = list(read(tmp_path))
    gap = next(n for n, row in enumerate(rows) if row.kind is RowKind.GAP)
    assert int.from_bytes(rows[gap].payload, "big") > 0
    after = next(row for row in rows[gap:] if row.kind is RowKind.HEADER)
    first = next(row for row in rows[rows.index(after) :] if row.kind is RowKind.INPUT)
    assert decode_header(after.payload).snapshot == b"state " + first.payload


def kinds(directory: Path) -> list[RowKind]:
    return [row.kind for row in read(directory)] if recordings_in(directory) else []


FULL_DISK = """
import random, resource, signal, sys, time
from pathlib import Path
from otha.journal.recorder import Recorder
from otha.journal.recording import Header
from otha.journal import recorder as module

module.RETRY_S = 0.05
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
told = []
header = Header(code_version="1", site_hash="s", python_version="3", snapshot=b"")
dice = random.Random(1)
recorder = Recorder(Path(sys.argv[1]), header, capture=lambda: bytes, on_trouble=told.append)
n = 0
def feed(until):
    global n
    while not until():
        recorder.input(n, dice.randbytes(100)); n += 1; time.sleep(0.0005)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
feed(lambda: told)
while_full = n
feed(lambda: n > while_full + 300)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
feed(lambda: len(told) > 1)
recorder.close()
print(told)
print(n)
"""


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_lost_or_torn(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "File too large" in done.stdout
    told, count = done.stdout.splitlines()
    assert told.endswith("'']")
    rows = list(read(tmp_path))
    assert rows[-1].kind is RowKind.END
    numbers = [row.now_ns for row in rows if row.kind is RowKind.INPUT]
    assert numbers == list(range(int(count)))
    assert only(tmp_path).stat().st_size > 20_000


def test_no_recording_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RecordingNotFound):
        list(read(tmp_path))
    (tmp_path / "00000001.rec").write_bytes(b"something else entirely")
    with pytest.raises(RecordingDamaged, match="format"):
        list(read(tmp_path))


@pytest.mark.parametrize("payload", [b"", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x0c" + b'{"format":9}'])
def test_a_header_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(RecordingDamaged):
        decode_header(payload)


def test_another_site_begins_a_segment_of_its_own_with_its_hash(tmp_path: Path) -> None:
    state = 0
    with Recorder(tmp_path, HEADER, capture=lambda: taken(state)) as recorder:
        recorder.input(1000, b"before")
        recorder.decision(b"decision")
        state = 7
        recorder.change_site("cd" * 32)
        recorder.input(2000, b"after")
    rows = list(read(tmp_path))
    headers = [decode_header(row.payload) for row in rows if row.kind is RowKind.HEADER]
    assert [(header.site_hash, header.snapshot, header.part) for header in headers] == [
        ("ab" * 32, b"state 0", 1),
        ("cd" * 32, b"state 7", 2),
    ]
    assert [row.payload for row in rows if row.kind is RowKind.INPUT] == [b"before", b"after"]
