"""Heartbeats over OPC UA: one Read of all nodes that the profile names, told as exactly one input per departure."""

from collections.abc import Mapping

from otha.core.inputs import HeartbeatEnded, SelectorPolled
from otha.core.words import Answer
from otha.runtime.heard import Heard
from otha.runtime.inbox import Put
from otha.runtime.opcua.link import OpcuaBeat, OpcuaLink
from otha.site.decode import GarbledReadingError
from otha.site.opcua import OpcuaDecoder, decode_node_values, decode_switches


class OpcuaProbe:
    """Reads a node over one channel. `depart` is the work of a beat; `deadline_ns` may be set between two.

    `switches` maps the names of the node's switches to the selectors that they are; each reply tells them too.
    `is_member`: False for a client that no group has as a member; nobody judges it by its heartbeats.
    """

    def __init__(
        self,
        name: str,
        deadline_ns: int,
        decoder: OpcuaDecoder,
        link: OpcuaLink,
        put: Put,
        *,
        switches: Mapping[str, str],
        is_member: bool,
    ) -> None:
        self._name = name
        self.deadline_ns = deadline_ns
        self._decoder = decoder
        self._link = link
        self._put = put
        self._switches = switches
        self._is_member = is_member
        self.heard = Heard()

    def depart(self, now: int) -> None:
        """Send a heartbeat; its end comes as a HeartbeatEnded. None leaves while the workers are started for the first
        time: that they are not there yet says nothing about the node.
        """
        if self._link.has_begun(now):
            self.heard.departed_ns = now
            self._link.beat(now + self.deadline_ns, self._ended)

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
        self.heard.ended(answer, reading, beat.ended_ns)
        if self._is_member:
            self._put(HeartbeatEnded(channel=self._name, answer=answer, reading=reading), beat.ended_ns)
        if reading is not None:
            self._tell_switches(beat)
        if reading is not None and reading.level == 0 and self._decoder.level is None:
            self._link.rest()

    def _tell_switches(self, beat: OpcuaBeat) -> None:
        for switch, said in decode_switches(self._decoder, beat.values):
            if said is not None and switch in self._switches:
                polled = SelectorPolled(selector=self._switches[switch], answer=Answer.REPLIED, reading=said)
                self._put(polled, beat.ended_ns)
