"""The rules on what waits before a claim: each with its place, its test and its mutant."""

from otha.verify.hold import Hold, Mutant

_GROUP = "otha/core/group"
_TESTS = "tests/core/group/test_waits.py"
_HOLDS = "tests/core/group/test_holds.py"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="L2",
        says="SAFE by two persons wins over a transfer that waits.",
        decided_in=(f"{_GROUP}/forced.py", f"{_GROUP}/person_invariant.py"),
        test=f"{_TESTS}::test_two_persons_win_over_a_transfer_that_waits",
        mutant=Mutant(
            file=f"{_GROUP}/forced.py",
            old=" and not plan.revoked and plan.phase is not Phase.REQUESTED:\n",
            new=" and not plan.revoked:\n",
        ),
    ),
    Hold(
        rule="L2",
        says="A request for SAFE that only waits keeps no failover from its confirmation.",
        decided_in=(f"{_GROUP}/question.py", f"{_GROUP}/transfer.py"),
        test=f"{_TESTS}::test_where_two_things_wait_each_is_answered_by_its_number",
        mutant=Mutant(
            file=f"{_GROUP}/question.py",
            old="    return tuple(found)\n\n\ndef meant",
            new="    return tuple(found[:1])\n\n\ndef meant",
        ),
    ),
    Hold(
        rule="L2",
        says="Who saw one request can't confirm another that took its place, nor one that asks something else by now.",
        decided_in=(f"{_GROUP}/question.py",),
        test=f"{_TESTS}::test_who_saw_one_request_can_not_confirm_another_that_took_its_place",
        mutant=Mutant(file=f"{_GROUP}/question.py", old=" if each.number == order.request]", new=" if each.number]"),
    ),
    Hold(
        rule="L2",
        says="The limit of a hold that nobody ends runs while a transfer waits, and ends its waiting.",
        decided_in=(f"{_GROUP}/uncontrolled.py", f"{_GROUP}/claim.py", f"{_GROUP}/invariant.py"),
        test=f"{_TESTS}::test_the_limit_of_a_hold_runs_while_a_transfer_waits_and_ends_it",
        mutant=Mutant(file=f"{_GROUP}/uncontrolled.py", old="    if not g.uncontrolled or not (", new="    if not ("),
    ),
    Hold(
        rule="L2",
        says="The limit counts each hold alone, by the gate's own count, whatever was out of sight meanwhile.",
        decided_in=(f"{_GROUP}/uncontrolled.py",),
        test=f"{_HOLDS}::test_a_gate_that_is_out_of_sight_for_a_moment_gives_no_more_time",
        mutant=Mutant(
            file=f"{_GROUP}/uncontrolled.py",
            old="    if g.gate.hold_until is None:\n",
            new="    if True:\n",
        ),
    ),
    Hold(
        rule="L2",
        says="A SAFE that is not verified is asked again, and decided afresh no more often than a transfer may take.",
        decided_in=(f"{_GROUP}/driver.py",),
        test=f"{_HOLDS}::test_a_safe_that_fails_is_decided_afresh_no_more_often_than_a_transfer_may_take",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="        if gate.seen:\n            # Asked",
            new="        if False:\n            # Asked",
        ),
    ),
    Hold(
        rule="S11",
        says="Another order with the id of an earlier one is refused, and not carried out.",
        decided_in=("otha/core/order_book.py", "otha/core/supervision.py"),
        test="tests/core/test_order_book.py::test_another_order_with_an_id_that_was_used_is_refused_and_not_carried_out",
        mutant=Mutant(
            file="otha/core/supervision.py",
            old=" and earlier.asked == order_book.asked(order):\n",
            new=":\n",
        ),
    ),
    Hold(
        rule="L2",
        says="A person is asked with a limit, however often the machine's state changes the question.",
        decided_in=(f"{_GROUP}/phase_wait.py",),
        test=f"{_TESTS}::test_a_machine_that_alternates_does_not_give_more_time_for_an_answer",
        mutant=Mutant(file=f"{_GROUP}/phase_wait.py", old="    until = t.plan.ask_until\n", new="    until = None\n"),
    ),
    Hold(
        rule="L5",
        says="A failover whose cause is gone ends before it fences, ordered or not.",
        decided_in=(f"{_GROUP}/transfer.py",),
        test=f"{_TESTS}::test_an_ordered_failover_ends_when_the_active_is_well_again",
        mutant=Mutant(
            file=f"{_GROUP}/transfer.py",
            old="    if plan.kind is _FAILOVER and not plan.drill",
            new="    if plan.automatic and not plan.drill",
        ),
    ),
    Hold(
        rule="S5",
        says="A lag is accepted by a person only while it is there and no other node is without one.",
        decided_in=(f"{_GROUP}/claim.py",),
        test=f"{_TESTS}::test_it_goes_to_another_node_that_has_no_lag",
        mutant=Mutant(file=f"{_GROUP}/claim.py", old="    if _goes_to_another(t):\n", new="    if False:\n"),
    ),
    Hold(
        rule="S6",
        says="What is operated is what was shown: kind, target, confirmation, and what is passed over.",
        decided_in=(f"{_GROUP}/selection.py",),
        test="tests/core/group/test_selection.py::test_a_lag_that_was_not_shown_refuses_the_operate",
        mutant=Mutant(file=f"{_GROUP}/selection.py", old="    if to_node == held.to_node:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S11",
        says="An order is carried out once, however many others come from elsewhere before it is repeated.",
        decided_in=("otha/core/order_book.py", "otha/core/supervision.py"),
        test="tests/core/test_order_book.py::test_who_orders_without_end_pushes_out_nobody_elses_order",
        mutant=Mutant(
            file="otha/core/order_book.py",
            old="        return (self.user, self.client, self.alarms) == (order.user, order.client, of_alarms)\n",
            new="        return self.alarms == of_alarms or True\n",
        ),
    ),
    Hold(
        rule="L2",
        says="A question that the machine's state asks keeps its end when the lag that was asked for as well is gone.",
        decided_in=(f"{_GROUP}/claim.py",),
        test="tests/core/group/test_claim.py::"
        "test_an_answer_for_the_machine_alone_is_not_waited_for_longer_when_the_lag_is_gone",
        mutant=Mutant(
            file=f"{_GROUP}/claim.py",
            old="plan.kind is TransferKind.FAILBACK or machine.asks(t.cfg, t.g):",
            new="plan.kind is TransferKind.FAILBACK:",
        ),
    ),
)
