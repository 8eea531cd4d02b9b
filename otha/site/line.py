"""A serial line that several units share, and what its pace makes of every exchange (Modbus over serial line 1.02)."""

from dataclasses import dataclass
from enum import Enum

SECOND = 1_000_000_000
# Above this pace the silence between frames no longer shortens (section 2.5.1.1).
FIXED_SILENCE_ABOVE_BAUD = 19_200
FIXED_SILENCE_NS = 1_750_000
# Unit and CRC around a PDU.
AROUND_PDU = 3
PDU_MAX = 253


class Parity(Enum):
    """The parity bit of each character. Even is what the standard asks for."""

    EVEN = "even"
    ODD = "odd"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A serial line and how its characters look. `turnaround_ns`: from a request's last bit to the reply's first one,
    at the longest, for every unit on the line, with the delays of adapter and driver.
    """

    name: str
    device: str
    baud: int
    parity: Parity
    stop_bits: int
    rs485: bool
    network: str
    turnaround_ns: int

    def __str__(self) -> str:
        return f"line {self.name}"

    @property
    def bits(self) -> int:
        """Bits of one character: start, eight of data, parity, stop."""
        return 1 + 8 + (self.parity is not Parity.NONE) + self.stop_bits

    def wire_ns(self, count: int) -> int:
        """How long so many characters are on the wire."""
        return -(-count * self.bits * SECOND // self.baud)

    @property
    def silence_ns(self) -> int:
        """What lies between two frames: 3.5 characters."""
        if self.baud > FIXED_SILENCE_ABOVE_BAUD:
            return FIXED_SILENCE_NS
        return -(-7 * self.wire_ns(1) // 2)

    def reply_ns(self, reply_length: int) -> int:
        """From a request's last bit to the last one of its reply (a PDU of this length), at the longest."""
        return self.turnaround_ns + self.wire_ns(AROUND_PDU + reply_length)

    def exchange_ns(self, request_length: int, reply_length: int) -> int:
        """How long one exchange takes the line: request, turnaround, reply, silence. Lengths are those of the PDUs."""
        return self.wire_ns(AROUND_PDU + request_length) + self.reply_ns(reply_length) + self.silence_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUse:
    """Something that OTHA asks a unit of a line again and again.

    `user`: who asks; each user has one request at a time and its turn after every other had one. `at`, `key`: what in
    the site file decides the deadline.
    """

    user: str
    what: str
    unit: int
    exchange_ns: int
    period_ns: int
    deadline_ns: int
    at: tuple[str | int, ...]
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLoad:
    """All uses of one line."""

    line: Line
    uses: tuple[LineUse, ...]

    @property
    def permille(self) -> int:
        """How much of the line's time is taken, every slave as slow as it may be; rounded up."""
        return sum(-(-1000 * use.exchange_ns // use.period_ns) for use in self.uses)

    def longest(self) -> dict[str, LineUse]:
        """The longest exchange of each user."""
        found: dict[str, LineUse] = {}
        for use in self.uses:
            if use.user not in found or found[use.user].exchange_ns < use.exchange_ns:
                found[use.user] = use
        return found

    def silent_ns(self, unit: int) -> int:
        """What more each turn of all users takes when the worst unit but this one is silent.

        The line stays quiet for a reply's time after each exchange that was not answered; the probe of a unit that
        comes back takes no longer.
        """
        more: dict[int, int] = {}
        for use in self.longest().values():
            if use.unit != unit:
                more[use.unit] = more.get(use.unit, 0) + use.exchange_ns
        return max(more.values(), default=0)
