"""The simulated PLC: sections, each with a gate and a process, and their field tags behind one Modbus TCP server."""

import asyncio
from collections.abc import Callable
from typing import Final

from sim import control
from sim.errors import UsageError
from sim.header import Header
from sim.modbus_server import ModbusServer
from sim.plant import PLC_SECTIONS, Plant
from sim.plc_bank import FieldBank, PlcBank
from sim.plc_section import PlcSection, Process, Switches
from sim.process import Ticker, child_main
from sim.rtu_server import RtuServer
from sim.tanks import HIGH_LEVEL, Tanks
from sim.terminal import TerminalLog

TANKS, HEADER = PLC_SECTIONS
SETTABLE: Final = (
    *("maintenance_key", "high_level_trip", "permit_switch", "return_permit_switch", "local_switch"),
    *("header_permit_switch", "header_return_permit_switch", "header_local_switch"),
)
_PREFIX: Final = {TANKS: "", HEADER: "header_"}
_ON_AT_FIRST: Final = ("permit_switch", "return_permit_switch")


class Plc:
    """Scan by scan: switches, then each section, then the field tags."""

    def __init__(self, plant: Plant) -> None:
        processes: dict[str, Callable[[int], Process]] = {TANKS: Tanks, HEADER: Header}
        self.sections = {
            section.name: PlcSection(
                section, processes[section.name](plant.seed), TerminalLog(plant.directory, section.name)
            )
            for section in plant.sections
        }
        groups = {TANKS: plant.tags, HEADER: plant.header.tags}
        self._fields = [FieldBank(groups[name]) for name in self.sections]
        self.bank = PlcBank([*self._fields, *(section.bank for section in self.sections.values())])
        self.tags = {tag: 0 for name in self.sections for tag in groups[name]}
        for name in self.sections:
            self.tags |= {_PREFIX[name] + switch: 1 for switch in _ON_AT_FIRST}
        self._publish()

    def scan(self, periods: int = 1) -> None:
        """One scan; it stands for several periods when the process was kept from running."""
        for name, section in self.sections.items():
            section.scan(self._switches(name), periods)
            self.tags[_PREFIX[name] + "reset_button"] = 0
        self._publish()

    def _switches(self, section: str) -> Switches:
        prefix = _PREFIX[section]
        permit = bool(self.tags[prefix + "permit_switch"])
        if section == TANKS:
            permit = permit and not self.tags["maintenance_key"] and not self._tripped()
        return Switches(
            permit=permit,
            return_permit=bool(self.tags[prefix + "return_permit_switch"]),
            local=bool(self.tags[prefix + "local_switch"]),
            reset=bool(self.tags[prefix + "reset_button"]),
        )

    def _publish(self) -> None:
        shown = self.shown_tags()
        for field in self._fields:
            field.show(shown)

    def shown_tags(self) -> dict[str, int]:
        """The field tags as others read them."""
        level_1, level_2 = self.sections[TANKS].levels
        measured = {"level_1": level_1, "level_2": level_2, "high_level_trip": int(self._tripped())}
        if HEADER in self.sections:
            header = self.sections[HEADER]
            measured["header_level"] = header.levels[0]
            measured["supply_pump"], measured["return_valve"] = header.gate.outputs
        return self.tags | measured

    def _tripped(self) -> bool:
        return bool(self.tags["high_level_trip"]) or max(self.sections[TANKS].levels) >= HIGH_LEVEL

    def set_tag(self, tag: str, value: int) -> None:
        """A person turns a switch. Raises UsageError for what isn't a switch."""
        switches = [name for name in SETTABLE if name in self.tags]
        if tag not in switches:
            raise UsageError(f"{tag!r} is no switch of this plant", mend=f"one of: {', '.join(switches)}")
        if value not in (0, 1):
            raise UsageError(f"a switch is 0 or 1, not {value!r}", mend="value=0 or value=1")
        self.tags[tag] = value

    def local(self, section: str = TANKS) -> None:
        """A person takes a section over by hand."""
        self.tags[self._prefix(section) + "local_switch"] = 1

    def press_reset(self, section: str = TANKS) -> None:
        """A person presses a section's reset; LOCAL, if it was selected, is left with it."""
        prefix = self._prefix(section)
        self.tags[prefix + "local_switch"] = 0
        self.tags[prefix + "reset_button"] = 1

    def _prefix(self, section: str) -> str:
        if section not in self.sections:
            raise UsageError(f"this PLC has no section {section!r}", mend=f"one of: {', '.join(self.sections)}")
        return _PREFIX[section]

    def state(self, section: str = TANKS) -> control.Answer:
        """What a section's gate knows, and all field tags."""
        self._prefix(section)
        fields, rows = self.sections[section].gate.status()
        return {"status": fields, "outputs": rows[0], "tags": self.shown_tags()}

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
        {"set_tag": plc.set_tag, "local": plc.local, "reset": plc.press_reset, "state": plc.state},
    )

    def end() -> None:
        ticker.stop()
        for slave in slaves:
            slave.cancel()
        server.close()
        door.close()
        plc.close()

    return end


if __name__ == "__main__":
    child_main(start)
