"""How a rule was broken, told from the first move to the breach."""

from dataclasses import dataclass

from otha.core.errors import DefectError
from otha.core.reasons import Reason
from otha.verify.around import Around
from otha.verify.expansion import AT_REST

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One move: at which time of the story, and what the core said of it."""

    move: str
    at_ns: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The moves from the start, and what was seen at the end."""

    told: tuple[Told, ...]
    breach: str

    @property
    def moves(self) -> tuple[str, ...]:
        """The names of the moves alone."""
        return tuple(each.move for each in self.told)

    @property
    def rule(self) -> str:
        """The rule that was broken, "" when it was no rule of the design by its name."""
        head, colon, _ = self.breach.partition(":")
        return head if colon and " " not in head else ""

    def __str__(self) -> str:
        lines = [f"{number:3d}  {move}" for number, move in enumerate(self.moves, 1)]
        return "\n".join([*lines, f"     BREACH {self.breach}"])


def retold(start: Around, numbers: list[int], breach: str) -> Story:
    """The story of these moves, taken once more from the start. The last one is the one that breaks the rule, if it is
    a move at all."""
    w, told = start, []
    for number in numbers:
        if number == AT_REST:
            break
        name, make = [*w.moves()][number]
        try:
            after: Around = make()
        except DefectError:
            told.append(Told(move=name, at_ns=w.now, reasons=()))
            break
        told.append(Told(move=name, at_ns=after.now, reasons=after.told[len(w.told) :]))
        w = after
    return Story(told=tuple(told), breach=breach)
