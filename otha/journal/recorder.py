"""The recorder: every input of the core, and a hash per decision, into rotated files that survive kill -9.

The caller only appends to a list; a thread compresses and writes what came in the last 50 ms with one `write()`, so
a slow disk never stops the caller, and the death of the process loses 50 ms at most. Nothing is synced: a power cut
may lose more, which the journal, not the recorder, is there for.
"""

import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from otha.journal.errors import RecordingDamaged
from otha.journal.recording import (
    MAGIC,
    NO_CHAIN,
    SUFFIX,
    BlockKind,
    Header,
    RowKind,
    SegmentReader,
    encode_block,
    encode_rows,
    recordings_in,
)

log = logging.getLogger(__name__)

FLUSH_S = 0.05
RETRY_S = 1.0
SEGMENTS = 16  # a segment is max_bytes / SEGMENTS, so that deleting the oldest costs little history
MAX_WAITING_ROWS = 200_000  # 50 s at 4,000 inputs a second; more is counted as a gap
MAX_BLOCK_ROWS = 20_000

_INPUT, _DECISION, _HEADER = RowKind.INPUT.value, RowKind.DECISION.value, RowKind.HEADER.value
_GAP, _END = RowKind.GAP.value, RowKind.END.value


class _Beginning(NamedTuple):
    """What a segment begins with: what gives the bytes of the state, and of which site."""

    capture: Callable[[], bytes]
    site_hash: str


class Recorder:
    """Records one run into `directory`. `input` and `decision` belong to one thread, the core's."""

    def __init__(
        self,
        directory: Path,
        header: Header,
        max_bytes: int = 512 << 20,
        *,
        capture: Callable[[], Callable[[], bytes]],
        on_trouble: Callable[[str], None] | None = None,
        segment_bytes: int | None = None,
    ) -> None:
        """Start a segment with `header`, and the writing thread.

        `capture` takes hold of the core's state when a new segment begins; `input` calls it before that input is
        recorded, so it must be the state before it. What it returns gives the bytes of that state, later and on the
        recorder's thread: to write out a large state would keep heartbeats waiting. `on_trouble` is called on that
        thread with what is wrong when the disk takes nothing, and with "" when it does again. Segments, also of earlier
        runs, are deleted from the oldest on to stay below `max_bytes`. Raises OSError if the directory can't be used.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes or max_bytes // SEGMENTS
        self._capture = capture
        self._on_trouble = on_trouble
        # Shared by the two threads; appending to a deque and taking from it need no lock.
        self._waiting: deque[tuple[int, int, bytes]] = deque([(_HEADER, 0, b"")])
        self._captured: deque[_Beginning] = deque([_Beginning(lambda: header.snapshot, header.site_hash)])
        self._rotate_due = False
        # The caller's own.
        self._now_ns = 0
        self._lost_rows = 0
        self._site_hash = header.site_hash
        # The thread's own.
        self._header = replace(header, run=uuid.uuid4().hex)
        self._previous = _end_of_last(directory)
        self._handle = -1
        self._path = directory
        self._chain = NO_CHAIN
        self._bytes = 0
        self._partial_write = False
        self._rotate_asked = False
        self._rows: list[tuple[int, int, bytes]] = []
        self._next_begin: _Beginning | None = None
        self._next_snapshot: bytes | None = None
        self._next_site_hash = header.site_hash
        self._trouble = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="otha-recorder", daemon=True)
        self._thread.start()

    def input(self, now_ns: int, payload: bytes) -> None:
        """Record one core input, before the core sees it. Never blocks. `now_ns` is CLOCK_MONOTONIC."""
        if self._rotate_due:
            self._rotate_due = False
            self._begin_segment()
        self._now_ns = now_ns
        if self._lost_rows and not self._end_gap():
            return
        if len(self._waiting) >= MAX_WAITING_ROWS:
            self._lost_rows = 1
            return
        self._waiting.append((_INPUT, now_ns, payload))

    def decision(self, digest: bytes) -> None:
        """Record the hash of the decision that the last input led to. Never blocks."""
        if self._lost_rows:
            self._lost_rows += 1
        else:
            self._waiting.append((_DECISION, self._now_ns, digest))

    def change_site(self, site_hash: str) -> None:
        """Go on in a new segment, whose header names another site; the state is that site's by now. Never blocks."""
        self._site_hash = site_hash
        if not self._lost_rows:  # after a gap a new segment begins anyway
            self._rotate_due = False
            self._begin_segment()

    def close(self) -> None:
        """Write what waits, end the segment, stop the thread. Blocks until the disk answered."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end_gap(self) -> bool:
        """After rows were lost: once there is room, write how many, and start over from a new snapshot."""
        if len(self._waiting) >= MAX_WAITING_ROWS // 2:
            self._lost_rows += 1
            return False
        self._waiting.append((_GAP, self._now_ns, self._lost_rows.to_bytes(8, "big")))
        self._begin_segment()
        self._lost_rows = 0
        return True

    def _begin_segment(self) -> None:
        # First: the thread may take the row at once.
        self._captured.append(_Beginning(self._capture(), self._site_hash))
        self._waiting.append((_HEADER, self._now_ns, b""))

    # The thread's side.

    def _run(self) -> None:
        pause_s = FLUSH_S
        try:
            while not self._stop.wait(pause_s):
                pause_s = FLUSH_S if self._flush() else RETRY_S
            if self._flush() and self._handle >= 0:
                self._end_segment()
        except Exception as error:
            log.exception("the recorder's thread failed")
            self._tell(f"the recorder stopped: {error!r}")
        finally:
            if self._handle >= 0:
                os.close(self._handle)

    def _flush(self) -> bool:
        """Write all that waits. False if the disk refused; then nothing is lost and the next call goes on."""
        try:
            while True:
                if not self._rows and self._next_begin is None and self._next_snapshot is None:
                    self._take()
                if self._rows:
                    self._write_block(BlockKind.ROWS, self._rows)
                    self._rows = []
                if self._next_begin is not None:
                    # Only now: writing out a large state takes its time, and rows that were taken must not wait for it.
                    self._next_site_hash = self._next_begin.site_hash
                    self._next_snapshot, self._next_begin = self._next_begin.capture(), None
                if self._next_snapshot is not None:
                    self._start_segment(self._next_snapshot)
                    self._next_snapshot = None
                if not self._waiting:
                    break
        except OSError as error:
            self._tell(f"the recording can't be written: {error}")
            return False
        self._tell("")
        if self._bytes >= self._segment_bytes and not self._rotate_asked:
            self._rotate_asked = self._rotate_due = True
        return True

    def _take(self) -> None:
        """Take what waits up to the next header: that one begins a segment of its own."""
        for _ in range(min(len(self._waiting), MAX_BLOCK_ROWS)):
            row = self._waiting.popleft()
            if row[0] == _HEADER:
                self._next_begin = self._captured.popleft()
                return
            self._rows.append(row)

    def _write_block(self, kind: BlockKind, rows: list[tuple[int, int, bytes]]) -> None:
        block, chain = encode_block(kind, encode_rows(rows), len(rows), self._chain)
        self._write(block)
        self._chain = chain

    def _write(self, data: bytes) -> None:
        """Append to the file wholly or not at all."""
        if self._partial_write:
            os.ftruncate(self._handle, self._bytes)
            self._partial_write = False
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._handle, view) :]
        except OSError:
            self._partial_write = True
            raise
        self._bytes += len(data)

    def _end_segment(self) -> None:
        self._write_block(BlockKind.END, [(_END, self._now_ns, b"")])
        os.close(self._handle)
        self._handle = -1
        self._previous = (self._path.name, self._bytes, self._chain.hex())

    def _start_segment(self, snapshot: bytes) -> None:
        if self._handle >= 0:
            self._end_segment()
        segments = recordings_in(self._directory)
        number = int(segments[-1].stem) + 1 if segments else 1
        file, size, chain = self._previous
        header = replace(
            self._header,
            snapshot=snapshot,
            site_hash=self._next_site_hash,
            part=self._header.part + 1,
            wall_ns=time.time_ns(),
            previous_file=file,
            previous_bytes=size,
            previous_chain=chain,
        )
        path = self._directory / f"{number:08d}{SUFFIX}"
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._path, self._bytes = path, 0
        rows = encode_rows([(_HEADER, self._now_ns, header.encode())])
        block, chain_after = encode_block(BlockKind.HEADER, rows, 1, NO_CHAIN)
        try:
            self._write(MAGIC + block)
        except OSError:
            os.close(self._handle)
            self._handle, self._partial_write = -1, False
            path.unlink(missing_ok=True)
            raise
        self._header, self._chain, self._rotate_asked = header, chain_after, False
        self._delete_oldest(segments)

    def _delete_oldest(self, older: list[Path]) -> None:
        sizes = [(path, path.stat().st_size) for path in older]
        total = sum(size for _, size in sizes) + self._segment_bytes
        for path, size in sizes:
            if total <= self._max_bytes:
                return
            path.unlink()
            total -= size

    def _tell(self, trouble: str) -> None:
        """Tell a trouble once, and its end."""
        news, self._trouble = bool(trouble) != bool(self._trouble), trouble
        if not news or self._on_trouble is None:
            return
        try:
            self._on_trouble(trouble)
        except Exception:
            log.exception("the recorder's on_trouble callback failed")


def _end_of_last(directory: Path) -> tuple[str, int, str]:
    """Name, good bytes and chain of the newest segment of earlier runs, for the next header to name."""
    segments = recordings_in(directory)
    if not segments:
        return "", 0, ""
    reader = SegmentReader(segments[-1])
    try:
        for _ in reader.blocks():
            pass
    except RecordingDamaged as error:
        log.warning("an earlier recording is damaged: %s", error)
    return segments[-1].name, reader.good_bytes, reader.chain.hex()
