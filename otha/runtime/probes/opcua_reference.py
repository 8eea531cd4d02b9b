"""Reference points over OPC UA: one Read on a kept session."""

from otha.core.config import ReferenceConfig
from otha.core.inputs import ReferencePolled
from otha.core.words import Answer
from otha.runtime.inbox import Put
from otha.runtime.opcua.link import OpcuaBeat, OpcuaLink
from otha.site.decode import GarbledReadingError
from otha.site.opcua import OpcuaDecoder, decode_node_values


class OpcuaReferenceProbe:
    """Reads one reference point. `depart` is the work of a beat."""

    def __init__(self, cfg: ReferenceConfig, decoder: OpcuaDecoder, link: OpcuaLink, put: Put) -> None:
        self._name = cfg.name
        self._deadline_ns = cfg.deadline_ns
        self._decoder = decoder
        self._link = link
        self._put = put

    def depart(self, now: int) -> None:
        """Send a read; its end comes as a ReferencePolled. None leaves while the workers are started for the first
        time: that they are not there yet says nothing about the network."""
        if self._link.has_begun(now):
            self._link.beat(now + self._deadline_ns, self._ended)

    def _ended(self, beat: OpcuaBeat) -> None:
        answer = beat.answer
        assert answer is not None
        if beat.is_second_end:
            return
        if answer is Answer.REPLIED:
            try:
                decode_node_values(self._decoder, beat.values)
            except GarbledReadingError as error:
                self._link.garbled(error.what)
                answer = Answer.GARBLED
        self._put(ReferencePolled(name=self._name, answer=answer), beat.ended_ns)
