"""Reference points: endpoints that a healthy observer reaches."""

from otha.core.config import ReferenceConfig
from otha.core.inputs import ReferencePolled
from otha.core.words import Answer
from otha.runtime.inbox import Put
from otha.runtime.link import Exchange, Link
from otha.runtime.modbus_frame import read_registers
from otha.site.decode import Decoder, GarbledReadingError, unpack_block


class ReferenceProbe:
    """Reads one reference point. `depart` is the work of a beat."""

    def __init__(self, cfg: ReferenceConfig, unit: int, decoder: Decoder, link: Link, put: Put) -> None:
        self._name = cfg.name
        self._deadline_ns = cfg.deadline_ns
        self._decoder = decoder
        self._link = link
        self._put = put
        self._request = read_registers(unit, decoder.at, decoder.length, function=decoder.function)

    def depart(self, now: int) -> None:
        """Send a read; its end comes as a ReferencePolled."""
        self._link.send(self._request, now + self._deadline_ns, self._ended)

    def _ended(self, exchange: Exchange) -> None:
        answer = exchange.answer
        assert answer is not None
        if exchange.is_second_end:
            return
        if answer is Answer.REPLIED:
            try:
                unpack_block(self._decoder, exchange.payload)
            except GarbledReadingError:
                answer = Answer.GARBLED
        self._put(ReferencePolled(name=self._name, answer=answer), exchange.ended_ns)
