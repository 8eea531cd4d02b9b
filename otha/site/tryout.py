"""What the words of a profile are worth at a live device: what was read of them in, findings out. No I/O.

Each item is judged by what it is for: a counter has to advance, by small steps; a role has to say a known one; a nonce
has to stand still. What a wrong address, type or order of words looks like in the numbers is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from otha.core.words import Role
from otha.site.decode import LEVEL_MAX
from otha.site.profile import WIDE, Profile
from otha.site.profile_file import Word, WordOrder, WordType

COUNTERS = ("heartbeat", "cycle", "position")
_MS = 1_000_000
_WORD = 1 << 16
_BYTE = 1 << 8
_FULL = 1 << 32
# A counter that goes so much faster or slower than the profile says is another one, or counts something else.
_PACE_OFF = 4
_AGE_ODD_MS = 24 * 3_600_000
_SHOWN = 4


class Grade(Enum):
    """How one item of a profile stood the trial."""

    GOOD = "good"
    DOUBT = "doubt"
    WRONG = "wrong"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One item. `place`: where it was read; `said`: what it said; `wrong` and `mend` are "" for a good one."""

    item: str
    place: str
    grade: Grade
    said: str = ""
    wrong: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an item said at a moment (monotonic). `halves`: the two registers of a 32-bit one, in the order in which
    they stand; `beside`: the register behind a 16-bit one, where it was read as well."""

    at_ns: int
    value: int
    halves: tuple[int, int] | None = None
    beside: int | None = None


def raw_value(word: Word, registers: Sequence[int], order: WordOrder) -> int:
    """The number that the registers of one word are, the first of them first."""
    if word.type in WIDE:
        high, low = registers[:2] if order is WordOrder.HIGH_FIRST else (registers[1], registers[0])
        value, top = high << 16 | low, _FULL
    else:
        value, top = registers[0], _WORD
    signed = word.type in (WordType.I16, WordType.I32)
    return value - top if signed and value >= top // 2 else value


def meaning(word: Word, value: int) -> int:
    """What a raw number means by the profile: its bits, its replacement, its unit. Codes of a role are kept."""
    if word.bit is not None:
        value = value >> word.bit & ((1 << word.bits) - 1)
    elif word.type is WordType.BOOL:
        value = int(value != 0)
    return word.replace.get(str(value), value) * word.ms_per_count


def judge(profile: Profile, item: str, word: Word, place: str, seen: Sequence[Seen]) -> Finding:
    """One item by all that it said; `seen` holds at least one reading, in order. `item` is "tracked NAME" for a tag."""
    said = _shown([each.value for each in seen])

    def finding(grade: Grade, wrong: str = "", mend: str = "") -> Finding:
        return Finding(item=item, place=place, grade=grade, said=said, wrong=wrong, mend=mend)

    if item in COUNTERS:
        return _counter(profile, item, word, seen, finding(Grade.GOOD))
    values = [each.value for each in seen]
    match item:
        case "role":
            return _role(word, values, finding(Grade.GOOD))
        case "level" if not all(0 <= value <= LEVEL_MAX for value in values):
            return finding(Grade.WRONG, "a ServiceLevel is 0 to 255", "Mend its address or type, or give `replace`")
        case "level" if values[-1] == 0:
            return finding(Grade.DOUBT, "0 is maintenance: OTHA stays away from such a server", "Look at the device")
        case "session" if len(set(values)) > 1:
            wrong = "changes while the device runs on: a nonce is new at a start alone"
            return finding(Grade.WRONG, wrong, "Give the address of its start counter or start time")
        case "lag_ms" | "data_age_ms" if not all(0 <= value <= _AGE_ODD_MS for value in values):
            wrong = "no age that a working device shows: negative, or more than a day"
            return finding(Grade.WRONG, wrong, "Mend its address, type or ms_per_count")
        case "data_age_ms" if 0 < profile.data_stale_after_ms < min(values):
            wrong = f"never below data_stale_after_ms = {profile.data_stale_after_ms}: the node would be told stale"
            return finding(Grade.DOUBT, wrong, "Look at the device's own data source, or give a longer time")
    return finding(Grade.GOOD)


def _shown(values: Sequence[int]) -> str:
    """The first and the last different values, in the order in which they came."""
    kept = [value for at, value in enumerate(values) if at == 0 or value != values[at - 1]]
    if len(kept) <= _SHOWN:
        return " -> ".join(map(str, kept))
    return f"{kept[0]} -> {kept[1]} ... {kept[-1]}"


def _worse(good: Finding, grade: Grade, wrong: str, mend: str) -> Finding:
    return Finding(item=good.item, place=good.place, grade=grade, said=good.said, wrong=wrong, mend=mend)


def _role(word: Word, values: Sequence[int], good: Finding) -> Finding:
    known = {int(code): role for code, role in word.codes.items()}
    told = [known.get(value, Role.UNKNOWN) for value in values]
    names = {code: role.name.lower() for code, role in known.items()}
    codes = ", ".join(f"{code} {name}" for code, name in names.items())
    if all(role is Role.UNKNOWN for role in told) and any(role is not Role.UNKNOWN for role in known.values()):
        wrong = f"never says a known role; the profile knows {codes}"
        return _worse(good, Grade.WRONG, wrong, "Mend its address, its bits or its codes")
    if sum(a != b for a, b in pairwise(values)) > len(values) // 2:
        return _worse(good, Grade.WRONG, "changes from read to read: that is a counter, no role", "Mend its address")
    said = f"{good.said} ({', '.join(names.get(value, 'unknown') for value in dict.fromkeys(values))})"
    return Finding(item=good.item, place=good.place, grade=Grade.GOOD, said=said)


def _counter(profile: Profile, item: str, word: Word, seen: Sequence[Seen], good: Finding) -> Finding:
    top = _FULL if word.type in WIDE else _WORD
    by_node = word.node is not None
    steps = [b.value - a.value if by_node else (b.value - a.value) % top for a, b in pairwise(seen)]
    moved = [step for step in steps if step]
    took_ms = (seen[-1].at_ns - seen[0].at_ns) // _MS
    if not moved:
        return _stands_still(profile, item, word, seen, good, took_ms)
    if not by_node and word.type in WIDE and all(step % _WORD == 0 for step in moved):
        return _by_words(profile, seen, good)
    if not by_node and all(step % _BYTE == 0 for step in moved):
        wrong = "advances in steps of 256 alone: the bytes of its registers are swapped"
        return _worse(good, Grade.WRONG, wrong, "Mend the byte order at the device, OTHA reads the high byte first")
    if any(step < 0 or (not by_node and step > top // 2) for step in moved):
        return _worse(good, Grade.WRONG, "goes down: no counter", "Mend its address, or its type")
    total = sum(moved)
    if item == "position" and profile.cycle_ms and total:
        each_ms = took_ms / total
        if not 1 / _PACE_OFF <= each_ms / profile.cycle_ms <= _PACE_OFF:
            wrong = f"one count takes {each_ms:.1f} ms, cycle_ms = {profile.cycle_ms}"
            return _worse(good, Grade.DOUBT, wrong, "Mend `cycle_ms`, or the address: lags are counted by it")
    return good


def _stands_still(
    profile: Profile, item: str, word: Word, seen: Sequence[Seen], good: Finding, took_ms: int
) -> Finding:
    wrong = f"stands still for {took_ms} ms"
    if item == "position":
        # A standby without a peer, or a store that nobody writes to, is in good order and goes nowhere.
        return _worse(good, Grade.DOUBT, wrong, "Try it at the active node as well: there it must advance")
    if len({each.beside for each in seen if each.beside is not None}) > 1:
        wide = "i32" if word.type is WordType.I16 else "u32"
        wrong += ", while the register behind it moves: it is the high half of a 32-bit counter"
        return _worse(good, Grade.WRONG, wrong, f'Give type = "{wide}"')
    limit = profile.frozen_after_ms
    if limit is not None and took_ms < limit:
        wrong += f", shorter than frozen_after_ms = {limit}"
        return _worse(good, Grade.DOUBT, wrong, f"Try for longer: --for {limit // 1000 + 1}s")
    return _worse(
        good, Grade.WRONG, f"{wrong}: the node would be told FROZEN", "Mend its address, or start the device's program"
    )


def _by_words(profile: Profile, seen: Sequence[Seen], good: Finding) -> Finding:
    """It moves in its high half alone: the halves stand the other way round, or only one of them belongs to it."""
    high_at = 0 if profile.word_order is WordOrder.HIGH_FIRST else 1
    lows = {each.halves[1 - high_at] for each in seen if each.halves is not None}
    other = WordOrder.LOW_FIRST if profile.word_order is WordOrder.HIGH_FIRST else WordOrder.HIGH_FIRST
    wrong = "jumps by multiples of 65536: the register that counts is read as the high half"
    if lows - {0}:
        mend = f'Give read.word_order = "{other.value}"; if the other register is not its own, type = "u16"'
    else:
        mend = f'Give read.word_order = "{other.value}"'
    return _worse(good, Grade.WRONG, wrong, mend)
