"""One row of the table of rules: what holds, where it is decided, which test holds it, and a mutant it fails on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """The first `old` in `file` replaced by `new` breaks the rule. `old` occurs there exactly once, in the body
    of a function: tests are tried on it in a process that has loaded the file already."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One part of a rule: what must hold, the pytest node id of the test that holds it, and the mutant it fails on."""

    rule: str
    says: str
    decided_in: tuple[str, ...]
    test: str
    mutant: Mutant
