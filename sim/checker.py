"""The offline checker: did the gate keep its rules? Judged from the bus recording and the terminal log alone.

Shares no code with the gate and not even the decoding of registers, so that one mistake can't hide in both.
`python -m sim.checker DIR` prints what it found; exit code 1 when a rule was broken, 2 when nothing can be read.
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from sim.errors import RecordError
from sim.held_check import HeldCheck
from sim.recordings import Layout, Scan, SeenFrame, bus_writes, layouts, scans

_FREE, _OWNED, _HELD, _SAFE, _LOCAL = range(5)
_OPCODES: Final = {1: "REVOKE", 2: "VOID", 3: "GRANT", 4: "RELEASE", 5: "SAFE"}
_CLEARING: Final = (1, 3, 5)
_WRITTEN_OUT_NS: Final = 5_000_000_000  # the recorders write out every 50 to 100 ms, when the machine lets them
_LOOK_EVERY_S: Final = 0.05


class Rule(Enum):
    """What must never be seen."""

    TWO_OWNERS = "two owners in one epoch"
    EPOCH_FELL = "the gate's epoch fell"
    GRANTED_TWICE = "an epoch was granted that isn't newer than all before"
    BOOT_REPEATED = "a boot id came back"
    TORN = "a torn frame was let through"
    FOREIGN = "a frame of another node than the owner was let through"
    OLD_EPOCH = "a frame of another epoch than the owner's was let through"
    OTHER_SESSION = "a frame of another session was let through"
    OLD_SEQUENCE = "a frame of an old sequence was let through"
    MOVED_WHILE_HELD = "outputs went elsewhere in a hold than their hold actions lead"
    MOVED_ALONE = "outputs or sequence moved without a frame that says so"
    NOT_REFUSED = "a frame that had to be refused was not counted as refused"
    WRONGLY_REFUSED = "more frames were counted as refused than had to be"
    NOT_ON_BUS = "a frame was let through that the bus recorder never saw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule, where it was seen."""

    rule: Rule
    scan: int
    at_ns: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A frame presented to the gate that it had to refuse, and did."""

    at_ns: int
    mailbox: int
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found about one section. `owners` maps each epoch to its owner's number."""

    section: str
    violations: tuple[Violation, ...]
    refusals: tuple[Refusal, ...]
    owners: dict[int, int]
    scans: int
    boots: int
    let_through: int
    shadowed: int
    holds: int
    frames_on_bus: int
    commands_on_bus: dict[str, int]

    @property
    def ok(self) -> bool:
        """No rule was broken."""
        return not self.violations

    def refused(self, mailbox: int, from_ns: int, to_ns: int) -> int:
        """How many frames from that node's mailbox were refused in that time."""
        return sum(one.mailbox == mailbox and from_ns <= one.at_ns <= to_ns for one in self.refusals)


def check(directory: Path) -> Findings:
    """Judge the recordings of the first section in a plant's folder. Raises RecordError when they can't be read."""
    return _check(directory, layouts(directory)[0])


def check_all(directory: Path) -> tuple[Findings, ...]:
    """As `check`, for each section that the plant's controller has."""
    return tuple(_check(directory, shape) for shape in layouts(directory))


def _check(directory: Path, shape: Layout) -> Findings:
    # The terminal log first: whatever it holds was on the bus before, and of a plant that still runs the bus recorder
    # writes it out a little later.
    seen = list(scans(directory, shape))
    judge = _judged(directory, shape, seen)
    while judge.may_be_early(time.monotonic_ns()):
        time.sleep(_LOOK_EVERY_S)
        judge = _judged(directory, shape, seen)
    commands = Counter(
        _OPCODES.get(int(write.raw[4:8] or "0", 16), "malformed")
        for write in bus_writes(directory, shape)
        if write.mailbox == 0
    )
    return Findings(
        section=shape.section,
        violations=tuple(judge.violations),
        refusals=tuple(judge.refusals),
        owners=judge.owners,
        scans=len(seen),
        boots=len(judge.boots),
        let_through=judge.let_through,
        shadowed=judge.shadowed,
        holds=judge.holds,
        frames_on_bus=sum(judge.on_bus.values()),
        commands_on_bus=dict(commands),
    )


def _judged(directory: Path, shape: Layout, seen: list[Scan]) -> "_Judge":
    judge = _Judge(_frames_on_bus(directory, shape), HeldCheck(shape.hold))
    for scan in seen:
        judge.take(scan)
    return judge


def _frames_on_bus(directory: Path, shape: Layout) -> Counter[tuple[int, str]]:
    return Counter((write.mailbox, write.raw) for write in bus_writes(directory, shape) if write.mailbox)


class _Judge:
    """Goes through the scans, keeping only what the rules need."""

    def __init__(self, on_bus: Counter[tuple[int, str]], held: HeldCheck) -> None:
        self.on_bus = on_bus
        self._held = held
        self.violations: list[Violation] = []
        self.refusals: list[Refusal] = []
        self.owners: dict[int, int] = {}
        self.boots: set[int] = set()
        self.let_through = 0
        self.shadowed = 0
        self.holds = 0
        self._last: Scan | None = None
        self._epoch = 0
        self._session: int | None = None
        self._seq = 0

    def take(self, scan: Scan) -> None:
        """One scan of the log."""
        last = self._last
        if last is None or scan.boot != last.boot:
            self._start(scan)
            last = None
        self._epochs(scan, last)
        refused, taken = self._frames(scan, last)
        if last is not None:
            self._count(scan, last, refused)
            self._terminals(scan, last, taken)
            self.holds += scan.state == _HELD and last.state != _HELD
        if scan.state == _HELD and (last is None or last.state != _HELD):
            driven = last is not None and last.state == _OWNED
            self._held.begin(scan, last.machine if last is not None else scan.machine, driven=driven)
        self._last = scan

    def may_be_early(self, now_ns: int) -> bool:
        """A frame is missing on the bus that its recorder may have taken and not written out yet."""
        missing = [broken.at_ns for broken in self.violations if broken.rule is Rule.NOT_ON_BUS]
        return any(0 <= now_ns - at_ns < _WRITTEN_OUT_NS for at_ns in missing)

    def _start(self, scan: Scan) -> None:
        if scan.boot in self.boots:
            self._broken(Rule.BOOT_REPEATED, scan, f"boot {scan.boot}")
        self.boots.add(scan.boot)
        self._session, self._seq = None, 0

    def _epochs(self, scan: Scan, last: Scan | None) -> None:
        if scan.epoch < self._epoch:
            self._broken(Rule.EPOCH_FELL, scan, f"from {self._epoch} to {scan.epoch}")
        self._epoch = max(self._epoch, scan.epoch)
        if not scan.owner:
            return
        owner = self.owners.get(scan.owner_epoch)
        if owner is not None and owner != scan.owner:
            self._broken(Rule.TWO_OWNERS, scan, f"epoch {scan.owner_epoch}: node {owner} and node {scan.owner}")
        if last is None or (last.owner, last.owner_epoch) != (scan.owner, scan.owner_epoch):
            if self.owners and scan.owner_epoch <= max(self.owners):
                self._broken(Rule.GRANTED_TWICE, scan, f"epoch {scan.owner_epoch} after {max(self.owners)}")
            self._session, self._seq = None, 0
        self.owners.setdefault(scan.owner_epoch, scan.owner)

    def _frames(self, scan: Scan, last: Scan | None) -> tuple[int, list[SeenFrame]]:
        """How many of the presented frames had to be refused; and those that had to pass."""
        owner, epoch = scan.owner, scan.owner_epoch
        if last is not None and scan.state == _SAFE and last.state == _HELD:
            # The hold limit ran out at the end of this scan; its frames met the owner of before.
            owner, epoch = last.owner, last.owner_epoch
        refused: list[tuple[SeenFrame, Rule]] = []
        taken: list[SeenFrame] = []
        for frame in scan.frames:
            rule = self._must_refuse(frame, owner, epoch)
            if rule is None:
                self._session, self._seq = frame.session, frame.seq
                taken.append(frame)
                if not self.on_bus[frame.mailbox, frame.raw]:
                    self._broken(Rule.NOT_ON_BUS, scan, f"node {frame.owner} seq {frame.seq}")
            else:
                refused.append((frame, rule))
        for frame, rule in refused:
            if scan.last_seq == frame.seq and scan.last_seq != self._seq:
                self._broken(rule, scan, f"mailbox {frame.mailbox}, epoch {frame.epoch}, seq {frame.seq}")
            else:
                self.refusals.append(Refusal(at_ns=scan.at_ns, mailbox=frame.mailbox, rule=rule))
        return len(refused), taken

    def _must_refuse(self, frame: SeenFrame, owner: int, epoch: int) -> Rule | None:
        if frame.torn:
            return Rule.TORN
        if owner == 0 or frame.owner != owner or frame.mailbox != owner:
            return Rule.FOREIGN
        if frame.epoch != epoch:
            return Rule.OLD_EPOCH
        if self._session is not None and frame.session != self._session:
            return Rule.OTHER_SESSION
        if frame.seq <= self._seq:
            return Rule.OLD_SEQUENCE
        return None

    def _count(self, scan: Scan, last: Scan, refused: int) -> None:
        if scan.state == _SAFE and last.state == _HELD and scan.command in _CLEARING:
            # Whether the owner went before its frame (command) or after it (hold limit) can't be seen from outside.
            return
        counted = (scan.refused - last.refused) & 0xFFFF
        if counted < refused:
            self._broken(Rule.NOT_REFUSED, scan, f"{refused} had to be, {counted} were")
        elif counted > refused:
            self._broken(Rule.WRONGLY_REFUSED, scan, f"{refused} had to be, {counted} were")

    def _terminals(self, scan: Scan, last: Scan, taken: list[SeenFrame]) -> None:
        moved = scan.outputs != last.outputs
        if scan.state == _HELD and last.state == _HELD:
            for wrong in self._held.wrong(scan, last):
                self._broken(Rule.MOVED_WHILE_HELD, scan, wrong)
            self.shadowed += len(taken)
            return
        drives = scan.state == _OWNED or last.state == _OWNED
        if not drives:
            if moved and scan.state == last.state != _LOCAL:
                self._broken(Rule.MOVED_ALONE, scan, f"{last.outputs} to {scan.outputs}")
            return
        # Entering SAFE, LOCAL or FREE sets outputs without a frame.
        by_frame = scan.state in (_OWNED, _HELD)
        if by_frame and moved and (not taken or taken[-1].outputs != scan.outputs):
            self._broken(Rule.MOVED_ALONE, scan, f"{last.outputs} to {scan.outputs}")
        if scan.state == _OWNED and taken and taken[-1].outputs != scan.outputs:
            self._broken(Rule.MOVED_ALONE, scan, f"node {taken[-1].owner} said {taken[-1].outputs}, not {scan.outputs}")
        if by_frame and scan.last_seq not in (last.last_seq, 0) and scan.last_seq != self._seq:
            self._broken(Rule.MOVED_ALONE, scan, f"sequence {last.last_seq} to {scan.last_seq}")
        self.let_through += len(taken)

    def _broken(self, rule: Rule, scan: Scan, detail: str) -> None:
        self.violations.append(Violation(rule=rule, scan=scan.number, at_ns=scan.at_ns, detail=detail))


def report(findings: Findings) -> str:
    """What was found, for people."""
    by_rule = Counter(refusal.rule for refusal in findings.refusals)
    commands = ", ".join(f"{count} {name}" for name, count in sorted(findings.commands_on_bus.items())) or "none"
    lines = [
        f"section {findings.section}",
        f"scans with events {findings.scans}, starts of the PLC {findings.boots}, holds {findings.holds}",
        f"frames on the bus {findings.frames_on_bus}, let through {findings.let_through}, shadowed {findings.shadowed}",
        "owners: " + (", ".join(f"epoch {e}: node {n}" for e, n in sorted(findings.owners.items())) or "none"),
        f"commands on the bus: {commands}",
        f"frames refused: {len(findings.refusals)}",
    ]
    lines += [f"    {rule.value.removesuffix(' was let through')}: {count}" for rule, count in by_rule.items()]
    if findings.ok:
        lines.append("no rule broken")
    lines += [
        f"BROKEN at {one.at_ns} ns, scan {one.scan}: {one.rule.value}: {one.detail}" for one in findings.violations
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Entry of `python -m sim.checker`."""
    parser = argparse.ArgumentParser(description="Judge the recordings of a simulated plant.")
    parser.add_argument("directory", type=Path)
    try:
        found = check_all(parser.parse_args(arguments).directory)
    except RecordError as error:
        sys.stderr.write(f"{error}\n  {error.mend}\n")
        return 2
    for findings in found:
        sys.stdout.write(report(findings))
    return 0 if all(findings.ok for findings in found) else 1


if __name__ == "__main__":
    sys.exit(main())
