"""A thousand Modbus nodes, and a hundred OPC UA nodes: what `otha run` needs for them, and how punctual it stays."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import devices, fleet
from bench.figure import MS, Figure, at_most, holds, shown
from bench.lateness import between, quantile_of, status_of, supervisor
from bench.options import Measurement, Options
from bench.processes import MIB, Use, family
from otha.core.errors import HostError

_MODBUS_NODES, _MODBUS_PERIOD_MS, _MODBUS_MEMBERS = 1000, 100, 8
_OPCUA_NODES, _OPCUA_PERIOD_MS, _OPCUA_MEMBERS = 100, 500, 4
_SETTLE_S = 10.0
_HALF_MODBUS_NODES = 500
_WAITING_MAX = 256  # beyond, the core decides on readings that are not the newest

_HEAD = """
format = 1

[site]
name = "scale"
simulation = true

[supervisor.sup]
domains = ["net_a"]

[roles]
admin = ["@self"]

[domain]
net_a = {{ kind = "network" }}

[reference.ref_a]
profile = "sim_reference"
endpoint = "127.0.0.1:{references[0]}"
network = "net_a"

[reference.ref_b]
profile = "sim_reference"
endpoint = "127.0.0.1:{references[1]}"
network = "net_a"
"""

_MODBUS_NODE = """
[node.{name}]
profile = "sim_soft_controller"
number = {number}
frozen_after_ms = 1000
channels.net_a = {{ endpoint = "127.0.0.1:{port}", network = "net_a" }}
"""

_OPCUA_NODE = """
[node.{name}]
profile = "generic_opcua"
number = {number}
cycle_ms = 20
frozen_after_ms = 5000
channels.net_a = {{ endpoint = "opc.tcp://127.0.0.1:{port}/otha", network = "net_a" }}
items.heartbeat = {{ node = "nsu={namespace};s=Heartbeat" }}
items.cycle = {{ node = "nsu={namespace};s=Cycle" }}
items.role = {{ node = "nsu={namespace};s={role}", codes = {{ "1" = "active", "2" = "standby" }} }}
"""

_GROUP = """
[section.s{group}]
profile = "otha_gate"
paths.net_a = {{ endpoint = "127.0.0.1:{gate}", network = "net_a" }}
status_base = {status_base}
command_base = 1200
frame_base = 1300
scan_ms = {scan_ms}
owner_watchdog_ms = {watchdog_ms}
hold_max_ms = {hold_max_ms}
outputs = [{{ name = "output", tolerance_pct = 0.5 }}]

[group.g{group}]
mode = "hot"
target = "s{group}"
members = [{members}]
arming = "observe"
fencing = "{fencing}"
detection = {{ period_ms = {period_ms}, misses = 3 }}
holdoff_s = 60
window_s = 600
max_in_window = 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """So many nodes of one protocol at one period, in groups of `members`."""

    protocol: str
    node: str
    nodes: int
    members: int
    period_ms: int
    fencing: str
    more: str = ""

    @property
    def name(self) -> str:
        """As it is called in the figures."""
        return f"{self.nodes} {self.protocol} nodes at {self.period_ms} ms"


MODBUS = Fleet(
    protocol="Modbus",
    node=_MODBUS_NODE,
    nodes=_MODBUS_NODES,
    members=_MODBUS_MEMBERS,
    period_ms=_MODBUS_PERIOD_MS,
    fencing="token_enforced",
    more="rpo_ms = 400\n",
)
HALF_MODBUS = replace(MODBUS, nodes=_HALF_MODBUS_NODES)
OPCUA = Fleet(
    protocol="OPC UA",
    node=_OPCUA_NODE,
    nodes=_OPCUA_NODES,
    members=_OPCUA_MEMBERS,
    period_ms=_OPCUA_PERIOD_MS,
    fencing="none",
)


def groups_text(kind: Fleet, nodes: Sequence[int], gates: Sequence[int], *, first: int = 0) -> str:
    """Groups of these nodes, one for each gate, numbered from `first`."""
    parts = []
    for group, gate in enumerate(gates):
        ports = nodes[group * kind.members : (group + 1) * kind.members]
        members = []
        for number, port in enumerate(ports, 1):
            name = f"n{first + group}_{number}"
            role = "Active" if number == 1 else "Standby"
            text = kind.node.format(name=name, number=number, port=port, role=role, namespace=fleet.NAMESPACE)
            parts.append(text)
            members.append(f'{{ node = "{name}", priority = {number} }}')
        parts.append(
            _GROUP.format(
                group=first + group,
                gate=gate,
                members=", ".join(members),
                fencing=kind.fencing,
                period_ms=kind.period_ms,
                status_base=devices.STATUS_BASE,
                scan_ms=devices.SCAN_MS,
                watchdog_ms=devices.WATCHDOG_MS,
                hold_max_ms=devices.HOLD_MAX_MS,
            )
            + kind.more
        )
    return "".join(parts)


def head_text(references: Sequence[int]) -> str:
    """What stands before the groups."""
    return _HEAD.format(references=references)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one supervisor showed over `seconds`, once it had started. `skipped`: in that time."""

    seconds: float
    started_s: float
    before: dict[str, Any]
    after: dict[str, Any]
    used: list[Use]
    used_before: list[Use]

    @property
    def late(self) -> dict[int, int]:
        return between(self.before["loop"]["lateness_counts"], self.after["loop"]["lateness_counts"])

    def cpu_share(self, which: slice) -> float:
        """Of one core, by those of the family that were there all the time."""
        earlier = {each.pid: each.cpu_s for each in self.used_before}
        return sum(each.cpu_s - earlier.get(each.pid, 0.0) for each in self.used[which]) / self.seconds


def _status(folder: Path) -> dict[str, Any]:
    status = status_of(folder)
    if status is None:
        raise HostError("the supervisor stopped answering")
    return status


def _run(kind: Fleet, seconds: float) -> _Run:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="otha-bench-")))
        around = stack.enter_context(fleet.running("modbus", kind.nodes, kind.members))
        others = stack.enter_context(fleet.running("opcua", kind.nodes)) if kind is OPCUA else around
        nodes = others.nodes
        text = head_text(around.references) + groups_text(kind, nodes, around.gates)
        (folder / "site.toml").write_text(text, encoding="utf-8")
        began = time.monotonic()
        process = stack.enter_context(supervisor(folder, fifo=True))
        started_s = time.monotonic() - began
        time.sleep(_SETTLE_S)
        before, used_before, began = _status(folder), family(process.pid), time.monotonic()
        time.sleep(seconds)
        after, used = _status(folder), family(process.pid)
        return _Run(
            seconds=time.monotonic() - began,
            started_s=started_s,
            before=before,
            after=after,
            used=used,
            used_before=used_before,
        )


def _figures(kind: Fleet, seconds: float) -> Iterator[Figure]:
    name = kind.name
    run = _run(kind, seconds)
    late, loop = run.late, run.after["loop"]
    note = f"{sum(late.values()):,} departures, gates and reference points included"
    skipped = loop["skipped"] - run.before["loop"]["skipped"]
    yield at_most(f"{name}: skipped", skipped, "", 0, note=f"{note}; {run.before['loop']['skipped']} while starting")
    for percent, of in ((50, 100), (99, 100), (999, 1000), (1, 1)):
        label = "max" if of == 1 else f"p{percent * 100 / of:g}"
        yield shown(f"{name}: lateness {label}", quantile_of(late, percent, of) / MS, "ms")
    waiting = loop["inbox"]
    note = f"{loop['coalesced'] - run.before['loop']['coalesced']:,} readings gave way to newer ones meanwhile"
    yield at_most(f"{name}: inputs waiting at the end", waiting, "", _WAITING_MAX, note=note)
    on_time = sum(channel["pulse"] == "on_time" for channel in run.after["channels"])
    note = f"{on_time} of {kind.nodes} channels on time at the end; {run.started_s:.1f} s to the first answer"
    yield holds(f"{name}: all on time", on_time == kind.nodes and not loop["defects"], note)
    lost = _met(run, "losses") + _met(run, "given_up") + _met(run, "refused")
    note = f"{_met(run, 'late')} late answers{_commonest_trouble(run)}"
    yield at_most(f"{name}: connections lost", lost, "", 0, note=note)
    supervisor_, workers = run.used[0], run.used[1:]
    note = "; ".join(notice for notice in run.after["notices"])
    yield shown(f"{name}: CPU of the supervisor", run.cpu_share(slice(1)) * 100, "% of a core", note=note)
    note = f"{supervisor_.descriptors} descriptors"
    yield shown(f"{name}: memory of the supervisor", supervisor_.memory / MIB, "MiB", note=note)
    if workers:
        note = f"{len(workers)} processes"
        yield shown(f"{name}: CPU of the workers", run.cpu_share(slice(1, None)) * 100, "% of a core", note=note)
        yield shown(f"{name}: memory of the workers", sum(each.memory for each in workers) / MIB, "MiB", note=note)


def _commonest_trouble(run: _Run) -> str:
    troubles = Counter(met["trouble"] for met in run.after["links"].values() if met["trouble"])
    return "".join(f"; {count} x {trouble}" for trouble, count in troubles.most_common(1))


def _met(run: _Run, counter: str) -> int:
    """How often the links met this since the settling."""
    before = run.before["links"]
    return sum(met[counter] - before[name][counter] for name, met in run.after["links"].items())


def measure(options: Options) -> Iterator[Figure]:
    """Each fleet once."""
    for kind in (HALF_MODBUS, MODBUS, OPCUA):
        yield from _figures(kind, options.lateness_s)


MEASUREMENT = Measurement(
    name="scale",
    title="Many nodes",
    what=f"`otha run` over {_HALF_MODBUS_NODES}, then {_MODBUS_NODES} Modbus nodes (groups of {_MODBUS_MEMBERS}, each "
    f"with its gate), then {_OPCUA_NODES} OPC UA nodes (groups of {_OPCUA_MEMBERS}), one channel a node. The Modbus "
    "servers are hand-written and share one process; the OPC UA endpoints lead to one asyncua server. Servers and "
    f"supervisor are on the same cores. Counted from {_SETTLE_S:g} s after the supervisor answers.",
    measure=measure,
)
