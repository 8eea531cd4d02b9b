"""The whole supervisor with its gate at the far end of a serial line: orders over the line, and the line pulled out."""

import signal
import socket
import struct
from pathlib import Path

from otha.site import Endpoint, load_site
from tests.runtime import test_supervisor as whole
from tests.runtime.slaves import Says, Slaves, plugged, with_crc

plant = whole.plant
UNIT = 3


class Bridge:
    """A slave that is the plant's PLC: what it is asked, it asks there."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def __call__(self, unit: int, pdu: bytes) -> Says:
        self._socket.sendall(struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu)
        head = self._exactly(7)
        reply = self._exactly(int.from_bytes(head[4:6], "big") - 1)
        return [(0, with_crc(bytes((unit,)) + reply))]

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise OSError("the plant hung up")
            data += more
        return data

    def close(self) -> None:
        self._socket.close()


def over_the_line(shipped: Path, slaves: Slaves, to: Path) -> Path:
    """The plant's site file with one path to the PLC, over the line."""
    text = shipped.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("paths.")]
    at = lines.index("status_base = 1000")
    lines.insert(at, f'paths.bus = {{ line = "bus", unit = {UNIT} }}')
    lines.insert(lines.index("[domain]") + 1, 'field = { kind = "network" }')
    lines += [
        "[line.bus]",
        f'device = "{slaves.device}"',
        "baud = 115200",
        'parity = "none"',
        'network = "field"',
        "turnaround_ms = 30",
    ]
    text = "\n".join(lines).replace("round_trip_ms = 2\n", "").replace("period_ms = 50", "period_ms = 150")
    to.write_text(text.replace("rpo_ms = 500", "rpo_ms = 1000"), encoding="utf-8")
    return to


def test_adopt_switch_over_lose_the_line_and_find_it_again(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    to_plc = load_site(plant).section("plc").paths[0].endpoint
    assert isinstance(to_plc, Endpoint)
    bridge = Bridge(to_plc.port)
    with plugged(tmp_path, units=(UNIT,)) as slaves:
        slaves.manners[UNIT] = bridge
        site = over_the_line(plant, slaves, tmp_path / "site.toml")
        with whole.supervising(site, state) as running:
            first = whole.wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
            whole.wait_for("switchover accepted", lambda: whole._switched(running))
            other = "sc_b" if first == "sc_a" else "sc_a"
            whole.wait_for("switched over", lambda: running.follows(other))
            slaves.pull_out()
            whole.wait_for("the gate is not seen", lambda: not running.group()["gate"]["seen"])
            # The line is no reason to move anything: both servers are alive, and so is the owner at the gate.
            assert running.group()["plan"] is None
            slaves.plug_in()
            whole.wait_for("the gate is seen again", lambda: running.group()["gate"]["seen"])
            assert running.follows(other) == other
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(whole.WAIT_S) == 0
    bridge.close()
    assert whole._replayed(state / "recordings") > 10
