"""Machine states in the site file: what they become, and what is refused."""

from pathlib import Path

import pytest

from otha.core.conditions import Compare, MachineRule
from otha.core.words import AfterFence, Conduct
from otha.site.problem import Severity, SiteErrors
from tests.site.examples import loaded

# Tables of a group are written after its keys: here before its first interlock.
BEFORE = "[group.tanks.interlock.key_out]"
WHEN = 'when = { tag = "level_1", op = "<", value = 100 }'
STATES = """
[group.tanks.state.FILLING]
when = { tag = "level_1", op = "<", value = 100 }
switchover = { does = "wait", limit_ms = 2000, then = "ask" }
failover = { does = "wait", limit_ms = 500, then = "safe" }
after_fence = "wait"

[group.tanks.state.RUNNING]
when = { tag = "level_1", op = ">=", value = 100, off_ms = 50 }
switchover = { does = "go" }
"""


def refused(folder: Path, states: str) -> list[str]:
    """The keys of what is refused; empty when the site loads."""
    try:
        loaded(folder, (BEFORE, states + BEFORE))
    except SiteErrors as errors:
        return [problem.key for problem in errors.problems if problem.severity is Severity.ERROR]
    return []


def test_states_keep_the_order_of_the_file_and_have_careful_defaults(tmp_path: Path) -> None:
    machine = loaded(tmp_path, (BEFORE, STATES + BEFORE)).core.groups[0].machine
    assert machine is not None
    filling, running = machine.states
    assert [state.name for state in machine.states] == ["FILLING", "RUNNING"]
    assert filling.switchover == MachineRule(does=Conduct.WAIT, limit_ns=2_000_000_000, then=Conduct.ASK)
    assert filling.failover == MachineRule(does=Conduct.WAIT, limit_ns=500_000_000, then=Conduct.SAFE)
    assert filling.after_fence is AfterFence.WAIT
    assert running.switchover == MachineRule(does=Conduct.GO)
    assert running.failover == MachineRule(does=Conduct.ASK)
    assert running.after_fence is None
    assert isinstance(running.when, Compare)
    assert running.when.off_ns == 50_000_000
    assert machine.unknown.switchover == MachineRule(does=Conduct.STAY)
    assert machine.unknown.failover == MachineRule(does=Conduct.ASK)


def test_a_state_that_says_nothing_lets_no_switchover_go(tmp_path: Path) -> None:
    machine = loaded(tmp_path, (BEFORE, f"[group.tanks.state.X]\n{WHEN}\n{BEFORE}")).core.groups[0].machine
    assert machine is not None
    assert machine.states[0].switchover == MachineRule(does=Conduct.STAY)


def test_a_group_without_states_has_none(tmp_path: Path) -> None:
    assert loaded(tmp_path).core.groups[0].machine is None


@pytest.mark.parametrize(
    ("states", "key"),
    [
        (f'[group.tanks.state.X]\n{WHEN}\nswitchover = {{ does = "wait" }}\n', "limit_ms"),
        (f'[group.tanks.state.X]\n{WHEN}\nswitchover = {{ does = "go", limit_ms = 1 }}\n', "limit_ms"),
        (f'[group.tanks.state.X]\n{WHEN}\nswitchover = {{ does = "safe" }}\n', "does"),
        (f'[group.tanks.state.X]\n{WHEN}\nswitchover = {{ does = "wait", limit_ms = 1, then = "safe" }}\n', "then"),
        (f'[group.tanks.state.X]\n{WHEN}\nfailover = {{ does = "wait", limit_ms = 1, then = "go" }}\n', "then"),
        (f'[group.tanks.state.X]\n{WHEN}\nfailover = {{ does = "wait", limit_ms = 9999 }}\n', "limit_ms"),
        (f"[group.tanks.state.UNKNOWN]\n{WHEN}\n", ""),
        ('[group.tanks.unknown_state]\nfailover = { does = "stay" }\n', "unknown_state"),
        ('[group.tanks.state.X]\nwhen = { tag = "nothing", op = "==", value = 0 }\n', "tag"),
    ],
)
def test_what_can_not_be_carried_out_is_refused(tmp_path: Path, states: str, key: str) -> None:
    assert refused(tmp_path, states) == [key]


def _numbered(*numbers: int, low: int = 0, high: int = 2) -> tuple[tuple[str, str], ...]:
    """States that are told by the numbers in one tag."""
    states = "".join(
        f'[group.tanks.state.S{at}]\nwhen = {{ tag = "step", op = "==", value = {number} }}\n'
        for at, number in enumerate(numbers)
    )
    tag = f'step = {{ section = "plc", address = 2040, valid = [{low}, {high}] }}'
    return ("[tag]\n", f"[tag]\n{tag}\n"), (BEFORE, states + BEFORE)


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ((0, 1, 2), ""),
        ((0, 1), "step can be 2, and no state is recognised by it"),
        ((0, 1, 2, 7), "step can't be 7: its valid values are 0 to 2"),
    ],
)
def test_numbers_that_do_not_fit_those_of_the_tag_are_warned_of(
    tmp_path: Path, numbers: tuple[int, ...], wrong: str
) -> None:
    told = [each.wrong for each in loaded(tmp_path, *_numbered(*numbers)).warnings if "step" in each.wrong]
    assert [each.startswith(wrong) for each in told] == ([True] if wrong else [])


def test_a_tag_with_very_many_values_counts_something_else(tmp_path: Path) -> None:
    site = loaded(tmp_path, *_numbered(0, 1, high=9_999))
    assert not [each for each in site.warnings if "step" in each.wrong]


def test_a_number_is_of_one_state_alone(tmp_path: Path) -> None:
    with pytest.raises(SiteErrors, match="step == 1 is S1 already: this state is never recognised"):
        loaded(tmp_path, *_numbered(0, 1, 1, 2))
