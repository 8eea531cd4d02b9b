"""What an act is, and what it showed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from otha.demo.stage import Stage


@dataclass(slots=True)
class Result:
    """What an act showed. `terms_ms` with their bounds where it was a transfer; `notes` in plain sentences.

    `right`: the right thing happened; `in_time`: within its bound. `group`: whose terms they are.
    """

    name: str
    title: str
    group: str = ""
    right: bool = True
    in_time: bool = True
    notes: list[str] = field(default_factory=list)
    terms_ms: dict[str, float] = field(default_factory=dict)
    bounds_ms: dict[str, float] = field(default_factory=dict)
    total_ms: float | None = None
    bound_ms: float | None = None

    @property
    def passed(self) -> bool:
        return self.right and self.in_time

    def expect(self, holds: bool, note: str) -> None:
        """Note something that must hold; the act fails if it does not."""
        self.notes.append(note if holds else f"FAILED: {note}")
        self.right = self.right and holds

    def expect_in_time(self, total_ms: float, bound_ms: float, note: str) -> None:
        """Note a duration that must stay within its bound."""
        self.total_ms, self.bound_ms = total_ms, bound_ms
        self.in_time = total_ms <= bound_ms
        verdict = "" if self.in_time else "MISSED: "
        self.notes.append(f"{verdict}{note} in {total_ms:.0f} ms, bound {bound_ms:.0f} ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act: its name on the command line, its title, and how it is played. `on_request`: it takes its time, and is
    played only when it is named."""

    name: str
    title: str
    play: Callable[[Stage, Result], None]
    on_request: bool = False
