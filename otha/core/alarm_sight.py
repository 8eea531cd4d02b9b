"""What the alarm machine is told of each book of alarms: a group's, and the supervisor's own.

What concerns the whole site is the supervisor's own: one cause is one alarm, however many groups there are.
"""

from otha.core import alarm, plant_alarms
from otha.core.alarm import Alarm
from otha.core.alarm_list import OWN
from otha.core.alarm_machine import AlarmsSeen
from otha.core.config import GroupConfig, SiteConfig
from otha.core.group.state import GateView, GroupState, Shared, StoreView
from otha.core.site_state import SiteState
from otha.core.wiring import Wiring
from otha.core.words import AlarmCode, Arming, Authority

# Of no group: what a decision of the supervisor's own carries in the place of a group's state.
NO_GROUP = GroupState(
    nodes=(), maintenance=(), gate=GateView(), conditions=(), arming=Arming.OBSERVE, settle_until=None, calm_until=None
)
# What is written to the disk of the state directory.
_DISK = (AlarmCode.JOURNAL_SILENT, AlarmCode.RECORDER_SILENT, AlarmCode.STORE_SILENT)


def _store_silent(group: GroupConfig, g: GroupState) -> bool:
    """A pair that switches itself has no record in the store: what OTHA knows of it is in memory."""
    if group.authority is Authority.NATIVE:
        return False
    return g.store is StoreView.UNKNOWN or (g.store is StoreView.UNREAD and g.settle_until is None)


def own_moved(group: GroupConfig, before: GroupState, after: GroupState) -> bool:
    """Whether a step of a group may have changed an alarm of the supervisor's own."""
    said = [(_store_silent(group, g), g.settle_until is None) for g in (before, after)]
    return said[0] != said[1]


def _site_wide(shared: Shared) -> tuple[AlarmCode, ...]:
    standing = ((AlarmCode.OBSERVER_ISOLATED, shared.isolated), (AlarmCode.TILT, shared.tilted))
    return tuple(code for code, holds in standing if holds)


def of_supervisor(cfg: SiteConfig, state: SiteState) -> AlarmsSeen:
    """Trouble of the supervisor itself. Of journal, recorder and group records one that is silent may have its own
    reason; of two the disk is the cause."""
    told: dict[str, str] = {**state.troubles, **dict.fromkeys(_site_wide(state.shared), "")}
    if any(_store_silent(group, g) for group, g in zip(cfg.groups, state.groups, strict=True)):
        told[AlarmCode.STORE_SILENT] = ""
    if sum(code in told for code in _DISK) > 1:
        told[AlarmCode.DISK_FAILING] = ""
    return AlarmsSeen(
        found=tuple(Alarm(code=code, detail=line) for code in OWN if code in told for line in told[code].split("\n")),
        settled=all(g.settle_until is None for g in state.groups),
    )


def of_group(cfg: SiteConfig, wiring: Wiring, state: SiteState, at: int) -> AlarmsSeen:
    """The conditions of group `at`: OTHA's own of it, and those on plant tags."""
    group, g = cfg.groups[at], state.groups[at]
    alarms, w = wiring.plant_alarms[at], state.plant[at]
    found = alarm.standing(group, state.shared, g)
    if alarms:
        found += plant_alarms.unusable(group, g, wiring.tags, w) + plant_alarms.found(alarms, w)
    return AlarmsSeen(
        found=found,
        unjudged=plant_alarms.unjudged(alarms, w) if alarms else (),
        causes=_site_wide(state.shared),
        settled=g.settle_until is None and g.calm_until is None,
    )
