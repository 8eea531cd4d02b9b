"""The process of one historian: an OPC UA server in front of `sim.historian`, history included."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from asyncua import ua
from asyncua.server.history import HistoryStorageInterface

from sim import control, opcua
from sim.archive import Archive, Point
from sim.disturb import Faults
from sim.historian import FEED_MS, Historian
from sim.opcua import INT32, INT64, UINT32
from sim.opcua_link import OpcuaLink
from sim.opcua_server import DEGRADED, HEALTHY, Argument, PlantServer
from sim.owner import new_session
from sim.plant import Plant
from sim.process import every, keep_running, limit_memory
from sim.registers import U32_MAX
from sim.samples import TAGS, flat, parse, parse_from
from sim.selection import Answer
from sim.whole import HISTORIANS

_COMMUNICATE_MS: Final = 250
_CALL_TIMEOUT_MS: Final = 3000
_STALE_REPLICA_MS: Final = 3000
_HISTORY_LIMIT: Final = 10_000
_EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)
_FAULTS: Final = ("freeze", "stall_worker", "lying_role", "replication_lag", "level")
_VARIABLES: Final = {
    "Heartbeat": UINT32,
    "Cycle": UINT32,
    "Role": INT32,
    "Position": UINT32,
    "Acked": UINT32,
    "LagMs": UINT32,
    "Session": UINT32,
    "Epoch": UINT32,
    "StoredRows": UINT32,
    "Highest": UINT32,
    "Missing": UINT32,
    "GapFrom": UINT32,
    "GapTo": UINT32,
}
_EPOCH: Final = Argument(name="epoch", kind=UINT32)
_RANGE: Final = (Argument(name="from_seq", kind=UINT32), Argument(name="to_seq", kind=UINT32))
_ROWS: Final = Argument(name="rows", kind=INT64, array=True)
_ANSWER: Final = Argument(name="answer", kind=INT32)
_POSITION: Final = Argument(name="position", kind=UINT32)


class ArchiveHistory(HistoryStorageInterface):
    """Answers HistoryRead from the archive. Nothing is saved this way, and there are no events."""

    def __init__(self, historian: Historian, tags: dict[ua.NodeId, str]) -> None:
        super().__init__(_HISTORY_LIMIT)
        self._historian = historian
        self._tags = tags

    async def read_node_history(
        self, node_id: ua.NodeId, start: datetime | None, end: datetime | None, nb_values: int
    ) -> tuple[list[ua.DataValue], datetime | None]:
        """Both ends included; from the newest back when the start is missing or after the end."""
        tag = self._tags.get(node_id)
        if tag is None:
            return [], None
        from_ns, to_ns = _ns(start), _ns(end)
        turned = from_ns is not None and to_ns is not None and from_ns > to_ns
        if turned:
            from_ns, to_ns = to_ns, from_ns
        backwards = turned or from_ns is None
        low, high = from_ns or 0, 2**62 if to_ns is None else to_ns + 999
        limit = min(nb_values or _HISTORY_LIMIT, _HISTORY_LIMIT)

        def read(archive: Archive) -> list[Point]:
            return archive.history(tag, low, high, limit + 1, newest_first=backwards)

        points = await self._historian.history(read)
        goes_on = _time(points[limit].at_ns) if len(points) > limit and not nb_values else None
        return [_shown(point) for point in points[:limit]], goes_on

    async def stop(self) -> None:
        """The historian closes its archive itself."""

    async def init(self) -> None:
        """The archive is open already."""


class Face:
    """What the OPC UA server shows of the historian, and the orders it takes."""

    def __init__(self, server: PlantServer, historian: Historian) -> None:
        self._server = server
        self._historian = historian

    async def build(self) -> None:
        """Variables, methods and history."""
        server = self._server
        await server.add_variables(_VARIABLES | dict.fromkeys(TAGS, INT32))
        tags = {}
        for tag in TAGS:
            await server.add_history(tag)
            tags[server.node_id(tag)] = tag
        server.raw.iserver.history_manager.set_storage(ArchiveHistory(self._historian, tags))
        first, samples = Argument(name="first_seq", kind=UINT32), Argument(name="samples", kind=INT64, array=True)
        head, age_ms = Argument(name="head", kind=UINT32), Argument(name="age_ms", kind=UINT32)
        filled = Argument(name="filled", kind=UINT32)
        await server.add_method("Promote", self._promote, [_EPOCH], [_ANSWER])
        await server.add_method("Demote", self._demote, [_EPOCH], [_ANSWER])
        await server.add_method("Store", self._store, [_EPOCH, first, samples], [_ANSWER, _POSITION])
        await server.add_method("Replicate", self._replicate, [_EPOCH, head, age_ms, _ROWS], [_ANSWER, _POSITION])
        await server.add_method("Backfill", self._backfill, _RANGE, [_ANSWER, filled])
        await server.add_method("FillGaps", self._fill_gaps, [_EPOCH], [_ANSWER, filled])
        await server.add_method("Fetch", self._fetch, _RANGE, [_ROWS])
        await server.show({"Session": new_session()})

    async def communicate(self) -> None:
        """The communication task: raise the heartbeat and show what is."""
        historian = self._historian
        if historian.wrong.frozen:
            return
        historian.heartbeat = (historian.heartbeat + 1) & U32_MAX
        await self._show_duty()
        await self._server.show(
            {
                "Heartbeat": historian.heartbeat,
                "Cycle": historian.cycle,
                "Acked": historian.acked,
                "LagMs": historian.lag_ms(),
            }
        )
        if historian.newest is not None:
            newest = historian.newest
            values = dict(zip(TAGS, newest.values, strict=True))
            await self._server.show(values, measured_at=_time(newest.at_ns))
        await self._server.show_level(self._level())

    async def _show_duty(self) -> None:
        historian, archive = self._historian, self._historian.archive
        gap: tuple[int, int] | None = None
        if archive.highest > archive.position:
            gap = await historian.history(lambda kept: kept.gap(kept.position + 1, kept.highest))
        await self._server.show(
            {
                "Role": historian.role(),
                "Epoch": historian.epoch,
                "Position": archive.position,
                "StoredRows": archive.stored,
                "Highest": archive.highest,
                "Missing": archive.highest - archive.stored,
                "GapFrom": gap[0] if gap else 0,
                "GapTo": gap[1] if gap else 0,
            }
        )

    def _level(self) -> int:
        wrong = self._historian.wrong
        if wrong.level is not None:
            return wrong.level
        return HEALTHY if self._historian.lag_ms() <= _STALE_REPLICA_MS else DEGRADED

    def state(self) -> control.Answer:
        """What a commissioning engineer looks at."""
        return {"role": self._historian.role().name.lower(), "lag_ms": self._historian.lag_ms()}

    async def _promote(self, epoch: int) -> list[int]:
        return await self._ordered(await self._historian.promote(epoch))

    async def _demote(self, epoch: int) -> list[int]:
        return await self._ordered(await self._historian.demote(epoch))

    async def _ordered(self, answer: Answer) -> list[int]:
        # Whoever was answered reads back what was answered.
        await self._show_duty()
        return [answer]

    async def _store(self, epoch: int, first_seq: int, samples: list[int]) -> list[int]:
        rows = parse_from(first_seq, samples)
        if rows is None or first_seq < 1:
            return [Answer.REFUSED_CHOICE, self._historian.archive.position]
        return list(await self._historian.store(epoch, rows))

    async def _replicate(self, epoch: int, head: int, age_ms: int, numbers: list[int]) -> list[int]:
        rows = parse(numbers)
        if rows is None:
            return [Answer.REFUSED_CHOICE, self._historian.archive.position]
        return list(await self._historian.replicate(epoch, head, age_ms, rows))

    async def _backfill(self, from_seq: int, to_seq: int) -> list[int]:
        if not 1 <= from_seq <= to_seq:
            return [Answer.REFUSED_CHOICE, 0]
        answer, filled = await self._historian.backfill(from_seq, to_seq)
        await self._show_duty()
        return [answer, filled]

    async def _fill_gaps(self, epoch: int) -> list[int]:
        answer, filled = await self._historian.fill_gaps(epoch)
        await self._show_duty()
        return [answer, filled]

    async def _fetch(self, from_seq: int, to_seq: int) -> list[list[int]]:
        return [flat(await self._historian.fetch(from_seq, to_seq))]


def _ns(at: datetime | None) -> int | None:
    """Nanoseconds since 1970; a time before all archives means that none was given."""
    if at is None:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return None if aware < _EARLIEST else (aware - _time(0)) // timedelta(microseconds=1) * 1000


def _time(at_ns: int) -> ua.DateTime:
    return ua.DateTime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // 1000)


def _shown(point: Point) -> ua.DataValue:
    at = _time(point.at_ns)
    return ua.DataValue(ua.Variant(point.value, INT32), SourceTimestamp=at, ServerTimestamp=at)


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the historian called `name`."""
    limit_memory(plant.memory_mb)

    def link(listener: str, namespace: str) -> OpcuaLink:
        return OpcuaLink(plant.ports[f"net_s.{listener}"], namespace, timeout_ms=_CALL_TIMEOUT_MS)

    peer = next(other for other in HISTORIANS if other != name)
    archive = Archive(plant.directory / f"{name}.sqlite")
    sources = [link(f"{name}_collector", opcua.COLLECTOR), link(f"{peer}_peer", opcua.HISTORIAN)]
    historian = Historian(archive, link(f"{peer}_peer", opcua.HISTORIAN), sources)
    server = await PlantServer.open(plant, name, opcua.HISTORIAN, peers=tuple(HISTORIANS))
    face = Face(server, historian)
    await face.build()
    await server.start()
    tasks = [
        keep_running(historian.work()),
        keep_running(every(FEED_MS, historian.feed)),
        keep_running(every(_COMMUNICATE_MS, face.communicate)),
    ]

    async def promote(epoch: int) -> control.Answer:
        return {"answer": await historian.promote(epoch)}

    actions: dict[str, control.Action] = {
        **Faults(historian.wrong).actions(*_FAULTS),
        "promote": promote,
        "state": face.state,
    }
    door = await control.serve(plant.door(name), actions)

    def end() -> None:
        for task in tasks:
            task.cancel()
        door.close()
        historian.close()

    return end
