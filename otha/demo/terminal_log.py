"""The plant's own terminal log, read while it still runs: what an act says of outputs is not OTHA's word."""

from otha.demo.act import Result
from otha.demo.stage import Stage, wait_for
from sim.recordings import Scan
from sim.takeovers import Edge, edges, log, takeovers

_WRITTEN_WITHIN_S = 10.0


def log_until(stage: Stage, at_ns: int) -> list[Scan]:
    """The log, once it reaches to that moment: it is written out some scans late."""

    def look() -> list[Scan] | None:
        seen = log(stage.plant_dir)
        return seen if seen and seen[-1].at_ns >= at_ns else None

    return wait_for(look, within_s=_WRITTEN_WITHIN_S, what="the terminal log written out")


def edges_between(stage: Stage, since_ns: int, until_ns: int) -> list[Edge]:
    """Each edge of a discrete output in that time."""
    discrete = stage.kind.discrete
    return [each for each in edges(log_until(stage, until_ns), discrete, since_ns) if each.at_ns <= until_ns]


def no_edge(stage: Stage, result: Result, since_ns: int, until_ns: int, what: str) -> None:
    """No discrete output changed in that time."""
    found = edges_between(stage, since_ns, until_ns)
    names = [f"{stage.kind.outputs[each.output]} to {each.value}" for each in found]
    result.expect(not found, f"no edge at the terminals: {what}" + "".join(f", but {name}" for name in names))


def takeovers_allowed(stage: Stage) -> Result:
    """Evidence after the run: no node was granted, or began to drive, in a forbidden state of the machine."""
    result = Result(name="phases", title="takeovers against the machine's states, by the terminal log")
    found, forbidden = takeovers(log(stage.plant_dir)), stage.kind.forbidden
    wrong = [each for each in found if each.in_any_of(forbidden)]
    states = " or ".join(forbidden)
    result.expect(not wrong, f"{len(found)} takeovers, {len(wrong)} in {states}")
    result.notes += [f"epoch {each.epoch}: granted in {each.granted_in}, drove in {each.driven_in}" for each in wrong]
    return result
