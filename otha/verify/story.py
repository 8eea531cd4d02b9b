"""How a rule was broken, told from the first move to the breach."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from otha.core.effects import Action, Effect, ReadRecord, SwapRecord
from otha.core.errors import DefectError, EngineerError
from otha.core.reasons import Reason
from otha.core.words import Outcome
from otha.verify.around import Around
from otha.verify.expansion import AT_REST

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One move: at which time of the story, and what the core said of it. `asked`: the effects that it asked for then.
    `about`: the effect or late command that the move is about, `answer` what came back of it; None if none did."""

    move: str
    at_ns: int
    reasons: tuple[Reason, ...]
    asked: tuple[Effect, ...] = ()
    about: Action | None = None
    answer: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The moves from the start, and what was seen at the end. `numbers`: which of its moves each world took."""

    told: tuple[Told, ...]
    breach: str
    numbers: tuple[int, ...] = ()

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


class MoveNotOfferedError(EngineerError):
    """A world has no such move: the story was written by another version."""

    def __init__(self, at: int, name: str) -> None:
        super().__init__(f"move {at}, {name!r}, is not possible here", mend="step it with the version that wrote it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move taken: the worlds before and after it (None: it broke a rule, as `breach` says)."""

    told: Told
    before: Around
    after: Around | None
    breach: str = ""


def steps(start: Around, numbers: tuple[int, ...], names: tuple[str, ...] = ()) -> Iterator[Step]:
    """Take these moves once more, from the start, until one breaks a rule.

    With `names` a move is known by its name, where its number has become another one's. Raises MoveNotOfferedError
    where a world has no such move.
    """
    w = start
    for at, number in enumerate(numbers):
        if number == AT_REST:
            return
        name, make = _taken(w, at, number, names)
        try:
            after: Around = make()
        except DefectError as breach:
            told = Told(move=name, at_ns=w.now, reasons=(), about=_about(w, None, name))
            yield Step(told=told, before=w, after=None, breach=breach.what)
            return
        told = Told(
            move=name,
            at_ns=after.now,
            reasons=after.told[len(w.told) :],
            asked=tuple(effect for effect in after.flying if effect not in w.flying),
            about=_about(w, after, name),
            answer=_answer(w, _about(w, after, name), name),
        )
        yield Step(told=told, before=w, after=after)
        w = after


def _taken(w: Around, at: int, number: int, names: tuple[str, ...]) -> tuple[str, Callable[[], Around]]:
    offered = [*w.moves()]
    if 0 <= number < len(offered) and (not names or offered[number][0] == names[at]):
        return offered[number]
    alike = [each for each in offered if names and each[0] == names[at]]
    if not alike:
        raise MoveNotOfferedError(at + 1, names[at] if names else f"number {number}")
    return alike[0]


def _about(w: Around, after: Around | None, name: str) -> Action | None:
    """The command or effect on the store that a move lets arrive, or loses."""
    if name.startswith("late "):
        late = [each for each in w.late if type(each).__name__ in name]
        gone = [each for each in late if after is None or w.late.count(each) > after.late.count(each)]
        return next(iter(gone), None)
    flying = [each for each in w.flying if type(each.do).__name__ in name.split()]
    gone_effects = [each for each in flying if after is None or each not in after.flying]
    return gone_effects[0].do if gone_effects else None


def _answer(w: Around, about: Action | None, name: str) -> Outcome | None:
    """What the move brings back of what it is about."""
    if about is None or name.startswith(("FAULT ", "late ")):
        return None
    match about:
        case ReadRecord():
            return Outcome.DONE
        case SwapRecord(expect=expect):
            matches = expect == (w.store.revision if w.store is not None else None)
            return Outcome.DONE if matches else Outcome.REFUSED
        case _:
            return w.carry_out(about)[1]


def retold(start: Around, numbers: list[int], breach: str) -> Story:
    """The story of these moves, taken once more from the start. The last one is the one that breaks the rule, if it is
    a move at all."""
    told = tuple(step.told for step in steps(start, tuple(numbers)))
    return Story(told=told, breach=breach, numbers=tuple(numbers))
