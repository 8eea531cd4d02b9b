"""The rules as they hold for clients, ways and stores: rows of the table in otha.verify.rules."""

from otha.verify.hold import Hold, Mutant

_GROUP = "otha/core/group"
_TESTS = "tests/core/group"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="S1",
        says="A client that must be led and is out of sight keeps a path or store where it is.",
        decided_in=(
            f"{_GROUP}/guard.py",
            f"{_GROUP}/redirect.py",
        ),
        test=f"{_TESTS}/test_agree.py::test_a_critical_client_out_of_sight_keeps_the_store_where_it_is",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old="if s.critical and not view.seen]",
            new="if False]",
        ),
    ),
    Hold(
        rule="S1",
        says="A client is led to a store only under the epoch that the store takes rows of.",
        decided_in=(f"{_GROUP}/agree.py",),
        test=f"{_TESTS}/test_agree.py::test_a_client_is_led_after_the_others_under_the_epoch_that_the_store_takes",
        mutant=Mutant(
            file=f"{_GROUP}/agree.py",
            old="return view.epoch if view.liveness is _ALIVE and view.role is _ACTIVE else None",
            new="return record.epoch",
        ),
    ),
    Hold(
        rule="S2",
        says="A client's answer of an older epoch was overtaken and is not believed.",
        decided_in=("otha/core/watch/selector.py",),
        test="tests/core/test_supervision_clients.py::test_an_answer_that_was_overtaken_is_not_believed",
        mutant=Mutant(
            file="otha/core/watch/selector.py",
            old="    if w.view.seen and reading.epoch < w.view.epoch:\n",
            new="    if False:\n",
        ),
    ),
    Hold(
        rule="S2",
        says="A newer epoch that a client knows ends a redirection, or turns it round.",
        decided_in=(f"{_GROUP}/redirect.py",),
        test=f"{_TESTS}/test_redirect.py::test_a_client_with_a_newer_epoch_ends_the_plan",
        mutant=Mutant(
            file=f"{_GROUP}/redirect.py",
            old="    if newest <= plan.goal_epoch:\n",
            new="    if True:\n",
        ),
    ),
    Hold(
        rule="S3",
        says="No store is promoted before every client in sight says that it has let go of the old one.",
        decided_in=(f"{_GROUP}/redirect.py",),
        test=f"{_TESTS}/test_redirect.py::test_no_store_is_promoted_before_every_client_has_let_go_of_the_old_one",
        mutant=Mutant(
            file=f"{_GROUP}/redirect.py",
            old="    if _let_go(t):\n",
            new="    if plan.revoked and plan.asked is None:\n",
        ),
    ),
    Hold(
        rule="S3",
        says="A client that comes back before the promotion lets go first.",
        decided_in=(f"{_GROUP}/redirect.py",),
        test=f"{_TESTS}/test_agree.py::test_a_client_that_comes_back_before_the_promotion_lets_go_first",
        mutant=Mutant(
            file=f"{_GROUP}/redirect.py",
            old="    if not _let_go(t):\n",
            new="    if False:\n",
        ),
    ),
    Hold(
        rule="S5",
        says="A silent store's lag grows while a client may write to it.",
        decided_in=(
            "otha/core/judging.py",
            "otha/core/watch/sync.py",
        ),
        test="tests/core/test_supervision_clients.py::test_the_lag_of_a_silent_store_grows_while_a_client_may_write_to_it",
        mutant=Mutant(
            file="otha/core/judging.py",
            old="return now if let_go is None else let_go",
            new="return 0 if let_go is None else let_go",
        ),
    ),
    Hold(
        rule="S9",
        says="No client is led under an epoch that is not claimed.",
        decided_in=(
            f"{_GROUP}/invariant.py",
            f"{_GROUP}/redirect.py",
        ),
        test=f"{_TESTS}/test_invariant_clients.py::test_a_spoiled_step_is_refused_by_its_rule",
        mutant=Mutant(
            file=f"{_GROUP}/invariant.py",
            old='_hold("S9", claimed and do.epoch in',
            new='_hold("S9", do.epoch in',
        ),
    ),
    Hold(
        rule="S11",
        says="Clients are led on only once the intent is in the journal.",
        decided_in=(f"{_GROUP}/turn.py",),
        test=f"{_TESTS}/test_redirect.py::test_the_redirection_is_durable_in_the_journal_before_it_leaves",
        mutant=Mutant(
            file=f"{_GROUP}/turn.py",
            old="| Select(node=None):",
            new="| Select():",
        ),
    ),
    Hold(
        rule="S16",
        says="A healthy way or store is never left because its peer scores higher.",
        decided_in=(f"{_GROUP}/suspicion.py",),
        test=f"{_TESTS}/test_agree.py::test_a_healthy_active_is_not_left_because_its_peer_scores_higher",
        mutant=Mutant(
            file=f"{_GROUP}/suspicion.py",
            old="            if view.level >= HEALTHY_LEVEL:\n                return None\n",
            new="",
        ),
    ),
    Hold(
        rule="S18",
        says="A healthy server behind a dead gateway is not switched: the gateway's group is in trouble first.",
        decided_in=(
            "otha/core/neighbours.py",
            f"{_GROUP}/suspicion.py",
        ),
        test="tests/core/test_supervision_clients.py::test_a_healthy_server_behind_a_dead_gateway_is_not_switched",
        mutant=Mutant(
            file="otha/core/neighbours.py",
            old="    return g.plan is not None or (g.suspicion is not None and g.confirm_at is None)\n",
            new="    return False\n",
        ),
    ),
    Hold(
        rule="S18",
        says="Silence over a link that is dead or being changed proves nothing of the node behind it.",
        decided_in=("otha/core/ways.py", "otha/core/watch/channel.py", "otha/core/watch/node.py"),
        test="tests/core/test_ways.py::test_servers_behind_a_dead_link_are_not_dead",
        mutant=Mutant(file="otha/core/ways.py", old="carries=used in answering)", new="carries=True)"),
    ),
    Hold(
        rule="S18",
        says="What was silent over a dead link has its whole time over the next one before it counts as dead.",
        decided_in=("otha/core/watch/channel.py", "otha/core/stepping.py"),
        test="tests/core/test_ways.py::test_what_was_silent_over_a_dead_link_has_its_whole_time_over_the_next_one",
        mutant=Mutant(
            file="otha/core/watch/channel.py",
            old="            return replace(w, misses=0)\n",
            new="            return replace(w, misses=2)\n",
        ),
    ),
    Hold(
        rule="S8",
        says="While a slower link is in use its channels have the deadline and the misses that it grants.",
        decided_in=("otha/core/ways.py",),
        test="tests/core/test_ways.py::test_with_the_backup_in_use_deadline_and_misses_widen",
        mutant=Mutant(file="otha/core/ways.py", old="    if not found:\n", new="    if True:\n"),
    ),
    Hold(
        rule="S8",
        says="An end that the observer could not see is no evidence: it makes no channel lost, and brings none back.",
        decided_in=("otha/core/watch/channel.py",),
        test="tests/core/watch/test_channel.py::test_a_blind_end_changes_no_verdict",
        mutant=Mutant(
            file="otha/core/watch/channel.py",
            old="        case Answer.BLIND:\n            return w\n",
            new="        case Answer.BLIND:\n            return ChannelWatch(pulse=Pulse.LATE)\n",
        ),
    ),
    Hold(
        rule="S8",
        says="A reference point that could not be asked is neither reached nor missed.",
        decided_in=("otha/core/watch/observer.py",),
        test="tests/core/watch/test_observer.py::test_an_observer_is_isolated_when_it_reaches_none_of_its_reference_points",
        mutant=Mutant(
            file="otha/core/watch/observer.py", old="if answer is Answer.BLIND:\n", new="if answer is Answer.REPLIED:\n"
        ),
    ),
    Hold(
        rule="L2",
        says="Every redirection ends in bounded time.",
        decided_in=(f"{_GROUP}/redirect.py",),
        test=f"{_TESTS}/test_redirect.py::test_every_redirection_ends_in_bounded_time_whatever_stops_answering",
        mutant=Mutant(
            file=f"{_GROUP}/redirect.py",
            old="    if not t.reached(plan.due):\n        return False\n    if plan.course is Course.RETURN and",
            new="    if True:\n        return False\n    if plan.course is Course.RETURN and",
        ),
    ),
    Hold(
        rule="L2",
        says="A store that does not stand by when it is told so keeps nobody from writing elsewhere.",
        decided_in=(f"{_GROUP}/redirect.py",),
        test=f"{_TESTS}/test_agree.py::test_a_store_that_does_not_obey_is_told_once_only",
        mutant=Mutant(
            file=f"{_GROUP}/redirect.py",
            old="if other is not None and not plan.demoted:",
            new="if other is not None:",
        ),
    ),
    Hold(
        rule="capacity",
        says="A node that is active in as many groups as it can is not moved to.",
        decided_in=(
            f"{_GROUP}/guard.py",
            "otha/core/neighbours.py",
        ),
        test=f"{_TESTS}/test_redirect.py::test_a_full_node_is_not_moved_to",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old="    if node not in shared.full or",
            new="    if True or",
        ),
    ),
    Hold(
        rule="capacity",
        says="A node counts as full in every group, whichever of them it is active in.",
        decided_in=("otha/core/neighbours.py", "otha/core/supervision.py"),
        test="tests/core/test_supervision_clients.py::test_crossed_groups_leave_a_full_node_alone",
        mutant=Mutant(
            file="otha/core/neighbours.py",
            old="load.get(name, 0) >= places[0][2].capacity",
            new="load.get(name, 0) > places[0][2].capacity",
        ),
    ),
)
