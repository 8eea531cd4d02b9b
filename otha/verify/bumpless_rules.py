"""The rules of a takeover without a bump: rows of the table in otha.verify.rules."""

from otha.verify.hold import Hold, Mutant

_GROUP, _WATCH = "otha/core/group", "otha/core/watch"
_TESTS = "tests/core"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="S13",
        says="A discrete output that would change at the release keeps the newcomer from it, whatever its tolerance.",
        decided_in=(f"{_WATCH}/gate.py",),
        test=f"{_TESTS}/watch/test_gate.py::test_a_discrete_output_must_be_equal_whatever_its_tolerance",
        mutant=Mutant(
            file=f"{_WATCH}/gate.py",
            old="would_be != held if discrete else abs",
            new="abs(would_be - held) > tolerance if discrete else abs",
        ),
    ),
    Hold(
        rule="S13",
        says="What would still move when its time is over is named, and the transfer heads elsewhere.",
        decided_in=(f"{_GROUP}/driver.py",),
        test=f"{_TESTS}/group/test_transfer.py::"
        "test_an_output_that_would_move_is_named_when_its_time_is_over_and_never_released",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="    told = found + (_apart(t) if late else ())\n",
            new="    told = found\n",
        ),
    ),
    Hold(
        rule="S13",
        says="A command that acts once and is still to be carried out is never taken along: its node is not promoted.",
        decided_in=(f"{_GROUP}/guard.py", f"{_GROUP}/invariant.py"),
        test=f"{_TESTS}/group/test_guard.py::test_a_standby_with_a_one_shot_still_to_be_done_would_replay_it",
        mutant=Mutant(file=f"{_GROUP}/guard.py", old=" + one_shots(cfg, g, node)", new=""),
    ),
    Hold(
        rule="S13",
        says="A tracked value that is too old agrees with nothing, and that is noticed without anything being heard.",
        decided_in=(f"{_WATCH}/tracking.py", "otha/core/judging.py", "otha/core/supervision.py"),
        test=f"{_TESTS}/test_supervision.py::"
        "test_a_standby_is_ready_no_more_when_its_values_are_too_old_without_anything_being_heard",
        mutant=Mutant(
            file="otha/core/judging.py",
            old="    state.nodes_at[at] = until\n",
            new="    state.nodes_at[at] = None\n",
        ),
    ),
    Hold(
        rule="S13",
        says="A one-shot that is still to be done makes a standby not ready, though both say the same.",
        decided_in=(f"{_WATCH}/tracking.py",),
        test=f"{_TESTS}/watch/test_tracking.py::test_a_one_shot_that_is_still_to_be_done_is_off_though_both_have_it",
        mutant=Mutant(
            file=f"{_WATCH}/tracking.py",
            old="            agree = not active and not standby\n",
            new="            agree = active == standby\n",
        ),
    ),
    Hold(
        rule="S13",
        says="What the old owner had under way when the REVOKE left is reported UNKNOWN.",
        decided_in=(f"{_GROUP}/driver.py",),
        test=f"{_TESTS}/group/test_transfer.py::test_commands_that_were_under_way_when_the_revoke_left_are_unknown",
        mutant=Mutant(file=f"{_GROUP}/driver.py", old="        _tell_in_flight(t)\n", new="        pass\n"),
    ),
)
