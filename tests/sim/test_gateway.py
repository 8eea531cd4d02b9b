"""The gateway's habits on a line of its own, and in a plant: what it kept while it was stopped, the gate refuses."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from otha.core.inputs import NodeReading
from otha.site.decode import decode_node
from otha.site.profile import compile_decoder, load_profile
from sim import console
from sim.checker import check
from sim.gateway import CONNECTIONS_MAX, OWN_UNIT, QUEUE_MAX, Gateway, LinkState
from sim.plant import GATEWAYS, NODES
from sim.recordings import bus_writes, layout
from sim.registers import Frame, State, encode_frame, gate_map, pack
from sim.rtu_master import RtuMaster
from sim.rtu_server import RtuServer
from tests.sim.conftest import Running, running_plant, wait_for
from tests.sim.test_serial_line import Bank, at_work, cable, until


class Client:
    """A blunt Modbus TCP client: several requests may be under way, replies are read one by one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, transaction: int, pdu: bytes, unit: int = 1) -> None:
        self.writer.write(struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu)

    async def reply(self) -> tuple[int, int, bytes]:
        """Transaction, unit, PDU. Raises IncompleteReadError or ConnectionError when the gateway hung up."""
        async with asyncio.timeout(20):
            transaction, _, length, unit = struct.unpack(">HHHB", await self.reader.readexactly(7))
            return transaction, unit, await self.reader.readexactly(length - 1)

    async def ask(self, pdu: bytes, unit: int = 1) -> bytes:
        self.send(1, pdu, unit)
        return (await self.reply())[2]


READ = b"\x03\x00\x64\x00\x04"
GOOD = bytes((3, 8, 0, 100, 0, 101, 0, 102, 0, 103))
STATUS = b"\x03\x00\x00\x00\x0f"


class Bench:
    """A gateway, its line, and one slave."""

    def __init__(self, gateway: Gateway, port: int, bank: Bank) -> None:
        self.gateway, self.port, self.bank = gateway, port, bank
        self._clients: list[Client] = []

    async def client(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.writer.transport.abort()

    def status(self) -> NodeReading:
        decoder = compile_decoder(load_profile("sim_gateway", Path()), ())
        words = self.gateway.read(decoder.at, decoder.length)
        assert words is not None
        return decode_node(decoder, tuple(words))


@asynccontextmanager
async def bench(folder: Path, *, slave: bool = True, timeout_s: float = 2.0) -> AsyncIterator[Bench]:
    bank = Bank()
    async with cable(folder) as (_, (near, far)):
        master, server = RtuMaster(near, reply_timeout_s=timeout_s), RtuServer(far, bank)
        gateway = Gateway(master, units=(1,))
        port = await gateway.listen(0)
        async with at_work(master.run, gateway.serve_bus, *([server.run] if slave else [])):
            await until(lambda: master.is_open and (not slave or server._port.is_open))
            table = Bench(gateway, port, bank)
            try:
                yield table
            finally:
                table.close()
                gateway.close()
                await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_requests_find_their_slave_and_replies_their_client(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        one, other = await table.client(), await table.client()
        one.send(7, READ)
        other.send(7, b"\x03\x00\x05\x00\x01")
        one.send(8, b"\x03\x00\x06\x00\x01")
        assert await one.reply() == (7, 1, GOOD)
        assert await one.reply() == (8, 1, bytes((3, 2, 0, 6)))
        assert await other.reply() == (7, 1, bytes((3, 2, 0, 5)))
        assert table.gateway.forwarded == 3


@pytest.mark.asyncio
async def test_a_silent_slave_and_an_unknown_unit(tmp_path: Path) -> None:
    async with bench(tmp_path, slave=False, timeout_s=0.1) as table:
        client = await table.client()
        assert await client.ask(READ) == b"\x83\x0b"
        assert await client.ask(READ, unit=9) == b"\x83\x0a"
        assert table.gateway.failed == 1
        assert table.gateway.link_state is LinkState.SILENT
        assert table.status().level == 100


@pytest.mark.asyncio
async def test_a_full_queue_is_busy(tmp_path: Path) -> None:
    async with bench(tmp_path, slave=False, timeout_s=0.1) as table:
        client = await table.client()
        count = QUEUE_MAX + 8
        for transaction in range(1, count + 1):
            client.send(transaction, READ)
        answers = dict([(await client.reply())[::2] for _ in range(count)])
        busy = [transaction for transaction, pdu in answers.items() if pdu == b"\x83\x06"]
        assert len(busy) in (7, 8)  # one may have left the queue for the line before the last ones came
        assert max(busy) == count
        assert sum(pdu == b"\x83\x0b" for pdu in answers.values()) == count - len(busy)


@pytest.mark.asyncio
async def test_one_connection_too_many_drops_the_oldest(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        clients = []
        for _ in range(CONNECTIONS_MAX):
            clients.append(await table.client())
            assert await clients[-1].ask(READ) == GOOD
        one_more = await table.client()
        assert await one_more.ask(READ) == GOOD
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await clients[0].reply()
        for client in clients[1:]:
            assert await client.ask(READ) == GOOD
        assert table.gateway.dropped == 1


@pytest.mark.asyncio
async def test_what_is_queued_is_sent_though_its_client_is_gone(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        client = await table.client()
        client.send(1, READ)
        client.send(2, b"\x10\x00\x05\x00\x01\x02\x00\x07")
        await until(lambda: len(table.gateway._queue) == 1)
        client.writer.transport.abort()
        await until(lambda: table.bank.written == [(5, (7,))])


@pytest.mark.asyncio
async def test_its_own_registers_are_those_of_the_profile(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        client = await table.client()
        assert table.gateway.link_state is LinkState.UNKNOWN
        table.gateway.communicate(3)
        assert await client.ask(READ) == GOOD
        assert (await client.ask(STATUS, unit=OWN_UNIT))[:2] == b"\x03\x1e"
        reading = table.status()
        assert (reading.heartbeat, reading.level) == (3, 255)
        before = reading.cycle
        assert before is not None
        await until(lambda: (table.status().cycle or 0) > before)
        assert await client.ask(b"\x10\x00\x00\x00\x01\x02\x00\x07", unit=OWN_UNIT) == b"\x90\x02"


@pytest.mark.asyncio
async def test_what_is_no_modbus_ends_its_connection_alone(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        good, bad = await table.client(), await table.client()
        bad.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await bad.reply()
        assert await good.ask(READ) == GOOD


@pytest.mark.asyncio
async def test_without_its_line_it_says_so(tmp_path: Path) -> None:
    gateway = Gateway(RtuMaster(tmp_path / "none", reply_timeout_s=0.05), units=(1,))
    port = await gateway.listen(0)
    async with at_work(gateway.serve_bus):
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        assert gateway.link_state is LinkState.NO_DEVICE
        assert (await client.ask(STATUS, unit=OWN_UNIT))[14:16] == b"\0\1"
        assert await client.ask(READ) == b"\x83\x0b"
        client.writer.transport.abort()
    gateway.close()


# --- in a plant ---


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_plant(tmp_path_factory.mktemp("gateways"), "--gateways") as plant:
        yield plant


def through(plant: Running, listener: str, request: bytes, unit: int = 1) -> bytes:
    with socket.create_connection(("127.0.0.1", plant.plant.ports[listener]), timeout=10) as link:
        link.sendall(struct.pack(">HHHB", 1, 0, len(request) + 1, unit) + request)
        head = _exactly(link, 7)
        return _exactly(link, int.from_bytes(head[4:6]) - 1)


def _exactly(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        assert more
        data += more
    return data


def _status_read(plant: Running) -> bytes:
    request = ReadHoldingRegistersRequest(
        address=plant.plant.status_base, count=gate_map().status_total(len(plant.plant.kind.outputs))
    )
    return bytes((3,)) + request.encode()


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("network", ["net_a", "net_b"])
def test_the_gate_is_read_through_each_gateway_over_each_network(plant: Running, gateway: str, network: str) -> None:
    replies = []

    def read() -> bool:
        """A line that has just come up may leave a request without a reply; the gateway says so and goes on."""
        replies.append(through(plant, f"{network}.{gateway}", _status_read(plant)))
        return replies[-1][0] == 3

    wait_for("the gate is read", read)
    assert int.from_bytes(replies[-1][2:4]) == gate_map().magic


def test_a_cut_line_takes_one_gateway_alone(plant: Running) -> None:
    plant.fault("cut_line", line="gw_a")
    assert through(plant, "net_a.gw_a", _status_read(plant)) == b"\x83\x0b"
    assert through(plant, "net_a.gw_b", _status_read(plant))[0] == 3
    plant.fault("heal_line", line="gw_a")
    wait_for("mended", lambda: through(plant, "net_a.gw_a", _status_read(plant))[0] == 3)


def test_a_held_queue_keeps_requests_until_it_is_let_go(plant: Running) -> None:
    """What stages a frame in the queue of a gateway that is stopped next."""
    plant.fault("hold_queue", node="gw_b")
    pdu = _status_read(plant)
    with socket.create_connection(("127.0.0.1", plant.plant.ports["gw_b"]), timeout=10) as link:
        link.sendall(struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu)
        wait_for("queued", lambda: console.gateway_state(plant.directory, "gw_b")["queue"] == 1)
        assert console.gateway_state(plant.directory, "gw_b")["frames"] == 0
        link.settimeout(0.3)
        with pytest.raises(TimeoutError):
            link.recv(1)
        link.settimeout(10)
        plant.fault("let_go", node="gw_b")
        head = _exactly(link, 7)
        assert _exactly(link, int.from_bytes(head[4:6]) - 1)[0] == 3


def test_a_frame_kept_by_a_stopped_gateway_is_refused_when_it_is_woken(plant: Running) -> None:
    """The frame of the owner was right when it was sent. The gateway slept, the epoch changed, and now it is wrong."""
    wait_for("owned", lambda: plant.status()["state"] == State.OWNED)
    before = plant.status()
    owner, epoch = before["owner"], before["owner_epoch"]
    other = next(name for name, number in NODES.items() if number != owner)
    frame = Frame(owner=owner, epoch=epoch, session=99, seq=2**31, cycle=2**31, outputs=(1, 2, 3))
    address = plant.plant.frame_base + (owner - 1) * gate_map().frame_stride
    request = WriteMultipleRegistersRequest(address=address, registers=encode_frame(frame))
    plant.fault("stop", node="gw_a")
    with socket.create_connection(("127.0.0.1", plant.plant.ports["gw_a"]), timeout=10) as link:
        pdu = bytes((16,)) + request.encode()
        link.sendall(struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu)
        plant.hand_over(other)
        refused = _refused(plant)
        plant.fault("cont", node="gw_a")
        head = _exactly(link, 7)
        assert _exactly(link, int.from_bytes(head[4:6]) - 1)[0] == 16
    wait_for("the frame is refused", lambda: _refused(plant) == refused + 1)
    assert plant.outputs() != (1, 2, 3)
    plant.wait_owner(other)
    _judge(plant, pack(encode_frame(frame)).hex(), mailbox=owner)


def _judge(plant: Running, raw: str, mailbox: int) -> None:
    """The recordings say the same: the frame came over the serial line, and no rule was broken."""
    findings = check(plant.directory)
    assert findings.ok, findings.violations
    assert findings.refused(mailbox, 0, time.monotonic_ns()) >= 1
    shape = layout(plant.directory)
    assert (mailbox, raw) in {(write.mailbox, write.raw) for write in bus_writes(plant.directory, shape)}


def _refused(plant: Running) -> int:
    """Refused frames, once the old owner has learnt that it is none any more and sends no further ones."""

    def count() -> int:
        status = plant.status()
        return sum(value for name, value in status.items() if name.startswith("frame_"))

    found = count()
    while True:
        time.sleep(0.1)
        if (now := count()) == found:
            return found
        found = now


def test_a_killed_gateway_is_gone_and_its_line_waits_for_the_next(plant: Running) -> None:
    plant.fault("kill", node="gw_b")
    with pytest.raises((OSError, AssertionError)):
        through(plant, "gw_b", _status_read(plant))
    plant.fault("restart", node="gw_b")
    wait_for("it serves again", lambda: through(plant, "net_b.gw_b", _status_read(plant))[0] == 3)
