"""The words of the field, as enums. Standards' terms: OPC UA Part 4/5 for redundancy, ISA-18.2 for alarms."""

from enum import Enum, StrEnum


class Role(Enum):
    """What a node is, or says it is. Commanded role and observed role are two things."""

    UNKNOWN = 0
    ACTIVE = 1
    STANDBY = 2
    MAINTENANCE = 3
    FENCED = 4


class RedundancyMode(Enum):
    """How warm the standby is kept (OPC UA Part 5, RedundancySupport)."""

    COLD = "cold"
    WARM = "warm"
    HOT = "hot"
    HOT_AND_MIRRORED = "hot_and_mirrored"


class GroupKind(Enum):
    """What the group moves: the owner of a controller section (`driver`), the way to a section (`path`: gateways,
    links), or the place where data is kept (`store`: historians). `pair`: nothing; its nodes switch themselves, and
    OTHA only watches them."""

    DRIVER = "driver"
    PATH = "path"
    STORE = "store"
    PAIR = "pair"


class Arming(Enum):
    """How far OTHA may act in a group: only tell, tell and obey orders, or act by itself."""

    OBSERVE = "observe"
    ADVISE = "advise"
    ARMED = "armed"


class Authority(Enum):
    """Who switches the pair: OTHA, or the pair itself (watched and verified, never fenced)."""

    OTHA = "otha"
    NATIVE = "native"


class Confirm(Enum):
    """Which transfers a person must confirm before they are carried out."""

    NEVER = "never"
    PLANNED = "planned"
    ALWAYS = "always"


class Fencing(Enum):
    """What a fence of this group can honestly do."""

    TOKEN_ENFORCED = "token_enforced"
    SELF_FENCE = "self_fence"
    NONE = "none"


class RpoMiss(Enum):
    """What a transfer does when the standby lags more than the group's RPO (rule S5)."""

    BLOCK = "block"
    ASK = "ask"
    DEGRADE = "degrade"


class AfterFence(Enum):
    """What is tried first when a transfer can't go on after the old owner was fenced."""

    RETURN = "return"
    NEXT = "next"
    WAIT = "wait"
    SAFE = "safe"


class TrackedKind(Enum):
    """What a tracked tag is to the loop that it belongs to."""

    SETPOINT = "setpoint"
    MODE = "mode"
    INTEGRAL = "integral"
    OUTPUT = "output"


class TrackedForm(Enum):
    """How a tracked tag is compared: within a tolerance, for equality, or as a command that acts once and is 0 when
    nothing is left to do."""

    ANALOG = "analog"
    DISCRETE = "discrete"
    ONE_SHOT = "one_shot"


class Conduct(Enum):
    """What a transfer does in a machine state: go on, wait for the end of the phase, ask a person, not take place, or
    send a section that nobody drives to its safe state."""

    GO = "go"
    WAIT = "wait"
    ASK = "ask"
    STAY = "stay"
    SAFE = "safe"


class ConditionClass(Enum):
    """`safety` is never bypassable; `process` may be bypassed by an engineer with reason and expiry."""

    SAFETY = "safety"
    PROCESS = "process"


class Verdict(Enum):
    """A condition judged. Only TRUE counts as true; FALSE, BAD quality, STALE and UNKNOWN all count as false (S6)."""

    TRUE = "true"
    FALSE = "false"
    BAD = "bad"
    STALE = "stale"
    UNKNOWN = "unknown"


class Pulse(Enum):
    """The verdict on one channel. BLIND: silent, and so is the link that it goes by, or it is being changed; that says
    nothing about the node."""

    UNKNOWN = "unknown"
    ON_TIME = "on_time"
    LATE = "late"
    LOST = "lost"
    BLIND = "blind"


class Liveness(Enum):
    """The verdict on one node, from all of its channels and what it says on them."""

    UNKNOWN = "unknown"
    ALIVE = "alive"
    STALE_DATA = "stale_data"
    FROZEN = "frozen"
    DEAD = "dead"


class GateState(Enum):
    """The gate's state as its status block codes it."""

    FREE = 0
    OWNED = 1
    HELD = 2
    SAFE = 3
    LOCAL = 4


class Durability(Enum):
    """What must be durable before an effect leaves (rule S11)."""

    NOW = "now"
    RECORD = "record"
    JOURNAL = "journal"


class Outcome(Enum):
    """How an effect ended. A time-out is UNKNOWN: it may have happened."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class TransferKind(Enum):
    """Why the active role moves."""

    FAILOVER = "failover"
    SWITCHOVER = "switchover"
    FAILBACK = "failback"


class FailbackMode(Enum):
    """Who sees to it that the active role returns to the preferred node (rule S12)."""

    MANUAL = "manual"
    APPROVAL = "approval"
    SCHEDULED = "scheduled"


class Milestone(Enum):
    """How far the claim in the group record has come."""

    CLAIMED = "claimed"
    DONE = "done"


class Phase(Enum):
    """Phases of a transfer, in order. Waiting for a person happens in REQUESTED only.

    `driver`: all up to OUTPUT_VERIFIED. `path`: FENCED is followed by PATH_REDIRECTED and OUTPUT_VERIFIED. `store`:
    PROMOTED is followed by CLIENTS_REDIRECTED, WRITES_VERIFIED and BACKFILLED.
    """

    REQUESTED = "requested"
    PERMITTED = "permitted"
    CLAIMED = "claimed"
    FENCED = "fenced"
    PROMOTED = "promoted"
    TRACKED = "tracked"
    RELEASED = "released"
    OUTPUT_VERIFIED = "output_verified"
    PATH_REDIRECTED = "path_redirected"
    CLIENTS_REDIRECTED = "clients_redirected"
    WRITES_VERIFIED = "writes_verified"
    BACKFILLED = "backfilled"


class Course(Enum):
    """Where a transfer is heading: on to the new node, back to the old one, leaving the owner be, or to safe state."""

    FORWARD = "forward"
    RETURN = "return"
    VOID = "void"
    SAFE = "safe"


class Ending(Enum):
    """How a transfer ended (rule L2)."""

    DONE = "done"
    ABORTED_SAFE = "aborted_safe"
    RETURNED = "returned"
    SAFE_STATE = "safe_state"
    NEEDS_OPERATOR = "needs_operator"


class Standing(Enum):
    """Where a group stands when no transfer is under way."""

    SETTLING = "settling"
    FOLLOWING = "following"
    NEEDS_OPERATOR = "needs_operator"


class AlarmCode(StrEnum):
    """What is wrong, of OTHA's own alarms; those on plant tags have the names that the site file gives them. The
    operator's response stands in docs/operator.md."""

    NEEDS_OPERATOR = "needs_operator"
    REDUNDANCY_LOST = "redundancy_lost"
    ACTIVE_SUSPECT = "active_suspect"
    GATE_UNSEEN = "gate_unseen"
    SELECTOR_UNSEEN = "selector_unseen"
    ROWS_MISSING = "rows_missing"
    SECTION_HELD = "section_held"
    RESUMES_USED_UP = "resumes_used_up"
    SECTION_SAFE = "section_safe"
    TWO_CLAIM_ACTIVE = "two_claim_active"
    ROLE_DISAGREES = "role_disagrees"
    STORE_SILENT = "store_silent"
    OBSERVER_ISOLATED = "observer_isolated"
    TILT = "tilt"
    HALTED = "halted"
    BYPASSED = "bypassed"
    TAG_UNUSABLE = "tag_unusable"
    MACHINE_UNLISTED = "machine_unlisted"
    DISK_FAILING = "disk_failing"
    DISK_FILLING = "disk_filling"
    JOURNAL_SILENT = "journal_silent"
    JOURNAL_DAMAGED = "journal_damaged"
    RECORDER_SILENT = "recorder_silent"
    LOOP_STALLED = "loop_stalled"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    CERTIFICATE_EXPIRED = "certificate_expired"


class AlarmState(Enum):
    """The states of an alarm without a flag (ISA-18.2-2016, 5.1): A to F of its state diagram."""

    NORMAL = "normal"
    UNACKED = "unacked"
    ACKED = "acked"
    RTN_UNACKED = "rtn_unacked"
    LATCHED_UNACKED = "latched_unacked"
    LATCHED_ACKED = "latched_acked"


class AlarmFlag(Enum):
    """What keeps an alarm quiet (ISA-18.2-2016, 5.1: G, H and I). The three are independent of each other."""

    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


class AlarmPriority(Enum):
    """How soon an operator must act; EEMUA 191 expects about 1, 5, 15 and 80 % of annunciations of each."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class OrderKind(Enum):
    """What an operator may ask of a group."""

    SWITCHOVER = "switchover"
    FAILBACK = "failback"
    DRILL = "drill"
    DRILL_ABORT = "drill-abort"
    CONFIRM = "confirm"
    REJECT = "reject"
    SELECT = "select"
    OPERATE = "operate"
    CANCEL = "cancel"
    BYPASS = "bypass"
    UNBYPASS = "unbypass"
    SAFE = "safe"
    RELEASE = "release"
    ACKNOWLEDGE = "ack"
    ALARM_ACK = "alarm-ack"
    ALARM_RESET = "alarm-reset"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    OUT_OF_SERVICE = "out-of-service"
    IN_SERVICE = "in-service"
    MAINTENANCE_IN = "maintenance-in"
    MAINTENANCE_OUT = "maintenance-out"
    ARM = "arm"


class Answer(Enum):
    """How one request on a channel ended. LATE: the reply to an earlier request came after its deadline. BLIND: who
    asked could not tell; it is evidence of nothing, neither of life nor of death."""

    REPLIED = 0
    LATE = 1
    BUSY = 2
    MISSED = 3
    GARBLED = 4
    BLIND = 5
