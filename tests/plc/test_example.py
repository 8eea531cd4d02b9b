"""The example program: from registers and switches to the terminals; and a gate that was built with what can't be."""

from typing import Any

import pytest

from sim.registers import Command, Frame, Opcode, State, decode_status, encode_command, encode_frame
from tests.plc.pair import Compiled, Scan, library
from tests.plc.st.machine import Instance
from tests.plc.table import CONFIG, RETAINED, TAGS


class Plant:
    """The program, its clock, and who writes into its mailboxes."""

    def __init__(self) -> None:
        self.program: Instance = library().instance("OTHA_EXAMPLE")
        self.program["CLOCK_S"] = 1_000_000
        self.program["RUNNING_MS"] = 4_294_967_290  # it wraps in the first scans
        self.seq = 0
        self.start()

    def start(self, **switches: Any) -> None:
        """Power comes back: all but RETAIN begins anew, the clocks go on."""
        clocks = {name: self.program[name] for name in ("CLOCK_S", "RUNNING_MS")}
        self.program.restart()
        for name, value in clocks.items():
            self.program[name] = value
        self.scan(FIRST_SCAN=True, **switches)
        self.program["COMMISSION_KEY"] = False

    def scan(self, ms: int = 20, **values: Any) -> None:
        self.program["RUNNING_MS"] = (self.program["RUNNING_MS"] + ms) & 0xFFFF_FFFF
        self.program(**{"FIRST_SCAN": False, "RESET_BUTTON": False, **values})

    def status(self) -> dict[str, int]:
        return decode_status(self.program["STATUS_WORDS"])[0]

    def command(self, opcode: Opcode, node: int, epoch: int) -> None:
        command = Command(opcode=opcode, node=node, epoch=epoch, boot=self.status()["boot"], id=1)
        if opcode is not Opcode.GRANT:
            command = Command(opcode=opcode, node=node, epoch=epoch, id=1)
        self.program["COMMAND_WORDS"][:] = encode_command(command)
        self.scan()
        assert self.status()["command_answer"] == 1

    def frame(self, *outputs: int, **values: Any) -> None:
        self.seq += 1
        frame = Frame(owner=1, epoch=1, session=9, seq=self.seq, cycle=self.seq, outputs=outputs)
        registers = encode_frame(frame)
        self.program["FRAME_WORDS"][: len(registers)] = registers
        self.scan(**values)

    def terminals(self) -> tuple[int, bool]:
        return self.program["INLET"], self.program["PUMP"]

    def owned(self) -> None:
        self.start(COMMISSION_KEY=True)
        self.command(Opcode.GRANT, 1, 1)
        self.command(Opcode.RELEASE, 1, 1)
        for _ in range(2):
            self.frame(0, 0)
        self.frame(4000, 10_000)
        assert (self.status()["state"], self.terminals()) == (State.OWNED, (4000, True))


def test_a_new_controller_waits_for_a_person() -> None:
    plant = Plant()
    assert (plant.status()["state"], plant.status()["boot"]) == (State.SAFE, 1_000_000)
    plant.scan(RESET_BUTTON=True)
    assert plant.status()["state"] == State.FREE
    plant.start(COMMISSION_KEY=True)
    assert (plant.status()["state"], plant.status()["boot"]) == (State.FREE, 1_000_001)
    plant.start()
    assert plant.status()["boot"] == 1_000_002


def test_the_owner_drives_the_terminals_through_the_interlocks() -> None:
    plant = Plant()
    plant.owned()
    plant.frame(6000, 10_000, LEVEL=9600)
    assert plant.terminals() == (0, True)
    plant.frame(6000, 4999, LEVEL=5000)
    assert plant.terminals() == (6000, False)


@pytest.mark.parametrize(("runs", "inlet"), [(True, 4000), (False, 2400)])
def test_a_hold_does_what_the_machines_state_asks_for(runs: bool, inlet: int) -> None:
    plant = Plant()
    plant.owned()
    for _ in range(10):
        plant.scan(PUMP_RUNS=runs, LEVEL=5000)
    assert plant.status()["state"] == State.HELD
    for _ in range(40):
        plant.scan()
    assert plant.terminals() == (inlet, True)


def test_local_leaves_the_inlet_to_the_person_and_outlives_the_power() -> None:
    plant = Plant()
    plant.owned()
    plant.scan(LOCAL_SWITCH=True, HAND_INLET=1234)
    assert (plant.status()["state"], plant.terminals()) == (State.LOCAL, (1234, True))
    plant.start()
    assert (plant.status()["state"], plant.status()["epoch"]) == (State.LOCAL, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [("OUTPUTS", 0), ("OUTPUTS", 17), ("MAX_RESUMES", 9), ("HOLD_MAX_MS", 0), ("OWNER_WATCHDOG_MS", 0)],
)
def test_a_gate_built_with_what_cannot_be_stays_safe(field: str, value: int) -> None:
    gate = Compiled(CONFIG, RETAINED, 1000)
    gate.set_config(field, value)
    reset = Scan(reset=True, tags=TAGS, command=tuple(encode_command(Command(opcode=Opcode.REVOKE, node=0, epoch=9))))
    for _ in range(2):
        gate.scan(reset)
        assert (gate.section["STATE"], gate.section["CONFIG_GOOD"]) == (State.SAFE, False)
    assert gate.memory("SAFE")
    gate.scan(Scan(local=True, tags=TAGS))
    assert gate.section["STATE"] == State.LOCAL
