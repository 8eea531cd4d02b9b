"""The terms of L1, measured: what the journal says of one transfer, phase by phase."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from otha.core.words import Phase

_NS_PER_MS = 1_000_000

# Each term ends when its phase is entered, and begins where the one before it ended. A kind of group has some of them.
_ENDS = (
    ("T_cas", Phase.CLAIMED),
    ("T_fence", Phase.FENCED),
    ("T_promote", Phase.PROMOTED),
    ("T_track", Phase.TRACKED),
    ("T_release", Phase.RELEASED),
    ("T_redirect", Phase.PATH_REDIRECTED),
    ("T_redirect", Phase.CLIENTS_REDIRECTED),
    ("T_verify", Phase.OUTPUT_VERIFIED),
    ("T_verify", Phase.WRITES_VERIFIED),
    ("T_backfill", Phase.BACKFILLED),
)
_VERIFIED = (Phase.OUTPUT_VERIFIED, Phase.WRITES_VERIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One reason as the journal keeps it."""

    mono_ns: int
    group: str
    why: str
    args: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transfer as the journal tells it. Times are CLOCK_MONOTONIC ns; None where it did not come so far."""

    group: str
    kind: str
    from_node: str
    to_node: str
    cause: str
    suspected_ns: int | None
    requested_ns: int
    phases: Mapping[str, int]
    ended_ns: int | None
    ending: str
    detail: str

    def terms_ms(self, fault_ns: int | None) -> dict[str, float]:
        """Milliseconds of each term that was reached; T_detect and T_confirm only when the fault's time is known."""
        terms: dict[str, float] = {}
        if fault_ns is not None and self.suspected_ns is not None:
            terms["T_detect"] = (self.suspected_ns - fault_ns) / _NS_PER_MS
            terms["T_confirm"] = (self.requested_ns - self.suspected_ns) / _NS_PER_MS
        before = self.phases.get(Phase.PERMITTED.value, self.requested_ns)
        for name, phase in _ENDS:
            at = self.phases.get(phase.value)
            if at is None:
                continue
            terms[name] = (at - before) / _NS_PER_MS
            before = at
        return terms

    @property
    def verified_ns(self) -> int | None:
        """When outputs were verified to be driven, or rows to be kept, by the new active."""
        return next((self.phases[phase.value] for phase in _VERIFIED if phase.value in self.phases), None)


def transfers(said: Iterable[Said]) -> list[Transfer]:
    """The transfers that the reasons tell of, in order. One that has not ended has the ending ""."""
    found: list[dict[str, Any]] = []
    open_: dict[str, dict[str, Any]] = {}
    suspected: dict[str, int] = {}
    for each in said:
        match each.why, each.args:
            case "SUSPECTED", _:
                suspected[each.group] = each.mono_ns
            case "SUSPICION_ENDED", _:
                suspected.pop(each.group, None)
            case "REQUESTED", (kind, from_node, to_node, cause):
                open_[each.group] = {
                    "group": each.group,
                    "kind": str(kind),
                    "from_node": str(from_node),
                    "to_node": str(to_node),
                    "cause": str(cause),
                    "suspected_ns": suspected.pop(each.group, None),
                    "requested_ns": each.mono_ns,
                    "phases": {},
                    "ended_ns": None,
                    "ending": "",
                    "detail": "",
                }
                found.append(open_[each.group])
            case "PHASE", (phase, *_) if each.group in open_:
                open_[each.group]["phases"].setdefault(str(phase), each.mono_ns)
            case "ENDED", (ending, _, _, _, detail) if each.group in open_:
                open_.pop(each.group).update(ended_ns=each.mono_ns, ending=str(ending), detail=str(detail))
            case _:
                pass
    return [Transfer(**fields) for fields in found]
