"""Heartbeats as they were: out of a recording of OTHA, or out of a CSV file that somebody kept.

A CSV file has a line `channel,at_ms,answer` and below it one line for each heartbeat that ended, in the order of time;
`answer` is replied, late, busy, missed or garbled, as OTHA means them. A column `node` says which channels are one
node's; without it each channel is a node of its own.
"""

import csv
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from otha.core import codec
from otha.core.config import FixedDetector
from otha.core.errors import EngineerError
from otha.core.inputs import HeartbeatEnded, SiteSwapped
from otha.core.supervision import Supervision
from otha.core.words import Answer
from otha.journal.recording import RowKind, decode_header, read
from otha.verify.study.heard import Heard, Ints
from otha.verify.study.judged import Channel, Detector, Spells, at_least

_ANSWERED = (Answer.REPLIED, Answer.LATE, Answer.BUSY)
_UNANSWERED = (Answer.MISSED, Answer.GARBLED)
_COLUMNS = ("channel", "at_ms", "answer")
_NS_PER_MS = 1_000_000
_FEW = 3  # of so few answers nothing is said


@dataclass(slots=True)
class Track:
    """One channel for as long as it was listened to without a break, the `number`th time. `period_ns` 0: to be found
    from the times. `detector`: what judged it, None if nothing is known of that."""

    channel: str
    node: str
    number: int = 0
    period_ns: int = 0
    deadline_ns: int = 0
    detector: Detector | None = None
    # Of a long recording there are millions. (Quoted: an array can be subscripted from Python 3.12 on.)
    at: "array[int]" = field(default_factory=lambda: array("q"))
    answers: bytearray = field(default_factory=bytearray)

    def end(self, answer: Answer, at_ns: int) -> None:
        if answer is Answer.BLIND:
            return  # it tells nothing of the network
        self.at.append(at_ns)
        self.answers.append(answer.value)

    @property
    def many(self) -> int:
        """How many answers came."""
        return sum(self.answers.count(answer.value) for answer in _ANSWERED)

    def heard(self) -> Heard:
        """The same as columns."""
        at = np.array(self.at, dtype=np.int64)
        answers = np.frombuffer(bytes(self.answers), dtype=np.uint8)
        late = answers == Answer.LATE.value
        answered = np.isin(answers, [answer.value for answer in _ANSWERED])
        ended = np.cumsum(~late, dtype=np.int64)
        period_ns = self.period_ns or int(np.median(np.diff(at[~late])))
        return Heard(
            period_ns=period_ns,
            deadline_ns=self.deadline_ns or period_ns * 4 // 5,
            first_ns=int(at[0]),
            until_ns=int(at[-1]),
            at=at[answered],
            left=at[answered],
            late=late[answered],
            ended=ended[answered],
            missed_at=at[~answered],
        )


def tracks(path: Path) -> list[Track]:
    """All that was heard. Raises EngineerError, RecordingDamaged."""
    found = _of_csv(path) if path.suffix.lower() == ".csv" else _of_recording(path)
    enough = [track for track in found if track.many >= _FEW]
    if not enough:
        raise EngineerError(f"{path}: no channel with {_FEW} answers", mend="give a recording of a running site")
    return enough


def _of_recording(path: Path) -> Iterator[Track]:
    """A new stretch begins with each run of OTHA and after what the disk did not take."""
    now: dict[str, Track] = {}
    run, broken, number = "", True, 0
    for row in read(path):
        match row.kind:
            case RowKind.HEADER:
                header = decode_header(row.payload)
                if broken or header.run != run:
                    yield from now.values()
                    now = _begun(header.snapshot, number)
                    number += 1
                run, broken = header.run, False
            case RowKind.GAP:
                broken = True
            case RowKind.INPUT:
                raw = codec.decode_input(row.payload)
                if isinstance(raw, HeartbeatEnded) and raw.channel in now:
                    now[raw.channel].end(raw.answer, row.now_ns)
                elif isinstance(raw, SiteSwapped):
                    broken = True
            case _:
                pass
    yield from now.values()


def _begun(snapshot: bytes, number: int) -> dict[str, Track]:
    return {
        channel.name: Track(
            channel=channel.name,
            node=channel.node,
            number=number,
            period_ns=channel.period_ns,
            deadline_ns=channel.deadline_ns,
            detector=channel.detector,
        )
        for channel in Supervision.restore(snapshot).cfg.channels
    }


def _of_csv(path: Path) -> Iterator[Track]:
    by_name = {answer.name.lower(): answer for answer in Answer}
    found: dict[str, Track] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            if not set(_COLUMNS) <= set(lines.fieldnames or ()):
                raise EngineerError(f"{path}: no columns {', '.join(_COLUMNS)}", mend="name them in the first line")
            for line in lines:
                name, answer = line["channel"], by_name.get(line["answer"])
                at_ns = _ns(line["at_ms"])
                if answer is None or at_ns is None or not name:
                    raise EngineerError(
                        f"{path}:{lines.line_num}: not a channel, a number of ms and one of {', '.join(by_name)}",
                        mend="mend the line",
                    )
                track = found.setdefault(name, Track(channel=name, node=line.get("node") or name))
                if track.at and at_ns < track.at[-1]:
                    raise EngineerError(f"{path}:{lines.line_num}: earlier than the line before", mend="sort by time")
                track.end(answer, at_ns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EngineerError(f"{path} can't be read: {error}", mend="give a readable CSV file, UTF-8") from None
    yield from found.values()


def _ns(text: str | None) -> int | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return round(value * _NS_PER_MS) if abs(value) < 1e15 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a channel's network did. `lost_after_lost`: of the heartbeats after a miss, how many were missed too; with
    losses by chance it is the share of losses. `slower_ns`: by how much the replies were slower than the fastest
    hundredth, at p50, p99 and most: OTHA records when a reply came, not when it was asked for."""

    channel: str
    hours: float
    heartbeats: int
    missed: int
    late: int
    runs: int
    longest_run: int
    lost_after_lost: float
    slower_ns: tuple[int, int, int]

    @property
    def loss(self) -> float:
        return self.missed / self.heartbeats

    @property
    def mean_run(self) -> float:
        """Misses in a row, in the mean: what a Gilbert-Elliott channel with these figures would have."""
        return self.missed / self.runs if self.runs else 0.0


def quality(track: Track) -> Quality:
    """What the heartbeats of a channel met."""
    h = track.heard()
    answers = np.frombuffer(bytes(track.answers), dtype=np.uint8)
    misses = np.isin(answers[answers != Answer.LATE.value], [each.value for each in _UNANSWERED])
    edges = np.flatnonzero(np.diff(np.concatenate(([0], misses.astype(np.int8), [0]))))
    runs = edges[1::2] - edges[::2]
    followed = misses[:-1].sum()
    return Quality(
        channel=track.channel,
        hours=(h.until_ns - h.first_ns) / 3600e9,
        heartbeats=len(misses),
        missed=int(misses.sum()),
        late=int(h.late.sum()),
        runs=len(runs),
        longest_run=int(runs.max(initial=0)),
        lost_after_lost=float((misses[:-1] & misses[1:]).sum() / followed) if followed else 0.0,
        slower_ns=_slower(h.at[~h.late], h.period_ns),
    )


def _slower(at: Ints, period_ns: int) -> tuple[int, int, int]:
    """The places of the replies in their period, counted from the one after the widest stretch that has none."""
    within = np.sort((at - at[0]) % period_ns)
    gaps = np.diff(np.append(within, within[0] + period_ns))
    fastest = within[(int(np.argmax(gaps)) + 1) % len(within)]
    slower = np.sort((within - fastest) % period_ns)
    slower = np.maximum(slower - slower[len(slower) // 100], 0)
    return int(slower[len(slower) // 2]), int(slower[int(0.99 * (len(slower) - 1))]), int(slower[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """When a detector would have judged a node lost, all of its channels together."""

    node: str
    channels: tuple[str, ...]
    detector: str
    used: bool
    hours: float
    spells: Spells
    since_ns: int


def verdicts(found: Sequence[Track], detectors: Sequence[tuple[str, Detector]]) -> list[Verdicts]:
    """What each detector would have said of each node. `detectors`: beside the one in use."""
    by_node: dict[tuple[str, int], list[Track]] = {}
    for track in found:
        by_node.setdefault((track.node, track.number), []).append(track)
    said = []
    for (node, _), channels in by_node.items():
        columns = [track.heard() for track in channels]
        own = channels[0].detector
        wanted = [(f"in use: {_name(own)}", own)] if own is not None else []
        for name, detector in [*wanted, *detectors]:
            spells = at_least(len(columns), [Channel(h).lost(detector) for h in columns])
            said.append(
                Verdicts(
                    node=node,
                    channels=tuple(track.channel for track in channels),
                    detector=name,
                    used=detector is own,
                    hours=min(h.until_ns - h.first_ns for h in columns) / 3600e9,
                    spells=spells,
                    since_ns=min(h.first_ns for h in columns),
                )
            )
    return said


def _name(detector: Detector) -> str:
    if isinstance(detector, FixedDetector):
        return f"{detector.misses} misses"
    return f"adaptive, margin {detector.margin_ns / _NS_PER_MS:g} ms"
