"""Frames of Modbus RTU: a request as it goes on the line, and its reply found among the bytes that come back.

Frames are told apart by what they say and not by silence: adapters and drivers hand bytes over in lumps, so gaps that
are on the line are not in the input, and the other way round.
"""

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from otha.runtime.modbus_frame import Request
from otha.site.line import AROUND_PDU

_FRAMER = FramerRTU(DecodePDU(is_server=False))
_EXCEPTION_LENGTH = 2
# More than the longest reply with as much rubbish before it; what follows in one exchange is not looked at.
_TAKEN_MAX = 1024


def adu(request: Request) -> bytes:
    """The bytes of `request` on the line."""
    return bytes(_FRAMER.encode(request.pdu, request.unit, 0))


class Gathering:
    """The bytes since a request was sent, until its reply is among them.

    A reply is unit, function, the head that only the right reply has, the length that was asked for, and a right CRC;
    or the unit's exception to this function. All else (noise, what other units say, frames with a wrong CRC, the
    request itself repeated by an adapter) is passed over, so a slave that babbles does not spoil the replies of others.
    """

    __slots__ = ("_heads", "_request", "taken")

    def __init__(self, request: Request) -> None:
        self._request = request
        self.taken = bytearray()
        unit = bytes((request.unit,))
        function = request.prefix[0]
        self._heads = (
            (unit + request.prefix, AROUND_PDU + request.reply_length),
            (unit + bytes((function | 0x80,)), AROUND_PDU + _EXCEPTION_LENGTH),
        )

    def feed(self, data: bytes) -> bytes | None:
        """Take bytes; the PDU of the reply once it is whole."""
        self.taken += data[: _TAKEN_MAX - len(self.taken)]
        for head, length in self._heads:
            found = self._find(head, length)
            if found is not None:
                return found
        return None

    def _find(self, head: bytes, length: int) -> bytes | None:
        at = self.taken.find(head)
        while at >= 0 and at + length <= len(self.taken):
            frame = bytes(self.taken[at : at + length])
            if FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big")):
                return frame[1:-2]
            at = self.taken.find(head, at + 1)
        return None

    @property
    def strays(self) -> int:
        """How many bytes belonged to no reply, when there is one; else all of them."""
        for head, length in self._heads:
            if self._find(head, length) is not None:
                return len(self.taken) - length
        return len(self.taken)
