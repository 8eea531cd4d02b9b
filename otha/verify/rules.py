"""The rules of the design that are built, each with the place that decides it and the test that holds it.

A mutant is the rule broken on purpose, in one line of the deciding file; the test named beside it must fail then, which
`tests/verify/test_rules.py` tries. `python -m otha.verify.rules` writes docs/rules.md, `--check` says whether it is so.
"""

import sys
from pathlib import Path

from otha.verify import (
    bumpless_rules,
    client_rules,
    liveness_rules,
    machine_rules,
    planned_rules,
    record_rules,
    wait_rules,
)
from otha.verify.hold import Hold, Mutant

_PAGE = Path("docs/rules.md")


_GROUP = "otha/core/group"
_TESTS = "tests/core/group"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="S1",
        says="At most one node's outputs drive a target: the gate takes frames of its owner alone.",
        decided_in=("sim/gate.py",),
        test="tests/sim/test_gate.py::test_a_frame_that_is_not_the_owners_next_is_refused",
        mutant=Mutant(
            file="sim/gate.py",
            old="if self.owner == 0 or frame.owner != self.owner or frame.owner != mailbox:",
            new="if self.owner == 0:",
        ),
    ),
    Hold(
        rule="S1",
        says="Nothing is granted at a gate that is out of sight.",
        decided_in=(f"{_GROUP}/driver.py", f"{_GROUP}/guard.py"),
        test=f"{_TESTS}/test_guard.py::test_the_gate",
        mutant=Mutant(file=f"{_GROUP}/guard.py", old="    if not gate.seen:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S3",
        says="A promotion needs the fence read back; the answer to the command alone, or time, proves nothing.",
        decided_in=(f"{_GROUP}/driver.py",),
        test=f"{_TESTS}/test_transfer.py::"
        "test_the_grant_leaves_once_the_fence_is_read_back_and_not_on_the_answer_alone",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="    if gate.seen and gate.epoch == plan.epoch and gate.owner is None:\n",
            new="    if plan.revoked and plan.asked is None:\n",
        ),
    ),
    Hold(
        rule="S3",
        says="Without a fence (`none`) there are manual transfers only.",
        decided_in=(f"{_GROUP}/guard.py",),
        test=f"{_TESTS}/test_guard.py::test_an_automatic_transfer_needs_a_fence",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old='            return (Blocker(block=Block.NO_FENCE, detail="manual transfers only"),)\n',
            new="            return ()\n",
        ),
    ),
    Hold(
        rule="S4",
        says="A timed self-fence counts only if hardware does it and the wait is longer than watchdog, stop and drift.",
        decided_in=(f"{_GROUP}/self_fence.py",),
        test=f"{_TESTS}/test_self_fence.py::test_the_wait_must_be_longer_and_not_just_as_long",
        mutant=Mutant(
            file=f"{_GROUP}/self_fence.py",
            old="needed_wait_ns(fence) < fence.wait_ns",
            new="fence.watchdog_ns < fence.wait_ns",
        ),
    ),
    Hold(
        rule="S4",
        says="A guest's watchdog, which pauses with the guest, is no fence.",
        decided_in=(f"{_GROUP}/self_fence.py",),
        test=f"{_TESTS}/test_self_fence.py::test_a_guests_watchdog_pauses_with_the_guest_and_never_counts",
        mutant=Mutant(file=f"{_GROUP}/self_fence.py", old=" and fence.hardware and ", new=" and "),
    ),
    Hold(
        rule="S5",
        says="A standby whose lag is not known is infinitely behind.",
        decided_in=("otha/core/watch/sync.py", "otha/core/watch/gate.py"),
        test="tests/core/watch/test_sync.py::test_what_was_never_said_is_unknown",
        mutant=Mutant(file="otha/core/watch/sync.py", old="        return None\n", new="        return 0\n"),
    ),
    Hold(
        rule="S5",
        says="No node outside the RPO is promoted, at any stage of a transfer.",
        decided_in=(f"{_GROUP}/guard.py",),
        test=f"{_TESTS}/test_guard.py::test_a_standby_outside_the_rpo_is_not_promoted_and_unknown_is_infinite",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old="return able(cfg, g, node) + sync(cfg, g, node) + one_shots",
            new="return able(cfg, g, node) + one_shots",
        ),
    ),
    Hold(
        rule="S6",
        says="An interlock that is unknown, bad or stale counts as false.",
        decided_in=(f"{_GROUP}/guard.py", "otha/core/watch/condition.py"),
        test=f"{_TESTS}/test_guard.py::test_an_interlock_that_is_not_true_counts_as_false",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old="if condition.interlock and verdict is not Verdict.TRUE",
            new="if condition.interlock and verdict is Verdict.FALSE",
        ),
    ),
    Hold(
        rule="S6",
        says="An interlock of class safety is never bypassed.",
        decided_in=(f"{_GROUP}/forced.py", f"{_GROUP}/guard.py", f"{_GROUP}/person_invariant.py"),
        test=f"{_TESTS}/test_forced.py::test_what_is_no_bypass",
        mutant=Mutant(
            file=f"{_GROUP}/forced.py", old="    if found.klass is ConditionClass.SAFETY:\n", new="    if False:\n"
        ),
    ),
    Hold(
        rule="S6",
        says="A bypass needs two persons, and ends.",
        decided_in=(f"{_GROUP}/forced.py", f"{_GROUP}/person_invariant.py"),
        test=f"{_TESTS}/test_forced.py::test_who_asked_is_no_second_person",
        mutant=Mutant(file=f"{_GROUP}/forced.py", old="    if order.user == request.by:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S6",
        says="The second person of a forced action has the authority to order it.",
        decided_in=(f"{_GROUP}/forced.py", "otha/wire/access.py"),
        test=f"{_TESTS}/test_forced.py::test_the_second_person_has_the_authority_to_order_it",
        mutant=Mutant(
            file=f"{_GROUP}/forced.py", old="    if request.kind not in order.seconds:\n", new="    if False:\n"
        ),
    ),
    Hold(
        rule="S6",
        says="What was selected is judged again when it is operated.",
        decided_in=(f"{_GROUP}/orders.py", f"{_GROUP}/selection.py"),
        test=f"{_TESTS}/test_selection.py::test_an_interlock_that_turned_since_the_selection_refuses_the_operate",
        mutant=Mutant(
            file=f"{_GROUP}/orders.py",
            old="        found += switchover_against(t.cfg, t.shared, t.g, to_node, t.now)\n",
            new="        pass\n",
        ),
    ),
    Hold(
        rule="S7",
        says="A dead active wins over a switchover that waits for a person: one transfer.",
        decided_in=(f"{_GROUP}/claim.py",),
        test=f"{_TESTS}/test_winner.py::test_the_dead_active_wins_over_the_waiting_switchover",
        mutant=Mutant(
            file=f"{_GROUP}/claim.py", old="    if overtaken := _overtaken(t):\n", new="    if overtaken := '':\n"
        ),
    ),
    Hold(
        rule="S6",
        says="The gate's own permit, evaluated in the controller's scan, decides.",
        decided_in=("sim/gate.py",),
        test="tests/sim/test_gate.py::test_no_takeover_without_permit_in_that_very_scan",
        mutant=Mutant(
            file="sim/gate.py",
            old="if not (self.armed and advanced and self.permit_for(self.owner) and self._within(outputs)):",
            new="if not (self.armed and advanced and self._within(outputs)):",
        ),
    ),
    Hold(
        rule="S7",
        says="No two automatic transfers within the hold-off.",
        decided_in=(f"{_GROUP}/guard.py", f"{_GROUP}/transfer.py"),
        test=f"{_TESTS}/test_flap.py::test_a_second_death_within_the_hold_off_moves_nothing",
        mutant=Mutant(file=f"{_GROUP}/guard.py", old="    if g.holdoff_until is not None:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S7",
        says="Positive evidence may move once more, and not twice.",
        decided_in=(f"{_GROUP}/guard.py", f"{_GROUP}/transfer.py"),
        test=f"{_TESTS}/test_flap.py::test_positive_evidence_moves_once_more_within_the_hold_off_and_not_twice",
        mutant=Mutant(file=f"{_GROUP}/guard.py", old=" and clean and not g.extra_used:", new=" and clean:"),
    ),
    Hold(
        rule="S8",
        says="A fresh owner age at the gate vetoes DEAD.",
        decided_in=(f"{_GROUP}/suspicion.py", "otha/core/watch/gate.py"),
        test=f"{_TESTS}/test_suspicion.py::test_a_fresh_owner_at_the_gate_vetoes_dead",
        mutant=Mutant(
            file=f"{_GROUP}/suspicion.py",
            old="if gate.seen and (gate.owner == name or carries) and gate.owner_fresh:",
            new="if False:",
        ),
    ),
    Hold(
        rule="S8",
        says="An observer that reaches none of its reference points proves nothing.",
        decided_in=(f"{_GROUP}/suspicion.py", f"{_GROUP}/guard.py", "otha/core/watch/observer.py"),
        test=f"{_TESTS}/test_suspicion.py::test_an_isolated_observer_proves_no_death",
        mutant=Mutant(file=f"{_GROUP}/suspicion.py", old="        if shared.isolated:\n", new="        if False:\n"),
    ),
    Hold(
        rule="S10",
        says="After a clock step or a stalled loop OTHA watches and begins nothing for a while.",
        decided_in=(f"{_GROUP}/guard.py", "otha/core/supervision.py"),
        test=f"{_TESTS}/test_transfer.py::test_tilt_stops_a_transfer_before_its_revoke_and_not_after",
        mutant=Mutant(file=f"{_GROUP}/guard.py", old="    if shared.tilted:\n", new="    if False:\n"),
    ),
    Hold(
        rule="S10",
        says="A clock that steps back is a clock that steps.",
        decided_in=("otha/core/supervision.py",),
        test="tests/core/test_supervision.py::test_a_clock_step_or_a_stalled_loop_tilts",
        mutant=Mutant(
            file="otha/core/supervision.py",
            old="if abs(size_ns) <= self.cfg.tilt_gap_ns:",
            new="if size_ns <= self.cfg.tilt_gap_ns:",
        ),
    ),
    Hold(
        rule="S11",
        says="An effect leaves only when its durability is met: REVOKE after the record.",
        decided_in=(f"{_GROUP}/turn.py",),
        test=f"{_TESTS}/test_transfer.py::test_every_effect_waits_for_the_durability_it_needs",
        mutant=Mutant(
            file=f"{_GROUP}/turn.py",
            old="            return Durability.RECORD\n",
            new="            return Durability.NOW\n",
        ),
    ),
    Hold(
        rule="S11",
        says="Permits are judged again on every emission, retries included.",
        decided_in=(f"{_GROUP}/driver.py",),
        test=f"{_TESTS}/test_transfer.py::test_no_command_is_repeated_with_a_permit_gone",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="        found = standing_against(t, Stage.AFTER_FENCE)\n    found += _gate_stands_against(t)\n",
            new="        found = ()\n    found += _gate_stands_against(t)\n",
        ),
    ),
    Hold(
        rule="S13",
        says="No release before every would-be output is fresh and within tolerance of its held value.",
        decided_in=(f"{_GROUP}/driver.py", "otha/core/watch/gate.py", "sim/gate.py"),
        test=f"{_TESTS}/test_transfer.py::test_the_release_waits_for_a_shadow_that_agrees_with_the_held_outputs",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="    if hindered is None and t.g.gate.shadow is Verdict.TRUE:\n",
            new="    if hindered is None:\n",
        ),
    ),
    Hold(
        rule="S13",
        says="The gate compares again, in the scan that takes the frame.",
        decided_in=("sim/gate.py",),
        test="tests/sim/test_gate.py::test_no_takeover_outside_tolerance",
        mutant=Mutant(
            file="sim/gate.py",
            old="self.permit_for(self.owner) and self._within(outputs)):",
            new="self.permit_for(self.owner)):",
        ),
    ),
    Hold(
        rule="S15",
        says="The same inputs give the same decisions, byte for byte.",
        decided_in=("otha/core/canon.py", "otha/core/supervision.py", "otha/journal/recorder.py"),
        test="tests/core/test_canon.py::test_the_order_of_keys_does_not_matter",
        mutant=Mutant(
            file="otha/core/canon.py",
            old="pairs = sorted(((encode(of), item) for of, item in value.items()), key=lambda pair: pair[0])",
            new="pairs = [(encode(of), item) for of, item in value.items()]",
        ),
    ),
    Hold(
        rule="S15",
        says="A snapshot holds all that decides: from it the decisions go on the same.",
        decided_in=("otha/core/site_state.py",),
        test="tests/core/test_supervision.py::test_a_restored_supervision_decides_on_as_the_first_one_did",
        mutant=Mutant(
            file="otha/core/site_state.py",
            old="list(state.let_go), list(state.judge_at)",
            new="list(state.let_go), [None for _ in state.judge_at]",
        ),
    ),
    Hold(
        rule="S16",
        says="A Healthy active is never left because a peer scores higher.",
        decided_in=(f"{_GROUP}/suspicion.py",),
        test=f"{_TESTS}/test_suspicion.py::test_a_healthy_active_is_never_left_because_a_peer_scores_higher",
        mutant=Mutant(
            file=f"{_GROUP}/suspicion.py",
            old="            if view.level >= HEALTHY_LEVEL:\n                return None\n",
            new="",
        ),
    ),
    Hold(
        rule="S16",
        says="Between degraded ones only more than the deadband counts.",
        decided_in=(f"{_GROUP}/suspicion.py",),
        test=f"{_TESTS}/test_suspicion.py::test_between_degraded_ones_only_more_than_the_deadband_counts",
        mutant=Mutant(
            file=f"{_GROUP}/suspicion.py",
            old="peer.level > view.level + cfg.timing.deadband_level",
            new="peer.level > view.level",
        ),
    ),
    Hold(
        rule="S17",
        says="Nobody is fenced unless another node is able, in sync and permitted in the same evaluation.",
        decided_in=(f"{_GROUP}/guard.py", f"{_GROUP}/claim.py"),
        test=f"{_TESTS}/test_transfer.py::test_nobody_is_fenced_without_a_node_that_can_take_over",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old="return able(cfg, g, node) + sync(cfg, g, node) + one_shots",
            new="return sync(cfg, g, node) + one_shots",
        ),
    ),
    Hold(
        rule="S17",
        says="Nobody takes over who is dead, frozen, or not known to be alive.",
        decided_in=(f"{_GROUP}/guard.py",),
        test=f"{_TESTS}/test_guard.py::test_a_node_that_can_not_drive",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py",
            old="    if view.liveness is not _ALIVE:\n",
            new="    if False:\n",
        ),
    ),
    Hold(
        rule="S18",
        says="Stale data counts for nothing while something upstream is failed or moving.",
        decided_in=(f"{_GROUP}/suspicion.py", "otha/core/neighbours.py"),
        test=f"{_TESTS}/test_suspicion.py::test_stale_data_counts_for_nothing_while_something_upstream_is_in_trouble",
        mutant=Mutant(
            file=f"{_GROUP}/suspicion.py",
            old=" for group in cfg.upstream if group in shared.troubled]",
            new=" for group in ()]",
        ),
    ),
    Hold(
        rule="S18",
        says="Stale data counts only if a peer sees its source fresh.",
        decided_in=(f"{_GROUP}/suspicion.py",),
        test=f"{_TESTS}/test_suspicion.py::test_stale_data_counts_for_nothing_when_no_peer_sees_the_source",
        mutant=Mutant(
            file=f"{_GROUP}/suspicion.py",
            old="        if not any(peer.liveness is Liveness.ALIVE",
            new="        if not any(True or peer.liveness is Liveness.ALIVE",
        ),
    ),
    *record_rules.HOLDS,
    *bumpless_rules.HOLDS,
    *planned_rules.HOLDS,
    *liveness_rules.HOLDS,
    *client_rules.HOLDS,
    *machine_rules.HOLDS,
    *wait_rules.HOLDS,
)


def page() -> str:
    """The text of docs/rules.md."""
    lines = [
        "# The rules, where each is decided, and the test that holds it",
        "",
        "Written by `python -m otha.verify.rules` from `otha/verify/rules.py`; `make lint` checks that it is so.",
        "Each test is seen to fail when its rule is broken on purpose: `tests/verify/test_rules.py` makes the change",
        "in the last column in a copy of the tree and runs it. Beside these, `otha/core/group/invariant.py` checks",
        "the rules on every step, in production too, and the explorer of `otha/verify` visits every state of a group",
        "that a few faults and orders lead to.",
        "",
        "| rule | what holds | decided in | held by | broken on purpose |",
        "|---|---|---|---|---|",
    ]
    for hold in HOLDS:
        decided = ", ".join(f"`{file}`" for file in hold.decided_in)
        file, _, test = hold.test.partition("::")
        held = f"`{test.partition('[')[0]}` in `{file}`"
        old, new = (_shown(text) for text in (hold.mutant.old, hold.mutant.new))
        broken = f"`{hold.mutant.file}`: `{old}` → {f'`{new}`' if new else 'nothing'}"
        lines.append(f"| {hold.rule} | {hold.says} | {decided} | {held} | {broken} |")
    return "\n".join(lines) + "\n"


def _shown(code: str) -> str:
    return " ⏎ ".join(line.strip() for line in code.strip().splitlines()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write docs/rules.md, or with --check say whether it is up to date (exit code 1 if not)."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m otha.verify.rules [--check]\n")
        return 2
    wanted = page()
    if arguments:
        if _PAGE.exists() and _PAGE.read_text(encoding="utf-8") == wanted:
            return 0
        sys.stderr.write(f"{_PAGE} is not up to date: run `python -m otha.verify.rules`\n")
        return 1
    _PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
