"""What a person may want of a group, and of what in it."""

from dataclasses import dataclass
from enum import Enum


class Job(Enum):
    """What a person may want of a group. The value is the method that carries it out."""

    SWITCHOVER = "Operate"
    FAILBACK = "Failback"
    DRILL = "DrillStart"
    DRILL_ABORT = "DrillAbort"
    CONFIRM = "Confirm"
    REJECT = "Reject"
    SAFE = "Safe"
    BYPASS = "Bypass"
    UNBYPASS = "Unbypass"
    RELEASE = "Release"
    MAINTENANCE_IN = "MaintenanceIn"
    MAINTENANCE_OUT = "MaintenanceOut"
    ARM = "SetArming"


TWO_PERSONS = (Job.SAFE, Job.BYPASS)
ANSWERS = (Job.CONFIRM, Job.REJECT)
NEEDS_COMMENT = (Job.SAFE, Job.BYPASS, Job.REJECT)
TRANSFERS = (Job.SWITCHOVER, Job.FAILBACK, Job.DRILL, Job.RELEASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an order is about. Which of these an order takes is in `otha.names.METHODS`. `request`: the number of what
    waits for a person, as he chose it; 0: he has chosen none."""

    group: str
    node: str = ""
    condition: str = ""
    arming: str = ""
    transfer: str = ""
    for_s: int = 0
    comment: str = ""
    alarm: str = ""
    occurrence: int = 0
    request: int = 0
