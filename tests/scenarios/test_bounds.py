"""What the stories must keep, whatever their lines say: the bounds of L1, rest without fault (L5), convergence (L4)."""

import re

import pytest

from tests.core.build import MS, TIMING
from tests.scenarios.story import Story, parse


def told(script: str) -> list[str]:
    return Story(parse(script)).tell().splitlines()


def time_of(lines: list[str], text: str) -> int:
    """When the first line that contains `text` was said, in ms."""
    found = next(line for line in lines if text in line)
    return int(found[:6])


# T_detect by the site's sum: 1.25 x 50 ms x 3 misses and the last deadline of 40 ms.
DETECT_MS = 1.25 * 50 * 3 + 40
FAILOVER_MS = DETECT_MS + (TIMING.confirm_ns + TIMING.transfer_bound_ns) / MS


@pytest.mark.parametrize("fault", ["kill", "stop", "freeze"])
@pytest.mark.parametrize("at_ms", [1_000, 1_005, 1_015, 1_025, 1_035, 1_045])
def test_a_failover_is_verified_within_the_sum_of_its_terms(fault: str, at_ms: int) -> None:
    lines = told(f"{at_ms} {fault} a\n3000 end\n")
    assert time_of(lines, "ended: done failover a b") - at_ms <= FAILOVER_MS


def test_without_a_fault_nothing_moves() -> None:
    lines = told("60000 end\n")
    after_start = [line for line in lines if int(line[:6]) > 100]
    assert after_start == [" 60005  ** the end; a drives; the gate refused: nothing"]


FAULTS_AND_THEIR_END = [
    "1000 cut plc\n3000 heal",
    "1000 cut net_a net_b\n3000 heal",
    "1000 stop a\n3000 cont a",
    "1000 freeze a\n3000 thaw a",
    "1000 kill b\n3000 start b",
    "1000 store silent\n1100 kill a\n3000 store ok\n3000 start a",
    "1000 order switchover b\nwhen claimed cut plc\n3000 heal",
    "1000 order switchover b\nwhen fenced cut grant release\n1200 heal",
    "1000 order switchover b\nwhen promoted tag key 1\n3000 tag key 0",
    "1000 order switchover b\nwhen tracked crash 500",
    "1000 hold-back revoke 300\n1000 order switchover b",
    "1000 hold-back grant 300\n1000 order switchover b",
    "1000 hold-back release 300\n1000 order switchover b",
    "1000 stall 400\n1100 stop a\n2500 cont a",
]


@pytest.mark.parametrize("script", FAULTS_AND_THEIR_END)
def test_once_faults_stop_somebody_drives_and_is_followed(script: str) -> None:
    story = Story(parse(f"{script}\n6000 end\n"))
    lines = story.tell().splitlines()
    driver = re.search(r"the end; (\w+) drives", lines[-1])
    assert driver is not None
    assert story.s is not None
    g = story.s.group("tanks")
    assert (g.standing.value, g.plan, g.halted) == ("following", None, None), lines[-5:]
    assert g.record is not None
    assert g.record.active == driver[1] != "nobody"
