"""The rules of failbacks and drills: rows of the table in otha.verify.rules."""

from otha.verify.hold import Hold, Mutant

_GROUP = "otha/core/group"
_TESTS = "tests/core/group"
_FAILBACK, _DRILL = f"{_GROUP}/failback.py", f"{_GROUP}/drill.py"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="S12",
        says="A failback waits until the preferred node has been stable for its whole hold time.",
        decided_in=(_FAILBACK,),
        test=f"{_TESTS}/test_failback.py::test_a_failback_ordered_too_early_says_how_long_to_wait",
        mutant=Mutant(file=_FAILBACK, old="    if g.steady_at is not None:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S12",
        says="Every interruption, a lost channel among them, starts the hold time anew.",
        decided_in=(_FAILBACK, "otha/core/watch/node.py"),
        test=f"{_TESTS}/test_failback.py::test_every_interruption_starts_the_hold_time_anew",
        mutant=Mutant(file=_FAILBACK, old="    if view.channels_lost:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S12",
        says="Resynchronisation is verified: lag and tracked tags true, and unknown is not true.",
        decided_in=(_FAILBACK,),
        test=f"{_TESTS}/test_failback.py::test_a_failback_needs_resynchronisation_verified",
        mutant=Mutant(
            file=_FAILBACK,
            old="        if verdict is not Verdict.TRUE\n",
            new="        if verdict is Verdict.FALSE\n",
        ),
    ),
    Hold(
        rule="S12",
        says="A failback that OTHA asks for waits for a person.",
        decided_in=(_FAILBACK,),
        test=f"{_TESTS}/test_failback.py::"
        "test_a_failback_is_asked_for_when_its_hold_time_has_passed_and_carried_out_when_confirmed",
        mutant=Mutant(file=_FAILBACK, old="    t.put_plan(confirmed=False)\n", new=""),
    ),
    Hold(
        rule="S12",
        says="It is asked for once in a hold time.",
        decided_in=(_FAILBACK,),
        test=f"{_TESTS}/test_failback.py::test_a_rejected_failback_is_not_asked_for_again_in_this_hold_time",
        mutant=Mutant(
            file=_FAILBACK,
            old="    t.put_plan(confirmed=False)\n    t.put(return_asked=True)\n",
            new="    t.put_plan(confirmed=False)\n",
        ),
    ),
    Hold(
        rule="S12",
        says="A scheduled failback begins in its window alone, and ends with it while nothing has left.",
        decided_in=(_FAILBACK, f"{_GROUP}/invariant_planned.py"),
        test=f"{_TESTS}/test_scheduled.py::test_a_window_that_closes_before_the_fence_ends_it",
        mutant=Mutant(file=_FAILBACK, old="    if not g.window_open:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S7",
        says="A scheduled failback waits for the hold-off and counts as an automatic transfer.",
        decided_in=(_FAILBACK, f"{_GROUP}/transfer.py"),
        test=f"{_TESTS}/test_scheduled.py::test_it_counts_as_an_automatic_transfer",
        mutant=Mutant(
            file=f"{_GROUP}/transfer.py",
            old=" and (plan.automatic or failback.begun_by_itself(t.cfg, plan))\n",
            new=" and plan.automatic\n",
        ),
    ),
    Hold(
        rule="S14",
        says="A drill never touches a target that is not marked for drills.",
        decided_in=(_DRILL, f"{_GROUP}/orders.py"),
        test=f"{_TESTS}/test_drill.py::test_an_unmarked_target_is_not_drilled",
        mutant=Mutant(file=_DRILL, old="    return () if cfg.drills else (", new="    return () if True else ("),
    ),
    Hold(
        rule="S14",
        says="A real failure of the active ends a drill that waits.",
        decided_in=(_DRILL,),
        test=f"{_TESTS}/test_drill.py::test_the_active_dying_in_a_waiting_drill_is_failed_over",
        mutant=Mutant(
            file=_DRILL,
            old="    if suspicion.cause(cfg, shared, g) is not None:\n",
            new="    if False:\n",
        ),
    ),
    Hold(
        rule="S14",
        says="A drilled failover stays where the machine's state lets no switchover go.",
        decided_in=(_DRILL, f"{_GROUP}/machine.py"),
        test=f"{_TESTS}/test_machine.py::test_a_drill_of_a_failover_obeys_the_rule_of_a_switchover_too",
        mutant=Mutant(file=_DRILL, old="    if kind is not TransferKind.FAILOVER:\n", new="    if True:\n"),
    ),
)
