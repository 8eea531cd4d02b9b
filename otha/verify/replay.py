"""Re-running a recording: the same inputs through the same core must give the same decisions (rule S15)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otha.core import codec
from otha.core.errors import OthaError
from otha.core.group.turn import Decision
from otha.core.inputs import DueReached, HeartbeatEnded, Input
from otha.core.supervision import Supervision
from otha.journal.recording import RowKind, decode_header, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One input and what it led to; `now_ns` is CLOCK_MONOTONIC of the recorded run."""

    now_ns: int
    input: Input
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a replay left the recording: after how many inputs, and how."""

    inputs: int
    now_ns: int
    what: str


@dataclass(slots=True)
class Replay:
    """A replay under way. `difference` is the first one found; None while the replay is true to the recording.

    `gap_rows` counts recorded rows that the disk did not take, `torn_bytes` what a kill cut off at the end.
    """

    path: Path
    inputs: int = 0
    decisions: int = 0
    segments: int = 0
    gap_rows: int = 0
    torn_bytes: int = 0
    site_hash: str = ""
    code_version: str = ""
    difference: Difference | None = None

    def moments(self) -> Iterator[Moment]:
        """Re-run everything; yields each input that led to a decision. Stops at the first difference.

        Raises RecordingDamaged, RecordingNotFound, and CanonError for what is no recording of this version.
        """
        core: Supervision | None = None
        expected: deque[bytes] = deque()
        now_ns = 0
        for row in read(self.path):
            now_ns = row.now_ns or now_ns
            match row.kind:
                case RowKind.HEADER:
                    core = self._header(core, row.payload, expected, now_ns)
                case RowKind.INPUT:
                    if expected:
                        self._differ(now_ns, f"{len(expected)} decisions more than were recorded")
                    elif core is not None:
                        moment = self._feed(core, row.payload, now_ns, expected)
                        if moment is not None and moment.decisions:
                            yield moment
                case RowKind.DECISION:
                    self._compare(row.payload, expected, now_ns)
                case RowKind.GAP:
                    self.gap_rows += int.from_bytes(row.payload, "big")
                    core, expected = None, deque()
                case RowKind.TORN:
                    self.torn_bytes += int.from_bytes(row.payload, "big")
                case RowKind.END:
                    pass
            if self.difference is not None:
                return

    def _header(self, core: Supervision | None, payload: bytes, expected: deque[bytes], now_ns: int) -> Supervision:
        header = decode_header(payload)
        self.segments += 1
        self.site_hash, self.code_version = header.site_hash, header.code_version
        continued = core is not None and header.part > 1 and not self.gap_rows
        if continued and core is not None and core.snapshot() != header.snapshot:
            self._differ(now_ns, "the state differs from the snapshot at the start of a segment")
        expected.clear()
        return Supervision.restore(header.snapshot)

    def _feed(self, core: Supervision, payload: bytes, now_ns: int, expected: deque[bytes]) -> Moment | None:
        raw = codec.decode_input(payload)
        self.inputs += 1
        try:
            decisions = core.feed(raw, now_ns)
        except OthaError as error:
            self._differ(now_ns, f"the core refuses the input: {error}")
            return None
        expected.extend(decision.digest() for decision in decisions)
        return Moment(now_ns=now_ns, input=raw, decisions=decisions)

    def _compare(self, digest: bytes, expected: deque[bytes], now_ns: int) -> None:
        self.decisions += 1
        if not expected:
            self._differ(now_ns, "a decision was recorded that the replay does not make")
        elif expected.popleft() != digest:
            self._differ(now_ns, "a decision differs from the recorded one")

    def _differ(self, now_ns: int, what: str) -> None:
        if self.difference is None:
            self.difference = Difference(inputs=self.inputs, now_ns=now_ns, what=what)


def input_name(raw: Input) -> str:
    """A short name of an input for a timeline."""
    match raw:
        case HeartbeatEnded(channel=channel, answer=answer):
            return f"heartbeat {channel} {answer.name.lower()}"
        case DueReached():
            return "due"
        case _:
            return type(raw).__name__
