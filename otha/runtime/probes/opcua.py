"""Heartbeats over OPC UA: one Read of all nodes that the profile names, told as exactly one input per departure."""

from otha.core.config import ChannelConfig
from otha.core.inputs import HeartbeatEnded
from otha.core.words import Answer
from otha.runtime.inbox import Put
from otha.runtime.opcua.link import OpcuaBeat, OpcuaLink
from otha.site.decode import GarbledReadingError
from otha.site.opcua import OpcuaDecoder, decode_node_values


class OpcuaProbe:
    """Reads a node over one channel. `depart` is the work of a beat."""

    def __init__(self, cfg: ChannelConfig, decoder: OpcuaDecoder, link: OpcuaLink, put: Put) -> None:
        self._name = cfg.name
        self._deadline_ns = cfg.deadline_ns
        self._decoder = decoder
        self._link = link
        self._put = put

    def depart(self, now: int) -> None:
        """Send a heartbeat; its end comes as a HeartbeatEnded. None leaves while the workers are started for the first
        time: that they are not there yet says nothing about the node.
        """
        if self._link.has_begun(now):
            self._link.beat(now + self._deadline_ns, self._ended)

    def _ended(self, beat: OpcuaBeat) -> None:
        answer, reading = beat.answer, None
        assert answer is not None
        if answer is Answer.REPLIED or answer is Answer.LATE:
            try:
                reading = decode_node_values(self._decoder, beat.values)
            except GarbledReadingError as error:
                self._link.garbled(error.what)
                # A LATE end that can't be read says nothing: the heartbeat itself has been told as missed.
                if answer is Answer.LATE:
                    return
                answer = Answer.GARBLED
        self._put(HeartbeatEnded(channel=self._name, answer=answer, reading=reading), beat.ended_ns)
        if reading is not None and reading.level == 0 and self._decoder.level is None:
            self._link.rest()
