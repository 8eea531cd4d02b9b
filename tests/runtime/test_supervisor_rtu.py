"""The whole supervisor with its gate at the far end of a serial line: orders over the line, and the line pulled out."""

import json
import signal
import socket
import struct
from contextlib import ExitStack, closing
from pathlib import Path

from tests.runtime import test_supervisor as whole
from tests.runtime.slaves import Says, Slaves, plugged, silent, with_crc

plant = whole.plant
UNITS = {"plc": 3, "sc_a": 4, "sc_b": 5}


class Bridge:
    """A slave that is a device of the plant: what it is asked, it asks there."""

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
    """The plant's site file with the only path to the PLC, and one channel of each server, over the line."""
    text = shipped.read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        if line.startswith("paths.net_a"):
            lines.append(f'paths.bus = {{ line = "bus", unit = {UNITS["plc"]} }}')
        elif line.startswith("channels.net_b"):
            name = lines[-5].removeprefix("[node.").removesuffix("]")
            lines.append(f'channels.bus = {{ line = "bus", unit = {UNITS[name]} }}')
        elif not line.startswith("paths."):
            lines.append(line)
    lines.insert(lines.index("[domain]") + 1, 'field = { kind = "network" }')
    lines += [
        "[line.bus]",
        f'device = "{slaves.device}"',
        "baud = 115200",
        'parity = "none"',
        'network = "field"',
        "turnaround_ms = 30",
    ]
    text = "\n".join(lines)
    for old, new in (
        ("round_trip_ms = 40\n", ""),
        ("period_ms = 100, misses = 5", "period_ms = 400, misses = 3"),
        ('{ section = "plc",', '{ section = "plc", fresh_ms = 2000,'),
    ):
        assert old in text, f"the plant's site file has no {old!r} to change"
        text = text.replace(old, new)
    to.write_text(text, encoding="utf-8")
    return to


def test_adopt_switch_over_lose_the_line_and_find_it_again(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    ports = json.loads((plant.parent / "plant.json").read_text(encoding="utf-8"))["ports"]
    with ExitStack() as plant_lines, plugged(tmp_path, units=tuple(UNITS.values())) as slaves:
        bridges = {UNITS[name]: plant_lines.enter_context(closing(Bridge(ports[name]))) for name in UNITS}
        slaves.manners.update(bridges)
        site = over_the_line(plant, slaves, tmp_path / "site.toml")
        with whole.supervising(site, state) as running:
            first = whole.wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
            other = "sc_b" if first == "sc_a" else "sc_a"
            whole.wait_for("switched over", lambda: whole._switched(running, other))
            slaves.manners[UNITS[other]] = silent
            asked = len(slaves.asked(UNITS[first]))
            whole.wait_for(
                "a dead unit takes no turns from the others", lambda: len(slaves.asked(UNITS[first])) > asked + 5
            )
            # Its other channel lives, and the gate is still seen: nothing is moved.
            assert running.follows(other) == other
            slaves.pull_out()
            whole.wait_for("the gate is not seen", lambda: not running.group()["gate"]["seen"])
            assert running.group()["plan"] is None
            slaves.manners.update(bridges)
            slaves.plug_in()
            whole.wait_for("the gate is seen again", lambda: running.follows(other))
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(whole.WAIT_S) == 0
    assert whole._replayed(state / "recordings") > 10
