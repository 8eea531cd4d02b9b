"""The simulated PLC: sections, each with a gate and a machine, and their field tags behind one Modbus TCP server."""

import asyncio
from collections.abc import Callable
from typing import Final

from sim import control, kinds
from sim.errors import UsageError
from sim.header import Header
from sim.kind import Machine
from sim.modbus_server import ModbusServer
from sim.plant import PLC_SECTIONS, Plant
from sim.plc_bank import FieldBank, PlcBank
from sim.plc_section import PlcSection, Switches
from sim.process import Ticker
from sim.rtu_server import RtuServer
from sim.terminal import TerminalLog

FIRST, HEADER = PLC_SECTIONS
_SWITCHES: Final = (
    *("maintenance_key", "permit_switch", "return_permit_switch", "local_switch"),
    *("header_permit_switch", "header_return_permit_switch", "header_local_switch"),
)
SETTABLE: Final = (*_SWITCHES, *kinds.DETECTORS)
_PREFIX: Final = {FIRST: "", HEADER: "header_"}
_ON_AT_FIRST: Final = ("permit_switch", "return_permit_switch")
_BY_HAND: Final = ("local_switch", "reset_button")


class Plc:
    """Scan by scan: switches, then each section, then the field tags."""

    def __init__(self, plant: Plant) -> None:
        self._kind = plant.kind
        machines: dict[str, Callable[[int], Machine]] = {FIRST: plant.kind.machine, HEADER: Header}
        self.sections = {
            section.name: PlcSection(
                section, machines[section.name](plant.seed), TerminalLog(plant.directory, section.name)
            )
            for section in plant.sections
        }
        groups = {FIRST: plant.tags, HEADER: plant.header.tags}
        self._fields = [FieldBank(groups[name]) for name in self.sections]
        self.bank = PlcBank([*self._fields, *(section.bank for section in self.sections.values())])
        self.switches = {"maintenance_key": 0}
        for name in self.sections:
            self.switches |= {_PREFIX[name] + switch: 0 for switch in _BY_HAND}
            self.switches |= {_PREFIX[name] + switch: 1 for switch in _ON_AT_FIRST}
        self._publish()

    def scan(self, periods: int = 1) -> None:
        """One scan; it stands for several periods when the process was kept from running."""
        for name, section in self.sections.items():
            section.scan(self._switches(name), periods)
            self.switches[_PREFIX[name] + "reset_button"] = 0
        self._publish()

    def _switches(self, section: str) -> Switches:
        prefix = _PREFIX[section]
        permit = bool(self.switches[prefix + "permit_switch"])
        if section == FIRST:
            permit = permit and not self.switches["maintenance_key"]
        return Switches(
            permit=permit,
            return_permit=bool(self.switches[prefix + "return_permit_switch"]),
            local=bool(self.switches[prefix + "local_switch"]),
            reset=bool(self.switches[prefix + "reset_button"]),
        )

    def _publish(self) -> None:
        shown = self.shown_tags()
        for field in self._fields:
            field.show(shown)

    def shown_tags(self) -> dict[str, int]:
        """The field tags as others read them."""
        first = self.sections[FIRST].machine
        shown = dict(zip(self._kind.measured, first.measure(), strict=True))
        for section in self.sections.values():
            shown |= section.machine.tags()
        return shown | self.switches

    def set_tag(self, tag: str, value: int) -> None:
        """A person turns a switch, or tests a detector. Raises UsageError for what is neither."""
        switches = [name for name in SETTABLE if name in self.switches or name in self._kind.detectors]
        if tag not in switches:
            raise UsageError(f"{tag!r} is no switch of this plant", mend=f"one of: {', '.join(switches)}")
        if value not in (0, 1):
            raise UsageError(f"a switch is 0 or 1, not {value!r}", mend="value=0 or value=1")
        if tag in self.switches:
            self.switches[tag] = value
        elif value:
            self.sections[FIRST].machine.tested.add(tag)
        else:
            self.sections[FIRST].machine.tested.discard(tag)

    def press(self, button: str) -> None:
        """A person presses a button of the machine. Raises UsageError when it has none of that name."""
        self.sections[FIRST].machine.press(button)

    def local(self, section: str = FIRST) -> None:
        """A person takes a section over by hand."""
        self.switches[self._prefix(section) + "local_switch"] = 1

    def press_reset(self, section: str = FIRST) -> None:
        """A person presses a section's reset; LOCAL, if it was selected, is left with it."""
        prefix = self._prefix(section)
        self.switches[prefix + "local_switch"] = 0
        self.switches[prefix + "reset_button"] = 1

    def _prefix(self, section: str) -> str:
        if section not in self.sections:
            raise UsageError(f"this PLC has no section {section!r}", mend=f"one of: {', '.join(self.sections)}")
        return _PREFIX[section]

    def state(self, section: str = FIRST) -> control.Answer:
        """What a section's gate knows, what stands at its terminals, its machine's state, and all field tags."""
        self._prefix(section)
        asked = self.sections[section]
        fields, rows = asked.gate.status()
        return {
            "status": fields,
            "outputs": rows[0],
            "terminals": asked.terminals,
            "machine": asked.machine.state,
            "tags": self.shown_tags(),
        }

    def close(self) -> None:
        """Write out what was logged."""
        for section in self.sections.values():
            section.close()


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the PLC process."""
    plc = Plc(plant)
    server = ModbusServer(plc.bank)
    await server.listen(plant.ports[name])
    # One serial port for each gateway.
    slaves = [asyncio.create_task(RtuServer(plant.line(gateway)[1], plc.bank).run()) for gateway in plant.gateways]
    ticker = Ticker(plant.scan_ms, plc.scan)
    door = await control.serve(
        plant.door(name),
        {"set_tag": plc.set_tag, "press": plc.press, "local": plc.local, "reset": plc.press_reset, "state": plc.state},
    )

    def end() -> None:
        ticker.stop()
        for slave in slaves:
            slave.cancel()
        server.close()
        door.close()
        plc.close()

    return end
