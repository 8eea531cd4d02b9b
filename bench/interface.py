"""OTHA's own OPC UA server under many clients, a flood of connections and changed bytes, and killed; and what that does
to heartbeats and to orders."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import devices, timer
from bench.figure import MS, Figure, at_most, holds, median, quantile, shown
from bench.lateness import between, quantile_of, site_text, status_of, supervisor
from bench.options import Measurement, Options
from bench.orderer import Orderer, carried_out
from bench.processes import MIB, Use, use
from bench.stations import Station, client_of, prepared
from otha.core.errors import HostError
from otha.wire.access import AccessRole
from sim.ports import free_ports

_PAIRS = 50
_CLIENTS, _SUBSCRIPTIONS = 20, 200
_SEED = 20_261
_INPUTS_PER_COUNT = 40  # of each layer
_ORDERS_PER_COUNT = 4
_KILLS_PER_COUNT = 0.1
_PHASE_MAX_S = 30.0
_SETTLE_S = 5.0
_STEADY_S = 11.0  # a process that was up for ten seconds is started again at once
_ORDER_EVERY_S = 0.1
_SERVED_WITHIN_S = 60.0
_ORDER_LIMIT_MS = 100.0
_BACK_LIMIT_S = 5.0
_LATE_LIMITS_MS = {True: 5.0, False: 15.0}
_ORDERS = "bench-interface"
_TABLE = """
[interface]
endpoint = "127.0.0.1:{port}"
sessions = 100
connections = 200
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phase:
    """What one load showed. `said`: what the load itself tells at its end. `floor_ns`: the lateness of a bare timer
    beside it."""

    name: str
    seconds: float
    late: dict[int, int]
    skipped: int
    orders: int
    before: Use
    after: Use
    said: dict[str, Any]
    floor_ns: list[int]


@contextmanager
def _load(kind: str, station: Station, *options: str) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "bench.interface_load", kind, station.to_json(), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


class _Rig:
    """One supervisor with its interface, and who orders all the while."""

    def __init__(self, folder: Path, stations: dict[str, Station], *, fifo: bool) -> None:
        self._folder = folder
        self._ordinary = () if fifo else (sys.executable, "-m", "bench.ordinary")
        self._stations = stations
        self.orderer = Orderer(stations["shift"], [f"g{pair}" for pair in range(1, _PAIRS + 1)], _ORDERS)

    def status(self) -> dict[str, Any]:
        """The supervisor's. Raises HostError."""
        status = status_of(self._folder)
        if status is None:
            raise HostError("the supervisor stopped answering")
        return status

    def interface(self) -> int:
        """The interface's process. Raises HostError."""
        pid: int | None = self.status()["outside"]["interface"]["pid"]
        if pid is None:
            raise HostError("there is no interface")
        return pid

    async def served(self) -> float:
        """How long it takes until a new client is served. Raises HostError."""
        began = time.monotonic()
        while time.monotonic() < began + _SERVED_WITHIN_S:
            with suppress(Exception):
                async with asyncio.timeout(_SERVED_WITHIN_S), await client_of(self._stations["display"]) as client:
                    await client.nodes.server_state.read_value()
                    return time.monotonic() - began
            await asyncio.sleep(0.05)
        raise HostError("no client was served")

    async def phase(self, name: str, seconds: float, kind: str = "", *options: str) -> _Phase:
        """Order under a load for so long, or for as long as it goes by itself."""
        with ExitStack() as stack:
            load = stack.enter_context(_load(kind, self._stations["display"], *options)) if kind else None
            if load is not None:
                assert load.stdout is not None
                await asyncio.to_thread(load.stdout.readline)
            pid = self.interface()
            before, used, began, orders = self.status(), use(pid), time.monotonic(), len(self.orderer.given.answered)
            with timer.beside(*self._ordinary) as floor_ns:
                if load is not None and kind == "fuzz":
                    await self.orderer.until(lambda: load.poll() is not None, every_s=_ORDER_EVERY_S)
                else:
                    await self.orderer.until(lambda: time.monotonic() > began + seconds, every_s=_ORDER_EVERY_S)
            after, took_s = self.status(), time.monotonic() - began
            # One that has died meanwhile is told apart by its number.
            used_after = use(self.interface())
            said: dict[str, Any] = {}
            if load is not None:
                assert load.stdin is not None
                assert load.stdout is not None
                load.stdin.close()
                said = json.loads(await asyncio.to_thread(load.stdout.readline) or "{}")
        return _Phase(
            name=name,
            seconds=took_s,
            late=between(before["loop"]["lateness_counts"], after["loop"]["lateness_counts"]),
            skipped=after["loop"]["skipped"] - before["loop"]["skipped"],
            orders=len(self.orderer.given.answered) - orders,
            before=used,
            after=used_after,
            said=said,
            floor_ns=floor_ns,
        )

    async def orders(self, count: int) -> list[float]:
        """Seconds from the call to its answer, of a client that is in."""
        await self.orderer.connect()
        end = len(self.orderer.given.answered) + count
        await self.orderer.until(lambda: len(self.orderer.given.answered) >= end)
        return self.orderer.given.took_s[-count:]

    async def killed(self) -> float:
        """Seconds from a kill to a client that is served again; orders are given all the while."""
        began = time.monotonic()
        await self.orderer.until(lambda: time.monotonic() > began + _STEADY_S, every_s=_ORDER_EVERY_S)
        os.kill(self.interface(), signal.SIGKILL)
        back = asyncio.create_task(self.served())
        await self.orderer.until(back.done, every_s=_ORDER_EVERY_S)
        return await back


def _of_phase(phase: _Phase, name: str, *, fifo: bool) -> Iterator[Figure]:
    late = phase.late
    note = f"{sum(late.values()):,} departures in {phase.seconds:.0f} s; {phase.orders} orders answered meanwhile"
    limit = _LATE_LIMITS_MS[fifo]
    p99_9, floor = quantile_of(late, 999, 1000) / MS, quantile(phase.floor_ns, 999, 1000) / MS
    note = f"{note}; a bare timer beside it: {floor:.2f}"
    yield at_most(f"{name}: lateness p99.9", p99_9, "ms", limit, note=note, ratio=p99_9 / floor)
    yield shown(f"{name}: lateness max", quantile_of(late, 1, 1) / MS, "ms")
    yield at_most(f"{name}: skipped", phase.skipped, "", 0)
    same = phase.before.pid == phase.after.pid
    note = f"{phase.before.memory / MIB:.0f} MiB before" if same else "it died and was started again"
    yield shown(f"{name}: memory of the interface", phase.after.memory / MIB, "MiB", note=note)
    if same:
        share = (phase.after.cpu_s - phase.before.cpu_s) / phase.seconds
        yield shown(f"{name}: CPU of the interface", share * 100, "% of a core", note=_told(phase.said))


def _told(said: dict[str, Any]) -> str:
    return ", ".join(f"{value:,} {key}" for key, value in said.items() if isinstance(value, int))


def _of_fuzz(phase: _Phase, name: str) -> Iterator[Figure]:
    layers: dict[str, Any] = phase.said.get("layers", {})
    inputs = sum(layer["inputs"] for layer in layers.values())
    yield holds(f"{name}: ran to its end", bool(inputs), f"seed {_SEED}, {inputs:,} inputs")
    for layer_name, layer in layers.items():
        ends = ", ".join(f"{count:,} {end}" for end, count in sorted(layer["ends"].items()))
        note = f"{layer['inputs']:,} inputs, median {layer['median_s'] * 1e3:.1f} ms; {ends}"
        yield shown(f"{name}, {layer_name}: longest wait for an input", layer["max_s"] * 1e3, "ms", note=note)
    same = phase.before.pid == phase.after.pid
    yield holds(f"{name}: the interface lived through it", same, "")
    if same and inputs:
        cpu_ms = (phase.after.cpu_s - phase.before.cpu_s) / inputs * 1e3
        grown = (phase.after.memory - phase.before.memory) / inputs
        yield shown(f"{name}: CPU for an input", cpu_ms, "ms", note="with the orders and connections around it")
        yield shown(f"{name}: memory grown for an input", grown, "B")


async def _phases(rig: _Rig, options: Options, *, fifo: bool) -> list[Figure]:
    name = "SCHED_FIFO" if fifo else "no SCHED_FIFO"
    seconds, figures = min(options.lateness_s, _PHASE_MAX_S), list[Figure]()
    await rig.served()
    await asyncio.sleep(_SETTLE_S)
    took_ms = [each * 1e3 for each in await rig.orders(_ORDERS_PER_COUNT * options.count)]
    note = f"{len(took_ms)} orders one after the other; p99 {quantile(took_ms, 99, 100):.0f} ms, max {max(took_ms):.0f}"
    figures.append(at_most(f"{name}: order to answer, median", median(took_ms), "ms", _ORDER_LIMIT_MS, note=note))
    figures.append(shown(f"{name}: order to answer, p99", quantile(took_ms, 99, 100), "ms"))
    figures += _of_phase(await rig.phase("alone", seconds), f"{name}, one client", fifo=fifo)
    many = ("--clients", str(_CLIENTS), "--subscriptions", str(_SUBSCRIPTIONS))
    phase = await rig.phase("clients", seconds, "clients", *many)
    figures += _of_phase(phase, f"{name}, {_CLIENTS} clients x {_SUBSCRIPTIONS} subscriptions", fifo=fifo)
    figures += _of_phase(await rig.phase("flood", seconds, "flood"), f"{name}, flood of connections", fifo=fifo)
    inputs = _INPUTS_PER_COUNT * options.count
    phase = await rig.phase("fuzz", 0.0, "fuzz", "--seed", str(_SEED), "--inputs", str(inputs))
    figures += _of_phase(phase, f"{name}, fuzz", fifo=fifo)
    figures += _of_fuzz(phase, f"{name}, fuzz")
    kills = [await rig.killed() for _ in range(max(2, round(_KILLS_PER_COUNT * options.count)))]
    note = f"{len(kills)} kills, {_STEADY_S:g} s and more apart; median {median(kills):.1f} s"
    figures.append(at_most(f"{name}: killed to a client served again, max", max(kills), "s", _BACK_LIMIT_S, note=note))
    await rig.orderer.close()
    return figures


def _of_orders(rig: _Rig, journal: Path, name: str) -> Iterator[Figure]:
    """Every order against the journal, by its id."""
    given, counts = rig.orderer.given, carried_out(journal, _ORDERS)
    failed = "; ".join(f"{count} x {what}" for what, count in given.failed.most_common(5))
    note = f"{len(given.answered):,} answered, {len(given.repeated)} of them only when repeated ({failed or 'none'})"
    yield at_most(f"{name}: orders without an answer", len(given.unanswered), "", 0, note=note)
    lost = [each for each in given.answered if not counts.get(each)]
    yield at_most(f"{name}: orders answered and not in the journal", len(lost), "", 0, note=", ".join(lost[:3]))
    twice = [each for each, count in counts.items() if count > 1]
    yield at_most(f"{name}: orders carried out twice", len(twice), "", 0, note=", ".join(twice[:3]))


def _run(options: Options, *, fifo: bool) -> Iterator[Figure]:
    name = "SCHED_FIFO" if fifo else "no SCHED_FIFO"
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as made, devices.running(_PAIRS) as ports:
        folder, port = Path(made), free_ports(["interface"])["interface"]
        roles = {"display": AccessRole.VIEWER, "shift": AccessRole.OPERATOR}
        stations = prepared(folder, port, roles)
        (folder / "site.toml").write_text(site_text(ports) + _TABLE.format(port=port), encoding="utf-8")
        with supervisor(folder, fifo=fifo):
            rig = _Rig(folder, stations, fifo=fifo)
            yield from asyncio.run(_phases(rig, options, fifo=fifo))
            following = sum(group["standing"] == "following" for group in rig.status()["groups"])
            note = f"{following} of {_PAIRS} groups follow at the end"
            yield holds(f"{name}: supervision went on", not rig.status()["loop"]["defects"], note)
        yield from _of_orders(rig, folder / "state" / "journal", name)


def measure(options: Options) -> Iterator[Figure]:
    """With SCHED_FIFO, then without."""
    for fifo in (True, False):
        yield from _run(options, fifo=fifo)


MEASUREMENT = Measurement(
    name="interface",
    title="OTHA's own OPC UA server",
    what=f"`otha run` on {_PAIRS} redundant pairs ({4 * _PAIRS} channels at 100 ms) with its interface, all on one "
    "machine. A client orders acknowledgements all the while and repeats with the same id what got no answer. Then "
    f"{_CLIENTS} clients with {_SUBSCRIPTIONS} subscriptions each, a flood of 200 connections a second from 16 "
    "addresses, and valid messages with bytes changed at every layer (of a trusted client, too); the loads are "
    "processes of a lower priority on the same cores. Then the interface is killed. Orders are counted against the "
    "journal by their ids.",
    measure=measure,
    on_request=True,
)
