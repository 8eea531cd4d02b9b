"""The deliberate mutants of the table of rules, each tried with the test that must kill it."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from otha.verify.hold import Hold, Mutant
from tests.mutants import forks, swap, trial
from tests.mutants.population import ROOT, functions_of
from tests.mutants.suite import Suite

# Of the processor, for one test; of the clock, for all tests of one mutant on a busy machine.
_TEST_S, _LIMIT_S = 60, 600


class UnfitError(Exception):
    """A mutant that can not be put in; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a mutant makes of a `file`: its `function` does what it does in `text`, the whole file's."""

    file: str
    function: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`killed_by`: the test that failed. `wrong`: what is wrong with the row, None when its test killed its mutant."""

    hold: Hold
    killed_by: str | None = None
    wrong: str | None = None


def change_of(mutant: Mutant) -> Change:
    """The change; UnfitError unless the text is there once, and all that changes is one function's or method's body."""
    whole = (ROOT / mutant.file).read_text(encoding="utf-8")
    if (found := whole.count(mutant.old)) != 1:
        raise UnfitError(f"the text to change is there {found} times: {mutant.old!r}")
    text = whole.replace(mutant.old, mutant.new)
    try:
        before, after = ast.parse(whole), ast.parse(text)
    except SyntaxError as error:
        raise UnfitError(f"no Python any more: {error}") from error
    bodies, then = _taken_out(before), _taken_out(after)
    changed = [name for name, body in bodies.items() if then.get(name) != body]
    # Without their bodies: what runs when a module is loaded has run by the time that a mutant is put in.
    if ast.dump(before) != ast.dump(after) or len(changed) != 1:
        raise UnfitError("it must change the body of one function, and nothing else")
    return Change(file=mutant.file, function=changed[0], text=text)


def _taken_out(tree: ast.Module) -> dict[str, list[str]]:
    """The bodies of the functions and methods by name; from now on the tree is without them."""
    bodies = {}
    for function, name in functions_of(tree):
        bodies[name] = [ast.dump(each) for each in function.body]
        function.body = []
    return bodies


def try_each(suite: Suite, holds: Sequence[Hold], *, beside: int) -> Iterator[Tried]:
    """Each row of the table, `beside` at a time; as they end."""
    fit: list[tuple[Hold, Change]] = []
    for hold in holds:
        try:
            fit.append((hold, change_of(hold.mutant)))
        except UnfitError as error:
            yield Tried(hold=hold, wrong=f"{hold.rule} {hold.mutant.file}: {error}")
    rows = [suite.named(hold.test) for hold, _ in fit]

    def work(number: int) -> tuple[str | None]:
        _, change = fit[number]
        swap.exchange(change.file, change.function, change.text)
        row = rows[number]
        failed = suite.first_failure(row, [_TEST_S] * len(row), lambda _: None)
        return (None if failed is None else row[failed],)

    for ended in forks.each(len(fit), work, beside=beside, limit_s=_LIMIT_S):
        hold, _ = fit[ended.number]
        if ended.answer is None:
            wrong = f"the process of its test ended with {ended.exit_code}"
        elif (killed_by := ended.answer[0]) is not None:
            yield Tried(hold=hold, killed_by=killed_by)
            continue
        else:
            wrong = "passes on the mutant" if rows[ended.number] else "no such test"
        yield Tried(hold=hold, wrong=f"{hold.rule} {hold.test}: {wrong}")


def control(suite: Suite, tests: Collection[str], *, beside: int) -> list[str]:
    """Those of `tests` that fail with no mutant at all: what kills a mutant must do so because of the mutant."""
    return trial.control(suite, dict.fromkeys(tests, _TEST_S), beside=beside)
