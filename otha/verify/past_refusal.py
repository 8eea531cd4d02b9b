"""Why loading refuses a site file: its driver groups searched for what the refusal prevents.

Each group is searched for each lens, whatever was found wrong with the file: a story is found, or there is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from otha.core.config import GroupConfig
from otha.core.words import Arming, Authority, Confirm, GroupKind
from otha.site import timing
from otha.site.past_refusal import Refused
from otha.verify.explore import explore
from otha.verify.focus import FAULTS, Lens, Weakness, begun, weakness
from otha.verify.story import Story
from otha.verify.subject import shape

_STATES_AT_MOST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search of one group. `story`: None if there is none; `complete`: everything was looked at."""

    groups: tuple[str, ...]
    lens: Lens
    states: int
    complete: bool
    story: Story | None


def searches(
    refused: Refused,
    lenses: Sequence[Lens] = tuple(Lens),
    on_search: Callable[[str, Lens], None] = lambda group, lens: None,
) -> list[Search]:
    """Every group that drives a section and moves it by itself (armed by the file, asking nobody), for each lens."""
    core = refused.site.core
    channels = {channel.name: channel for channel in core.channels}
    alike: dict[tuple[bytes, Weakness], list[GroupConfig]] = {}
    for group in core.groups:
        by_itself = group.authority is Authority.OTHA and group.arming is Arming.ARMED
        by_itself = by_itself and group.confirm is not Confirm.ALWAYS
        if group.kind is GroupKind.DRIVER and by_itself:
            own = [channels[name] for node in group.nodes for name in node.channels]
            unseen_ns = max(timing.late(channel.period_ns) + channel.deadline_ns for channel in own)
            weak = weakness(group, refused.motions.get(group.name, {}), unseen_ns)
            alike.setdefault((shape(group), weak), []).append(group)
    found = []
    for (_, weak), groups in alike.items():
        for lens in lenses:
            if lens is Lens.GOES_ON and not weak.motions:
                continue
            on_search(groups[0].name, lens)
            found.append(_search(groups, lens, weak))
    return found


def _search(groups: list[GroupConfig], lens: Lens, weak: Weakness) -> Search:
    states, complete, story = 0, True, None
    for start in begun(groups[0], lens, weak):
        done = explore(start, states_at_most=_STATES_AT_MOST)
        states += done.states
        complete = complete and done.complete
        told = next(iter(done.stories), None)
        if told is not None and (story is None or len(told.told) < len(story.told)):
            story = told
    names = tuple(group.name for group in groups)
    return Search(groups=names, lens=lens, states=states, complete=complete, story=story)


def lines(refused: Refused, found: list[Search], transcript: Callable[[Story], list[str]]) -> list[str]:
    """What refuses the file, then what comes of it."""
    said = []
    if refused.errors:
        said += [f"{refused.site.path.name} is refused, and explored all the same to show why:", ""]
        said += [line for each in refused.errors for line in (*str(each).splitlines(), "")]
    else:
        said += [f"{refused.site.path.name} is not refused. What is doubted of it:", ""]
        said += [line for each in refused.problems for line in (*str(each).splitlines(), "")] or ["nothing", ""]
    for search in found:
        head = f"{', '.join(search.groups)}: {search.lens.value}?"
        if search.story is not None:
            said += [f"{head} YES.", *transcript(search.story), ""]
        elif not search.states:
            said += [f"{head} not searched: in no state of its machine does a failover go by itself", ""]
        else:
            how = "" if search.complete else ", not to the end"
            faults = FAULTS[search.lens]
            said += [f"{head} no, with {faults} fault{'' if faults == 1 else 's'} ({search.states:,} states{how})", ""]
    if not found:
        said += ["no group that drives a section moves it by itself: nothing was searched", ""]
    return said


def verdict(found: list[Search]) -> str:
    """What it comes to, in a line."""
    told = [search for search in found if search.story is not None]
    if told:
        return f"UNSAFE: {'; '.join(f'{search.groups[0]}: {search.lens.value}' for search in told)}"
    return "no story was found; what refuses the file may need more than one group, or plant, to show"
