"""Status polls of a gate, over the first path that answers; the other paths are asked slowly to know that they work."""

from collections.abc import Sequence

from otha.core.config import GateConfig
from otha.core.inputs import GatePolled
from otha.core.words import Answer
from otha.runtime.inbox import Put
from otha.runtime.lane import Lane
from otha.runtime.link import Exchange
from otha.runtime.modbus_frame import Request, read_registers
from otha.runtime.paths import Paths
from otha.runtime.scheduler import Beat, Scheduler
from otha.site.decode import GarbledReadingError, decode_gate_bytes
from otha.site.model import Section

STANDBY_POLL_NS = 1_000_000_000


def status_requests(section: Section) -> tuple[Request, ...]:
    """The read of the status block, for each of the section's paths."""
    return tuple(read_registers(path.unit, section.status.at, section.status.count) for path in section.paths)


class GateProbe:
    """Polls one gate. At most one poll is under way on each path."""

    def __init__(
        self,
        section: Section,
        cfg: GateConfig,
        paths: Paths,
        lanes: Sequence[Lane],
        scheduler: Scheduler,
        put: Put,
    ) -> None:
        self._section = section
        self._cfg = cfg
        self._paths = paths
        self._lanes = lanes
        self._scheduler = scheduler
        self._put = put
        self._requests = status_requests(section)
        self._under_way = [False] * len(lanes)
        self._beat: Beat | None = None
        self._standby: Beat | None = None
        self._fast = False
        self._has_stopped = False

    @property
    def period_ns(self) -> int:
        """Between polls at rest."""
        return self._cfg.poll_ns

    def start(self, first_ns: int) -> None:
        """Begin to poll at `first_ns`."""
        self._beat = self._scheduler.every(self._cfg.poll_ns, self._depart, first_ns=first_ns)
        if len(self._lanes) > 1:
            self._standby = self._scheduler.every(STANDBY_POLL_NS, self._try_others, first_ns=first_ns)

    def stop(self) -> None:
        """No further poll."""
        self._has_stopped = True
        for beat in (self._beat, self._standby):
            if beat is not None:
                beat.stop()

    def set_fast(self, fast: bool, now: int) -> None:
        """Poll at the fast pace (from now on), or at rest. At the fast pace a lost reply, of tags too, costs its short
        deadline and no more."""
        if fast == self._fast or self._beat is None:
            return
        self._fast = fast
        for lane in self._lanes:
            if fast:
                lane.hurry(self._section.fast_deadline_ns, self._scheduler, now)
            else:
                lane.ease()
        self._beat.stop()
        period, first = (self._cfg.fast_poll_ns, now) if fast else (self._cfg.poll_ns, now + self._cfg.poll_ns)
        self._beat = self._scheduler.every(period, self._depart, first_ns=first)

    def _depart(self, now: int) -> None:
        self._poll(self._paths.current, now)

    def _try_others(self, now: int) -> None:
        for index in self._paths.order()[1:]:
            self._poll(index, now)

    def _poll(self, index: int, now: int) -> None:
        if self._under_way[index] or self._has_stopped:
            return
        self._under_way[index] = True

        def ended(exchange: Exchange) -> None:
            self._under_way[index] = False
            self._ended(index, exchange)

        self._lanes[index].submit(self._requests[index], self._section.deadline_ns, now, ended)

    def _ended(self, index: int, exchange: Exchange) -> None:
        answer, reading = exchange.answer, None
        assert answer is not None
        if answer is Answer.REPLIED:
            try:
                reading = decode_gate_bytes(self._section.gate, len(self._section.outputs), exchange.payload)
            except GarbledReadingError:
                answer = Answer.GARBLED
        in_use = index == self._paths.current
        self._paths.report(index, reading is not None)
        path = self._paths.names[index]
        self._put(GatePolled(section=self._section.name, path=path, answer=answer, reading=reading), exchange.ended_ns)
        if in_use and reading is None and self._paths.current != index:
            self._poll(self._paths.current, exchange.ended_ns)
