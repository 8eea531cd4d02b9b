"""The HMI: its first frame, what many groups cost it, a fault's way to a pixel, long lists."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figure import MS, Figure, at_most, holds, median, quantile, shown
from bench.options import Measurement, Options
from bench.played_interface import PASSWORD, USER, PlayedInterface
from bench.processes import MIB, Use, use
from otha.core.errors import HostError
from otha.demo.display import BESIDE, Display
from otha.demo.play import TWO_TANKS, write_site
from otha.demo.stage import Stage, wait_for

_GROUPS, _PER_S = 200, 5.0
_EVENTS, _ALARMS, _SEED = 1_000_000, 10_000, 20_261
_STARTS = 5
_FAULTS_MAX = 20
_SETTLE_S = 5.0
_HELD_S = 20.0
_WITHIN_S = 180.0
_FRAME_LIMIT_MS, _CORE_LIMIT, _MEMORY_LIMIT_MIB, _PIXEL_LIMIT_MS, _LIST_LIMIT_MS = 2000.0, 25.0, 200.0, 500.0, 200.0
_PASSWORD_VARIABLE = "OTHA_HMI_PASSWORD"


class _Station:
    """A process of `bench.hmi_station` and the lines that it says."""

    def __init__(self, deed: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
        self.began_ns = time.monotonic_ns()
        command = [sys.executable, "-m", "bench.hmi_station", deed, *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def line(self) -> dict[str, Any]:
        """The next one. Raises HostError when it has ended."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise HostError("the station has ended before its time")
        found: dict[str, Any] = json.loads(said)
        return found

    def line_with(self, key: str) -> dict[str, Any]:
        """The next one that has this."""
        while key not in (said := self.line()):
            pass
        return said

    def ask(self) -> dict[str, Any]:
        """What it answers to a line."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.line()

    @property
    def used(self) -> Use:
        """What it uses now."""
        return use(self._process.pid)

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


@contextmanager
def _station(deed: str, arguments: Sequence[str], environment: dict[str, str]) -> Iterator[_Station]:
    made = _Station(deed, arguments, environment)
    try:
        yield made
    finally:
        made.end()


@contextmanager
def _big_site() -> Iterator[tuple[PlayedInterface, list[str], dict[str, str]]]:
    """An interface that shows many groups, and the arguments and environment of a station that it lets in."""
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as made:
        folder = Path(made)
        keys = folder / "hmi"
        told = subprocess.run(
            [sys.executable, "-m", "hmi", "--certificate", "--dir", str(keys)],
            check=True,
            capture_output=True,
            text=True,
        )
        certificate = Path(told.stdout.strip()).read_bytes()
        (folder / "state").mkdir(mode=0o700)
        played = PlayedInterface(folder / "state", certificate, groups=_GROUPS, per_s=_PER_S)
        try:
            arguments = [played.url, "--user", USER, "--trust", played.fingerprint, "--dir", str(keys)]
            yield played, arguments, {**os.environ, _PASSWORD_VARIABLE: PASSWORD}
        finally:
            played.end()


def _starts(arguments: list[str], environment: dict[str, str]) -> Iterator[Figure]:
    frames, groups = [], []
    for _ in range(_STARTS):
        with _station("start", arguments, environment) as station:
            frames.append((station.line_with("frame")["frame"] - station.began_ns) / MS)
            groups.append((station.line_with("groups")["groups"] - station.began_ns) / MS)
    note = f"{_STARTS} new processes; median {median(frames):.0f} ms"
    yield at_most("start: first frame, max", max(frames), "ms", _FRAME_LIMIT_MS, note=note)
    note = f"connected, {_GROUPS} groups browsed and subscribed; median {median(groups):.0f} ms"
    yield shown(f"start: first frame with {_GROUPS} groups, max", max(groups), "ms", note=note)


def _held(played: PlayedInterface, arguments: list[str], environment: dict[str, str]) -> Iterator[Figure]:
    name = f"{_GROUPS} groups at {_PER_S:g} Hz"
    with _station("hold", arguments, environment) as station:

        def connected() -> bool | None:
            told = station.ask()
            return (told["groups"] == _GROUPS and not told["stale"]) or None

        wait_for(connected, within_s=_WITHIN_S, what="the station shows all groups")
        time.sleep(_SETTLE_S)
        painted, before, served, began = (
            station.ask()["painted"],
            station.used,
            use(played.process.pid),
            time.monotonic(),
        )
        time.sleep(_HELD_S)
        told, after, took_s = station.ask(), station.used, time.monotonic() - began
        share = (after.cpu_s - before.cpu_s) / took_s * 100
        frames = (told["painted"] - painted) / took_s
        note = f"every group's tile changes {_PER_S:g} times a second; {frames:.1f} frames a second painted"
        yield at_most(f"{name}: CPU", share, "% of a core", _CORE_LIMIT, note=note)
        yield at_most(f"{name}: memory", after.memory / MIB, "MiB", _MEMORY_LIMIT_MIB)
        yield holds(f"{name}: nothing is stale", not told["stale"], f"{told['groups']} groups at the end")
        beside = use(played.process.pid)
        note = f"{beside.memory / MIB:.0f} MiB"
        yield shown(
            f"{name}: CPU of the interface", (beside.cpu_s - served.cpu_s) / took_s * 100, "% of a core", note=note
        )


def _to_pixel(count: int) -> Iterator[Figure]:
    """The standby of a live plant is killed, again and again."""
    took_ms: list[float] = []
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as made:
        folder = Path(made)
        template, _ = write_site(folder, None, TWO_TANKS)
        display = Display(folder, BESIDE, folder)
        template.write_text(template.read_text(encoding="utf-8") + display.site_lines(), encoding="utf-8")
        with Stage(folder, template=template, plant=TWO_TANKS) as stage:
            display.admit(stage)
            with _station("watch", display.arguments(), display.environment()) as station:
                for _ in range(count):
                    standby = _until(station, lambda nodes: nodes.count("alive ACTIVE") == 1)
                    time.sleep(_SETTLE_S / 5)
                    at_ns = stage.fault("kill", node=standby)
                    while (said := station.line_with("changed"))["changed"] < at_ns:
                        pass
                    took_ms.append((said["changed"] - at_ns) / MS)
                    stage.fault("restart", node=standby)
    note = (
        f"{len(took_ms)} kills of a standby of the two tanks (3 heartbeats of 50 ms); median {median(took_ms):.0f} ms"
    )
    yield at_most("fault to pixel, max", max(took_ms), "ms", _PIXEL_LIMIT_MS, note=note)
    yield shown("fault to pixel, p90", quantile(took_ms, 9, 10), "ms")


def _until(station: _Station, well: Callable[[list[str]], bool]) -> str:
    """Wait until both nodes are alive and one drives; the other one's name."""
    while True:
        nodes: dict[str, str] = station.line_with("nodes")["nodes"]
        if well(list(nodes.values())) and list(nodes.values()).count("alive STANDBY") == 1:
            return next(name for name, said in nodes.items() if said == "alive STANDBY")


def _lists() -> Iterator[Figure]:
    command = [sys.executable, "-m", "bench.hmi_station", "lists", str(_EVENTS), str(_ALARMS), str(_SEED)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        told.update(json.loads(line))
    for of, count in (("events", _EVENTS), ("alarms", _ALARMS)):
        scrolled, filtered = told[f"{of}_scrolled"], told[f"{of}_filtered"]
        note = f"{len(scrolled)} places at random, to the frame that shows them; median {median(scrolled):.0f} ms"
        yield at_most(f"{count:,} {of}: scroll, max", max(scrolled), "ms", _LIST_LIMIT_MS, note=note)
        note = f"{len(filtered)} words; median {median(filtered):.0f} ms"
        if of == "events":
            note += "; the search itself is the server's"
        yield at_most(f"{count:,} {of}: filter, max", max(filtered), "ms", _LIST_LIMIT_MS, note=note)
    yield shown(f"{_ALARMS:,} alarms: taken anew, max", max(told["alarms_taken"]), "ms")


def measure(options: Options) -> Iterator[Figure]:
    """All of it."""
    with _big_site() as (played, arguments, environment):
        yield from _starts(arguments, environment)
        yield from _held(played, arguments, environment)
    yield from _to_pixel(min(options.count, _FAULTS_MAX))
    yield from _lists()


MEASUREMENT = Measurement(
    name="hmi",
    title="The HMI",
    what="A station of its own process, off the screen, over OPC UA with certificate and user. First an interface "
    f"that is fed with {_GROUPS} groups whose tiles all change {_PER_S:g} times a second; then the two tanks, "
    "supervised, whose standby is killed: until a pixel of its tile has changed. The lists are measured without a "
    "server: their rows come by the next turn of the GUI's loop.",
    measure=measure,
)
