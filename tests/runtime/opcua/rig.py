"""Servers as processes, a site around them, and a pool of workers whose heartbeats a test sends one by one."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from otha.certificates import OwnIdentity
from otha.core.inputs import HeartbeatEnded, Input
from otha.core.words import Answer
from otha.runtime.opcua.link import OpcuaLink
from otha.runtime.opcua.pool import OpcuaPool
from otha.runtime.probes.opcua import OpcuaProbe
from otha.runtime.scheduler import Scheduler
from otha.runtime.wiring import opcua_timing
from otha.site.load import load_site
from otha.site.model import Site
from otha.site.opcua import OpcuaDecoder
from tests.opcua_standard import kept_in
from tests.site.examples import TWO_TANKS

MS = 1_000_000
WAIT_S = 60.0
NS = "nsu=urn:otha:test;s="
PERIOD_MS = 400

ITEMS = f"""
heartbeat = {{ node = "{NS}Heartbeat" }}
cycle = {{ node = "{NS}Cycle" }}
role = {{ node = "{NS}Role", codes = {{ "1" = "active", "2" = "standby" }} }}
position = {{ node = "{NS}Position" }}
data_age_ms = {{ node = "{NS}Data", source_age = true }}
"""


class ServerProcess:
    """A server of `tests/runtime/opcua/server.py`."""

    def __init__(self, **settings: Any) -> None:
        told = json.dumps({"standard": str(kept_in()), **settings})
        command = [sys.executable, "-m", "tests.runtime.opcua.server", told]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said:
            self.end()
        assert said, "the server did not start"
        self.port = int(said)
        self.url = f"opc.tcp://127.0.0.1:{self.port}/otha"

    def order(self, **order: Any) -> None:
        """Give an order and wait until it is carried out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def end(self) -> None:
        """Kill it and wait for its end."""
        self.process.kill()
        self.process.wait(WAIT_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def site_text(urls: dict[str, str], *, items: str = ITEMS, more: str = "", profile: str = "generic_opcua") -> str:
    """The demo site with OPC UA nodes. `urls` by channel name ("sc_a.net_a"); what is not named leads nowhere."""
    text = TWO_TANKS.read_text(encoding="utf-8")
    text = text.replace(
        "detection = { period_ms = 50, misses = 3 }", f"detection = {{ period_ms = {PERIOD_MS}, misses = 3 }}"
    )
    start, end = text.index("tracked = [\n"), text.index("\n\n[group.tanks.interlock.key_out]")
    text = text[:start] + "tracked = []" + text[end:]
    text = text.replace("rpo_ms = 500\n", "").replace("holdoff_s = 30", "holdoff_s = 60")
    text = text.replace('fencing = "token_enforced"', 'fencing = "none"')
    text = text.replace("hold_max_ms = 10_000", "hold_max_ms = 60_000")
    for node in ("sc_a", "sc_b"):
        head = f'[node.{node}]\nprofile = "sim_soft_controller"\n'
        assert head in text
        text = text.replace(head, f'[node.{node}]\nprofile = "{profile}"\ncycle_ms = 10\nfrozen_after_ms = 2000\n')
        tables = f"\n[node.{node}.items]{items}" if items else ""
        text = text.replace(
            "# --- what they drive ---", f"{tables}{more.replace('NODE', node)}\n# --- what they drive ---"
        )
    for old, name in ((15011, "sc_a.net_a"), (15021, "sc_a.net_b"), (15012, "sc_b.net_a"), (15022, "sc_b.net_b")):
        text = text.replace(f'"127.0.0.1:{old}"', f'"{urls.get(name, f"opc.tcp://127.0.0.1:{old}/none")}"')
    return text


def opcua_site(folder: Path, urls: dict[str, str], **more: str) -> Site:
    """That site, loaded."""
    path = folder / "site.toml"
    path.write_text(site_text(urls, **more), encoding="utf-8")
    return load_site(path)


class Rig:
    """A pool that serves some channels of a site."""

    def __init__(
        self, site: Site, scheduler: Scheduler, names: tuple[str, ...], own: OwnIdentity | None, **pool: int
    ) -> None:
        self.pool = OpcuaPool(scheduler, own, **pool)
        self.links: dict[str, OpcuaLink] = {}
        self.probes: dict[str, OpcuaProbe] = {}
        self.ended: dict[str, list[tuple[HeartbeatEnded, int]]] = {}
        self._more = asyncio.Event()
        for cfg in site.core.channels:
            if cfg.name not in names:
                continue
            node = site.node(cfg.node)
            (channel,) = (each for each in node.channels if each.name == cfg.name)
            assert isinstance(node.decoder, OpcuaDecoder)
            link = self.pool.make(channel, node, node.decoder, opcua_timing(cfg.period_ns, cfg.deadline_ns))
            self.links[cfg.name] = link
            self.probes[cfg.name] = OpcuaProbe(
                cfg.name, cfg.deadline_ns, node.decoder, link, self._put, switches={}, is_member=True
            )
            self.ended[cfg.name] = []

    def _put(self, raw: Input, at_ns: int) -> None:
        assert isinstance(raw, HeartbeatEnded)
        self.ended[raw.channel].append((raw, at_ns))
        self._more.set()

    async def ready(self) -> None:
        """Wait until every worker serves."""
        async with asyncio.timeout(WAIT_S):
            while not all(link.is_connected for link in self.links.values()):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async def beat(self, name: str) -> HeartbeatEnded:
        """Send one heartbeat and wait for its first end."""
        before = len(self.ended[name])
        self.probes[name].depart(time.monotonic_ns())
        await self.reach(name, before + 1)
        return self.ended[name][before][0]

    async def reach(self, name: str, number: int) -> None:
        """Wait for so many ends on a channel."""
        async with asyncio.timeout(WAIT_S):
            while len(self.ended[name]) < number:
                self._more.clear()
                await self._more.wait()

    async def until(self, name: str, answer: Answer) -> HeartbeatEnded:
        """Send heartbeats until one is answered so."""
        async with asyncio.timeout(WAIT_S):
            while True:
                ended = await self.beat(name)
                if ended.answer is answer:
                    return ended
                await asyncio.sleep(0.02)


@asynccontextmanager
async def rigged(
    scheduler: Scheduler, site: Site, *names: str, own: OwnIdentity | None = None, **pool: int
) -> AsyncIterator[Rig]:
    """A rig whose workers are ready."""
    rig = Rig(site, scheduler, names, own, **pool)
    async with asyncio.TaskGroup() as tasks:
        rig.pool.start(tasks)
        rig.pool.lodge(list(rig.links.values()), time.monotonic_ns())
        try:
            await rig.ready()
            yield rig
        finally:
            rig.pool.stop()
