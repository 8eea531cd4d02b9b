"""The gate table of the design, cell by cell, and what must hold whatever happens."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.gate import Gate, Retained, ScanInputs
from sim.gate_config import GateConfig
from sim.registers import U32_MAX, Answer, Command, Frame, Malformed, Opcode, State

CONFIG = GateConfig(
    safe_values=(100, 0),
    tolerance=(50, 50),
    owner_watchdog_ms=60,
    hold_max_ms=500,
    scan_ms=5,
    max_resumes=2,
    resume_window_ms=1000,
)
GOOD = Retained(epoch=5, granted=5, boot=7, safe=False, local=False)
BOOT = 8
HELD_AT = (3000, 10_000)


class Rig:
    """A gate with a scan in one line. Node 1 drives; node 2 is the other one."""

    def __init__(self, config: GateConfig = CONFIG, retained: Retained | None = GOOD, boot: int = BOOT) -> None:
        self.gate = Gate(config, retained, boot)
        self.permit = True
        self.return_permit = True
        self.seq = 0
        self.cycle = 0

    def state(self) -> State:
        """Asked anew each time, where mypy would take an earlier answer for the present one."""
        return self.gate.state

    def scan(
        self,
        *,
        command: Command | Malformed | None = None,
        frames: dict[int, Frame] | None = None,
        dt_ms: int = 5,
        local: bool = False,
        reset: bool = False,
    ) -> None:
        self.gate.scan(
            ScanInputs(
                dt_ms=dt_ms,
                permit=self.permit,
                return_permit=self.return_permit,
                local=local,
                reset=reset,
                command=command,
                frames=frames or {},
            )
        )

    def order(self, opcode: Opcode, *, node: int = 0, epoch: int, boot: int = 0, hold_no: int = 0) -> Answer:
        self.scan(command=Command(opcode=opcode, node=node, epoch=epoch, boot=boot, hold_no=hold_no, id=77))
        return self.gate.command_answer

    def next_frame(self, outputs: tuple[int, ...] = HELD_AT, *, node: int = 1, advance: int = 1) -> Frame:
        self.seq += 1
        self.cycle += advance
        return Frame(
            owner=node,
            epoch=self.gate.owner_epoch,
            session=0xABCD0000 + node,
            seq=self.seq,
            cycle=self.cycle,
            outputs=outputs,
        )

    def send(self, frame: Frame) -> str | None:
        """One scan with that frame. The counter that was raised, None if it passed."""
        before = dict(self.gate.counts)
        self.scan(frames={frame.owner: frame})
        raised = [name for name, count in self.gate.counts.items() if count != before[name]]
        assert len(raised) <= 1
        return raised[0] if raised else None


def free() -> Rig:
    return Rig()


def granted() -> Rig:
    """HELD, node 1 the owner under epoch 6, not armed; the held values are the safe ones."""
    rig = Rig()
    assert rig.order(Opcode.GRANT, node=1, epoch=6, boot=BOOT) is Answer.DONE
    return rig


def owned() -> Rig:
    rig = granted()
    assert rig.order(Opcode.RELEASE, node=1, epoch=6) is Answer.DONE
    assert rig.send(rig.next_frame(CONFIG.safe_values)) is None
    assert rig.send(rig.next_frame(CONFIG.safe_values)) is None
    assert rig.state() is State.OWNED
    assert rig.send(rig.next_frame()) is None
    assert rig.gate.outputs == HELD_AT
    return rig


def revoked() -> Rig:
    rig = owned()
    assert rig.order(Opcode.REVOKE, epoch=7) is Answer.DONE
    return rig


def watchdog_held() -> Rig:
    rig = owned()
    rig.scan(dt_ms=60)
    return rig


def safe() -> Rig:
    rig = revoked()
    assert rig.order(Opcode.SAFE, epoch=7, hold_no=rig.gate.hold_no) is Answer.DONE
    return rig


def local() -> Rig:
    rig = owned()
    rig.scan(local=True)
    return rig


STATES: dict[str, tuple[Callable[[], Rig], State]] = {
    "free": (free, State.FREE),
    "granted": (granted, State.HELD),
    "owned": (owned, State.OWNED),
    "revoked": (revoked, State.HELD),
    "watchdog_held": (watchdog_held, State.HELD),
    "safe": (safe, State.SAFE),
    "local": (local, State.LOCAL),
}


def snapshot(gate: Gate) -> dict[str, object]:
    """All that decides, without what every scan moves."""
    names = (
        "state owner owner_epoch epoch granted armed session last_seq last_cycle hold_no outputs held last_driver "
        "watchdog_held shadow"
    )
    return {name: getattr(gate, name) for name in names.split()}


@pytest.mark.parametrize("name", STATES)
def test_each_start_state_is_what_it_claims(name: str) -> None:
    build, state = STATES[name]
    assert build().gate.state is state


# --- commands: state by opcode ---------------------------------------------------------------------------------------

HIGHER = 9  # above every epoch used by the builders
CELLS = [
    # state, opcode, answer, state after
    ("free", Opcode.REVOKE, Answer.DONE, State.FREE),
    ("owned", Opcode.REVOKE, Answer.DONE, State.HELD),
    ("granted", Opcode.REVOKE, Answer.DONE, State.HELD),
    ("revoked", Opcode.REVOKE, Answer.DONE, State.HELD),
    ("watchdog_held", Opcode.REVOKE, Answer.DONE, State.HELD),
    ("safe", Opcode.REVOKE, Answer.DONE, State.SAFE),
    ("local", Opcode.REVOKE, Answer.DONE, State.LOCAL),
    ("free", Opcode.VOID, Answer.REFUSED_STATE, State.FREE),
    ("owned", Opcode.VOID, Answer.DONE, State.OWNED),
    ("granted", Opcode.VOID, Answer.REFUSED_STATE, State.HELD),
    ("revoked", Opcode.VOID, Answer.REFUSED_STATE, State.HELD),
    ("watchdog_held", Opcode.VOID, Answer.REFUSED_STATE, State.HELD),
    ("safe", Opcode.VOID, Answer.REFUSED_STATE, State.SAFE),
    ("local", Opcode.VOID, Answer.REFUSED_STATE, State.LOCAL),
    ("free", Opcode.GRANT, Answer.DONE, State.HELD),
    ("owned", Opcode.GRANT, Answer.REFUSED_STATE, State.OWNED),
    ("granted", Opcode.GRANT, Answer.DONE, State.HELD),
    ("revoked", Opcode.GRANT, Answer.DONE, State.HELD),
    ("watchdog_held", Opcode.GRANT, Answer.DONE, State.HELD),
    ("safe", Opcode.GRANT, Answer.REFUSED_STATE, State.SAFE),
    ("local", Opcode.GRANT, Answer.REFUSED_STATE, State.LOCAL),
]


@pytest.mark.parametrize(("name", "opcode", "answer", "after"), CELLS)
def test_command_of_a_higher_epoch(name: str, opcode: Opcode, answer: Answer, after: State) -> None:
    rig = STATES[name][0]()
    before = snapshot(rig.gate)
    node = 1 if opcode is Opcode.VOID else 2
    assert rig.order(opcode, node=node, epoch=HIGHER, boot=BOOT if opcode is Opcode.GRANT else 0) is answer
    assert rig.state() is after
    assert rig.gate.command_id == 77
    if answer is Answer.DONE:
        assert rig.gate.epoch == HIGHER
    else:
        assert snapshot(rig.gate) == before
        assert rig.gate.counts["refused_state"] == 1


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("opcode", [Opcode.REVOKE, Opcode.VOID, Opcode.GRANT, Opcode.RELEASE, Opcode.SAFE])
def test_command_of_a_lower_epoch_is_refused_everywhere(name: str, opcode: Opcode) -> None:
    rig = STATES[name][0]()
    before = snapshot(rig.gate)
    assert rig.order(opcode, node=1, epoch=4, boot=BOOT, hold_no=rig.gate.hold_no) is Answer.REFUSED_EPOCH
    assert snapshot(rig.gate) == before
    assert rig.gate.counts["refused_epoch"] == 1


@pytest.mark.parametrize("opcode", [Opcode.REVOKE, Opcode.VOID])
def test_a_command_of_the_present_epoch_takes_nothing_from_the_owner(opcode: Opcode) -> None:
    rig = owned()
    before = snapshot(rig.gate)
    assert rig.order(opcode, node=1, epoch=6) is Answer.REFUSED_EPOCH
    assert snapshot(rig.gate) == before


def test_revoke_from_owned_holds_without_owner() -> None:
    rig = owned()
    hold_no = rig.gate.hold_no
    rig.order(Opcode.REVOKE, epoch=7)
    gate = rig.gate
    assert (gate.owner, gate.armed, gate.session, gate.hold_no, gate.outputs) == (0, False, None, hold_no + 1, HELD_AT)


@pytest.mark.parametrize("name", ["granted", "watchdog_held", "revoked"])
def test_revoke_in_held_lets_the_hold_run_on(name: str) -> None:
    rig = STATES[name][0]()
    rig.scan(dt_ms=50)
    hold_no, held_ms = rig.gate.hold_no, rig.gate.held_ms
    rig.order(Opcode.REVOKE, epoch=HIGHER)
    assert (rig.gate.owner, rig.gate.armed, rig.gate.hold_no) == (0, False, hold_no)
    assert rig.gate.held_ms == held_ms + 5


def test_void_keeps_the_owner_under_its_epoch() -> None:
    rig = owned()
    assert rig.order(Opcode.VOID, node=1, epoch=8) is Answer.DONE
    assert (rig.gate.epoch, rig.gate.owner_epoch) == (8, 6)
    assert rig.send(rig.next_frame((3100, 0))) is None
    assert rig.gate.outputs == (3100, 0)
    # The revoke that was overtaken by the void comes too late.
    assert rig.order(Opcode.REVOKE, epoch=7) is Answer.REFUSED_EPOCH


def test_void_for_another_node_is_refused() -> None:
    rig = owned()
    assert rig.order(Opcode.VOID, node=2, epoch=8) is Answer.REFUSED_STATE


def test_grant_from_free_starts_a_hold() -> None:
    rig = free()
    assert rig.order(Opcode.GRANT, node=1, epoch=6, boot=BOOT) is Answer.DONE
    gate = rig.gate
    assert (gate.owner, gate.owner_epoch, gate.epoch, gate.granted) == (1, 6, 6, 6)
    assert (gate.hold_no, gate.held_ms, gate.armed, gate.outputs) == (1, 0, False, CONFIG.safe_values)


def test_grant_in_held_clears_arm_session_and_sequence_and_not_the_hold() -> None:
    rig = watchdog_held()
    rig.scan(dt_ms=50)
    held_ms, hold_no = rig.gate.held_ms, rig.gate.hold_no
    assert rig.gate.armed
    assert rig.order(Opcode.GRANT, node=2, epoch=8, boot=BOOT) is Answer.DONE
    gate = rig.gate
    assert (gate.owner, gate.armed, gate.session, gate.last_seq, gate.watchdog_held) == (2, False, None, 0, False)
    assert (gate.hold_no, gate.held_ms, gate.held) == (hold_no, held_ms + 5, HELD_AT)


def test_grant_of_the_present_epoch_only_once() -> None:
    rig = revoked()
    assert rig.order(Opcode.GRANT, node=2, epoch=7, boot=BOOT) is Answer.DONE
    assert rig.order(Opcode.GRANT, node=1, epoch=7, boot=BOOT) is Answer.REFUSED_EPOCH
    assert rig.gate.owner == 2


def test_grant_for_another_boot_is_refused() -> None:
    rig = revoked()
    assert rig.order(Opcode.GRANT, node=2, epoch=7, boot=BOOT - 1) is Answer.REFUSED_BOOT
    assert rig.gate.counts["refused_boot"] == 1


@pytest.mark.parametrize("node", [0, 9])
def test_grant_to_no_node_is_refused(node: int) -> None:
    assert free().order(Opcode.GRANT, node=node, epoch=6, boot=BOOT) is Answer.REFUSED_STATE


@pytest.mark.parametrize(
    ("node", "permit", "return_permit", "answer"),
    [
        (2, True, False, Answer.DONE),
        (2, False, True, Answer.REFUSED_PERMIT),
        (1, False, True, Answer.DONE),
        (1, True, False, Answer.REFUSED_PERMIT),
    ],
)
def test_going_back_to_the_last_driver_needs_the_return_permit(
    node: int, permit: bool, return_permit: bool, answer: Answer
) -> None:
    rig = revoked()
    rig.permit, rig.return_permit = permit, return_permit
    assert rig.order(Opcode.GRANT, node=node, epoch=7, boot=BOOT) is answer
    assert rig.gate.counts["refused_permit"] == (answer is Answer.REFUSED_PERMIT)


RELEASES = [
    ("free", 1, 5, Answer.REFUSED_STATE),
    ("owned", 1, 6, Answer.ALREADY),
    ("owned", 2, 6, Answer.REFUSED_STATE),
    ("owned", 1, 7, Answer.REFUSED_EPOCH),
    ("granted", 1, 6, Answer.DONE),
    ("granted", 2, 6, Answer.REFUSED_STATE),
    ("granted", 1, 7, Answer.REFUSED_EPOCH),
    ("watchdog_held", 1, 6, Answer.ALREADY),
    ("revoked", 1, 7, Answer.REFUSED_STATE),
    ("safe", 1, 7, Answer.REFUSED_STATE),
    ("local", 2, 6, Answer.REFUSED_STATE),
]


@pytest.mark.parametrize(("name", "node", "epoch", "answer"), RELEASES)
def test_release(name: str, node: int, epoch: int, answer: Answer) -> None:
    rig = STATES[name][0]()
    state = rig.gate.state
    assert rig.order(Opcode.RELEASE, node=node, epoch=epoch) is answer
    assert rig.state() is state
    assert rig.gate.armed == (answer in (Answer.DONE, Answer.ALREADY) or name in ("owned", "watchdog_held"))


def test_release_under_a_voided_epoch_is_refused() -> None:
    rig = owned()
    rig.order(Opcode.VOID, node=1, epoch=8)
    assert rig.order(Opcode.RELEASE, node=1, epoch=8) is Answer.REFUSED_EPOCH
    assert rig.order(Opcode.RELEASE, node=1, epoch=6) is Answer.REFUSED_EPOCH


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("free", Answer.REFUSED_STATE),
        ("owned", Answer.REFUSED_STATE),
        ("granted", Answer.DONE),
        ("revoked", Answer.DONE),
        ("watchdog_held", Answer.DONE),
        ("local", Answer.REFUSED_STATE),
    ],
)
def test_safe(name: str, answer: Answer) -> None:
    rig = STATES[name][0]()
    assert rig.order(Opcode.SAFE, epoch=rig.gate.epoch, hold_no=rig.gate.hold_no) is answer
    if answer is Answer.DONE:
        assert (rig.gate.state, rig.gate.owner, rig.gate.outputs) == (State.SAFE, 0, CONFIG.safe_values)


def test_safe_for_another_hold_or_epoch_is_refused() -> None:
    rig = revoked()
    assert rig.order(Opcode.SAFE, epoch=7, hold_no=rig.gate.hold_no - 1) is Answer.REFUSED_STATE
    assert rig.order(Opcode.SAFE, epoch=8, hold_no=rig.gate.hold_no) is Answer.REFUSED_EPOCH
    assert rig.state() is State.HELD


def test_a_shadowing_grantee_is_no_veto_against_safe() -> None:
    rig = granted()
    rig.order(Opcode.RELEASE, node=1, epoch=6)
    rig.send(rig.next_frame((9000, 0)))
    assert rig.order(Opcode.SAFE, epoch=6, hold_no=rig.gate.hold_no) is Answer.DONE


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("owned", Command(opcode=Opcode.REVOKE, node=0, epoch=7)),
        ("owned", Command(opcode=Opcode.VOID, node=1, epoch=7)),
        ("revoked", Command(opcode=Opcode.GRANT, node=2, epoch=7, boot=BOOT)),
        ("granted", Command(opcode=Opcode.RELEASE, node=1, epoch=6)),
        ("revoked", Command(opcode=Opcode.SAFE, node=0, epoch=7, hold_no=2)),
    ],
)
def test_a_repeat_answers_already_and_changes_nothing(name: str, command: Command) -> None:
    rig = STATES[name][0]()
    rig.scan(command=command)
    assert rig.gate.command_answer is Answer.DONE
    before = snapshot(rig.gate)
    rig.scan(command=replace(command, id=99))
    assert (rig.gate.command_answer, rig.gate.command_id) == (Answer.ALREADY, 99)
    assert snapshot(rig.gate) == before


def test_a_malformed_command_is_counted_and_answers_nobody() -> None:
    rig = owned()
    before = snapshot(rig.gate)
    rig.scan(command=Malformed())
    assert snapshot(rig.gate) == before
    assert (rig.gate.command_id, rig.gate.command_answer) == (0, Answer.REFUSED_MALFORMED)
    assert rig.gate.counts["refused_malformed"] == 1


# --- frames ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["free", "revoked", "safe", "local"])
def test_a_frame_without_owner_is_refused(name: str) -> None:
    rig = STATES[name][0]()
    outputs = rig.gate.outputs
    assert rig.send(rig.next_frame((9999, 9999))) == "frame_owner"
    assert rig.gate.outputs == outputs


@pytest.mark.parametrize("name", ["owned", "granted", "watchdog_held"])
@pytest.mark.parametrize(
    ("change", "counter"),
    [
        ({"whole": False}, "frame_torn"),
        ({"owner": 2}, "frame_owner"),
        ({"epoch": 5}, "frame_epoch"),
        ({"epoch": 7}, "frame_epoch"),
        ({"session": 1}, "frame_session"),
        ({"seq": 0}, "frame_seq"),
    ],
)
def test_a_frame_that_is_not_the_owners_next_is_refused(name: str, change: dict[str, int], counter: str) -> None:
    rig = STATES[name][0]()
    if name == "granted":
        assert rig.send(rig.next_frame()) is None
    before = snapshot(rig.gate)
    assert rig.send(replace(rig.next_frame((9999, 9999)), **change)) == counter  # type: ignore[arg-type]
    assert snapshot(rig.gate) == before


def test_a_repeated_frame_is_refused() -> None:
    rig = owned()
    frame = rig.next_frame()
    assert rig.send(frame) is None
    assert rig.send(frame) == "frame_seq"


def test_a_frame_in_another_nodes_mailbox_is_refused() -> None:
    rig = owned()
    rig.scan(frames={2: rig.next_frame((1, 1))})
    assert rig.gate.counts["frame_owner"] == 1
    assert rig.gate.outputs == HELD_AT


def test_a_babbling_node_doesnt_keep_the_owner_out() -> None:
    rig = owned()
    stranger = replace(rig.next_frame((1, 1)), owner=2)
    rig.scan(frames={2: stranger, 1: rig.next_frame((3001, 0))})
    assert rig.gate.outputs == (3001, 0)


def test_the_session_is_bound_by_the_first_frame_after_a_grant() -> None:
    rig = granted()
    assert rig.gate.status()[0]["flags"] & 16 == 0
    assert rig.send(rig.next_frame()) is None
    assert rig.gate.session == 0xABCD0001
    assert rig.send(replace(rig.next_frame(), session=0xABCD0002)) == "frame_session"


def test_outputs_above_full_scale_are_limited() -> None:
    rig = owned()
    rig.send(rig.next_frame((60_000, 0)))
    assert rig.gate.outputs == (10_000, 0)


def test_a_sequence_that_wraps_is_refused_and_ends_in_a_hold() -> None:
    rig = owned()
    rig.seq = U32_MAX - 1
    assert rig.send(rig.next_frame()) is None
    rig.seq = 0
    for _ in range(12):
        assert rig.send(rig.next_frame()) == "frame_seq"
    assert rig.state() is State.HELD


def test_the_cycle_counter_may_wrap() -> None:
    rig = owned()
    rig.cycle = U32_MAX - 1
    rig.send(rig.next_frame())
    rig.scan(dt_ms=40)
    rig.cycle = -1
    rig.send(rig.next_frame())
    assert rig.gate.owner_age_ms == 0


# --- release: every condition on its own ----------------------------------------------------------------------------


def tracking_grantee() -> Rig:
    """HELD at HELD_AT, node 2 granted and armed, one frame seen."""
    rig = revoked()
    rig.seq = 0
    rig.order(Opcode.GRANT, node=2, epoch=7, boot=BOOT)
    rig.order(Opcode.RELEASE, node=2, epoch=7)
    assert rig.send(rig.next_frame(node=2)) is None
    return rig


def test_the_armed_grantee_takes_over_in_the_scan_that_takes_its_frame() -> None:
    rig = tracking_grantee()
    assert rig.state() is State.HELD
    near = (HELD_AT[0] + 50, HELD_AT[1] - 50)
    assert rig.send(rig.next_frame(near, node=2)) is None
    assert (rig.gate.state, rig.gate.outputs, rig.gate.last_driver, rig.gate.held_ms) == (State.OWNED, near, 2, 0)


@pytest.mark.parametrize("outputs", [(HELD_AT[0] + 51, HELD_AT[1]), (HELD_AT[0], HELD_AT[1] - 51), (0, 0)])
def test_no_takeover_outside_tolerance(outputs: tuple[int, int]) -> None:
    rig = tracking_grantee()
    assert rig.send(rig.next_frame(outputs, node=2)) is None
    assert (rig.gate.state, rig.gate.outputs, rig.gate.shadow) == (State.HELD, HELD_AT, outputs)


def test_no_takeover_without_permit_in_that_very_scan() -> None:
    rig = tracking_grantee()
    rig.permit = False
    assert rig.send(rig.next_frame(node=2)) is None
    assert rig.state() is State.HELD
    rig.permit = True
    rig.send(rig.next_frame(node=2))
    assert rig.state() is State.OWNED


def test_no_takeover_by_a_frame_whose_cycle_stands() -> None:
    rig = tracking_grantee()
    assert rig.send(rig.next_frame(node=2, advance=0)) is None
    assert rig.state() is State.HELD


def test_no_takeover_by_the_first_frame_alone() -> None:
    rig = granted()
    rig.order(Opcode.RELEASE, node=1, epoch=6)
    assert rig.send(rig.next_frame(CONFIG.safe_values)) is None
    assert rig.state() is State.HELD


def test_no_takeover_unarmed() -> None:
    rig = granted()
    for _ in range(3):
        assert rig.send(rig.next_frame(CONFIG.safe_values)) is None
    assert rig.state() is State.HELD
    assert rig.gate.tracking()


def test_shadow_is_fresh_for_one_watchdog_time() -> None:
    rig = tracking_grantee()
    assert rig.gate.tracking()
    rig.scan(dt_ms=60)
    assert rig.gate.tracking()
    rig.scan(dt_ms=5)
    assert rig.gate.status()[0]["flags"] & 8 == 0


# --- timers ---------------------------------------------------------------------------------------------------------


def test_the_owner_watchdog_holds_and_keeps_owner_and_arm() -> None:
    rig = owned()
    hold_no = rig.gate.hold_no
    rig.scan(dt_ms=55)
    assert rig.state() is State.OWNED
    rig.scan(dt_ms=5)
    gate = rig.gate
    assert (gate.state, gate.owner, gate.armed, gate.outputs) == (State.HELD, 1, True, HELD_AT)
    assert (gate.hold_no, gate.held_ms) == (hold_no + 1, 0)


def test_a_frame_of_the_same_scan_comes_before_the_watchdog() -> None:
    rig = owned()
    rig.scan(dt_ms=60, frames={1: rig.next_frame()})
    assert rig.state() is State.OWNED


def test_a_standing_cycle_is_taken_but_doesnt_feed_the_watchdog() -> None:
    rig = owned()
    for _ in range(11):
        assert rig.send(rig.next_frame((3005, 0), advance=0)) is None
    assert (rig.gate.state, rig.gate.outputs) == (State.OWNED, (3005, 0))
    assert rig.send(rig.next_frame((3005, 0), advance=0)) is None
    assert rig.state() is State.HELD


def test_a_returning_owner_resumes_by_the_same_test() -> None:
    rig = watchdog_held()
    assert rig.send(rig.next_frame((0, 0))) is None
    assert rig.state() is State.HELD
    assert rig.send(rig.next_frame()) is None
    assert rig.state() is State.OWNED
    assert rig.gate.resumes_left == 1


def test_resumes_are_counted_per_window() -> None:
    rig = watchdog_held()
    for _ in range(2):
        rig.send(rig.next_frame())
        assert rig.state() is State.OWNED
        rig.scan(dt_ms=60)
    assert rig.gate.resumes_left == 0
    rig.send(rig.next_frame())
    assert rig.state() is State.HELD
    # A new grant isn't a resume.
    rig.order(Opcode.GRANT, node=1, epoch=7, boot=BOOT)
    rig.order(Opcode.RELEASE, node=1, epoch=7)
    rig.seq = 0
    rig.send(rig.next_frame())
    rig.send(rig.next_frame())
    assert rig.state() is State.OWNED
    for _ in range(200):
        rig.send(rig.next_frame())
    assert rig.gate.resumes_left == 2


@pytest.mark.parametrize("name", ["granted", "revoked", "watchdog_held"])
def test_the_hold_limit_ends_every_hold_in_safe(name: str) -> None:
    rig = STATES[name][0]()
    rig.scan(dt_ms=CONFIG.hold_max_ms - rig.gate.held_ms - 5)
    assert rig.state() is State.HELD
    rig.scan()
    gate = rig.gate
    assert (gate.state, gate.owner, gate.armed, gate.outputs) == (State.SAFE, 0, False, CONFIG.safe_values)


def test_neither_grants_nor_frames_stop_the_hold_limit() -> None:
    rig = revoked()
    epoch = 7
    for _ in range(CONFIG.hold_max_ms // 10):
        rig.order(Opcode.GRANT, node=2, epoch=epoch, boot=BOOT)
        rig.seq = 0
        rig.send(rig.next_frame((0, 0), node=2))
        epoch += 1
    assert rig.state() is State.SAFE


# --- person and start -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STATES)
def test_local_wins_everywhere(name: str) -> None:
    rig = STATES[name][0]()
    outputs = rig.gate.outputs
    rig.scan(local=True)
    assert (rig.gate.state, rig.gate.owner, rig.gate.armed) == (State.LOCAL, 0, False)
    assert rig.gate.outputs == outputs
    rig.scan()
    assert rig.state() is State.LOCAL


@pytest.mark.parametrize("name", STATES)
def test_reset_frees_safe_and_local_only(name: str) -> None:
    rig = STATES[name][0]()
    state = rig.gate.state
    rig.scan(reset=True)
    assert rig.state() is (State.FREE if state in (State.SAFE, State.LOCAL) else state)


def test_reset_doesnt_overrule_the_local_switch() -> None:
    rig = local()
    rig.scan(local=True, reset=True)
    assert rig.state() is State.LOCAL


@pytest.mark.parametrize("name", STATES)
def test_a_cold_start_keeps_epochs_and_safe_and_local_and_no_owner(name: str) -> None:
    rig = STATES[name][0]()
    kept = rig.gate.retained()
    again = Gate(CONFIG, kept, rig.gate.boot + 1)
    expected = rig.gate.state if rig.gate.state in (State.SAFE, State.LOCAL) else State.FREE
    assert again.state is expected
    assert (again.epoch, again.granted, again.owner, again.armed) == (kept.epoch, kept.granted, 0, False)
    assert again.outputs == CONFIG.safe_values


def test_a_grant_of_an_earlier_boot_dies_by_the_boot_id() -> None:
    rig = Rig(retained=revoked().gate.retained(), boot=BOOT + 1)
    assert rig.order(Opcode.GRANT, node=2, epoch=7, boot=BOOT) is Answer.REFUSED_BOOT


def test_bad_retain_memory_starts_in_safe() -> None:
    assert Rig(retained=None).gate.state is State.SAFE


# --- without checks: what the checker must notice --------------------------------------------------------------------


def test_with_the_checks_switched_off_a_stale_owner_gets_through() -> None:
    rig = Rig(config=replace(CONFIG, check_frames=False))
    rig.order(Opcode.GRANT, node=1, epoch=6, boot=BOOT)
    rig.order(Opcode.RELEASE, node=1, epoch=6)
    rig.send(rig.next_frame(CONFIG.safe_values))
    rig.send(rig.next_frame(CONFIG.safe_values))
    assert rig.state() is State.OWNED
    rig.send(replace(rig.next_frame((9999, 0), node=2), epoch=1))
    assert rig.gate.outputs == (9999, 0)


# --- whatever happens -----------------------------------------------------------------------------------------------

NODES = st.integers(1, 2)
EPOCHS = st.integers(4, 12)
COMMANDS = st.builds(
    Command,
    opcode=st.sampled_from(Opcode),
    node=NODES,
    epoch=EPOCHS,
    boot=st.sampled_from([BOOT, BOOT + 1]),
    hold_no=st.integers(0, 3),
)
FRAMES = st.builds(
    Frame,
    owner=NODES,
    epoch=EPOCHS,
    session=st.integers(1, 2),
    seq=st.integers(1, 5),
    cycle=st.integers(1, 5),
    outputs=st.tuples(st.sampled_from([100, 120, 5000]), st.sampled_from([0, 40, 10_000])),
    whole=st.booleans(),
)
SCANS = st.builds(
    ScanInputs,
    dt_ms=st.sampled_from([5, 5, 30, 300]),
    permit=st.booleans(),
    return_permit=st.booleans(),
    local=st.sampled_from([False] * 9 + [True]),
    reset=st.booleans(),
    command=st.none() | COMMANDS,
    frames=st.dictionaries(NODES, FRAMES, max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(SCANS, st.just("power_cycle")), max_size=40))
def test_never_two_owners_under_an_epoch_and_epochs_only_grow(steps: list[ScanInputs | str]) -> None:
    gate = Gate(CONFIG, GOOD, BOOT)
    owners: dict[int, int] = {}
    drivers: dict[int, int] = {}
    for step in steps:
        before = snapshot(gate)
        epoch, granted_before, state, held_ms = gate.epoch, gate.granted, gate.state, gate.held_ms
        if isinstance(step, str):
            gate = Gate(CONFIG, gate.retained(), gate.boot + 1)
        else:
            gate.scan(step)
        assert gate.epoch >= epoch
        assert gate.granted >= granted_before
        assert gate.granted <= gate.epoch
        if gate.owner:
            assert owners.setdefault(gate.owner_epoch, gate.owner) == gate.owner
            assert gate.state in (State.OWNED, State.HELD)
        else:
            assert gate.state is not State.OWNED
        if (gate.owner, gate.owner_epoch) != (before["owner"], before["owner_epoch"]) and gate.owner:
            assert gate.owner_epoch > granted_before
        if gate.state is State.OWNED:
            assert drivers.setdefault(gate.owner_epoch, gate.owner) == gate.owner
        if state is State.HELD and gate.state is State.HELD:
            assert gate.outputs == before["outputs"]
            assert gate.held_ms > held_ms
        if state is State.HELD and gate.state is State.OWNED:
            assert gate.outputs != before["outputs"] or gate.last_seq != before["last_seq"]
            assert all(abs(new - old) <= 50 for new, old in zip(gate.outputs, gate.held, strict=True))


@settings(max_examples=200, deadline=None)
@given(st.lists(SCANS, max_size=30))
def test_the_same_inputs_give_the_same_status(steps: list[ScanInputs]) -> None:
    first, second = Gate(CONFIG, GOOD, BOOT), Gate(CONFIG, GOOD, BOOT)
    for step in steps:
        first.scan(step)
        second.scan(step)
        assert first.status() == second.status()
