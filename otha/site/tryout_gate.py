"""What a gate's status block is worth at a live controller: what was read of it in, findings out. No I/O.

Each finding says what a wrong base address, another order of words or bytes, a copy that is taken once, or a program
built with other numbers than the site file looks like in the registers.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from otha.core.config import GateConfig
from otha.core.words import GateState
from otha.site.gate_map import REFUSED, GateMap
from otha.site.model import Section
from otha.site.tryout import Finding, Grade

_MS = 1_000_000
_WORD = 1 << 16
_FULL = 1 << 32
_STATES = {state.value: state for state in GateState}
# A scan that is longer or shorter by so much is another one than the file says, whatever the reading's own jitter.
_PACE_OFF = 1.5
_MISWRITTEN = ("refused_malformed", "frame_torn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A status block with the outputs behind it, as it came at a moment (monotonic). One register is one word."""

    at_ns: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who may own a gate: the numbers of its group's nodes, with their names, and what the site file says of its
    program. `gate` is None when no group drives the section."""

    names: Mapping[int, str]
    gate: GateConfig | None


def judge_gate(section: Section, owners: Owners, seen: Sequence[Block]) -> tuple[Finding, ...]:
    """The gate by all that was read of it; `seen` holds at least one block, in order and each as long as it must be."""
    trial = _Trial(section, owners, seen)
    if stranger := trial.stranger():
        return (stranger,)
    return (
        trial.good("magic and layout"),
        trial.boot(),
        trial.scan(),
        trial.state(),
        trial.owner(),
        trial.epochs(),
        *trial.program(),
        trial.miswritten(),
        *trial.outputs(),
    )


class _Trial:
    def __init__(self, section: Section, owners: Owners, seen: Sequence[Block]) -> None:
        self._section = section
        self._map = section.gate
        self._owners = owners
        self._seen = seen
        self._told = [_fields(self._map, block.words) for block in seen]
        self._now = self._told[-1]

    def _place(self, *names: str) -> str:
        at = [self._section.status.at + self._map.status_at(name) for name in names]
        return f"register {at[0]}" if len(at) == 1 else f"registers {min(at)}..{max(at)}"

    def _finding(self, grade: Grade, item: str, place: str, said: str, wrong: str = "", mend: str = "") -> Finding:
        return Finding(item=item, place=place, grade=grade, said=said, wrong=wrong, mend=mend)

    def good(self, item: str) -> Finding:
        """The words by which the block was known."""
        said = f"{self._now['magic']:#06x}, layout {self._now['layout']}"
        return self._finding(Grade.GOOD, item, self._place("magic", "layout"), said)

    def stranger(self) -> Finding | None:
        """What is said of a block that is no status of this layout: then nothing else in it means anything."""
        shape, words = self._map, self._seen[-1].words
        place = self._place("magic")
        if words[0] != shape.magic:
            wrong = f"must be {shape.magic:#06x}"
            mend = "Look whether the gate's program runs, and whether status_base counts from 0"
            if words[0] == int.from_bytes(shape.magic.to_bytes(2, "little")):
                mend = "The bytes of each register are swapped: mend the byte order at the controller"
            elif shape.magic in words:
                at = self._section.status.at + words.index(shape.magic)
                mend = f"It stands in register {at}: status_base = {at}"
            return self._finding(Grade.WRONG, "magic", place, f"{words[0]:#06x}", wrong, mend)
        for name, wanted, mend in (
            ("layout", shape.layout, "The program and OTHA are of different versions: take both from one"),
            ("outputs", len(self._section.outputs), "Mend the list of `outputs`, or the program's configuration"),
        ):
            if self._now[name] != wanted:
                said, wrong = str(self._now[name]), f"the site file and this OTHA say {wanted}"
                return self._finding(Grade.WRONG, name, self._place(name), said, wrong, mend)
        return None

    def boot(self) -> Finding:
        """The boot id, which stands still while the controller runs."""
        ids = list(dict.fromkeys(each["boot"] for each in self._told))
        said, place = " -> ".join(map(str, ids)), self._place("boot")
        if len(ids) == 1:
            return self._finding(Grade.GOOD, "boot", place, said)
        wrong = "changes while the program runs on: a boot id is new at a start alone"
        mend = "Look whether the controller starts again and again, or the block is written by two programs"
        return self._finding(Grade.WRONG, "boot", place, said, wrong, mend)

    def scan(self) -> Finding:
        """The counter of scans: that it advances, one by one, at the pace of the site file."""
        values = [each["scan"] for each in self._told]
        said, place = f"{values[0]} -> {values[-1]}", self._place("scan")
        moved = [step for step in ((b - a) % _FULL for a, b in pairwise(values)) if step]
        if not moved:
            wrong = "stands still: the program does not run, or the block was copied once"
            return self._finding(Grade.WRONG, "scan", place, said, wrong, "Call OTHA_SECTION in every scan")
        if all(step % _WORD == 0 for step in moved):
            wrong = "jumps by multiples of 65536: the halves of its registers stand the other way round"
            mend = "Mend the order of words at the controller: the most significant register comes first"
            return self._finding(Grade.WRONG, "scan", place, said, wrong, mend)
        each_ms = (self._seen[-1].at_ns - self._seen[0].at_ns) / _MS / sum(moved)
        gate = self._owners.gate
        if gate is not None and not 1 / _PACE_OFF <= each_ms * _MS / gate.scan_ns <= _PACE_OFF:
            wrong = f"a scan takes {each_ms:.1f} ms, the site file says {gate.scan_ns / _MS:.0f}"
            mend = "Mend `scan_ms`, or the task: watchdogs and bounds are counted by it"
            return self._finding(Grade.WRONG, "scan", place, said, wrong, mend)
        return self._finding(Grade.GOOD, "scan", place, f"{said} ({each_ms:.1f} ms each)")

    def state(self) -> Finding:
        """FREE, OWNED, HELD, SAFE or LOCAL."""
        code, place = self._now["state"], self._place("state")
        state = _STATES.get(code)
        if state is None:
            mend = "Take the program and OTHA from one version"
            return self._finding(Grade.WRONG, "state", place, str(code), "is no state of a gate", mend)
        permits = {1: "armed", 2: "permit", 4: "return permit", 8: "shadow within tolerance"}
        flags = [name for bit, name in permits.items() if self._now["flags"] & bit]
        return self._finding(Grade.GOOD, "state", place, ", ".join([state.name, *flags]))

    def owner(self) -> Finding:
        """The owner's number, and the age of its frames."""
        number, age_ms, place = self._now["owner"], self._now["owner_age_ms"], self._place("owner", "owner_age_ms")
        if not number:
            return self._finding(Grade.GOOD, "owner", place, "nobody")
        name = self._owners.names.get(number)
        if name is None:
            known = ", ".join(f"{number} {name}" for number, name in sorted(self._owners.names.items()))
            wrong = "is the number of no node that may drive this section"
            mend = f"Mend `number` in the site file or in the node; the file knows {known or 'none'}"
            return self._finding(Grade.WRONG, "owner", place, str(number), wrong, mend)
        said, watchdog_ms = f"{number} ({name}), its frames {age_ms} ms old", self._now["owner_watchdog_ms"]
        if self._now["state"] == GateState.OWNED.value and age_ms > watchdog_ms:
            wrong = f"OWNED, and the last frame is older than the watchdog of {watchdog_ms} ms"
            mend = "The watchdog of the program does not act: look at DT_MS, which must be the time since the last scan"
            return self._finding(Grade.WRONG, "owner", place, said, wrong, mend)
        return self._finding(Grade.GOOD, "owner", place, said)

    def epochs(self) -> Finding:
        """The epochs, of which the one granted last is never above the gate's own."""
        now, place = self._now, self._place("owner_epoch", "granted")
        said = f"epoch {now['epoch']}, granted {now['granted']}, the owner's {now['owner_epoch']}"
        if max(now["granted"], now["owner_epoch"]) > now["epoch"]:
            wrong = "an epoch was granted that is above the gate's own"
            mend = "Look at what is RETAIN, and at the order of words; then commission the gate anew, at rest"
            return self._finding(Grade.WRONG, "epochs", place, said, wrong, mend)
        return self._finding(Grade.GOOD, "epochs", place, said)

    def program(self) -> list[Finding]:
        """What the program was built with, beside what the site file says."""
        gate, found = self._owners.gate, []
        for name in ("scan_ms", "owner_watchdog_ms", "hold_max_ms"):
            said, place = str(self._now[name]), self._place(name)
            wanted = None if gate is None else getattr(gate, f"{name[:-3]}_ns") // _MS
            if wanted is None or wanted == self._now[name]:
                found.append(self._finding(Grade.GOOD, name, place, said))
                continue
            wrong = f"the site file says {wanted}"
            mend = "The program's CONFIG and the site file must say the same: mend the one that is wrong"
            found.append(self._finding(Grade.WRONG, name, place, said, wrong, mend))
        return found

    def miswritten(self) -> Finding:
        """Messages that came torn or malformed, which somebody goes on sending if they grow in number."""
        place = self._place(*_MISWRITTEN)
        grown = {name: (self._now[name] - self._told[0][name]) % _WORD for name in _MISWRITTEN}
        counts = {name: self._now[name] for name in REFUSED if self._now.get(name)}
        said = ", ".join(f"{name} {count}" for name, count in counts.items()) or "none since the start"
        if not any(grown.values()):
            return self._finding(Grade.GOOD, "refusals", place, said)
        wrong = "torn or malformed messages came while it was looked at"
        mend = "Look who writes to the mailboxes, and whether a write is taken whole, at a scan's boundary"
        return self._finding(Grade.DOUBT, "refusals", place, said, wrong, mend)

    def outputs(self) -> list[Finding]:
        """What the terminals get, in percent of span."""
        shape, found = self._map, []
        for at, name in enumerate(self._section.outputs):
            register = shape.status_length + at
            values = [block.words[register] for block in self._seen]
            place = f"register {self._section.status.at + register}"
            said = f"{values[-1] * 100 / shape.full_scale:.2f} % of span"
            if max(values) <= shape.full_scale:
                found.append(self._finding(Grade.GOOD, f"output {name}", place, said))
                continue
            wrong = f"{max(values)} is beyond {shape.full_scale}, which is 100 %"
            mend = "Mend the scaling in the program: an output is 0 to 10000"
            found.append(self._finding(Grade.WRONG, f"output {name}", place, said, wrong, mend))
        return found


def _fields(shape: GateMap, words: Sequence[int]) -> dict[str, int]:
    payload = struct.pack(f">{len(words)}H", *words)
    return dict(zip(shape.status_names, shape.status.unpack_from(payload), strict=True))
