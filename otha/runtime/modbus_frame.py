"""Requests and replies of Modbus, and frames of Modbus TCP, made with pymodbus' framer and PDU classes.

A request is encoded once; only its transaction id changes from one departure to the next. Of a reply the header of 7
bytes is read here: it is judged more sharply than the framer does, and heartbeats are too many to read it twice.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.diag_message import ReturnQueryDataRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

_FRAMER = FramerSocket(DecodePDU(is_server=False))
_PREFIX = 6  # transaction, protocol, length: what the length does not count
_HEADER = 7
_LENGTH_MAX = 254  # unit and a PDU of at most 253 bytes (Modbus application protocol 1.1b3, section 4.1)
_LENGTH_MIN = 3  # unit, function and at least one byte: no reply is shorter
FRAME_MAX = _PREFIX + _LENGTH_MAX

_BUSY_CODES = frozenset({0x05, 0x06})  # acknowledge (still working on it), server device busy
_UNREACHED_CODES = frozenset({0x0A, 0x0B})  # a gateway had no path to the device, or no reply from it


class ReplyKind(Enum):
    """What a reply of the expected unit and transaction says."""

    GOOD = auto()
    BUSY = auto()
    UNREACHED = auto()
    EXCEPTION = auto()
    GARBLED = auto()


class Incomplete(Exception):
    """The bytes so far are the beginning of a frame."""


class BrokenFrame(Exception):
    """No frame of Modbus TCP begins like this; nothing after it can be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An encoded request and what its reply must look like.

    `tail` is the frame after the transaction id; `prefix` begins the PDU of the only right reply, which is
    `reply_length` bytes long; what follows the prefix is the payload.
    """

    unit: int
    tail: bytes
    prefix: bytes
    reply_length: int

    @property
    def pdu(self) -> bytes:
        """Function code and data."""
        return self.tail[5:]

    def frame(self, transaction: int) -> bytes:
        """The bytes to send under this transaction id (1 to 65535; 0 is accepted by peers for any request)."""
        return transaction.to_bytes(2, "big") + self.tail

    def judge(self, unit: int, pdu: bytes) -> ReplyKind:
        """What the reply is. Its transaction id has been found to be this request's."""
        prefix = self.prefix
        if unit == self.unit and len(pdu) == self.reply_length and pdu.startswith(prefix):
            return ReplyKind.GOOD
        if unit != self.unit or len(pdu) != 2 or pdu[0] != prefix[0] | 0x80:
            return ReplyKind.GARBLED
        if pdu[1] in _BUSY_CODES:
            return ReplyKind.BUSY
        return ReplyKind.UNREACHED if pdu[1] in _UNREACHED_CODES else ReplyKind.EXCEPTION


def _tail(pdu: ModbusPDU) -> bytes:
    return bytes(_FRAMER.buildFrame(pdu)[2:])


def read_registers(unit: int, address: int, count: int, *, function: int = 3) -> Request:
    """Read `count` holding (function 3) or input registers (function 4). The payload is 2 * count bytes."""
    kind = ReadHoldingRegistersRequest if function == 3 else ReadInputRegistersRequest
    pdu = kind(address=address, count=count, dev_id=unit)
    return Request(unit=unit, tail=_tail(pdu), prefix=bytes((pdu.function_code, 2 * count)), reply_length=2 + 2 * count)


def write_registers(unit: int, address: int, words: tuple[int, ...]) -> Request:
    """Write holding registers by one FC16. The reply repeats address and count; there is no payload."""
    pdu = WriteMultipleRegistersRequest(address=address, registers=list(words), dev_id=unit)
    echo = bytes((pdu.function_code,)) + address.to_bytes(2, "big") + len(words).to_bytes(2, "big")
    return Request(unit=unit, tail=_tail(pdu), prefix=echo, reply_length=len(echo))


def echo(unit: int, number: int) -> Request:
    """Ask to have `number` (16 bits) repeated, and nothing else (FC08, sub-function 0). There is no payload."""
    pdu = ReturnQueryDataRequest(message=number, dev_id=unit)
    repeated = bytes((pdu.function_code,)) + pdu.encode()
    return Request(unit=unit, tail=_tail(pdu), prefix=repeated, reply_length=len(repeated))


def split(data: bytes) -> tuple[int, int, int, bytes]:
    """The first frame of `data`: bytes used, transaction id, unit, PDU.

    Raises Incomplete when more bytes are needed, BrokenFrame when no frame begins like this.
    """
    if len(data) < _PREFIX:
        if data[2:4].strip(b"\0"):
            raise BrokenFrame
        raise Incomplete
    length = (data[4] << 8) + data[5]
    if data[2] or data[3] or not _LENGTH_MIN <= length <= _LENGTH_MAX:
        raise BrokenFrame
    used = _PREFIX + length
    if len(data) < used:
        raise Incomplete
    return used, (data[0] << 8) + data[1], data[6], data[_HEADER:used]
