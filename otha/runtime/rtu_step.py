"""Which units of a line are in step with their master, and how one that may not be is proved to be again.

A frame of Modbus RTU carries no transaction. After an exchange that was sent and not answered, the reply may still
come, and to a second request of the same shape it would look right: old values would be taken for new ones. So a unit
is *doubtful* after each such exchange, and before anything else is asked of it, it must give a *proof*: the answer to a
probe that no reply to an earlier request looks like.

Why a proof is enough: a unit on a line does one thing after the other and answers in the order in which it was asked.
With the answer to the probe received, every reply to what was asked before it has been sent already (and was passed
over, having another shape) or never will be. Two kinds of probe take turns, since some devices refuse the one or the
other:

- a read that begins where the unit is read anyway, of a length that no other request to this unit has; the lengths take
  turns as well, so that a late answer to one probe is no answer to the next;
- an echo (FC08) of a number that is new each time. It is not used while the adapter repeats what is sent, for then the
  request itself would look like its answer. A unit of which nothing but single registers is read leaves no length for
  the other kind: for it an exception to the echo (it answers, and does not know the function) is taken as well.
"""

from dataclasses import dataclass, field

from otha.runtime.modbus_frame import ReplyKind, Request, echo, read_registers

_READS = (3, 4)
_LENGTHS_MAX = 16


@dataclass(slots=True)
class _Unit:
    doubtful: bool = False
    tries: int = 0
    counts: set[int] = field(default_factory=set)
    longest: tuple[int, int, int] = (0, 0, 0)  # count, function, address

    @property
    def lengths(self) -> list[int]:
        """Lengths that a probe may have."""
        return [count for count in range(1, min(self.longest[0], _LENGTHS_MAX)) if count not in self.counts]


class Steps:
    """What is known of the units of one line."""

    def __init__(self) -> None:
        self._units: dict[int, _Unit] = {}
        self._number = 0
        # The adapter repeats what is sent.
        self.repeats = False

    def note(self, request: Request) -> None:
        """`request` is among what this unit is asked: from now on no probe looks like it."""
        unit, pdu = self._of(request.unit), request.pdu
        if pdu[0] in _READS:
            count = int.from_bytes(pdu[3:5], "big")
            unit.counts.add(count)
            unit.longest = max(unit.longest, (count, pdu[0], int.from_bytes(pdu[1:3], "big")))

    def doubt(self, unit: int) -> None:
        """An exchange with this unit was sent and not answered."""
        self._of(unit).doubtful = True

    def is_doubtful(self, unit: int) -> bool:
        """Whether this unit must give a proof before it is asked anything."""
        return self._of(unit).doubtful

    def probe(self, number: int) -> Request | None:
        """The next probe of this unit; None when there is none that could prove anything."""
        unit = self._of(number)
        lengths = unit.lengths
        may_echo = not self.repeats
        turn, unit.tries = unit.tries, unit.tries + 1
        if lengths and (turn % 2 == 0 or not may_echo):
            _, function, address = unit.longest
            return read_registers(number, address, lengths[turn // 2 % len(lengths)], function=function)
        if not may_echo:
            return None
        self._number = self._number % 0xFFFF + 1
        return echo(number, self._number)

    def judge(self, probe: Request, kind: ReplyKind) -> bool:
        """Whether this answer to `probe` is a proof; if so, the unit is in step."""
        unit = self._of(probe.unit)
        is_proof = kind is ReplyKind.GOOD or (kind is ReplyKind.EXCEPTION and not unit.lengths)
        if is_proof:
            unit.doubtful = False
        return is_proof

    def _of(self, number: int) -> _Unit:
        return self._units.setdefault(number, _Unit())
