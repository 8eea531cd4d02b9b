"""What a trial makes of what it has read: each planted mistake is named, and what is in order is left alone."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from otha.site.profile import Profile, load_profile
from otha.site.profile_file import Word, WordOrder, WordType
from otha.site.tryout import Finding, Grade, Seen, judge, meaning, raw_value

MS = 1_000_000
PROFILE = load_profile("sim_soft_controller", Path())
WIDE = Word(at=2, type=WordType.U32)
NARROW = Word(at=2)
ROLE = dict(PROFILE.items)["role"]


def judged(
    item: str,
    word: Word,
    values: Sequence[int],
    *,
    profile: Profile = PROFILE,
    halves: Sequence[tuple[int, int]] | None = None,
    beside: Sequence[int] | None = None,
) -> Finding:
    """The finding on values that came 100 ms apart."""
    seen = [
        Seen(
            at_ns=at * 100 * MS,
            value=value,
            halves=None if halves is None else halves[at],
            beside=None if beside is None else beside[at],
        )
        for at, value in enumerate(values)
    ]
    return judge(profile, item, word, "place", seen)


def swapped(value: int) -> int:
    return (value & 0xFFFF) << 16 | value >> 16


@pytest.mark.parametrize("item", ["heartbeat", "cycle", "position"])
@pytest.mark.parametrize(
    "values", [[5, 15, 25, 35], [0xFFFF_FFF0, 0xFFFF_FFFA, 4, 14], [0xFFFF, 0x1_0009, 0x1_0013, 0x1_001D]]
)
def test_a_counter_that_counts(item: str, values: list[int]) -> None:
    assert judged(item, WIDE, values).grade is Grade.GOOD


def test_words_in_the_other_order() -> None:
    counted = [5, 15, 25, 35]
    found = judged("cycle", WIDE, [swapped(each) for each in counted], halves=[(each, 0) for each in counted])
    assert (found.grade, "multiples of 65536" in found.wrong) == (Grade.WRONG, True)
    assert found.mend == 'Give read.word_order = "low_first"'


def test_a_register_that_is_read_with_its_neighbour() -> None:
    values = [each << 16 | 77 for each in (5, 15, 25)]
    found = judged("cycle", WIDE, values, halves=[(each, 77) for each in (5, 15, 25)])
    assert 'type = "u16"' in found.mend


def test_the_high_half_of_a_wide_counter() -> None:
    found = judged("cycle", NARROW, [0, 0, 0], beside=[5, 15, 25])
    assert "high half of a 32-bit counter" in found.wrong
    assert found.mend == 'Give type = "u32"'


def test_swapped_bytes() -> None:
    found = judged("cycle", NARROW, [0x0500, 0x0F00, 0x1900])
    assert "bytes of its registers are swapped" in found.wrong


def test_one_that_stands_still() -> None:
    long = [7] * 12
    assert "FROZEN" in judged("cycle", WIDE, long).wrong
    short = judged("cycle", WIDE, [7, 7])
    assert (short.grade, "--for" in short.mend) == (Grade.DOUBT, True)
    assert judged("position", WIDE, long).grade is Grade.DOUBT


def test_one_that_goes_down() -> None:
    found = judged("heartbeat", WIDE, [900, 700, 800])
    assert (found.grade, "goes down" in found.wrong) == (Grade.WRONG, True)


def test_a_position_of_another_pace() -> None:
    """sim_soft_controller: one count is 10 ms."""
    assert judged("position", WIDE, [0, 10, 20, 30]).grade is Grade.GOOD
    found = judged("position", WIDE, [0, 1, 2, 3])
    assert (found.grade, "one count takes 100.0 ms" in found.wrong) == (Grade.DOUBT, True)


@pytest.mark.parametrize(
    ("values", "grade", "says"),
    [
        ([1, 1, 1], Grade.GOOD, ""),
        ([2, 1, 1], Grade.GOOD, ""),
        ([7, 7, 7], Grade.WRONG, "never says a known role"),
        ([0, 0, 0], Grade.WRONG, "never says a known role"),
        ([0, 1, 2, 1, 0], Grade.WRONG, "changes from read to read"),
    ],
)
def test_a_role(values: list[int], grade: Grade, says: str) -> None:
    found = judged("role", ROLE, values)
    assert (found.grade, says in found.wrong) == (grade, True)
    assert grade is not Grade.GOOD or "active" in found.said


@pytest.mark.parametrize(
    ("item", "values", "grade"),
    [
        ("level", [200, 255], Grade.GOOD),
        ("level", [300], Grade.WRONG),
        ("level", [-1], Grade.WRONG),
        ("level", [0], Grade.DOUBT),
        ("session", [9, 9, 9], Grade.GOOD),
        ("session", [9, 10, 11], Grade.WRONG),
        ("lag_ms", [0, 20], Grade.GOOD),
        ("lag_ms", [-5], Grade.WRONG),
        ("lag_ms", [90_000_000], Grade.WRONG),
        ("data_age_ms", [20], Grade.GOOD),
        ("data_age_ms", [60_000, 50_000], Grade.DOUBT),
        ("tracked setpoint_1", [4711], Grade.GOOD),
    ],
)
def test_what_other_items_can_say(item: str, values: list[int], grade: Grade) -> None:
    assert judged(item, NARROW, values).grade is grade


@pytest.mark.parametrize(
    ("word", "registers", "value"),
    [
        (Word(at=0), [0xFFFE], 0xFFFE),
        (Word(at=0, type=WordType.I16), [0xFFFE], -2),
        (Word(at=0, type=WordType.U32), [1, 2], 0x1_0002),
        (Word(at=0, type=WordType.I32), [0xFFFF, 0xFFFE], -2),
        (Word(at=0, bit=4, bits=2), [0xFF2F], 0xFF2F),
    ],
)
def test_registers_as_numbers(word: Word, registers: list[int], value: int) -> None:
    assert raw_value(word, registers, WordOrder.HIGH_FIRST) == value
    assert raw_value(word, registers[::-1], WordOrder.LOW_FIRST) == value


def test_what_a_number_means() -> None:
    assert meaning(Word(at=0, bit=4, bits=2), 0xFF2F) == 2
    assert meaning(Word(at=0, replace={"1": 200}), 1) == 200
    assert meaning(Word(at=0, ms_per_count=100), 3) == 300
    assert meaning(Word(at=0, type=WordType.BOOL), 5) == 1
