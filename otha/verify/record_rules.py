"""The rules of the epoch and of the group's record, S2 and S9: each with its place, its test and its mutant."""

from otha.verify.hold import Hold, Mutant

_GROUP = "otha/core/group"
_TESTS = "tests/core/group"

HOLDS: tuple[Hold, ...] = (
    Hold(
        rule="S2",
        says="The epoch grows only by compare-and-swap on the observed revision.",
        decided_in=(f"{_GROUP}/record.py", f"{_GROUP}/settle.py"),
        test=f"{_TESTS}/test_transfer.py::test_a_claim_reserves_the_epoch_of_the_transfer_and_of_its_own_return",
        mutant=Mutant(
            file=f"{_GROUP}/record.py",
            old="    expect = t.g.record.revision if t.g.record is not None else None\n",
            new="    expect = None\n",
        ),
    ),
    Hold(
        rule="S2",
        says="A gate grants an epoch at most once and takes no command of a lower one.",
        decided_in=("sim/gate.py",),
        test="tests/sim/test_gate.py::test_grant_of_the_present_epoch_only_once",
        mutant=Mutant(file="sim/gate.py", old=" or command.epoch <= self.granted", new=""),
    ),
    Hold(
        rule="S2",
        says="An epoch that was granted is not granted again, though its section was taken by a person and given back.",
        decided_in=(f"{_GROUP}/driver.py",),
        test=f"{_TESTS}/test_trouble.py::"
        "test_a_failover_meets_every_trouble_in_every_phase"
        "[person takes it and gives it back-Phase.FENCED-needs_operator]",
        mutant=Mutant(
            file=f"{_GROUP}/driver.py",
            old="    given_back = plan.revoked and _was_given_back(t)\n",
            new="    given_back = False\n",
        ),
    ),
    Hold(
        rule="S9",
        says="Without the store there is no new epoch; the active stays as it is.",
        decided_in=(f"{_GROUP}/guard.py", f"{_GROUP}/record.py"),
        test=f"{_TESTS}/test_guard.py::test_a_store_that_does_not_answer_means_no_new_epoch",
        mutant=Mutant(
            file=f"{_GROUP}/guard.py", old="    if g.store is not StoreView.KNOWN and", new="    if False and"
        ),
    ),
    Hold(
        rule="S9",
        says="The end of a SAFE is no word of the store.",
        decided_in=(f"{_GROUP}/step.py",),
        test=f"{_TESTS}/test_trouble.py::test_the_end_of_a_safe_is_no_word_of_the_store",
        mutant=Mutant(
            file=f"{_GROUP}/step.py",
            old="if ended.id.phase in _SWAPPING or",
            new='if ended.id.phase.partition(".")[2] in {each.value for each in transfer.SWAPPING} or',
        ),
    ),
    Hold(
        rule="S9",
        says="Of claims that came to nothing none is taken up, whichever of them the store holds.",
        decided_in=(f"{_GROUP}/transfer.py", f"{_GROUP}/settle.py"),
        test=f"{_TESTS}/test_settle.py::"
        "test_two_claims_that_came_to_nothing_stay_harmless_whichever_of_them_the_store_holds",
        mutant=Mutant(
            file=f"{_GROUP}/transfer.py",
            old="    return (*earlier, group_record.claim_id(t))[-_HARMLESS_MAX:]\n",
            new="    return (group_record.claim_id(t),)\n",
        ),
    ),
)
