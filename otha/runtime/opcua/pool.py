"""All OPC UA channels of a site, shared out over worker processes; reads and method calls beside the heartbeats.

A node's channels are kept in different workers, so that one worker's death silences no node. A peer whose bytes have
twice cost more than a peer may cost is moved to a worker apart from the others and left alone for a growing time.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from otha.certificates import OwnIdentity
from otha.core.errors import DefectError
from otha.core.words import Outcome
from otha.runtime.link import LinkCounters
from otha.runtime.modbus import LinkTiming
from otha.runtime.opcua.link import OpcuaLink
from otha.runtime.opcua.process import WorkerProcess
from otha.runtime.scheduler import Scheduler
from otha.site.line import Line
from otha.site.model import Channel, Node, Reference
from otha.site.opcua import OpcuaDecoder, Value
from otha.site.profile_file import MethodTable
from otha.site.read import Endpoint
from otha.wire import opcua as wire

CHANNELS_PER_WORKER = 50
_APART_MAX = 4
_OFFENCES_ALLOWED = 1
_SHUN_FIRST_NS = 5_000_000_000
_SHUN_MAX_NS = 300_000_000_000
_BEGIN_WITHIN_NS = 5_000_000_000
_ANSWER_SLACK_S = 0.05  # between a deadline in the worker and its answer here

_OUTCOMES = {
    wire.CallOutcome.DONE: Outcome.DONE,
    wire.CallOutcome.REFUSED: Outcome.REFUSED,
    wire.CallOutcome.UNKNOWN: Outcome.UNKNOWN,
}


class CallRefusedError(DefectError):
    """A method that is not on the profile's allow-list, or arguments that are not its own. Nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """How a method call ended. `status`: the StatusCode of a refusal. `outputs`: of a call that was done."""

    outcome: Outcome
    status: int
    outputs: tuple[int, ...]
    detail: str


@dataclass(slots=True)
class _Lodging:
    """A worker and who lives in it."""

    worker: WorkerProcess
    links: list[OpcuaLink] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """`of`: what a link belongs to, its node or the reference points; links of the same that differ in `rank` share no
    worker. `methods`: what may be called over it."""

    of: str
    rank: int
    methods: tuple[MethodTable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    link: OpcuaLink
    done: "asyncio.Future[wire.NodesRead | wire.MethodEnded]"


def open_message(
    number: int,
    asked: Node | Reference,
    endpoint: Endpoint | Line,
    decoder: OpcuaDecoder,
    timing: LinkTiming,
    own: OwnIdentity | None,
) -> wire.Open:
    """What a worker must know of a channel. Raises DefectError for a secured server without an own identity."""
    access = asked.opcua
    if access is None:
        raise DefectError(f"{asked.name} is no OPC UA server")
    if access.server_certificate is not None and own is None:
        raise DefectError(f"{asked.name} is secured, and OTHA has no identity")
    return wire.Open(
        channel=number,
        url=str(endpoint),
        security=access.security.value,
        server_certificate="" if access.server_certificate is None else str(access.server_certificate),
        own_certificate="" if own is None else str(own.certificate),
        own_key="" if own is None else str(own.key),
        application_uri="urn:otha:client" if own is None else own.application_uri,
        user=access.user or "",
        password_file="" if access.password_file is None else str(access.password_file),
        connect_ms=timing.connect_timeout_ns // 1_000_000,
        patience=timing.patience,
        nodes=tuple(
            wire.WantedNode(node=read.node, want=read.want.value, counts_per_unit=read.counts_per_unit)
            for read in decoder.reads
        ),
    )


class OpcuaPool:
    """The workers and their channels."""

    def __init__(
        self, scheduler: Scheduler, own: OwnIdentity | None, channels_per_worker: int = CHANNELS_PER_WORKER
    ) -> None:
        """`own`: OTHA's identity, for secured nodes; it may come later, before a link to one is made."""
        self._scheduler = scheduler
        self.own = own
        self._per_worker = channels_per_worker
        self._places: dict[OpcuaLink, _Place] = {}
        self._numbers = count()
        self._by_name: dict[str, OpcuaLink] = {}
        self._lodgings: list[_Lodging] = []
        self._apart: list[_Lodging] = []
        self._tasks: asyncio.TaskGroup | None = None
        self._ids = count(1)
        self._waiting: dict[int, _Waiting] = {}

    def make(self, channel: Channel, node: Node, decoder: OpcuaDecoder, timing: LinkTiming) -> OpcuaLink:
        """A link for a channel; `lodge` gives it a worker. Raises DefectError."""
        setup = open_message(next(self._numbers), node, channel.endpoint, decoder, timing, self.own)
        place = _Place(of=node.name, rank=node.channels.index(channel), methods=node.profile.methods)
        return self._made(channel.name, setup, place)

    def make_reference(self, reference: Reference, decoder: OpcuaDecoder, timing: LinkTiming, rank: int) -> OpcuaLink:
        """A link for a reference point. `rank`: those that differ in it share no worker. Raises DefectError."""
        setup = open_message(next(self._numbers), reference, reference.endpoint, decoder, timing, self.own)
        return self._made(reference.name, setup, _Place(of="", rank=rank, methods=()))

    def _made(self, name: str, setup: wire.Open, place: _Place) -> OpcuaLink:
        link = OpcuaLink(self._scheduler, name, setup)
        self._places[link] = place
        return link

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Links can be lodged from now on."""
        self._tasks = tasks

    def lodge(self, links: Sequence[OpcuaLink], now: int) -> None:
        """Give these links workers: those that have room, and new ones."""
        homeless = []
        for link in links:
            self._by_name[link.name] = link
            link.begin_by_ns = now + _BEGIN_WITHIN_NS
            home = next((each for each in self._lodgings if self._has_room(each, link)), None)
            if home is None:
                homeless.append(link)
                continue
            home.links.append(link)
            if home.worker.is_up:
                link.attach(home.worker)
        for share in shares(homeless, [self._places[link].rank for link in homeless], self._per_worker):
            self._lodgings.append(self._lodge(share))

    def remove(self, link: OpcuaLink) -> None:
        """Ask nothing more over this link, and end its worker if it was the last one there."""
        self._forget(link)
        self._places.pop(link, None)
        if self._by_name.get(link.name) is link:
            del self._by_name[link.name]
        for lodgings in (self._lodgings, self._apart):
            for lodging in [each for each in lodgings if link in each.links]:
                lodging.links.remove(link)
                lodging.worker.send(wire.Close(channel=link.setup.channel))
                if not lodging.links and lodging.task is not None:
                    lodging.task.cancel()
                    lodgings.remove(lodging)
        link.detach(time.monotonic_ns(), "")

    def stop(self) -> None:
        """Hang up everywhere and end the workers; they are seen off by their tasks."""
        for lodging in (*self._lodgings, *self._apart):
            if lodging.task is not None:
                lodging.task.cancel()

    def counters(self) -> Mapping[str, LinkCounters]:
        """What each channel has met."""
        return {name: link.counters for name, link in self._by_name.items()}

    @property
    def workers(self) -> Sequence[WorkerProcess]:
        """All workers, those apart last."""
        return [lodging.worker for lodging in (*self._lodgings, *self._apart)]

    async def read(
        self,
        channel: str,
        nodes: tuple[str, ...],
        deadline_ns: int,
        *,
        counts_per_unit: tuple[int, ...] | None = None,
        good_only: bool = False,
    ) -> tuple[Value, ...] | None:
        """The values of other nodes over `channel`, None when there is no answer until `deadline_ns`.

        `counts_per_unit` by default 1 each; `good_only` as in `otha.wire.opcua.ReadNodes`.

        Safe to cancel. Raises KeyError for a channel that is none.
        """
        link = self._by_name[channel]
        id_ = next(self._ids)
        request = wire.ReadNodes(
            id=id_,
            channel=link.setup.channel,
            nodes=nodes,
            counts_per_unit=counts_per_unit or (1,) * len(nodes),
            good_only=good_only,
            deadline_ns=deadline_ns,
        )
        end = await self._ask(id_, link, request, deadline_ns)
        answered = isinstance(end, wire.NodesRead) and end.outcome is wire.ReadOutcome.REPLIED
        return end.values if isinstance(end, wire.NodesRead) and answered else None

    async def call(
        self, channel: str, object_id: str, method_id: str, arguments: tuple[int, ...], deadline_ns: int
    ) -> CallEnd:
        """Call a method of the profile's allow-list over `channel`. Without an answer in time it is UNKNOWN.

        Safe to cancel; the call may have happened then. Raises CallRefusedError, and KeyError for a channel that is
        none.
        """
        link = self._by_name[channel]
        allowed = self._places[link].methods
        method = next((each for each in allowed if (each.object, each.method) == (object_id, method_id)), None)
        if method is None:
            raise CallRefusedError(f"{channel}: {method_id} of {object_id} is not on the allow-list")
        if len(method.arguments) != len(arguments):
            raise CallRefusedError(f"{channel}: {method_id} takes {len(method.arguments)} arguments")
        id_ = next(self._ids)
        request = wire.CallMethod(
            id=id_,
            channel=link.setup.channel,
            object_id=object_id,
            method_id=method_id,
            arguments=arguments,
            types=tuple(kind.value for kind in method.arguments),
            deadline_ns=deadline_ns,
        )
        end = await self._ask(id_, link, request, deadline_ns)
        if not isinstance(end, wire.MethodEnded):
            return CallEnd(outcome=Outcome.UNKNOWN, status=0, outputs=(), detail="no answer in time")
        return CallEnd(outcome=_OUTCOMES[end.outcome], status=end.status, outputs=end.values, detail=end.trouble)

    def worker_up(self, worker: WorkerProcess) -> None:
        """See `Master`."""
        for link in self._links_in(worker):
            link.attach(worker)

    def worker_down(self, worker: WorkerProcess, channel: int | None) -> None:
        """See `Master`."""
        now = time.monotonic_ns()
        for link in list(self._links_in(worker)):
            link.detach(now, "its OPC UA worker has ended and is started again")
            self._forget(link)
            if link.setup.channel == channel:
                self._offended(link, "its answers have killed an OPC UA worker")

    def worker_says(self, worker: WorkerProcess, report: wire.Report) -> None:
        """See `Master`. What it says of channels that are not in it is of no interest."""
        match report:
            case wire.NodesRead(id=id_) | wire.MethodEnded(id=id_):
                waiting = self._waiting.pop(id_, None)
                if waiting is not None and not waiting.done.done():
                    waiting.done.set_result(report)
            case wire.BeatEnded() | wire.Rested() | wire.Connected() | wire.Lost() | wire.Offence():
                lodged = self._links_in(worker)
                link = next((each for each in lodged if each.setup.channel == report.channel), None)
                if link is not None:
                    self._tell(link, report)
            case wire.Ready() | wire.Pong():
                pass

    def _tell(
        self, link: OpcuaLink, report: wire.BeatEnded | wire.Rested | wire.Connected | wire.Lost | wire.Offence
    ) -> None:
        match report:
            case wire.BeatEnded():
                link.take(report)
            case wire.Rested(for_ms=for_ms):
                link.rested(for_ms)
            case wire.Connected():
                link.counters.connects += 1
            case wire.Lost():
                link.counters.refused += report.refused
                link.counters.given_up += report.given_up
                link.counters.losses += not (report.refused or report.given_up)
                link.counters.trouble = report.trouble
            case wire.Offence(trouble=trouble):
                self._offended(link, trouble)

    def _offended(self, link: OpcuaLink, trouble: str) -> None:
        """Taking this peer's bytes cost too much: once may be an accident."""
        link.offences += 1
        if link.offences <= _OFFENCES_ALLOWED:
            return
        now = time.monotonic_ns()
        spell_ns = min(_SHUN_FIRST_NS << min(link.offences - _OFFENCES_ALLOWED - 1, 8), _SHUN_MAX_NS)
        self._set_apart(link, now)
        link.shun(now + spell_ns, f"{trouble}; asked again in {spell_ns // 1_000_000_000} s")

    def _set_apart(self, link: OpcuaLink, now: int) -> None:
        """Move a link out of its worker, where its neighbours would suffer."""
        home = next((lodging for lodging in self._lodgings if link in lodging.links), None)
        if home is None:
            return
        home.links.remove(link)
        home.worker.send(wire.Close(channel=link.setup.channel))
        link.detach(now, "")
        if len(self._apart) < _APART_MAX:
            self._apart.append(self._lodge([link]))
            return
        lodging = min(self._apart, key=lambda each: len(each.links))
        lodging.links.append(link)
        if lodging.worker.is_up:
            link.attach(lodging.worker)

    def _lodge(self, links: list[OpcuaLink]) -> _Lodging:
        assert self._tasks is not None
        lodging = _Lodging(worker=WorkerProcess(self), links=links)
        lodging.task = self._tasks.create_task(lodging.worker.run(), name="OPC UA worker")
        return lodging

    def _has_room(self, lodging: _Lodging, link: OpcuaLink) -> bool:
        own = self._places[link]
        others = [self._places[each] for each in lodging.links]
        return len(others) < self._per_worker and not any(
            each.of == own.of and each.rank != own.rank for each in others
        )

    def _links_in(self, worker: WorkerProcess) -> list[OpcuaLink]:
        """Who lives in a worker; nobody in one that is being ended."""
        lodgings = (*self._lodgings, *self._apart)
        return next((lodging.links for lodging in lodgings if lodging.worker is worker), [])

    def _forget(self, link: OpcuaLink) -> None:
        """Nobody will answer what waits on this link."""
        for id_, waiting in list(self._waiting.items()):
            if waiting.link is link:
                del self._waiting[id_]
                waiting.done.cancel()

    async def _ask(
        self, id_: int, link: OpcuaLink, request: wire.ReadNodes | wire.CallMethod, deadline_ns: int
    ) -> wire.NodesRead | wire.MethodEnded | None:
        worker = next((each.worker for each in (*self._lodgings, *self._apart) if link in each.links), None)
        if worker is None or not worker.is_up or link.is_left_alone(time.monotonic_ns()):
            return None
        done: asyncio.Future[wire.NodesRead | wire.MethodEnded] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = _Waiting(link=link, done=done)
        worker.send(request)
        try:
            within_s = max(deadline_ns - time.monotonic_ns(), 0) / 1e9 + _ANSWER_SLACK_S
            found, _ = await asyncio.wait([done], timeout=within_s)
            return done.result() if found and not done.cancelled() else None
        finally:
            self._waiting.pop(id_, None)


def shares(links: Sequence[OpcuaLink], ranks: Sequence[int], per_worker: int) -> list[list[OpcuaLink]]:
    """Who shares a worker. `ranks`: of a link among its node's; links of one node, which differ in it, never share."""
    found = []
    for rank in sorted(set(ranks)):
        alike = [link for link, its in zip(links, ranks, strict=True) if its == rank]
        found += [alike[at : at + per_worker] for at in range(0, len(alike), per_worker)]
    return found
