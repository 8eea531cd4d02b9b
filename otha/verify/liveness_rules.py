"""The rules of liveness, L1 to L5: each with its place, its test and its mutant."""

from otha.verify.hold import Hold, Mutant

_GROUP = "otha/core/group"
_TESTS = "tests/core/group"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="L1",
        says="A dead active is replaced, verified, within the sum of its terms.",
        decided_in=(f"{_GROUP}/step.py", f"{_GROUP}/driver.py", "otha/core/watch/channel.py"),
        test="tests/scenarios/test_bounds.py::test_a_failover_is_verified_within_the_sum_of_its_terms",
        mutant=Mutant(
            file=f"{_GROUP}/step.py",
            old="confirm_at=t.now + wait_ns if wait_ns > 0 else None",
            new="confirm_at=t.now + 10 * wait_ns",
        ),
    ),
    Hold(
        rule="L1",
        says="A channel is given up with the last of the misses that it is allowed, not with the one after.",
        decided_in=("otha/core/watch/channel.py",),
        test="tests/core/watch/test_channel.py::test_misses_are_late_then_lost",
        mutant=Mutant(
            file="otha/core/watch/channel.py", old="if misses >= misses_allowed:", new="if misses > misses_allowed:"
        ),
    ),
    Hold(
        rule="L2",
        says="Every started transfer ends in bounded time.",
        decided_in=(f"{_GROUP}/transfer.py", f"{_GROUP}/trouble.py"),
        test=f"{_TESTS}/test_trouble.py::test_every_transfer_ends_in_bounded_time_whatever_meets_it",
        mutant=Mutant(
            file=f"{_GROUP}/transfer.py",
            old="    if t.reached(t.plan.due):\n        # The plant is driven",
            new="    if False:\n        # The plant is driven",
        ),
    ),
    Hold(
        rule="L2",
        says="A phase that runs out of its bound turns the transfer round.",
        decided_in=(f"{_GROUP}/driver.py", f"{_GROUP}/trouble.py"),
        test=f"{_TESTS}/test_trouble.py::test_a_switchover_meets_every_trouble_in_every_phase",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="    if (found or late) and trouble.turn_aside(t, told):",
            new="    if found and trouble.turn_aside(t, told):",
        ),
    ),
    Hold(
        rule="L2",
        says="A step is waited for patiently, but in a hold never so long that the way back is lost.",
        decided_in=(f"{_GROUP}/turn.py",),
        test=f"{_TESTS}/test_patience.py::test_in_a_hold_patience_ends_where_the_way_back_begins",
        mutant=Mutant(
            file=f"{_GROUP}/turn.py",
            old="min(patient, hold_until - timing.held_bound_ns)",
            new="patient",
        ),
    ),
    Hold(
        rule="L3",
        says="A fence that is not confirmed is told and ends with the operator; it never promotes.",
        decided_in=(f"{_GROUP}/trouble.py", f"{_GROUP}/transfer.py", "otha/core/alarm.py"),
        test=f"{_TESTS}/test_trouble.py::"
        "test_a_transfer_without_a_path_to_the_gate_says_so_and_is_taken_up_when_it_is_seen",
        mutant=Mutant(
            file=f"{_GROUP}/trouble.py",
            old='            t.say(Why.UNVERIFIED, "L3", t.cfg.section)\n',
            new="",
        ),
    ),
    Hold(
        rule="L3",
        says="Outputs that nobody vouches for are an alarm: a dead active, and no path to the gate that would tell.",
        decided_in=("otha/core/alarm.py",),
        test="tests/core/test_alarm.py::test_a_dead_active_at_a_gate_out_of_sight_is_unverified",
        mutant=Mutant(
            file="otha/core/alarm.py",
            old="return active is not None and active.liveness is Liveness.DEAD\n",
            new="return False\n",
        ),
    ),
    Hold(
        rule="L4",
        says="Once faults stop, somebody drives and is followed again.",
        decided_in=(f"{_GROUP}/settle.py",),
        test="tests/scenarios/test_bounds.py::test_once_faults_stop_somebody_drives_and_is_followed",
        mutant=Mutant(
            file=f"{_GROUP}/settle.py", old="    driver.resume(t)\n    return True\n", new="    return False\n"
        ),
    ),
    Hold(
        rule="L4",
        says="A store that did not answer is asked again until it does.",
        decided_in=(f"{_GROUP}/settle.py", f"{_GROUP}/step.py"),
        test=f"{_TESTS}/test_settle.py::test_a_record_that_can_never_be_read_needs_an_operator_and_mends_itself",
        mutant=Mutant(
            file=f"{_GROUP}/step.py",
            old="errand_retry_at=None if ended.outcome is Outcome.DONE else t.now + t.cfg.timing.retry_ns)",
            new="errand_retry_at=None if ended.outcome is Outcome.DONE else t.now + 10**18)",
        ),
    ),
    Hold(
        rule="L5",
        says="Without a fault there is no transfer.",
        decided_in=("otha/core/watch/node.py", f"{_GROUP}/suspicion.py"),
        test="tests/scenarios/test_bounds.py::test_without_a_fault_nothing_moves",
        mutant=Mutant(
            file="otha/core/watch/node.py",
            old="and cycle in (w.reading.cycle, told_cycle)",
            new="and cycle not in (w.reading.cycle, told_cycle)",
        ),
    ),
)
