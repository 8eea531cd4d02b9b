"""A reference point: a small device that is always well. Who can't reach it knows that the fault is his own."""

from collections.abc import Callable, Sequence

from sim import control
from sim.modbus_server import ModbusServer
from sim.plant import Plant
from sim.process import Ticker


class Bank:
    """Two registers: 0 a magic number, 1 a counter that is raised every 100 ms."""

    def __init__(self) -> None:
        self._registers = [0x5246, 0]

    def tick(self, _periods: int) -> None:
        """Raise the counter."""
        self._registers[1] = (self._registers[1] + 1) & 0xFFFF

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """The two registers."""
        return self._registers[address : address + count] if address + count <= len(self._registers) else None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Nothing can be written."""
        return False


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the reference point called `name`."""
    bank = Bank()
    server = ModbusServer(bank)
    await server.listen(plant.ports[name])
    ticker = Ticker(100, bank.tick)
    door = await control.serve(plant.door(name), {})

    def end() -> None:
        ticker.stop()
        server.close()
        door.close()

    return end
