"""The verification of a site: every class of its groups explored from every start, and what that was worth."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from otha.core.config import GroupConfig, SiteConfig
from otha.verify.explore import Exploration, Progress, explore
from otha.verify.story import Story
from otha.verify.subject import Subject, left_out, starts, subjects

# What the worlds hold still, or leave to others: whoever reads a result should know it.
LIMITS = (
    "One group at a time: the rest of the site is a TILT and an isolation that come and go.",
    "A node is alive, frozen, unseen or dead; how heartbeats lead to that verdict is not explored (otha.core.watch).",
    "One condition is disturbed, an interlock if there is one; the others hold. All are read in one poll.",
    "The gate is its table without frames' sequence numbers, sessions and outputs; the tests of the gate judge those.",
    "Time passes from deadline to deadline, once nothing else is about to happen.",
    "The supervisor's own processes, its disk and its network are a store and messages that are lost, late or doubled.",
    "The group is explored armed, whatever the file says: an order may arm it.",
)
# How worlds are made fewer without leaving anything out; `tests/verify/test_reductions.py` compares with and without.
REDUCTIONS = (
    "Serial numbers, attempts, revisions, absolute times and epochs only name things and tell no worlds apart.",
    "Groups that differ in names, addresses, tags and tolerances alone are one.",
    "Of the order in which messages were sent nothing is kept: any of them may arrive next.",
    "A late command that is too old for ever is forgotten; one that is lost counts as late while it could still act.",
    "A world like one that was met with no fewer faults and orders left is not looked at again.",
    "The role that a node says is heard only while it can decide: a group that drives a section has no record yet.",
    "Time goes on from deadline to deadline; the deciding code, which has no memory, is not asked twice the same.",
)
# What has no meaning in one group of this world, and the place that holds it instead.
ELSEWHERE = {
    "S4": "judged when the site file is loaded",
    "S15": "`otha replay`",
    "S16": "tests of the group: no node of this world is merely degraded",
    "S17": "tests of the alarms",
    "S18": "tests of the group: nothing upstream is in trouble in this world",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One exploration of a verification: of which groups, from which start, and what it found in which time."""

    subject: Subject
    start: str
    found: Exploration
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All that was explored of a site. `left_out`: groups that switch themselves."""

    site: str
    faults: int
    orders: int
    jobs: int
    parts: tuple[Part, ...]
    left_out: tuple[str, ...]

    @property
    def story(self) -> Story | None:
        """The first story of a breach, None if there was none."""
        return next((story for part in self.parts for story in part.found.stories), None)

    @property
    def broken(self) -> Part | None:
        """The exploration that the story is of."""
        return next((part for part in self.parts if part.found.stories), None)

    @property
    def complete(self) -> bool:
        """Whether every exploration came to its end."""
        return all(part.found.complete for part in self.parts)

    def missed(self) -> dict[str, tuple[str, ...]]:
        """Of each class, by the name of its first group: the phases, endings and rules that no exploration reached."""
        found: dict[str, tuple[str, ...]] = {}
        for subject in dict.fromkeys(part.subject for part in self.parts):
            missed = [_missed(subject.group, part.found) for part in self.parts if part.subject == subject]
            everywhere = tuple(each for each in missed[0] if all(each in others for others in missed))
            if everywhere:
                found[subject.group.name] = everywhere
        return found

    @property
    def proved(self) -> bool:
        """Something explored, to its end, with nothing broken and nothing missed."""
        return bool(self.parts) and self.story is None and self.complete and not self.missed()


def _missed(group: GroupConfig, found: Exploration) -> tuple[str, ...]:
    rules = (f"rule {rule}" for rule in found.coverage.rules_missed(group))
    return (*found.coverage.missed(group), *rules)


def verify(
    site: SiteConfig,
    *,
    faults: int,
    orders: int,
    jobs: int,
    states_at_most: int,
    on_part: Callable[[Subject, str], None],
    on_progress: Callable[[Progress], None],
) -> Verification:
    """Explore every class of groups from every start, until a rule is seen broken."""
    parts: list[Part] = []
    for subject in subjects(site):
        for what, start in starts(subject.group, faults=faults, orders=orders):
            if parts and parts[-1].found.stories:
                break
            on_part(subject, what)
            began = time.perf_counter()
            found = explore(start, jobs=jobs, states_at_most=states_at_most, on_progress=on_progress)
            parts.append(Part(subject=subject, start=what, found=found, seconds=time.perf_counter() - began))
    return Verification(
        site=site.name, faults=faults, orders=orders, jobs=jobs, parts=tuple(parts), left_out=left_out(site)
    )


def as_json(verification: Verification, digest: str, version: str) -> dict[str, Any]:  # Any: whatever json takes
    """The verification for a machine."""
    return {
        "site": verification.site,
        "site_digest": digest,
        "version": version,
        "faults": verification.faults,
        "orders": verification.orders,
        "jobs": verification.jobs,
        "proved": verification.proved,
        "complete": verification.complete,
        "missed": {name: list(missed) for name, missed in verification.missed().items()},
        "left_out": list(verification.left_out),
        "limits": list(LIMITS),
        "elsewhere": ELSEWHERE,
        "reductions": list(REDUCTIONS),
        "parts": [_part_json(part) for part in verification.parts],
    }


def _part_json(part: Part) -> dict[str, Any]:
    found, seen = part.found, part.found.coverage
    return {
        "groups": list(part.subject.names),
        "kind": part.subject.group.kind.value,
        "start": part.start,
        "seconds": round(part.seconds, 3),
        "states": found.states,
        "transitions": found.transitions,
        "levels": found.levels,
        "complete": found.complete,
        "rests": found.endings,
        "phases": dict(sorted(seen.phases.items())),
        "endings": dict(sorted(seen.ended.items())),
        "rules": {rule: number for rule, number in sorted(seen.spoken_of.items()) if number},
        "faults": dict(sorted(seen.faults.items())),
        "orders": dict(sorted(seen.orders.items())),
        "stories": [_story_json(story) for story in found.stories],
    }


def _story_json(story: Story) -> dict[str, Any]:
    return {
        "breach": story.breach,
        "rule": story.rule,
        "moves": [
            {
                "at_ns": each.at_ns,
                "move": each.move,
                "reasons": [[reason.why.name, reason.rule, list(reason.args)] for reason in each.reasons],
            }
            for each in story.told
        ],
    }
