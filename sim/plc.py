"""The simulated PLC: plant, scan cycle and gate behind one Modbus TCP server."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from sim import control, retain
from sim.errors import UsageError
from sim.gate import Gate, ScanInputs
from sim.modbus_server import ModbusServer
from sim.plant import OUTPUTS, Plant
from sim.plc_bank import PlcBank
from sim.process import Ticker, child_main
from sim.registers import decode_command, decode_frame, encode_status, pack
from sim.rtu_server import RtuServer
from sim.tanks import Tanks
from sim.terminal import TerminalLog

HIGH_LEVEL: Final = 9500
SETTABLE: Final = ("maintenance_key", "high_level_trip", "permit_switch", "return_permit_switch", "local_switch")
_FLUSH_SCANS: Final = 20
_MAX_CATCH_UP: Final = 20_000


class Plc:
    """Scan by scan: inputs, gate, terminals, plant, registers."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._memory = plant.directory / "plc.retain"
        kept = retain.load(self._memory)
        self.gate = Gate(plant.gate_config(), kept, retain.next_boot(kept))
        self._retained = self.gate.retained()
        # Before the first scan: this boot id is used up even if the process dies in a moment.
        retain.save(self._memory, self._retained)
        self.bank = PlcBank(plant)
        self.tags = dict.fromkeys(plant.tags, 0) | {"permit_switch": 1, "return_permit_switch": 1}
        self._tanks = Tanks(plant.seed)
        self._log = TerminalLog(plant.directory)
        self._levels = self._tanks.measure()
        self.publish()

    def scan(self, periods: int = 1) -> None:
        """One scan; it stands for several periods when the process was kept from running."""
        command, raw_frames = self.bank.take_command(), self.bank.take_frames()
        tags = self.tags
        self.gate.scan(
            ScanInputs(
                dt_ms=periods * self._plant.scan_ms,
                permit=bool(tags["permit_switch"]) and not tags["maintenance_key"] and not self._tripped(),
                return_permit=bool(tags["return_permit_switch"]),
                local=bool(tags["local_switch"]),
                reset=bool(tags["reset_button"]),
                command=None if command is None else decode_command(command),
                frames={mailbox: decode_frame(raw, OUTPUTS) for mailbox, raw in raw_frames.items()},
            )
        )
        tags["reset_button"] = 0
        if (now_retained := self.gate.retained()) != self._retained:
            # RETAIN before anybody can read that it happened.
            retain.save(self._memory, now_retained)
            self._retained = now_retained
        terminals = self.gate.outputs
        for _ in range(min(periods, _MAX_CATCH_UP)):
            self._tanks.step(terminals)
        self._levels = self._tanks.measure()
        status = self.publish()
        self._log.scan(
            at_ns=time.monotonic_ns(),
            outputs=terminals,
            status=status,
            frames={mailbox: pack(raw) for mailbox, raw in raw_frames.items()},
            command=None if command is None else pack(command),
            levels=self._levels,
        )
        if self.gate.scan_no % _FLUSH_SCANS == 0:
            self._log.flush()

    def publish(self) -> dict[str, int]:
        """Show field tags and gate status in the registers. Returns the status fields."""
        fields, rows = self.gate.status()
        self.bank.show(self.shown_tags(), encode_status(fields, rows))
        return fields

    def shown_tags(self) -> dict[str, int]:
        """The field tags as others read them."""
        levels = {"level_1": self._levels[0], "level_2": self._levels[1]}
        return self.tags | levels | {"high_level_trip": int(self._tripped())}

    def _tripped(self) -> bool:
        return bool(self.tags["high_level_trip"]) or max(self._levels) >= HIGH_LEVEL

    def set_tag(self, tag: str, value: int) -> None:
        """A person turns a switch. Raises UsageError for what isn't a switch."""
        if tag not in SETTABLE:
            raise UsageError(f"{tag!r} is no switch of this plant", mend=f"one of: {', '.join(SETTABLE)}")
        if value not in (0, 1):
            raise UsageError(f"a switch is 0 or 1, not {value!r}", mend="value=0 or value=1")
        self.tags[tag] = value

    def press_reset(self) -> None:
        """A person presses reset; LOCAL, if it was selected, is left with it."""
        self.tags["local_switch"] = 0
        self.tags["reset_button"] = 1

    def close(self) -> None:
        """Write out what was logged."""
        self._log.close()


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the PLC process."""
    plc = Plc(plant)
    server = ModbusServer(plc.bank)
    await server.listen(plant.ports[name])
    # One serial port for each gateway.
    slaves = [asyncio.create_task(RtuServer(plant.line(gateway)[1], plc.bank).run()) for gateway in plant.gateways]
    ticker = Ticker(plant.scan_ms, plc.scan)

    def state() -> control.Answer:
        fields, rows = plc.gate.status()
        return {"status": fields, "outputs": rows[0], "tags": plc.shown_tags()}

    door = await control.serve(plant.door(name), {"set_tag": plc.set_tag, "reset": plc.press_reset, "state": state})

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
