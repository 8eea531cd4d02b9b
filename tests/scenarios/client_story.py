"""Stories of paths and stores: `config kind path` or `config kind store`.

Path: the servers "s" (it drives) and "t" reach the section through the gateway that each has chosen, "a" or "b"; the
servers' group hangs on the gateways' (`upstream`). Store: the collector "x" writes to the historian it has chosen.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from otha.core.config import GroupConfig
from otha.core.effects import Backfill, Demote, Effect, Grant, Promote, Release, Select
from otha.core.inputs import NodeReading, Record, SelectorPolled
from otha.core.words import Answer, Milestone, Outcome
from sim.registers import Frame
from tests.core.build import (
    MS,
    group_config,
    node_config,
    path_config,
    selector_config,
    site_config,
    store_config,
    timing,
)
from tests.scenarios.client_model import ClientModel, StoreModel
from tests.scenarios.gate_model import GateModel
from tests.scenarios.node_model import CYCLE_MS, NodeModel
from tests.scenarios.story import COMMAND_MS, PERIOD_MS, Script, Story, failback

_SERVERS = {"s": 1, "t": 2}
# What clients and stores did is read back at the pace of polls and heartbeats, not of a gate.
_TIMING = timing(fence_ns=60 * MS, promote_ns=120 * MS, redirect_ns=120 * MS, verify_ns=120 * MS, backfill_ns=500 * MS)


class ClientStory(Story):
    """The plant of a path or a store, OTHA, and what passes between them."""

    def __init__(self, script: Script) -> None:
        changes = dict(script.config)
        self.kind = changes.pop("kind")
        changes["failback"] = failback(changes)
        super().__init__(Script({}, script.timed, script.triggered))
        self.clients: dict[str, ClientModel] = {}
        self.stores: dict[str, StoreModel] = {}
        self.produced = self.delivered = 0
        self.commands: list[tuple[int, Effect]] = []
        self.queues: dict[str, list[Frame]] = {"a": [], "b": []}
        self.group, groups = _path(changes) if self.kind == "path" else _store(changes)
        self.cfg = site_config(groups)
        for number, name in enumerate("ab", 1):
            self.nodes[name] = NodeModel(name, number, session=100 * number)
        if self.kind == "path":
            self.nodes |= {name: NodeModel(name, number, session=number) for name, number in _SERVERS.items()}
            self.gate = GateModel(_SERVERS)
            self.clients = {name: ClientModel(node=1) for name in _SERVERS}
        else:
            self.stores = {name: StoreModel(self.nodes[name]) for name in "ab"}
            self.clients = {"x": ClientModel(node=1)}
        self.stored: dict[str, Record | None] = {}

    # The plant

    def _commission(self) -> None:
        if self.kind == "path":
            self.gate.command(Grant(node="s", epoch=1, boot=9))
            self.gate.command(Release(node="s", epoch=1))
        else:
            self.stores["a"].order(1, active=True)
        for _ in range(20):
            self._plant()
            self.now += 5
        self.now = 0
        self.lines.clear()
        done = Record(epoch=1, active="a", claim=None, milestone=Milestone.DONE, revision="r0")
        self.stored = {group.name: done for group in self.cfg.groups}
        if self.kind == "path":
            self.stored["servers"] = replace(done, active="s")

    def _driver(self) -> str:
        if self.kind == "path":
            number = self.gate.driven_by
            return next((name for name, own in _SERVERS.items() if own == number), "nobody")
        writes = next((s.node.name for s in self.stores.values() if s.active and s.works), "nobody")
        left = self.produced - max(len(s.rows) for s in self.stores.values() if s.works)
        return f"{writes}, with {self.stores[writes].missing if writes in self.stores else left} rows missing"

    def _plant(self) -> None:
        for name in "ab":
            node = self.nodes[name]
            node.cycle += node.lives and node.runs and node.works
        if self.kind == "store":
            self._collect()
            return
        frames = dict(self.stray)
        self.stray.clear()
        if self.now % CYCLE_MS == 0:
            for server, number in _SERVERS.items():
                frame = self.nodes[server].control(self.gate.gate, None)
                if frame is not None:
                    self._by_way(server, number, frame, frames)
        self._scan(frames)

    def _by_way(self, server: str, number: int, frame: Frame, frames: dict[int, Frame]) -> None:
        way = self.nodes["ab"[self.clients[server].node - 1]]
        if way.lives and not way.runs:
            # It goes on taking what is sent until its queue is full.
            self.queues[way.name] = [*self.queues[way.name], frame][:2]
        elif way.lives and "serial" not in self.cut:
            frames.setdefault(number, frame)

    def _collect(self) -> None:
        if self.now % CYCLE_MS:
            return
        self.produced += 1
        client = self.clients["x"]
        chosen = next((s for s in self.stores.values() if s.node.number == client.node), None)
        if chosen is not None and chosen.take(client.epoch, set(range(self.delivered + 1, self.produced + 1))):
            self.delivered = self.produced
        for store, peer in (("a", "b"), ("b", "a")):
            self.stores[store].feed(self.stores[peer])

    # What reaches OTHA

    def _network(self) -> None:
        super()._network()
        for name, client in self.clients.items():
            if self.now % PERIOD_MS == 0 and not client.away:
                self._feed(SelectorPolled(selector=name, answer=Answer.REPLIED, reading=client.reading()))

    def _reading(self, name: str) -> NodeReading:
        return self.stores[name].reading() if name in self.stores else self.nodes[name].reading()

    def _gate_lost(self) -> bool:
        return self.kind == "store" or super()._gate_lost()

    # What OTHA's effects do

    def _carry_out(self, effect: Effect) -> None:
        do = effect.do
        if not isinstance(do, Select | Promote | Demote | Backfill):
            super()._carry_out(effect)
            return
        command = type(do).__name__.lower()
        late_ms = self.held_back.pop(command, 0)
        if command in self.cut or late_ms:
            self._end(effect, Outcome.UNKNOWN, effect.within_ns // MS)
        if command not in self.cut:
            self.commands.append(
                (self.now + CYCLE_MS + late_ms, effect if not late_ms else replace(effect, within_ns=0))
            )

    def _tick(self) -> None:
        for due, effect in [each for each in self.commands if each[0] <= self.now]:
            self.commands.remove((due, effect))
            outcome = self._command(effect)
            if effect.within_ns:
                self._end(effect, outcome, COMMAND_MS)
        super()._tick()

    def _command(self, effect: Effect) -> Outcome:
        match effect.do:
            case Select(node=node, epoch=epoch):
                number = 0 if node is None else self.nodes[node].number
                reached = [client.select(epoch, number) for client in self.clients.values() if not client.away]
                return _outcome(done=all(reached), reached=len(reached) == len(self.clients))
            case Promote(node=node, epoch=epoch) | Demote(node=node, epoch=epoch):
                store = self.stores[node]
                return _outcome(
                    done=store.works and store.order(epoch, active=isinstance(effect.do, Promote)), reached=store.works
                )
            case Backfill(node=node):
                if "buffer" not in self.cut:
                    self.stores[node].rows |= set(range(1, max(self.stores[node].rows) + 1))
                return Outcome.DONE
            case _:
                raise AssertionError(effect)

    # What happens in the plant

    def _cont(self, node: str) -> None:
        if node in self.queues and self.kind == "path":
            self.stray += [(frame.owner, frame) for frame in self.queues[node][:1]]
            self.queues[node] = []
        self.nodes[node].runs = True

    def _stop(self, node: str) -> None:
        self.nodes[node].runs = False

    def _start(self, node: str) -> None:
        self.nodes[node].restart()

    def _away(self, client: str) -> None:
        self.clients[client].away = True

    def _back(self, client: str) -> None:
        self.clients[client].away = False

    def _feeds(self, store: str, on: str) -> None:
        """Whether the active store feeds its peer."""
        self.stores[store].feeds = on == "on"

    EVENTS: ClassVar[dict[str, Callable[..., None]]] = {
        **Story.EVENTS,
        "cont": _cont,
        "stop": _stop,
        "start": _start,
        "away": _away,
        "back": _back,
        "feeds": _feeds,
    }


def _outcome(*, done: bool, reached: bool) -> Outcome:
    if not reached:
        return Outcome.UNKNOWN
    return Outcome.DONE if done else Outcome.REFUSED


def _path(changes: dict[str, Any]) -> tuple[GroupConfig, list[GroupConfig]]:
    ways = path_config(selectors=tuple(selector_config(name) for name in _SERVERS), timing=_TIMING, **changes)
    servers = replace(
        group_config(name="servers", conditions=(), tracked=(), upstream=("ways",)),
        nodes=tuple(node_config(name, number) for name, number in _SERVERS.items()),
    )
    return ways, [servers, ways]


def _store(changes: dict[str, Any]) -> tuple[GroupConfig, list[GroupConfig]]:
    archive = store_config(timing=_TIMING, **changes)
    return archive, [archive]


def story_of(script: Script) -> Story:
    """The story that a script tells, of whichever kind its configuration says."""
    return ClientStory(script) if "kind" in script.config else Story(script)
