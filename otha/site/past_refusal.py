"""A site file taken although a rule of the design refuses it: for who wants to see why. Nothing is ever run with it."""

from dataclasses import dataclass
from pathlib import Path

from otha.core.words import GroupKind
from otha.site.judge import note
from otha.site.load import build_site
from otha.site.model import Site
from otha.site.problem import Problem, Severity
from otha.site.written import SiteFile
from otha.site.written_hold import HoldAction, HoldTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """A motion that an output is the reference of. `stops_in_ns`: how long what is done while the section is held takes
    from the far end of the span to standstill, None if it does not stop it."""

    output: str
    does: str
    stops_in_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The site, and all that was found wrong. `motions`: of each group that drives some, by the machine state in which
    it is so ("" where no state says otherwise)."""

    site: Site
    problems: tuple[Problem, ...]
    motions: dict[str, dict[str, tuple[Motion, ...]]]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What refuses the file."""
        return tuple(each for each in self.problems if each.severity is Severity.ERROR)


def load_past_refusal(path: Path) -> Refused:
    """The site that `path` describes, whatever judgement refuses it.

    Raises SiteErrors for mistakes of writing, and where too little is left to build a site of.
    """
    doc, file, site = build_site(path, past_refusal=True)
    note(doc, file, site)
    motions = {name: _motions(file, name) for name, group in file.group.items() if group.kind is GroupKind.DRIVER}
    return Refused(site=site, problems=doc.ordered(), motions={name: each for name, each in motions.items() if each})


def _motions(file: SiteFile, name: str) -> dict[str, tuple[Motion, ...]]:
    group = file.group[name]
    if group.target is None:
        return {}
    section = file.section[group.target]
    found: dict[str, tuple[Motion, ...]] = {}
    for state, own in {"": {}, **{state: machine.hold for state, machine in group.state.items()}}.items():
        motions = tuple(
            _motion(output.name, output.motion.still_pct, own.get(output.name, output.hold))
            for output in section.outputs
            if output.motion is not None
        )
        if motions:
            found[state] = motions
    return found


def _motion(output: str, still_pct: float, hold: HoldTable) -> Motion:
    stops = hold.action in (HoldAction.STOP_MOTION, HoldAction.VALUE, HoldAction.RAMP) and bool(hold.rate_pct)
    to_pct = still_pct if hold.action is HoldAction.STOP_MOTION else hold.to_pct
    takes_ns = None
    if stops and to_pct == still_pct and hold.rate_pct:
        takes_ns = round((hold.after_ms or 0) * 1e6 + max(still_pct, 100 - still_pct) / hold.rate_pct * 1e9)
    elif hold.action is HoldAction.VALUE and to_pct == still_pct:
        takes_ns = 0
    return Motion(output=output, does=hold.action.value, stops_in_ns=takes_ns)
