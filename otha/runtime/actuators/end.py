"""How a command ended, whoever carried it."""

from dataclasses import dataclass

from otha.core.words import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnd:
    """`detail` is the answer, or what was missing, and `path` the last way used."""

    outcome: Outcome
    detail: str
    path: str
