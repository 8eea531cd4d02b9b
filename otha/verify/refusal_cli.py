"""`otha verify --past-refusal`: what refuses a site file, what that prevents, and the site explored as any other.

Exit codes: as `otha verify`, and 1 for a file that is refused or has a story.
"""

import sys
from collections.abc import Callable

from otha.site.past_refusal import Refused
from otha.verify import cli, past_refusal
from otha.verify.chart import as_text, chart
from otha.verify.focus import Lens
from otha.verify.past_refusal import Search
from otha.verify.story import Story


def drawn(refused: Refused, found: list[Search], sentence: cli.Sentence) -> Callable[[Story], list[str]]:
    """What a terminal shows of each story that was found: told, and as a sequence chart."""
    groups = {group.name: group for group in refused.site.core.groups}

    def lines(story: Story) -> list[str]:
        group = next(groups[search.groups[0]] for search in found if search.story is story)
        return [*cli.transcript(story, sentence), "", *as_text(chart(story, group, sentence))]

    return lines


def run(refused: Refused, *, faults: int, orders: int, jobs: int, states_at_most: int, sentence: cli.Sentence) -> int:
    """Show what a refusal prevents, then explore the site as any other. No file is written of such a site."""

    def on_search(group: str, lens: Lens) -> None:
        sys.stderr.write(f"{group}: {lens.value}?\n")

    found = past_refusal.searches(refused, on_search=on_search)
    told = past_refusal.lines(refused, found, drawn(refused, found, sentence))
    sys.stdout.write("".join(f"{line}\n" for line in (*told, "the site explored as any other:", "")))
    sys.stdout.flush()
    code = cli.run(
        refused.site,
        faults=faults,
        orders=orders,
        jobs=jobs,
        states_at_most=states_at_most,
        json_file=None,
        report_file=None,
        sentence=sentence,
    )
    sys.stdout.write(f"\n{past_refusal.verdict(found)}\n")
    return 1 if refused.errors or any(search.story is not None for search in found) else code
