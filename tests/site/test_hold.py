"""Hold actions in the site file: what is shown of them, and what is refused."""

import tomllib
from pathlib import Path

import pytest

from otha.core.config import HeldRule
from otha.site.problem import Problem, Severity, SiteErrors
from sim import boiler, crane, pump_station, two_tanks
from sim.hold_action import plan_of
from sim.hold_file import declared
from sim.kind import Kind
from tests.site.examples import TWO_TANKS, loaded

VALVE = '{ name = "valve", tolerance_pct = 0.5 }'
STATE = '[group.tanks.state.FILLING]\nwhen = { tag = "level_1", op = "<", value = 100 }\n'
BEFORE = "[group.tanks.interlock.key_out]"


def refused(folder: Path, *pairs: tuple[str, str]) -> list[Problem]:
    with pytest.raises(SiteErrors) as errors:
        loaded(folder, *pairs)
    return [problem for problem in errors.value.problems if problem.severity is Severity.ERROR]


def valve(rest: str) -> tuple[str, str]:
    return VALVE, VALVE.removesuffix(" }") + f", {rest} }}"


def test_each_output_says_what_it_does_and_a_state_says_otherwise(tmp_path: Path) -> None:
    state = STATE + 'hold.valve = { action = "value", to_pct = 0 }\n'
    gate = loaded(tmp_path, (BEFORE, state + BEFORE)).core.groups[0].own_gate
    run_down = "stays for 3000 ms, then moves to 0 % at 20 %/s"
    assert gate.held(None) == (
        HeldRule(output="pump_1", state=None, does=run_down),
        HeldRule(output="pump_2", state=None, does=run_down),
        HeldRule(output="valve", state=None, does="stays"),
    )
    assert gate.held("UNKNOWN") == gate.held(None)
    assert [rule.does for rule in gate.held("FILLING")] == [run_down, run_down, "goes to 0 %"]


@pytest.mark.parametrize(
    ("hold", "does"),
    [
        ('hold = { action = "value", to_pct = 12.5, rate_pct = 20 }', "goes to 12.5 % at 20 %/s"),
        ('hold = { action = "ramp", to_pct = 100, rate_pct = 20 }', "moves to 100 % at 20 %/s"),
        (
            'motion.still_pct = 50, hold = { action = "stop_motion", rate_pct = 20 }',
            "runs down to standstill (50 %) at 20 %/s",
        ),
        (
            'hold = { action = "local_loop", tag = "level_1", gain = -2.5, integral_s = 6, rate_pct = 5, low_pct = 1 }',
            "a local loop keeps level_1 where it was (gain -2.5, integral 6 s; 1..100 %, 5 %/s at most)",
        ),
        (
            'hold = { action = "local_loop", tag = "level_1", gain = 2, integral_s = 60, rate_pct = 5, setpoint = 7 }',
            "a local loop keeps level_1 at 7 (gain 2, integral 60 s; 0..100 %, 5 %/s at most)",
        ),
    ],
)
def test_every_action_in_words(tmp_path: Path, hold: str, does: str) -> None:
    gate = loaded(tmp_path, valve(hold)).core.groups[0].own_gate
    assert gate.held(None)[2].does == does


LOOP = 'action = "local_loop", gain = 2, integral_s = 60, rate_pct = 5'
REFUSED = {
    "a motion held by default": ("motion.still_pct = 50", "action", "the motion goes on"),
    "a motion held": ('motion.still_pct = 50, hold = { action = "hold" }', "action", "the motion goes on"),
    "a motion ramped": (
        'motion.still_pct = 50, hold = { action = "ramp", to_pct = 50, rate_pct = 20 }',
        "action",
        "ramp is no stop",
    ),
    "a stop of what is no motion": (
        'hold = { action = "stop_motion", rate_pct = 20 }',
        "action",
        "not declared a motion",
    ),
    "a value outside the span": ('hold = { action = "value", to_pct = 101 }', "to_pct", "must be 0 to 100, is 101"),
    "a ramp that outlasts the hold": (
        'hold = { action = "ramp", to_pct = 50, rate_pct = 5, after_ms = 1 }',
        "rate_pct",
        "it takes 10001 ms, and the hold ends after 10000 ms",
    ),
    "a value that outlasts the hold": ('hold = { action = "value", to_pct = 0, rate_pct = 9 }', "rate_pct", "11111 ms"),
    "a stop that outlasts the hold": (
        'motion.still_pct = 20, hold = { action = "stop_motion", rate_pct = 7.9 }',
        "rate_pct",
        "10127 ms",
    ),
    "a ramp to nowhere": ('hold = { action = "ramp", rate_pct = 20 }', "to_pct", "missing: the action is ramp"),
    "a hold with a rate": ('hold = { action = "hold", rate_pct = 20 }', "rate_pct", "the action is hold"),
    "a loop on an unknown tag": (f'hold = {{ {LOOP}, tag = "level_3" }}', "tag", 'there is no tag "level_3"'),
    "a loop without room": (f'hold = {{ {LOOP}, tag = "level_1", low_pct = 100 }}', "low_pct", "no room"),
    "a loop that wants what can't be": (
        f'hold = {{ {LOOP}, tag = "level_1", setpoint = 10001 }}',
        "setpoint",
        "10001 is outside what level_1 can show, 0 to 10000",
    ),
    "a loop without gain": (f'hold = {{ {LOOP.replace("gain = 2", "gain = 0")}, tag = "level_1" }}', "gain", "gain 0"),
    "a value that does not move": (
        'hold = { action = "value", to_pct = 0, rate_pct = 0 }',
        "rate_pct",
        "it moves nothing",
    ),
    "an unknown action": ('hold = { action = "rampe" }', "action", '"rampe" is not known here'),
}


@pytest.mark.parametrize(("rest", "key", "wrong"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, rest: str, key: str, wrong: str) -> None:
    (problem,) = refused(tmp_path, valve(rest))
    assert problem.table.startswith("section.plc.outputs[3]")
    assert problem.key == key
    assert wrong in problem.wrong
    assert problem.mend


def test_a_near_name_is_suggested(tmp_path: Path) -> None:
    (tag,) = refused(tmp_path, valve(f'hold = {{ {LOOP}, tag = "levl_1" }}'))
    assert tag.nearest == "level_1"
    (output,) = refused(tmp_path, (BEFORE, STATE + 'hold.vavle = { action = "hold" }\n' + BEFORE))
    assert (output.table, output.nearest) == ("group.tanks.state.FILLING.hold.vavle", "valve")
    (action,) = refused(tmp_path, valve('hold = { action = "rampe" }'))
    assert action.nearest == "ramp"


def test_what_a_state_declares_is_judged_as_well(tmp_path: Path) -> None:
    state = STATE + 'hold.pump_1 = { action = "ramp", to_pct = 0, rate_pct = 1 }\n'
    (problem,) = refused(tmp_path, (BEFORE, state + BEFORE))
    assert (problem.table, problem.key) == ("group.tanks.state.FILLING.hold.pump_1", "rate_pct")


@pytest.mark.parametrize("kind", [two_tanks.KIND, boiler.KIND, crane.KIND, pump_station.KIND], ids=lambda k: k.name)
def test_the_shipped_files_declare_what_the_plants_are_built_with(kind: Kind) -> None:
    site = tomllib.loads((TWO_TANKS.parent / f"{kind.name}.toml").read_text(encoding="utf-8"))
    told = declared(site, "plc")
    assert plan_of(told) == kind.gate.hold
