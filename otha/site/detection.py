"""How a group's heartbeats are judged, and the times that follow from it: all that the engineer left out derived."""

from dataclasses import dataclass

from otha.core.config import AdaptiveDetector, FixedDetector
from otha.site import timing
from otha.site.links import groups_via
from otha.site.timing import Term, Total
from otha.site.written import SectionTable, SiteFile
from otha.site.written_group import DetectionTable, Detector, GroupTable

MS = 1_000_000
# Over a healthy network; what a serial line needs is filled in by `otha.site.line_load`.
ROUND_TRIP_MS = 3


def deadline_ms(detection: DetectionTable) -> int:
    """The deadline of a heartbeat; by default 4/5 of the period, so that it is judged before the next one leaves."""
    if detection.deadline_ms is None:
        return max(1, detection.period_ms * 4 // 5)
    # A longer one is refused; the other sums are shown as they are once it is mended.
    return min(detection.deadline_ms, detection.period_ms)


def gate_deadline_ms(section: SectionTable, detection: DetectionTable) -> int:
    """How long a read at the gate may take: as a heartbeat, or 4/5 of its own slower pace. On a line that others use it
    waits for its turn, and is not lost by that."""
    return max(deadline_ms(detection), (section.poll_ms or 0) * 4 // 5)


def fast_deadline_ms(section: SectionTable, detection: DetectionTable) -> int:
    """How long a read at the gate may take in a transfer: as a heartbeat, and never longer than at rest. What a serial
    line needs is filled in by `otha.site.line_load`."""
    given = section.fast_deadline_ms or max(deadline_ms(detection), section.round_trip_ms or ROUND_TRIP_MS)
    return min(given, gate_deadline_ms(section, detection))


def detector_of(detection: DetectionTable) -> FixedDetector | AdaptiveDetector:
    """The detector of a group's channels."""
    match detection.detector:
        case Detector.FIXED:
            return FixedDetector(misses=detection.misses)
        case Detector.ADAPTIVE:
            return AdaptiveDetector(window=detection.window, margin_ns=margin_ms(detection) * MS)


def margin_ms(detection: DetectionTable) -> int:
    """Chen's alpha; by default two periods, so that one lost heartbeat is no failure."""
    return detection.margin_ms or 2 * detection.period_ms


def earliest_lost_ms(detection: DetectionTable) -> int:
    """The shortest time from a death to LOST: the node dies just before a heartbeat that fails at once."""
    if detection.detector is Detector.ADAPTIVE:
        return margin_ms(detection)
    return (detection.misses - 1) * detection.period_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePace:
    """How the reference points are read, and after which time a lost one is known at the latest."""

    period_ms: int
    deadline_ms: int
    misses: int

    @property
    def lost_ms(self) -> int:
        return self.period_ms * self.misses + self.deadline_ms


def reference_pace(file: SiteFile, name: str) -> ReferencePace:
    """By default as often as the fastest group, and lost one miss earlier: isolation must be known before a death."""
    table = file.reference[name]
    detections = [group.detection for group in file.group.values()]
    period = table.period_ms or min((d.period_ms for d in detections), default=1000)
    misses = table.misses or max(1, min((d.misses for d in detections), default=3) - 1)
    return ReferencePace(period_ms=period, deadline_ms=table.deadline_ms or max(1, period * 4 // 5), misses=misses)


def link_lost_ms(file: SiteFile, group: str) -> int:
    """After which time a dead link of this group is known at the latest."""
    detection = file.group[group].detection
    silent = margin_ms(detection) if detection.detector is Detector.ADAPTIVE else 0
    return detection.period_ms * (1 if silent else detection.misses) + silent + deadline_ms(detection)


def confirm_needed_ms(file: SiteFile, detection: DetectionTable) -> int:
    """How long a suspicion must stand so that an isolated observer knows it: its reference points are lost as well."""
    lost = max((reference_pace(file, name).lost_ms for name in file.reference), default=0)
    return max(0, lost - earliest_lost_ms(detection))


def links_known_ms(file: SiteFile, table: GroupTable) -> int:
    """How long a suspicion must stand so that a dead link in front of the node is known (S18)."""
    lost = max((link_lost_ms(file, via) for via in groups_via(file, table)), default=0)
    return max(0, lost - earliest_lost_ms(table.detection))


def told_within(detection: DetectionTable) -> Total:
    """How old what a node said last can be while every heartbeat is answered in time."""
    return Total(
        terms=(
            Term(name="period", ns=timing.late(detection.period_ms * MS), made_of="1.25 x period"),
            Term(name="deadline", ns=deadline_ms(detection) * MS, made_of="deadline_ms"),
        )
    )


def standstill(cycle_ns: int, detection: DetectionTable) -> Total:
    """How long a healthy counter can seem to stand still between two heartbeats."""
    return Total(
        terms=(
            Term(name="2 cycles", ns=2 * cycle_ns, made_of="2 x control cycle"),
            Term(name="period", ns=timing.late(detection.period_ms * MS), made_of="1.25 x period"),
            Term(name="deadline", ns=deadline_ms(detection) * MS, made_of="deadline_ms"),
        )
    )
