"""docs/mutants.md: what was broken on purpose, and what noticed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from otha.verify.hold import Hold
from tests.mutants import operators, typed
from tests.mutants.judged import Judged, Key
from tests.mutants.population import Mutant
from tests.mutants.trial import Verdict

_HEAD = """\
# Mutants: the core broken on purpose, and what notices

Written by `make mutants`, which fails when a mutant survives that nobody has judged, when one of the deliberate ones
survives, and when a change can't be made any more because the code is another one.
"""

_DELIBERATE = """\
## Deliberate: every rule, at least twice

Each rule is broken in a line of the function that decides it, in a child process, and the test in the last column must
fail there. `make test` tries the same ones. The lines and what they become: [rules.md](rules.md).
"""

_MECHANICAL = """\
## Mechanical: a sample

{found:,} mutants were made of the functions of `otha/core`; {sampled} of them, drawn with seed {seed}, were tried:
{killed} were killed ({timed_out} of these because a test did not end, {typed} by the type checker alone), {survived}
survived and are judged below. Gaps of earlier samples that were tried again beside them, as in every run: {gaps}.

A mutant is tried with the tests of `tests/core` and `tests/scenarios` that run the changed function, the quickest
first, until one fails. The explorers of `tests/verify` are left out: they take minutes for each survivor.
A test that takes more than three seconds and five times its usual share of the processor counts as one that does not
end. First all tests are run in this way without a mutant, and must pass. What survives them all is shown to
`mypy --strict`: many a `is not None` is there for the types alone.

mutmut and cosmic-ray start the tests anew for each mutant; the tests of the core alone take a minute. Here the tests
are collected once, and each mutant is a child process in which one function's code is exchanged (`tests/mutants`).
"""

_LEFT_OUT = """\
## What is not mutated

- What runs when a module is loaded: constants, enums, defaults of fields and arguments, decorators. The code of a
  function can be exchanged in a running process, these can't.
- What no decision depends on, or the type checker holds: annotations, docstrings, other texts and what is put into
  them, exceptions' arguments, assertions, `assert_never`, `strict=` of `zip`, and the single values in patterns.
- Numbers are made one higher only, members of an enum become the next one only, and keywords are left out only of
  what changes a state (`put`, `put_plan`, `altered`, `replace`).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run over a sample. `found`: how many mutants there are. `verdicts`: of the sample first, then of older gaps."""

    seed: int
    found: int
    sampled: int
    verdicts: Sequence[Verdict]


def page(holds: Sequence[Hold], outcome: Outcome, judged: Judged) -> str:
    return "\n".join([_HEAD, deliberate(holds), _mechanical(outcome, judged), _LEFT_OUT])


def deliberate(holds: Sequence[Hold]) -> str:
    """The rows in the order of the rules; all of them were killed, or there is no page."""

    def place(hold: Hold) -> tuple[int, int]:
        number = hold.rule[1:]
        return ("SL".index(hold.rule[0]), int(number)) if number.isdigit() else (2, 0)

    rows = [
        f"| {hold.rule} | {hold.says} | `{hold.mutant.file}` | {_test(hold.test)} |"
        for hold in sorted(holds, key=place)
    ]
    table = ["| rule | what was broken | in | killed by |", "|---|---|---|---|", *rows, ""]
    return "\n".join([_DELIBERATE, *table])


def _mechanical(outcome: Outcome, judged: Judged) -> str:
    sampled, older = outcome.verdicts[: outcome.sampled], outcome.verdicts[outcome.sampled :]
    survived = [verdict for verdict in sampled if verdict.killed_by is None]
    text = _MECHANICAL.format(
        found=outcome.found,
        sampled=len(sampled),
        seed=outcome.seed,
        killed=len(sampled) - len(survived),
        timed_out=sum(verdict.timed_out for verdict in sampled),
        typed=sum(verdict.killed_by == typed.NAME for verdict in sampled),
        survived=len(survived),
        gaps=len(older),
    )
    return "\n".join(
        [
            text,
            *_totals("what is changed", sampled, lambda mutant: f"{mutant.operator}: {_says(mutant.operator)}"),
            *_totals("module", sampled, lambda mutant: f"`{mutant.file}`"),
            *_survivors("Survivors, each judged", "No test can tell these from the code.", survived, judged.equivalent),
            *_survivors("Gaps that are open", "For these a test is missing.", survived, judged.open),
            *_gaps(outcome.verdicts, judged),
        ]
    )


def _totals(head: str, verdicts: Sequence[Verdict], of: Callable[[Mutant], str]) -> list[str]:
    tried = Counter(of(verdict.mutant) for verdict in verdicts)
    survived = Counter(of(verdict.mutant) for verdict in verdicts if verdict.killed_by is None)
    rows = [f"| {name} | {tried[name]} | {tried[name] - survived[name]} | {survived[name]} |" for name in sorted(tried)]
    return [f"| {head} | tried | killed | survived |", "|---|---|---|---|", *rows, ""]


def _survivors(head: str, says: str, survived: Sequence[Verdict], judged: Mapping[Key, str]) -> list[str]:
    rows = [
        f"| `{each.mutant.place}` {each.mutant.function} | {change(each.mutant)} | {judged[each.mutant.key]} |"
        for each in survived
        if each.mutant.key in judged
    ]
    return [f"### {head}", "", says, "", "| where | change | why |", "|---|---|---|", *rows, ""] if rows else []


def _gaps(verdicts: Sequence[Verdict], judged: Judged) -> list[str]:
    lines = ["### Gaps that survivors showed, each closed", ""]
    lines += ["These survived once, and the test that was missing was written.", ""]
    lines += ["| where | change | killed by |", "|---|---|---|"]
    for verdict in verdicts:
        mutant = verdict.mutant
        if mutant.key in judged.gaps and verdict.killed_by is not None:
            lines.append(f"| `{mutant.place}` {mutant.function} | {change(mutant)} | {_test(verdict.killed_by)} |")
    return [*lines, ""]


def change(mutant: Mutant) -> str:
    return " → ".join(f"`{_cell(text)}`" for text in (mutant.old, mutant.new))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _test(nodeid: str) -> str:
    file, _, test = nodeid.partition("::")
    return f"`{test.partition('[')[0]}` in `{file}`"


def _says(operator: str) -> str:
    function = operators.OPERATORS.get(operator, operators.conditions)
    return (function.__doc__ or "").splitlines()[0].rstrip(".").lower()
