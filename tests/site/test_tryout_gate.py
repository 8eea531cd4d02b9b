"""What a trial makes of a gate's status block: what is in order is left alone, and each planted mistake is named."""

import struct
from collections.abc import Mapping

import pytest

from otha.core.words import GateState
from otha.site.load import load_site
from otha.site.tryout import Finding, Grade
from otha.site.tryout_gate import Block, Owners, judge_gate
from tests.site.examples import TWO_TANKS

MS = 1_000_000
SITE = load_site(TWO_TANKS)
SECTION = SITE.sections[0]
SHAPE = SECTION.gate
GROUP = SITE.core.groups[0]
GATE = GROUP.own_gate
OWNERS = Owners(names={node.number: node.name for node in GROUP.nodes}, gate=GATE)
GOOD = {
    "magic": SHAPE.magic,
    "layout": SHAPE.layout,
    "boot": 7,
    "scan": 1_000,
    "state": GateState.OWNED.value,
    "flags": 6,
    "owner": GROUP.nodes[0].number,
    "owner_epoch": 4,
    "epoch": 5,
    "granted": 4,
    "owner_age_ms": 20,
    "hold_max_ms": GATE.hold_max_ns // MS,
    "owner_watchdog_ms": GATE.owner_watchdog_ns // MS,
    "scan_ms": GATE.scan_ns // MS,
    "outputs": len(SECTION.outputs),
}
SCANS = (100 * MS) // GATE.scan_ns  # in the 100 ms from one reading to the next


def words(applied: int = 5_000, **fields: int) -> tuple[int, ...]:
    """A status block and the outputs behind it."""
    told = {**dict.fromkeys(SHAPE.status_names, 0), **GOOD, **fields}
    packed = SHAPE.status.pack(*(told[name] for name in SHAPE.status_names))
    return struct.unpack(f">{len(packed) // 2}H", packed) + (applied,) * (3 * len(SECTION.outputs))


def findings(*blocks: tuple[int, ...], owners: Owners = OWNERS) -> dict[str, Finding]:
    """What is found in blocks that came 100 ms apart."""
    seen = [Block(at_ns=at * 100 * MS, words=block) for at, block in enumerate(blocks)]
    return {each.item: each for each in judge_gate(SECTION, owners, seen)}


def moving(**last: int) -> dict[str, Finding]:
    """The findings on a gate whose program runs; `last`: what its newest reading says besides."""
    *before, newest = [{"scan": 1_000 + at * SCANS} for at in range(4)]
    return findings(*(words(**each) for each in before), words(**{**newest, **last}))


def swapped(value: int) -> int:
    return (value & 0xFFFF) << 16 | value >> 16


def test_a_gate_in_order() -> None:
    found = moving()
    assert {each.grade for each in found.values()} == {Grade.GOOD}, found
    assert found["owner"].said == "1 (sc_a), its frames 20 ms old"
    assert found["state"].said == "OWNED, permit, return permit"
    assert found[f"output {SECTION.outputs[0]}"].said == "50.00 % of span"
    first = SECTION.status.at + SHAPE.status_length
    assert found[f"output {SECTION.outputs[0]}"].place == f"register {first}"
    assert found["scan"].place == f"register {SECTION.status.at + 4}"


def test_a_gate_that_nobody_owns() -> None:
    assert moving(owner=0, state=GateState.FREE.value)["owner"].said == "nobody"


MISTAKES: dict[str, tuple[Mapping[str, int], str, str]] = {
    "another boot in each reading": ({"boot": 8}, "boot", "new at a start alone"),
    "no state": ({"state": 9}, "state", "no state of a gate"),
    "a stranger": ({"owner": 7}, "owner", "the file knows 1 sc_a, 2 sc_b"),
    "a watchdog that sleeps": ({"owner_age_ms": GOOD["owner_watchdog_ms"] + 1}, "owner", "DT_MS"),
    "granted above": ({"granted": 6}, "epochs", "above the gate's own"),
    "owned above": ({"owner_epoch": 6}, "epochs", "above the gate's own"),
    "another scan": ({"scan_ms": 99}, "scan_ms", f"the site file says {GOOD['scan_ms']}"),
    "another hold": ({"hold_max_ms": 99}, "hold_max_ms", f"the site file says {GOOD['hold_max_ms']}"),
    "another watchdog": (
        {"owner_watchdog_ms": 10_000},
        "owner_watchdog_ms",
        f"the site file says {GOOD['owner_watchdog_ms']}",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_named(mistake: str) -> None:
    last, item, says = MISTAKES[mistake]
    found = moving(**last)
    assert [name for name, each in found.items() if each.grade is Grade.WRONG] == [item]
    assert says in f"{found[item].wrong} {found[item].mend}"


def test_an_output_beyond_its_span() -> None:
    found = findings(words(applied=10_001), words(scan=1_000 + SCANS))
    assert found[f"output {SECTION.outputs[0]}"].grade is Grade.WRONG


def test_a_program_that_stands_still() -> None:
    assert "stands still" in findings(words(), words())["scan"].wrong


def test_words_in_the_other_order() -> None:
    found = findings(*(words(scan=swapped(1_000 + at * SCANS)) for at in range(4)))
    assert "most significant register comes first" in found["scan"].mend


def test_a_task_of_another_pace() -> None:
    found = findings(*(words(scan=1_000 + at * SCANS * 3) for at in range(4)))
    assert f"the site file says {GOOD['scan_ms']}" in found["scan"].wrong


def test_a_counter_of_scans_may_wrap() -> None:
    assert findings(words(scan=(1 << 32) - SCANS), words(scan=0))["scan"].grade is Grade.GOOD


def test_messages_that_come_torn_while_it_is_looked_at() -> None:
    assert moving(frame_torn=3)["refusals"].grade is Grade.DOUBT
    block = {"frame_torn": 3, "refused_malformed": 2}
    assert findings(words(**block), words(scan=1_000 + SCANS, **block))["refusals"].grade is Grade.GOOD


@pytest.mark.parametrize(
    ("block", "item", "says"),
    [
        (words(layout=SHAPE.layout + 1), "layout", "take both from one"),
        (words(magic=0), "magic", "counts from 0"),
        (words(outputs=len(SECTION.outputs) + 1), "outputs", "list of `outputs`"),
        (words(magic=0x544F), "magic", "bytes of each register are swapped"),
        ((0, 0, *words())[: len(words())], "magic", f"status_base = {SECTION.status.at + 2}"),
    ],
)
def test_what_is_no_status_block(block: tuple[int, ...], item: str, says: str) -> None:
    (found,) = findings(block, block).values()
    assert (found.item, found.grade) == (item, Grade.WRONG)
    assert says in found.mend


def test_a_section_that_no_group_drives() -> None:
    owners = Owners(names={}, gate=None)
    found = findings(words(owner=0, scan_ms=99), words(owner=0, scan=1_000 + SCANS), owners=owners)
    assert {each.grade for each in found.values()} == {Grade.GOOD}
