"""Why something was decided: a rule and arguments. The sentence is rendered outside the core."""

from dataclasses import dataclass
from enum import Enum, auto


class Why(Enum):
    """What a reason says. `otha.report.sentence` renders it with its arguments."""

    SETTLED = auto()
    ADOPTED = auto()
    NEEDS_OPERATOR = auto()
    SUSPECTED = auto()
    SUSPICION_ENDED = auto()
    REQUESTED = auto()
    WOULD_TRANSFER = auto()
    BLOCKED = auto()
    WAITS = auto()
    PHASE = auto()
    TROUBLE = auto()
    COURSE = auto()
    ENDED = auto()
    RESUMED = auto()
    SAFE_ASKED = auto()
    SELECTED = auto()
    SELECTION_ENDED = auto()
    SECOND_PERSON_ASKED = auto()
    REQUEST_ENDED = auto()
    BYPASSED = auto()
    BYPASS_ENDED = auto()
    PASSED_OVER = auto()
    NOT_ASKED_ANY_MORE = auto()
    IN_FLIGHT = auto()
    BUMP = auto()
    UNVERIFIED = auto()
    ORDER_TAKEN = auto()
    ORDER_REFUSED = auto()
    ORDER_REPEATED = auto()
    EPOCH_RAISED = auto()
    STORE_UNKNOWN = auto()
    STORE_LOST = auto()
    HALTED = auto()
    BEGINS_ANEW = auto()
    CHANNEL = auto()
    NODE = auto()
    GATE = auto()
    SELECTOR = auto()
    CONDITION = auto()
    FIRST_OUT = auto()
    MACHINE = auto()
    ISOLATED = auto()
    TILT = auto()
    ALARM_RAISED = auto()
    ALARM_CLEARED = auto()
    ALARM_ACKED = auto()
    ALARM_KEPT_QUIET = auto()
    ALARM_RESET = auto()
    ALARM_FLAGGED = auto()
    ALARM_UNFLAGGED = auto()
    ALARM_STOOD = auto()


class Block(Enum):
    """What stands against a transfer; `rule` is the rule of the design that it comes from."""

    NOT_ARMED = ("not_armed", "arming")
    NATIVE_AUTHORITY = ("native_authority", "authority")
    TRANSFER_RUNNING = ("transfer_running", "one transfer at a time")
    NO_SUCH_NODE = ("no_such_node", "order")
    ALREADY_ACTIVE = ("already_active", "order")
    GATE_UNSEEN = ("gate_unseen", "S1")
    NEWER_EPOCH = ("newer_epoch", "S2")
    SELECTOR_UNSEEN = ("selector_unseen", "S1")
    SELECTOR_DISAGREES = ("selector_disagrees", "S2")
    GATE_MISMATCH = ("gate_mismatch", "S1")
    GATE_NOT_IN_OTHAS_HANDS = ("gate_not_in_othas_hands", "S1")
    NOBODY_DRIVES = ("nobody_drives", "S2")
    FIRST_START_DISAGREES = ("first_start_disagrees", "S2")
    NOTHING_TO_CONFIRM = ("nothing_to_confirm", "order")
    WHICH_ONE = ("which_one", "order")
    ID_TAKEN = ("id_taken", "S11")
    NO_SUCH_ALARM = ("no_such_alarm", "order")
    OLD_OCCURRENCE = ("old_occurrence", "order")
    NOTHING_TO_ACK = ("nothing_to_ack", "order")
    NOTHING_TO_RESET = ("nothing_to_reset", "order")
    NOT_FLAGGED = ("not_flagged", "order")
    SHELVED_TOO_LONG = ("shelved_too_long", "order")
    AWAITS_CONFIRMATION = ("awaits_confirmation", "order")
    REQUEST_PENDING = ("request_pending", "order")
    SELECTED = ("selected", "order")
    SELECTED_BY_OTHER = ("selected_by_other", "order")
    NOT_SELECTED = ("not_selected", "order")
    PREMISES_CHANGED = ("premises_changed", "order")
    COMMENT_MISSING = ("comment_missing", "order")
    SECOND_PERSON = ("second_person", "two persons")
    NO_AUTHORITY = ("no_authority", "two persons")
    NO_SUCH_INTERLOCK = ("no_such_interlock", "order")
    NEVER_BYPASSED = ("never_bypassed", "S6")
    BYPASS_TOO_LONG = ("bypass_too_long", "S6")
    NOT_BYPASSED = ("not_bypassed", "order")
    NOT_HELD = ("not_held", "gate")
    NOTHING_TO_RELEASE = ("nothing_to_release", "order")
    SAFE_ORDERED = ("safe_ordered", "order")
    DECLINED = ("declined", "order")
    HALTED = ("halted", "")
    OWNER_DISAGREES = ("owner_disagrees", "S2")
    STORE_SILENT = ("store_silent", "S9")
    NO_FENCE = ("no_fence", "S3")
    SELF_FENCE_TOO_SLOW = ("self_fence_too_slow", "S4")
    SYNC_BEHIND = ("sync_behind", "S5")
    INTERLOCK = ("interlock", "S6")
    PERMISSIVE = ("permissive", "permissive")
    MACHINE_STATE = ("machine_state", "machine state")
    GATE_PERMIT = ("gate_permit", "S6")
    HOLD_OFF = ("hold_off", "S7")
    TOO_MANY = ("too_many", "S7")
    NOT_STEADY = ("not_steady", "S12")
    NOT_RESYNCHRONISED = ("not_resynchronised", "S12")
    NOT_PREFERRED = ("not_preferred", "S12")
    NOT_MARKED_FOR_DRILLS = ("not_marked_for_drills", "S14")
    ACTIVE_IN_TROUBLE = ("active_in_trouble", "S14")
    UNACKNOWLEDGED = ("unacknowledged", "S14")
    UNSETTLED = ("unsettled", "S14")
    NO_SUCH_DRILL = ("no_such_drill", "order")
    NOTHING_TO_ABORT = ("nothing_to_abort", "order")
    TOO_LATE_TO_ABORT = ("too_late_to_abort", "order")
    NOT_ENOUGH_OBSERVERS = ("not_enough_observers", "S8")
    OBSERVER_ISOLATED = ("observer_isolated", "S8")
    OWNER_FRESH_AT_GATE = ("owner_fresh_at_gate", "S8")
    TILT = ("tilt", "S10")
    NOT_READY = ("not_ready", "S13")
    ONE_SHOT_PENDING = ("one_shot_pending", "S13")
    OUTPUT_WOULD_MOVE = ("output_would_move", "S13")
    UPSTREAM = ("upstream", "S18")
    NODE_NOT_ABLE = ("node_not_able", "eligibility")
    IN_MAINTENANCE = ("in_maintenance", "eligibility")
    NO_CAPACITY = ("no_capacity", "capacity")
    HOLD_TOO_SHORT = ("hold_too_short", "hold")
    CAUSE_GONE = ("cause_gone", "cause")
    UNCONTROLLED = ("uncontrolled", "L2")
    NOT_READ_BACK = ("not_read_back", "L3")
    COMMAND_UNDER_WAY = ("command_under_way", "site")
    OTHER_IDENTITY = ("other_identity", "S2")
    RESTART_NEEDED = ("restart_needed", "site")

    def __init__(self, code: str, rule: str) -> None:
        self.code = code
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One thing that stands against a transfer, and the detail a person needs (a node, a condition, a verdict)."""

    block: Block
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """`rule` is the rule of the design it stands on (S1 to S18, L1 to L5, or "")."""

    why: Why
    rule: str
    args: tuple[str | int, ...]
