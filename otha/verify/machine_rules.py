"""The rules on machine states and conditions: each with its place, its test and its mutant."""

from otha.verify.hold import Hold, Mutant

_GROUP = "otha/core/group"
_TESTS = "tests/core/group/test_machine.py"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="S6",
        says="No REVOKE leaves in a machine state whose rule does not let this kind of transfer go.",
        decided_in=(f"{_GROUP}/machine.py", f"{_GROUP}/guard.py"),
        test=f"{_TESTS}::test_a_state_that_says_stay_ends_a_transfer_before_its_claim",
        mutant=Mutant(
            file=f"{_GROUP}/machine.py",
            old="    allowed = does is _GO or (not started and does is not Conduct.STAY)\n",
            new="    allowed = True\n",
        ),
    ),
    Hold(
        rule="S6",
        says="A machine state that is not known refuses a switchover.",
        decided_in=("otha/core/watch/condition.py", "otha/site/machine.py"),
        test="tests/core/watch/test_condition.py::test_the_first_state_that_is_recognised_is_the_machines",
        mutant=Mutant(
            file="otha/core/watch/condition.py",
            old="            return index if verdict is Verdict.TRUE else UNKNOWN_MACHINE\n",
            new="            return index\n",
        ),
    ),
    Hold(
        rule="S6",
        says="An off-delay covers no value that is bad, stale or unknown.",
        decided_in=("otha/core/watch/condition.py",),
        test="tests/core/watch/test_condition.py::test_an_off_delay_never_covers_a_value_that_is_not_good",
        mutant=Mutant(
            file="otha/core/watch/condition.py",
            old="        if usable is not Verdict.TRUE:\n",
            new="        if usable is not Verdict.TRUE and leaf not in self.delays:\n",
        ),
    ),
    Hold(
        rule="L2",
        says="Phases of the machine are waited for with a limit, however often they follow one another.",
        decided_in=(f"{_GROUP}/phase_wait.py",),
        test=f"{_TESTS}::test_phases_that_follow_one_another_are_waited_for_together_and_no_longer",
        mutant=Mutant(
            file=f"{_GROUP}/phase_wait.py",
            old="plan.wait_until if plan.wait_until is not None else t.now + machine.limit_ns(t.cfg, plan.kind)",
            new="t.now + machine.limit_ns(t.cfg, plan.kind)",
        ),
    ),
)
