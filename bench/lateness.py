"""How late heartbeats leave a real supervisor process whose journal and recorder write, with and without SCHED_FIFO."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import devices
from bench.devices import Ports
from bench.figure import MS, Figure, at_most, holds, quantile, shown
from bench.options import Measurement, Options
from otha.core.errors import HostError
from otha.core.inputs import Order
from otha.core.words import OrderKind
from otha.wire.client import WireClient
from otha.wire.errors import NoSupervisorError
from otha.wire.place import SOCKET_NAME

_PERIOD_MS = 100
_PAIRS = (13, 50)  # four channels each
_LIMITS_MS = {True: 1.0, False: 5.0}
_START_S = 30.0
_STOP_S = 10.0
_ORDERS_PER_S = 1
_FLOOR_S = 10.0
_SETTLE_S = 5.0  # all channels connect and all groups settle at once; that is told apart

_HEAD = """
format = 1

[site]
name = "bench"
simulation = true

[supervisor.sup]
domains = ["net_a", "net_b"]

[roles]
admin = ["@self"]

[domain]
net_a = {{ kind = "network" }}
net_b = {{ kind = "network" }}

[reference.ref_a]
profile = "sim_reference"
endpoint = "127.0.0.1:{references[0]}"
network = "net_a"

[reference.ref_b]
profile = "sim_reference"
endpoint = "127.0.0.1:{references[1]}"
network = "net_b"
"""

_PAIR = """
[node.n{pair}_a]
profile = "sim_soft_controller"
number = 1
frozen_after_ms = 300
domains = ["host_{pair}_a"]
channels.net_a = {{ endpoint = "127.0.0.1:{nodes[0]}", network = "net_a" }}
channels.net_b = {{ endpoint = "127.0.0.1:{nodes[1]}", network = "net_b" }}

[node.n{pair}_b]
profile = "sim_soft_controller"
number = 2
frozen_after_ms = 300
domains = ["host_{pair}_b"]
channels.net_a = {{ endpoint = "127.0.0.1:{nodes[2]}", network = "net_a" }}
channels.net_b = {{ endpoint = "127.0.0.1:{nodes[3]}", network = "net_b" }}

[domain.host_{pair}_a]
kind = "host"

[domain.host_{pair}_b]
kind = "host"

[section.s{pair}]
profile = "otha_gate"
paths.net_a = {{ endpoint = "127.0.0.1:{gates[0]}", network = "net_a" }}
paths.net_b = {{ endpoint = "127.0.0.1:{gates[1]}", network = "net_b" }}
status_base = {status_base}
command_base = 1200
frame_base = 1300
scan_ms = {scan_ms}
owner_watchdog_ms = {watchdog_ms}
hold_max_ms = {hold_max_ms}
outputs = [{{ name = "output", tolerance_pct = 0.5 }}]

[group.g{pair}]
mode = "hot"
target = "s{pair}"
members = [{{ node = "n{pair}_a", priority = 1 }}, {{ node = "n{pair}_b", priority = 2 }}]
arming = "armed"
fencing = "token_enforced"
detection = {{ period_ms = {period_ms}, misses = 3 }}
rpo_ms = 400
holdoff_s = 30
window_s = 600
max_in_window = 3
"""


def site_text(ports: Ports) -> str:
    """A site of redundant pairs, each with its gate, on these ports."""
    parts = [_HEAD.format(references=ports.references)]
    parts += [
        _PAIR.format(
            pair=pair,
            nodes=nodes,
            gates=gates,
            status_base=devices.STATUS_BASE,
            scan_ms=devices.SCAN_MS,
            watchdog_ms=devices.WATCHDOG_MS,
            hold_max_ms=devices.HOLD_MAX_MS,
            period_ms=_PERIOD_MS,
        )
        for pair, (nodes, gates) in enumerate(zip(ports.nodes, ports.gates, strict=True), 1)
    ]
    return "".join(parts)


def _python(fifo: bool, module: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", module, *arguments]
    return command if fifo else [sys.executable, "-m", "bench.ordinary", *command]


def _floor_ms(fifo: bool) -> float:
    """The p99.9 of a bare timer on this machine now."""
    command = _python(fifo, "bench.timer", str(_FLOOR_S))
    late = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return quantile(late, 999, 1000) / MS


@contextmanager
def supervisor(folder: Path, *, fifo: bool) -> "Iterator[subprocess.Popen[bytes]]":
    """`otha run` in a process of its own, answering. Raises HostError when it does not."""
    command = _python(fifo, "otha", "run", str(folder / "site.toml"), "--state", str(folder / "state"))
    with (folder / "otha.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until = time.monotonic() + _START_S
        while status_of(folder) is None:
            if process.poll() is not None or time.monotonic() > until:
                raise HostError(f"the supervisor did not start: {(folder / 'otha.log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def status_of(folder: Path) -> dict[str, Any] | None:
    """What the supervisor of this folder says of itself; None when none answers."""
    try:
        with WireClient(folder / "state" / SOCKET_NAME) as client:
            return client.status()
    except NoSupervisorError:
        return None


def _cpu_s(pid: int) -> float:
    """User and system time of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _give_orders(folder: Path, groups: list[str], seconds: float) -> int:
    """Acknowledge one group after the other, so that the journal has something to write; how many were answered."""
    given, due, until = 0, time.monotonic(), time.monotonic() + seconds
    with WireClient(folder / "state" / SOCKET_NAME) as client:
        while (due := due + 1 / _ORDERS_PER_S) < until:
            time.sleep(max(0.0, due - time.monotonic()))
            order = Order(
                id=f"bench-{given}",
                kind=OrderKind.ACKNOWLEDGE,
                group=groups[given % len(groups)],
                user="",
                client="bench",
                node=None,
                arming=None,
                comment="",
            )
            client.order(order)
            given += 1
    return given


def between(before: dict[str, int], after: dict[str, int]) -> dict[int, int]:
    """What a histogram has counted between two looks, by upper bounds in ns, rising."""
    counted = {int(bound): count - before.get(bound, 0) for bound, count in after.items()}
    return {bound: counted[bound] for bound in sorted(counted) if counted[bound]}


def quantile_of(counts: dict[int, int], parts: int, of: int) -> int:
    """The bound that `parts`/`of` of all counted do not exceed. Raises ValueError if nothing was counted."""
    rank = max(1, -(-sum(counts.values()) * parts // of))
    for bound, count in counts.items():
        rank -= count
        if rank <= 0:
            return bound
    raise ValueError("nothing was counted")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one supervisor showed. `late`: departures by lateness (ns) once it had started; `status` counts from 0."""

    status: dict[str, Any]
    late: dict[int, int]
    cpu_share: float
    beats_per_s: float
    orders: int


def _run(pairs: int, seconds: float, *, fifo: bool) -> _Run:
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as made, devices.running(pairs) as ports:
        folder = Path(made)
        (folder / "site.toml").write_text(site_text(ports), encoding="utf-8")
        with supervisor(folder, fifo=fifo) as process:
            time.sleep(_SETTLE_S)
            before, cpu_s, began = status_of(folder), _cpu_s(process.pid), time.monotonic()
            orders = _give_orders(folder, [f"g{pair}" for pair in range(1, pairs + 1)], seconds)
            took_s, cpu_s, after = time.monotonic() - began, _cpu_s(process.pid) - cpu_s, status_of(folder)
        if before is None or after is None:
            raise HostError("the supervisor stopped answering")
        late = between(before["loop"]["lateness_counts"], after["loop"]["lateness_counts"])
        beats = sum(late.values())
        return _Run(status=after, late=late, cpu_share=cpu_s / took_s, beats_per_s=beats / took_s, orders=orders)


def _figures(pairs: int, seconds: float, *, fifo: bool) -> Iterator[Figure]:
    name = f"{4 * pairs} channels, {'SCHED_FIFO' if fifo else 'no SCHED_FIFO'}"
    floors = [_floor_ms(fifo)]
    run = _run(pairs, seconds, fifo=fifo)
    floors.append(_floor_ms(fifo))
    refused = any("SCHED_FIFO" in notice for notice in run.status["notices"])
    if fifo and refused:
        yield shown(f"{name}: not measured", 0, "", note="this system refuses SCHED_FIFO")
        return
    yield holds(f"{name}: as meant", refused is not fifo, "; ".join(run.status["notices"]))
    loop = run.status["loop"]
    for percent in (50, 99):
        yield shown(f"{name}: p{percent}", quantile_of(run.late, percent, 100) / MS, "ms")
    p99_9, floor = quantile_of(run.late, 999, 1000) / MS, max(floors)
    note = f"{sum(run.late.values()):,} departures, {run.orders} orders; floor: a bare timer, {floor:.2f}"
    yield at_most(f"{name}: p99.9", p99_9, "ms", _LIMITS_MS[fifo], ratio=p99_9 / floor, note=note)
    whole = loop["lateness_ns"]
    note = f"with the first {_SETTLE_S:g} s: p99.9 {whole['p99_9'] / MS:.2f}, max {whole['max'] / MS:.2f}"
    yield shown(f"{name}: max", quantile_of(run.late, 1, 1) / MS, "ms", note=note)
    yield at_most(f"{name}: skipped", loop["skipped"], "", 0, note="since the start")
    following = sum(group["standing"] == "following" for group in run.status["groups"])
    on_time = sum(channel["pulse"] == "on_time" for channel in run.status["channels"])
    note = f"{following} of {pairs} groups follow, {on_time} of {4 * pairs} channels on time"
    yield holds(f"{name}: all well", (following, on_time) == (pairs, 4 * pairs) and not loop["defects"], note)
    note = f"{run.beats_per_s:,.0f} departures a second, gates and reference points included; all threads"
    yield shown(f"{name}: CPU", run.cpu_share * 100, "% of a core", note=note)
    yield shown(f"{name}: CPU per departure", run.cpu_share / run.beats_per_s * 1e6, "us")


def measure(options: Options) -> Iterator[Figure]:
    """Each number of channels with SCHED_FIFO, then without."""
    for pairs in _PAIRS:
        for fifo in (True, False):
            yield from _figures(pairs, options.lateness_s, fifo=fifo)


MEASUREMENT = Measurement(
    name="lateness",
    title="Lateness of heartbeats",
    what=f"`otha run` as a process of its own on redundant pairs, two channels a node at {_PERIOD_MS} ms, one gate a "
    f"pair; the devices are another process on the same cores. Journal and recorder write, one order a "
    "second comes in. Departure against its absolute deadline, from the supervisor's own status; the floor is a "
    "process of the same priority that does nothing but wake each millisecond, alone on the machine, before and after.",
    measure=measure,
)
