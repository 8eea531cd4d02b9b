"""`otha verify`: a site's own groups explored, with progress, figures, and the shortest story of what breaks a rule.

Exit codes: 0 everything explored and nothing broken; 1 a rule was broken, or something was not explored or not reached;
2 bad input.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from textwrap import wrap

from otha.core.reasons import Reason
from otha.site.model import Site
from otha.verify import page
from otha.verify import story_file as stories
from otha.verify.chart import as_text, chart
from otha.verify.chart_svg import as_svg
from otha.verify.explore import Progress
from otha.verify.rules import HOLDS
from otha.verify.story import Story
from otha.verify.subject import Subject
from otha.verify.verification import ELSEWHERE, LIMITS, REDUCTIONS, Part, Verification, as_json, verify

_TELL_EACH_S = 10.0
_WIDTH = 120
_NS_PER_MS = 1_000_000
Sentence = Callable[[Reason], str]


class _Teller:
    """Tells on stderr what is being explored, and how far it is: on a terminal in one line, else now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told_at = 0.0

    def part(self, subject: Subject, start: str) -> None:
        alike = f", as {', '.join(subject.names[1:])}" if len(subject.names) > 1 else ""
        self._line(f"{subject.group.name}{alike} ({subject.group.kind.value}), {start}")
        self._told_at = time.perf_counter()

    def progress(self, now: Progress) -> None:
        rate = now.transitions / now.seconds if now.seconds else 0.0
        line = (
            f"  level {now.level}: {now.states:,} states, {now.frontier:,} in the frontier, "
            f"{now.transitions:,} transitions, {rate:,.0f}/s"
        )
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        elif time.perf_counter() - self._told_at >= _TELL_EACH_S:
            self._line(line)
            self._told_at = time.perf_counter()

    def end(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")

    def _line(self, text: str) -> None:
        self.end()
        sys.stderr.write(f"{text}\n")


def run(
    site: Site,
    *,
    faults: int,
    orders: int,
    jobs: int,
    states_at_most: int,
    json_file: Path | None,
    report_file: Path | None,
    sentence: Sentence,
    chart_file: Path | None = None,
    story_file: Path | None = None,
) -> int:
    """Verify a site that was loaded, and tell of it. Raises OSError when a file can't be written."""
    teller = _Teller()
    done = verify(
        site.core,
        faults=faults,
        orders=orders,
        jobs=jobs,
        states_at_most=states_at_most,
        on_part=teller.part,
        on_progress=teller.progress,
    )
    teller.end()
    data = as_json(done, site.digest, version("otha"))
    if json_file is not None:
        json_file.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if report_file is not None:
        text = page.html(done, site, version("otha"), verdict(done), told(done, sentence), picture(done, sentence))
        report_file.write_text(text, encoding="utf-8")
    if chart_file is not None and done.broken is not None:
        chart_file.write_text(picture(done, sentence), encoding="utf-8")
    if story_file is not None and done.broken is not None:
        _write_story(story_file, done, done.broken, site)
    sys.stdout.write("".join(f"{line}\n" for line in lines(done, sentence)))
    for file, what in ((chart_file, "chart"), (story_file, "story")):
        if file is not None:
            sys.stdout.write(f"no rule is broken: no {what} to write\n" if done.broken is None else f"{what}: {file}\n")
    return 0 if done.proved else 1


def _write_story(file: Path, done: Verification, part: Part, site: Site) -> None:
    stories.write(
        file,
        part.found.stories[0],
        part.subject.group,
        site=done.site,
        site_digest=site.digest,
        version=version("otha"),
        start=part.start,
        faults=done.faults,
        orders=done.orders,
    )


def lines(done: Verification, sentence: Sentence) -> list[str]:
    """What a verification found, for a terminal."""
    said = [f"{done.site}: up to {_count(done.faults, 'fault')} and {_count(done.orders, 'order')}, at any moment"]
    for part in done.parts:
        said += ["", *_of_part(part)]
    if done.left_out:
        said += ["", f"not explored, they switch themselves: {', '.join(done.left_out)}"]
    said += ["", f"rules held elsewhere: {'; '.join(f'{rule} {where}' for rule, where in ELSEWHERE.items())}"]
    said += ["what the worlds hold still:", *(f"  {limit}" for limit in LIMITS)]
    said += ["how they are made fewer without leaving anything out:", *(f"  {each}" for each in REDUCTIONS), ""]
    return said + told(done, sentence) + verdict(done)


def told(done: Verification, sentence: Sentence) -> list[str]:
    """The story of the breach, if there is one."""
    if done.broken is None:
        return []
    story, group = done.broken.found.stories[0], done.broken.subject.group
    return [*transcript(story, sentence), "", *as_text(chart(story, group, sentence)), ""]


def picture(done: Verification, sentence: Sentence) -> str:
    """The story of the breach as SVG, "" if there is none."""
    if done.broken is None:
        return ""
    return as_svg(chart(done.broken.found.stories[0], done.broken.subject.group, sentence))


def verdict(done: Verification) -> list[str]:
    """What it comes to, in a line or two."""
    if (story := done.story) is not None:
        return [f"BROKEN: {story.breach}"]
    if not done.parts:
        return ["NOTHING EXPLORED: every group of the site switches itself"]
    said = []
    if not done.complete:
        said.append("NOT EXPLORED TO THE END: the limit of states was reached (--states)")
    for name, missed in done.missed().items():
        said.append(f"NOT REACHED in {name}: {', '.join(missed)}")
    if said:
        return [*said, "nothing is broken in what was explored; more faults or orders reach more"]
    return ["explored to the end, no rule is broken, every phase and every ending was reached"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _numbers(of: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(of.items()) if number) or "none"


def _of_part(part: Part) -> list[str]:
    found, seen = part.found, part.found.coverage
    rate = found.transitions / part.seconds if part.seconds else 0.0
    size = (
        f"{found.states:,}, {found.transitions:,} transitions, {found.levels} moves at most; "
        f"{part.seconds:.1f} s, {rate:,.0f} transitions/s"
    )
    said = [f"{', '.join(part.subject.names)} ({part.subject.group.kind.value}), {part.start}"]
    for name, value in (
        ("states", size),
        ("to the end", "yes" if found.complete else "no"),
        ("phases", _numbers(seen.phases)),
        ("endings", _numbers(seen.ended)),
        ("rests", _numbers(found.endings)),
        ("rules", _numbers(seen.spoken_of)),
        ("faults", _numbers(seen.faults)),
        ("orders", _numbers(seen.orders)),
    ):
        said += wrap(value, _WIDTH, initial_indent=f"  {name:<13}", subsequent_indent=" " * 15)
    return said


def transcript(story: Story, sentence: Sentence) -> list[str]:
    """A story for a control engineer: the time, what happened, and what OTHA said and did about it."""
    said = ["How it is broken, by as few moves as possible:"]
    for number, each in enumerate(story.told, 1):
        said.append(f"{number:3d}  {each.at_ns / _NS_PER_MS:10.1f} ms  {each.move}")
        said += [f"{'':19}{sentence(reason)}" for reason in each.reasons]
    said.append(f"{'':5}BREACH  {story.breach}")
    if story.rule:
        for hold in HOLDS:
            if hold.rule == story.rule:
                said.append(f"{'':13}{story.rule}: {hold.says} ({', '.join(hold.decided_in)})")
    return said
