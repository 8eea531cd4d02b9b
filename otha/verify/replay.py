"""Re-running a recording: the same inputs through the same core must give the same decisions (rule S15)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from otha.core import codec
from otha.core.errors import EngineerError, OthaError
from otha.core.group.state import GroupState
from otha.core.group.turn import Decision
from otha.core.inputs import (
    ClockStepped,
    EffectEnded,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    OrderGiven,
    ReferencePolled,
    SelectorPolled,
    TagsPolled,
)
from otha.core.supervision import Supervision
from otha.journal.recording import Header, RowKind, decode_header, read
from otha.verify.timeline import Mark, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One input and what it led to; `now_ns` is CLOCK_MONOTONIC of the recorded run, `offset_ns` counts from the
    recording's first input, `wall_ns` from 1970. `before`: the state that each decision was taken in (None: of the
    supervisor itself). `core` is as the input left it, until the next moment is asked for."""

    now_ns: int
    offset_ns: int
    wall_ns: int
    input: Input
    decisions: tuple[Decision, ...]
    before: tuple[GroupState | None, ...]
    core: Supervision


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a replay left the recording: after how many inputs, and how."""

    inputs: int
    now_ns: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a segment says of where it comes from."""

    run: str
    site: str
    site_hash: str
    code_version: str
    python_version: str


@dataclass(slots=True)
class Replay:
    """A replay under way. `difference` is the first one found; None while the replay is true to the recording.

    `since`, `until`: which part is wanted; what comes before is re-run and compared too, what comes after is not
    (`cut`). `origins`: each run, site and version met. `groups`: each group met. `gap_rows` counts recorded rows that
    the disk did not take, `torn_bytes` what a kill cut off at the end.
    """

    path: Path
    since: Mark | None = None
    until: Mark | None = None
    inputs: int = 0
    decisions: int = 0
    segments: int = 0
    gap_rows: int = 0
    torn_bytes: int = 0
    site_hash: str = ""
    code_version: str = ""
    difference: Difference | None = None
    cut: bool = False
    origins: list[Origin] = field(default_factory=list)
    groups: dict[str, None] = field(default_factory=dict)
    _times: Timeline = field(default_factory=Timeline)
    _stood: dict[str, GroupState] = field(default_factory=dict)

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
                        self._times.take(now_ns)
                        if self.until is not None and self._times.reached(self.until, now_ns):
                            self.cut = True
                            return
                        moment = self._feed(core, row.payload, now_ns, expected)
                        if moment is not None and moment.decisions and self._is_wanted(now_ns):
                            yield moment
                case RowKind.DECISION:
                    self._compare(row.payload, expected, now_ns)
                case RowKind.GAP:
                    self.gap_rows += int.from_bytes(row.payload, "big")
                    core, expected = None, deque()
                case RowKind.TORN:
                    self.torn_bytes += int.from_bytes(row.payload, "big")
                case RowKind.END:
                    if expected:
                        self._differ(now_ns, f"{len(expected)} decisions more than were recorded")
            if self.difference is not None:
                return

    def check_group(self, name: str) -> None:
        """Raises EngineerError if the part that was re-run knows no such group."""
        if name not in self.groups:
            raise EngineerError(f"the recording has no group {name!r}", mend=f"its groups: {', '.join(self.groups)}")

    def _is_wanted(self, now_ns: int) -> bool:
        return self.since is None or self._times.reached(self.since, now_ns)

    def _header(self, core: Supervision | None, payload: bytes, expected: deque[bytes], now_ns: int) -> Supervision:
        header = decode_header(payload)
        self.segments += 1
        self.site_hash, self.code_version = header.site_hash, header.code_version
        self._times.begin(header)
        continued = core is not None and header.part > 1 and not self.gap_rows
        if continued and expected:
            self._differ(now_ns, f"{len(expected)} decisions more than were recorded")
        if continued and core is not None and core.snapshot() != header.snapshot:
            self._differ(now_ns, "the state differs from the snapshot at the start of a segment")
        expected.clear()
        core = Supervision.restore(header.snapshot)
        self._note_origin(header, core)
        return core

    def _note_origin(self, header: Header, core: Supervision) -> None:
        origin = Origin(
            run=header.run,
            site=core.cfg.name,
            site_hash=header.site_hash,
            code_version=header.code_version,
            python_version=header.python_version,
        )
        if origin not in self.origins:
            self.origins.append(origin)
        self._stood = {group.name: core.group(group.name) for group in core.cfg.groups}
        self.groups |= dict.fromkeys(self._stood)

    def _feed(self, core: Supervision, payload: bytes, now_ns: int, expected: deque[bytes]) -> Moment | None:
        raw = codec.decode_input(payload)
        self.inputs += 1
        try:
            decisions = core.feed(raw, now_ns)
        except OthaError as error:
            self._differ(now_ns, f"the core refuses the input: {error}")
            return None
        before: list[GroupState | None] = []
        for decision in decisions:
            expected.append(decision.digest())
            before.append(self._stood.get(decision.group))
            if decision.state.nodes:  # of a group, and not of the supervisor's own alarms
                self._stood[decision.group] = decision.state
                self.groups[decision.group] = None
        return Moment(
            now_ns=now_ns,
            offset_ns=self._times.offset_ns(now_ns),
            wall_ns=self._times.wall_ns(now_ns),
            input=raw,
            decisions=decisions,
            before=tuple(before),
            core=core,
        )

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
        case GatePolled(path=path, answer=answer):
            return f"gate {path} {answer.name.lower()}"
        case SelectorPolled(selector=name, answer=answer):
            return f"selector {name} {answer.name.lower()}"
        case ReferencePolled(name=name, answer=answer):
            return f"reference point {name} {answer.name.lower()}"
        case TagsPolled(source=source):
            return f"tags of {source} read"
        case EffectEnded(id=id_, outcome=outcome):
            return f"effect {id_.phase} of {id_.group} ended {outcome.value}"
        case OrderGiven(order=order):
            return f"order {order.kind.value} {order.node or ''}".rstrip() + f" by {order.user or 'nobody'}"
        case ClockStepped(jump_ns=size_ns):
            return f"the wall clock stepped by {size_ns // 1_000_000} ms"
        case LoopStalled(gap_ns=size_ns):
            return f"the loop stood still for {size_ns // 1_000_000} ms"
        case _:
            return {"DueReached": "due", "WindowTurned": "window of the failback"}.get(
                type(raw).__name__, type(raw).__name__
            )
