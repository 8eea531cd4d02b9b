"""Heartbeats: one exchange on one channel, told as exactly one input per departure."""

from collections.abc import Callable

from otha.core.config import ChannelConfig
from otha.core.inputs import HeartbeatEnded
from otha.core.words import Answer
from otha.runtime.heard import Heard
from otha.runtime.inbox import Put
from otha.runtime.lane import Lane
from otha.runtime.link import Exchange, Link
from otha.runtime.modbus_frame import read_registers
from otha.site.decode import Decoder, GarbledReadingError, decode_node_bytes


class NodeProbe:
    """Reads a node over one channel. `depart` is the work of a beat; `deadline_ns` may be set between two."""

    def __init__(self, cfg: ChannelConfig, unit: int, decoder: Decoder, link: Link, put: Put) -> None:
        self._name = cfg.name
        self.deadline_ns = cfg.deadline_ns
        self._decoder = decoder
        self._link = link
        self._put = put
        self._request = read_registers(unit, decoder.at, decoder.length, function=decoder.function)
        # What else is asked of this node waits for the pauses between heartbeats.
        self.lane = Lane(link, guest=True)
        self.on_reply: Callable[[int], None] = self.lane.pause
        self.heard = Heard()

    def depart(self, now: int) -> None:
        """Send a heartbeat; its end comes as a HeartbeatEnded."""
        self.heard.departed_ns = now
        self._link.send(self._request, now + self.deadline_ns, self._ended)

    def _ended(self, exchange: Exchange) -> None:
        answer, reading = exchange.answer, None
        assert answer is not None
        if answer is Answer.REPLIED or answer is Answer.LATE:
            try:
                reading = decode_node_bytes(self._decoder, exchange.payload)
            except GarbledReadingError as error:
                self._link.counters.trouble = error.what
                # A LATE end that can't be read says nothing: the heartbeat itself has been told as missed.
                if answer is Answer.LATE:
                    return
                answer = Answer.GARBLED
        self._put(HeartbeatEnded(channel=self._name, answer=answer, reading=reading), exchange.ended_ns)
        self.heard.ended(answer, reading, exchange.ended_ns)
        if answer is Answer.REPLIED:
            self.on_reply(exchange.ended_ns)
