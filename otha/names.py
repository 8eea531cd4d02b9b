"""What OTHA's OPC UA interface calls things: namespace, NodeIds, variables, methods and the words in them.

All that an HMI sees of OTHA's code. NodeIds are strings of the namespace `NAMESPACE` and stay the same from start to
start and from version to version. Words are texts, as the command line shows them.
"""

from dataclasses import dataclass
from enum import Enum

NAMESPACE = "urn:otha:interface"
SITE = "Site"
GROUPS = "Groups"
CHANNELS = "Channels"


class Kind(Enum):
    """The type of a variable or argument. TEXTS: a list of String."""

    BOOLEAN = "Boolean"
    BYTE = "Byte"
    INT32 = "Int32"
    INT64 = "Int64"
    TEXT = "String"
    TEXTS = "String[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of an object; its NodeId is the object's with "." and `name` behind it."""

    name: str
    kind: Kind
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a group. All take an order id first: a repeat with the same id is answered, not carried out again.

    `order`: the order that it gives, as `otha order` calls it.
    """

    name: str
    order: str
    inputs: tuple[Variable, ...]
    doc: str


def group_id(group: str) -> str:
    """The object of a group."""
    return f"Group/{group}"


def node_id(group: str, node: str) -> str:
    """The object of a node as member of a group."""
    return f"Group/{group}/Node/{node}"


def condition_id(group: str, condition: str) -> str:
    """The object of an interlock or permissive of a group."""
    return f"Group/{group}/Condition/{condition}"


def client_id(group: str, client: str) -> str:
    """The object of a client that a group leads."""
    return f"Group/{group}/Client/{client}"


def alarm_id(group: str, code: str) -> str:
    """The object of an alarm of a group."""
    return f"Group/{group}/Alarm/{code}"


def alarm_of(alarm: str) -> tuple[str, str] | None:
    """The group, "" for the supervisor's own, and the code of an alarm's object; None for an object that is none."""
    owner, found, code = alarm.rpartition("/Alarm/")
    if not found or "/" in code:
        return None
    return ("", code) if owner == SITE else (owner.removeprefix("Group/"), code)


def own_alarm_id(code: str) -> str:
    """The object of an alarm of the supervisor's own."""
    return f"{SITE}/Alarm/{code}"


def channel_id(channel: str) -> str:
    """The object of a heartbeat channel."""
    return f"Channel/{channel}"


def variable_id(owner: str, name: str) -> str:
    """A variable or method of an object."""
    return f"{owner}.{name}"


def _of(*variables: tuple[str, Kind, str]) -> tuple[Variable, ...]:
    return tuple(Variable(name=name, kind=kind, doc=doc) for name, kind, doc in variables)


SITE_VARIABLES = _of(
    ("Name", Kind.TEXT, "the site's name"),
    ("Supervisor", Kind.TEXT, "the supervisor that these values are of"),
    ("Version", Kind.TEXT, "OTHA's version"),
    ("Simulation", Kind.BOOLEAN, "the plant is a simulated one"),
    ("SeenMs", Kind.INT64, "the supervisor's monotonic clock when it saw these values: it moves while it is heard"),
    ("Isolated", Kind.BOOLEAN, "the supervisor reaches none of its reference points and proves nothing (rule S8)"),
    ("Tilted", Kind.BOOLEAN, "after a clock step or a loop gap OTHA watches and does not act (rule S10)"),
    ("Notices", Kind.TEXTS, "what the supervisor could not have as it wished"),
    ("Heartbeats", Kind.INT64, "heartbeats that have left"),
    ("Skipped", Kind.INT64, "heartbeats that could not leave"),
    ("LatenessP999Us", Kind.INT64, "departure of heartbeats after their time, the 99.9th percentile, in microseconds"),
    ("Stalls", Kind.INT64, "how often the supervisor's loop was held up"),
    ("LongestStallUs", Kind.INT64, "the longest of it, in microseconds"),
    ("JournalSeq", Kind.INT64, "the journal's last row"),
    ("JournalTrouble", Kind.TEXT, "what is wrong with the journal; empty: nothing"),
    ("RecordTrouble", Kind.TEXT, "what is wrong with the group records' store; empty: nothing"),
)

GROUP_VARIABLES = _of(
    ("Kind", Kind.TEXT, "driver, path or store"),
    ("Section", Kind.TEXT, "the controller section that it drives or leads to"),
    ("Arming", Kind.TEXT, "how far OTHA may act: observe, advise or armed"),
    ("Authority", Kind.TEXT, "who switches: otha, or the pair itself (native)"),
    ("Standing", Kind.TEXT, "where it stands when no transfer is under way"),
    ("Concern", Kind.TEXT, "what keeps it from being supervised; empty: nothing"),
    ("Halted", Kind.TEXT, "the invariant whose breach has stopped automatic action; empty: none"),
    ("Store", Kind.TEXT, "whether the group record answers"),
    ("Active", Kind.TEXT, "the active node by the group record; empty: none"),
    ("Epoch", Kind.INT64, "the fencing token; it only grows"),
    ("Milestone", Kind.TEXT, "how far the claim in the record has come"),
    ("Suspicion", Kind.TEXT, "what the active node is suspected of; empty: nothing"),
    ("TransfersInWindow", Kind.INT32, "transfers that count against the limit of the window (rule S7)"),
    ("Drills", Kind.BOOLEAN, "whether its target is marked for drills (rule S14)"),
    ("TransferKind", Kind.TEXT, "the transfer under way: failover, switchover or failback; empty: none"),
    ("TransferCause", Kind.TEXT, "why it began by itself"),
    ("TransferFrom", Kind.TEXT, "the node that it leaves"),
    ("TransferTo", Kind.TEXT, "the node that it goes to"),
    ("TransferCourse", Kind.TEXT, "where it is heading: forward, return, void or safe"),
    ("TransferPhase", Kind.TEXT, "the phase that it is in"),
    ("TransferDueMs", Kind.INT64, "how long this phase may still take; -1: no bound"),
    ("TransferDrill", Kind.BOOLEAN, "it is a rehearsal"),
    ("TransferBy", Kind.TEXT, "who has ordered it"),
    ("TransferAgainst", Kind.TEXTS, "what it waits for"),
    ("TransferRequest", Kind.INT64, "the number by which Confirm and Reject name it; 0: it asks nobody"),
    ("TransferAbout", Kind.TEXTS, "what a person who confirms it answers for, beside the transfer itself"),
    ("GateSeen", Kind.BOOLEAN, "the gate is read"),
    ("GateState", Kind.TEXT, "FREE, OWNED, HELD, SAFE or LOCAL; empty: the group has no gate"),
    ("GateOwner", Kind.TEXT, "whom the gate takes outputs from"),
    ("GateEpoch", Kind.INT64, "the newest epoch that the gate knows"),
    ("GateArmed", Kind.BOOLEAN, "its owner's next good frame ends the hold"),
    ("GatePermit", Kind.BOOLEAN, "the controller permits a takeover"),
    ("GateDriven", Kind.BOOLEAN, "its outputs follow its owner"),
    ("GateShadow", Kind.TEXT, "whether the newcomer's outputs agree with the held ones"),
    ("GateHoldNo", Kind.INT64, "which hold it is"),
    ("GateHoldLeftMs", Kind.INT64, "how long it is still held; -1: it is not"),
    ("MachineState", Kind.TEXT, "the machine's state; empty: the site file names none"),
    ("MachineSwitchover", Kind.TEXT, "what a switchover does in it"),
    ("MachineFailover", Kind.TEXT, "what a failover does in it"),
    ("FailbackTo", Kind.TEXT, "the preferred node, while another one is active"),
    ("FailbackSteady", Kind.BOOLEAN, "it has been stable for its hold time"),
    ("FailbackAgainst", Kind.TEXTS, "what stands against the way back"),
    ("SelectedBy", Kind.TEXT, "who holds the selection; empty: nobody"),
    ("SelectedTo", Kind.TEXT, "the node that he has selected"),
    ("SelectionLeftMs", Kind.INT64, "how long he still holds it; -1: nobody does"),
    ("RequestOrder", Kind.TEXT, "the order that waits for a second person; empty: none"),
    ("RequestNumber", Kind.INT64, "the number by which Confirm and Reject name it; 0: none waits"),
    ("RequestBy", Kind.TEXT, "who gave it"),
    ("RequestItem", Kind.TEXT, "what it is about: the condition that a bypass is of; empty: the group"),
    ("RequestForMs", Kind.INT64, "how long a bypass would last; 0: it is none"),
    ("RequestComment", Kind.TEXT, "and why"),
    ("RequestLeftMs", Kind.INT64, "how long it waits; -1: none"),
    ("Bypasses", Kind.TEXTS, "conditions that are bypassed, by whom and how long"),
    (
        "SafeOrdered",
        Kind.BOOLEAN,
        "the safe state has been ordered and is asked for until the hold is over; Cancel takes it back",
    ),
    ("ActiveAlarms", Kind.INT32, "alarms whose condition holds and that no flag keeps quiet"),
    ("UnackedAlarms", Kind.INT32, "alarms that nobody has acknowledged and that no flag keeps quiet"),
    (
        "Picture",
        Kind.TEXT,
        "all of these, and those of its nodes, conditions, clients and channels, as one JSON text, for a client that "
        "shows many groups",
    ),
)
PICTURE = "Picture"
"""Of a group: {"Group": {VARIABLE: VALUE, ...}, "Nodes": {NAME: {VARIABLE: VALUE, ...}, ...}, "Conditions": {...},
"Clients": {...}, "Channels": {...}}. A variable that is false or empty is left out."""

NODE_VARIABLES = _of(
    ("Liveness", Kind.TEXT, "unknown, alive, stale_data, frozen or dead"),
    ("Role", Kind.TEXT, "what it says that it is: UNKNOWN, ACTIVE, STANDBY, MAINTENANCE or FENCED"),
    ("ServiceLevel", Kind.BYTE, "its health (OPC UA Part 4, 6.6.2): 200 and above is healthy"),
    ("InRpo", Kind.TEXT, "whether its state is within the RPO (rule S5)"),
    ("Ready", Kind.TEXT, "whether it could take over without a bump (rule S13)"),
    ("Maintenance", Kind.BOOLEAN, "it is in maintenance"),
)

CONDITION_VARIABLES = _of(
    ("Verdict", Kind.TEXT, "true, false, bad, stale or unknown; only true lets a transfer go on (rule S6)"),
    ("Interlock", Kind.BOOLEAN, "it must hold throughout a transfer, and not at its start alone"),
    ("Class", Kind.TEXT, "safety is never bypassed, process may be"),
    ("Bypassed", Kind.BOOLEAN, "it is bypassed"),
)

CLIENT_VARIABLES = _of(
    ("Critical", Kind.BOOLEAN, "a transfer waits for it"),
    ("Seen", Kind.BOOLEAN, "it says what it uses"),
    ("Node", Kind.TEXT, "the node that it uses"),
    ("Epoch", Kind.INT64, "under which epoch"),
)

ALARM_VARIABLES = _of(
    ("State", Kind.TEXT, "normal, unacked, acked, rtn_unacked, latched_unacked or latched_acked (ISA-18.2)"),
    ("Active", Kind.BOOLEAN, "its condition holds"),
    ("Unacked", Kind.BOOLEAN, "nobody has acknowledged it"),
    ("Flags", Kind.TEXTS, "shelved, suppressed, out_of_service"),
    ("Occurrence", Kind.INT64, "which occurrence it is; an acknowledgement names it"),
    ("Priority", Kind.TEXT, "critical, high, medium or low"),
    ("FirstOut", Kind.BOOLEAN, "it came before the others"),
    ("Detail", Kind.TEXT, "what it is about"),
    ("Cause", Kind.TEXT, "what it means; empty while it is normal, as the next two"),
    ("Consequence", Kind.TEXT, "what follows if nobody acts"),
    ("Response", Kind.TEXT, "what the operator does"),
    ("SiteWords", Kind.BOOLEAN, "the site file has put these three, and not OTHA"),
)

CHANNEL_VARIABLES = _of(
    ("Node", Kind.TEXT, "the node that it leads to"),
    ("Pulse", Kind.TEXT, "unknown, on_time, late or lost"),
    ("Connects", Kind.INT64, "how often it was connected"),
    ("Losses", Kind.INT64, "how often the connection was lost"),
    ("Trouble", Kind.TEXT, "its last trouble; empty: none"),
)

EVENT_TYPE = "JournalEventType"
EVENT_FIELDS = _of(
    ("Kind", Kind.TEXT, "what it is, as the journal calls it"),
    ("Group", Kind.TEXT, "the group that it is about; empty: none"),
    ("User", Kind.TEXT, "the user who caused it; empty: nobody"),
    ("Epoch", Kind.INT64, "the group's epoch then"),
    ("Body", Kind.TEXT, "all that was journaled, as JSON"),
)

ORDER_ID = Variable(name="OrderId", kind=Kind.TEXT, doc="any text that is used once, 1 to 200 characters")
_NODE = Variable(name="Node", kind=Kind.TEXT, doc="the node; empty: OTHA chooses")
_COMMENT = Variable(name="Comment", kind=Kind.TEXT, doc="why")
_ALARM = Variable(name="Alarm", kind=Kind.TEXT, doc="the alarm's code")
_CONDITION = Variable(name="Condition", kind=Kind.TEXT, doc="the condition's name")
_REQUEST = Variable(
    name="Request",
    kind=Kind.INT64,
    doc="the number of what is meant: RequestNumber or TransferRequest; an old one is refused",
)
_FOR = Variable(name="ForSeconds", kind=Kind.INT32, doc="for how long, in seconds")

ANSWER = _of(
    ("Accepted", Kind.BOOLEAN, "the order was accepted"),
    ("Durable", Kind.BOOLEAN, "order and answer are in the journal, on disk"),
    ("Obstacles", Kind.TEXTS, "what stands against it"),
    ("ObstacleCodes", Kind.TEXTS, "the same as codes"),
    ("Preview", Kind.TEXT, "what a selection would do, as JSON; else empty"),
)


def _method(name: str, order: str, doc: str, *inputs: Variable) -> Method:
    return Method(name=name, order=order, inputs=(ORDER_ID, *inputs), doc=doc)


METHODS = (
    _method("Select", "select", "take hold of a switchover and see what it would do", _NODE, _COMMENT),
    _method("Operate", "operate", "carry the selected switchover out", _COMMENT),
    _method("Cancel", "cancel", "let go of the selection, or take back an ordered safe state", _COMMENT),
    _method("Switchover", "switchover", "move the active role", _NODE, _COMMENT),
    _method("Failback", "failback", "move the active role back to the preferred node", _COMMENT),
    _method("Confirm", "confirm", "let what waits for a person go on", _REQUEST, _COMMENT),
    _method("Reject", "reject", "refuse what waits for a person", _REQUEST, _COMMENT),
    _method("Acknowledge", "ack", "acknowledge what has happened to the group", _COMMENT),
    _method(
        "AlarmAck",
        "alarm-ack",
        "acknowledge an occurrence of an alarm",
        _ALARM,
        Variable(name="Occurrence", kind=Kind.INT64, doc="the occurrence that is meant; an old one is refused"),
        _COMMENT,
    ),
    _method("AlarmReset", "alarm-reset", "reset a latched alarm", _ALARM, _COMMENT),
    _method(
        "Shelve",
        "shelve",
        "keep an alarm quiet for a while",
        _ALARM,
        Variable(name="ForSeconds", kind=Kind.INT32, doc="for how long, in seconds; 0: until it is over (one-shot)"),
        _COMMENT,
    ),
    _method("Unshelve", "unshelve", "end a shelving", _ALARM, _COMMENT),
    _method("OutOfService", "out-of-service", "take an alarm out of service", _ALARM, _COMMENT),
    _method("InService", "in-service", "put an alarm back in service", _ALARM, _COMMENT),
    _method("Bypass", "bypass", "bypass a process condition for a while", _CONDITION, _FOR, _COMMENT),
    _method("Unbypass", "unbypass", "end a bypass", _CONDITION, _COMMENT),
    _method("Safe", "safe", "drive the section to its safe state; needs a second person", _COMMENT),
    _method("Release", "release", "release an owner that the gate takes no more by itself", _COMMENT),
    _method("MaintenanceIn", "maintenance-in", "take a node into maintenance", _NODE, _COMMENT),
    _method("MaintenanceOut", "maintenance-out", "take a node out of maintenance", _NODE, _COMMENT),
    _method(
        "DrillStart",
        "drill",
        "rehearse a transfer on a target that is marked for drills",
        Variable(name="Transfer", kind=Kind.TEXT, doc="failover, switchover or failback"),
        _NODE,
        _COMMENT,
    ),
    _method("DrillAbort", "drill-abort", "end a rehearsal", _COMMENT),
    _method(
        "SetArming",
        "arm",
        "say how far OTHA may act",
        Variable(name="Arming", kind=Kind.TEXT, doc="observe, advise or armed"),
        _COMMENT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One method that is no order of a group's redundancy. It is the site's, or (`of_group`) each group's.

    `deed`: what it is called in the journal. One that changes something takes an order id first and answers `DONE`.
    Lists come as JSON texts, one an item. `WhoAmI` tells which methods the user's role may call.
    """

    name: str
    deed: str
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    doc: str
    of_group: bool = False

    @property
    def changes(self) -> bool:
        """It changes something: asked twice with one order id, it is done once."""
        return self.inputs[:1] == (ORDER_ID,)


SITE_ORDERS = ("AlarmAck", "AlarmReset", "Shelve", "Unshelve", "OutOfService", "InService")
"""The orders of `METHODS` that the site has as well: for the alarms of the supervisor's own."""

QUERY = "QueryEvents"
QUERY_INPUTS = _of(
    ("FromMs", Kind.INT64, "from when on, in milliseconds since 1970 UTC; 0: the beginning"),
    ("ToMs", Kind.INT64, "until when; 0: now"),
    ("Group", Kind.TEXT, "of which group; empty: all"),
    ("Kind", Kind.TEXT, 'of which kind; "interface." for all that begin so; empty: all'),
    ("Text", Kind.TEXT, "a text that stands in its body; empty: any"),
    ("AfterSeq", Kind.INT64, "the next page begins after this row, or below it, newest first; 0: the first page"),
    ("Limit", Kind.INT32, "how many at most; 0: as many as fit"),
    ("User", Kind.TEXT, "of which user; empty: all"),
    ("NewestFirst", Kind.BOOLEAN, "the newest row first"),
)
QUERY_ANSWER = _of(
    ("Events", Kind.TEXTS, "journal rows, each as JSON"),
    ("NextAfterSeq", Kind.INT64, "AfterSeq of the next page, also when this one is empty; 0: there is none"),
    ("VerifiedSeq", Kind.INT64, "the hash chain fits up to this row, as VerifyJournal found last; 0: not looked yet"),
)

WHY = "Why"
WHY_INPUTS = (_NODE,)
WHY_ANSWER = _of(("Why", Kind.TEXT, "every condition, verdict and obstacle, as JSON"))

DONE = _of(
    ("Accepted", Kind.BOOLEAN, "it was done"),
    ("Durable", Kind.BOOLEAN, "who asked for it is in the journal, on disk"),
    ("What", Kind.TEXT, "what was done, or what stands against it"),
    ("Code", Kind.TEXT, "what stands against it, as a code; empty: nothing"),
)

_SPAN = _of(
    ("FromMs", Kind.INT64, "from when on, in milliseconds since 1970 UTC; 0: the beginning"),
    ("ToMs", Kind.INT64, "until when; 0: now"),
)
_USER = Variable(name="User", kind=Kind.TEXT, doc="the user's name")
_ROLE = Variable(name="Role", kind=Kind.TEXT, doc="viewer, operator, engineer, commissioning or admin")
_PASSWORD = Variable(name="Password", kind=Kind.TEXT, doc="10 to 256 characters; it is written down nowhere")
_FINGERPRINT = Variable(name="Fingerprint", kind=Kind.TEXT, doc="SHA-256 of the certificate, whole, in hexadecimal")


def _asks(name: str, deed: str, doc: str, inputs: tuple[Variable, ...], *answers: tuple[str, Kind, str]) -> Service:
    return Service(name=name, deed=deed, inputs=inputs, outputs=_of(*answers), doc=doc)


def _does(name: str, deed: str, doc: str, *inputs: Variable) -> Service:
    return Service(name=name, deed=deed, inputs=(ORDER_ID, *inputs, _COMMENT), outputs=DONE, doc=doc)


SERVICES = (
    Service(
        name=WHY,
        deed="why",
        inputs=WHY_INPUTS,
        outputs=WHY_ANSWER,
        doc="what stands against a switchover",
        of_group=True,
    ),
    Service(
        name="OutputsOfTransfer",
        deed="outputs",
        inputs=(),
        outputs=_of(
            (
                "Outputs",
                Kind.TEXT,
                "applied, held and shadow outputs of its section around the last transfer, as JSON",
            )
        ),
        doc="the section's outputs through the group's last transfer",
        of_group=True,
    ),
    Service(name=QUERY, deed="events", inputs=QUERY_INPUTS, outputs=QUERY_ANSWER, doc="events of the journal"),
    _asks(
        "WhoAmI",
        "who-am-i",
        "the user of this session and what he may call",
        (),
        ("User", Kind.TEXT, "the user's name"),
        ("Role", Kind.TEXT, "the role that he has now"),
        ("Methods", Kind.TEXTS, "the names of the methods that his role may call"),
        ("LocksInMs", Kind.INT64, "when an idle session may order nothing any more; 0: it is so now, -1: never"),
    ),
    _asks(
        "Status",
        "status",
        "what the supervisor sees and does now, whole",
        (),
        ("Status", Kind.TEXT, "as `otha status --json`"),
        ("AgeMs", Kind.INT64, "how long ago it was so"),
    ),
    _asks(
        "VerifyJournal",
        "verify",
        "verify the journal's hash chain and signatures; takes its time for a long one",
        (),
        ("Verification", Kind.TEXT, "as `otha log verify --json`"),
    ),
    _asks(
        "AlarmKpi",
        "kpi",
        "how well the alarms serve their operators (EEMUA 191, ISA-18.2)",
        _SPAN,
        ("Kpi", Kind.TEXT, "as `otha alarms kpi --json`"),
    ),
    _asks(
        "Transfers",
        "transfers",
        "the transfers and drills that the journal tells of, the newest first",
        (
            *_SPAN,
            Variable(name="Group", kind=Kind.TEXT, doc="of which group; empty: all"),
            Variable(name="Drills", kind=Kind.BOOLEAN, doc="drills alone"),
            Variable(name="Limit", kind=Kind.INT32, doc="how many at most; 0: as many as fit"),
        ),
        ("Transfers", Kind.TEXTS, "each as JSON, as `otha report transfers --json` without its lines"),
        ("More", Kind.BOOLEAN, "there are older ones"),
    ),
    _asks(
        "Report",
        "report",
        "the evidence of one transfer or drill, with the verdict on the journal's chain",
        (Variable(name="Id", kind=Kind.INT64, doc="the transfer's id, as Transfers gives it"),),
        ("Report", Kind.TEXT, "as `otha report incident --json`"),
        ("Html", Kind.TEXT, "the sheet, to show or print"),
    ),
    _asks(
        "Timing",
        "timing",
        "how punctual heartbeats are, and what each channel said last",
        (),
        (
            "Timing",
            Kind.TEXT,
            "histograms of departures and of each channel's replies, its last values with age and quality, as JSON",
        ),
    ),
    _asks(
        "Configuration",
        "configuration",
        "the site file that is supervised",
        (),
        ("File", Kind.TEXT, "where it stands"),
        ("Text", Kind.TEXT, "what stood in it when it was taken"),
        ("TextHash", Kind.TEXT, "SHA-256 of that text"),
        ("Hash", Kind.TEXT, "SHA-256 of what it says: equal hashes decide alike"),
        ("FileHash", Kind.TEXT, "SHA-256 of the file as it is on disk now; empty: it can't be read"),
    ),
    _asks(
        "ListUsers",
        "user-list",
        "the users of this interface",
        (),
        ("Users", Kind.TEXTS, "each as JSON: name, role, changed, locked"),
    ),
    _does("AddUser", "user-add", "a new user", _USER, _ROLE, _PASSWORD),
    _does("SetUserRole", "user-role", "another role for a user", _USER, _ROLE),
    _does("SetUserPassword", "user-password", "another password for a user; his sessions end", _USER, _PASSWORD),
    _does("LockUser", "user-lock", "a user may not come in until unlocked; his sessions end", _USER),
    _does("UnlockUser", "user-unlock", "a locked user may come in again", _USER),
    _does("RemoveUser", "user-remove", "a user is no more; his sessions end", _USER),
    _asks(
        "ListCertificates",
        "certificate-list",
        "this interface's own certificate, the trusted and the rejected ones of clients",
        (),
        (
            "Certificates",
            Kind.TEXTS,
            "each as JSON: trust (own, trusted, rejected), fingerprint, thumbprint, subject, application_uri, "
            "not_after, days_left",
        ),
    ),
    _does("TrustCertificate", "certificate-trust", "let a rejected certificate in", _FINGERPRINT),
    _does("RejectCertificate", "certificate-reject", "let a trusted certificate in no more", _FINGERPRINT),
    _does("RemoveCertificate", "certificate-remove", "take a certificate off the list", _FINGERPRINT),
    _asks(
        "ListFaults",
        "fault-list",
        "what can be done to the simulated plant; BadNotSupported at a real one",
        (),
        ("Faults", Kind.TEXTS, "each as JSON: name, help, parameters (name, help, choices, default)"),
    ),
    _does(
        "InjectFault",
        "fault-inject",
        "disturb the simulated plant, as `otha sim fault` does; refused at a real one",
        Variable(name="Fault", kind=Kind.TEXT, doc="its name"),
        Variable(name="Arguments", kind=Kind.TEXT, doc='a JSON object of texts and numbers: {"node": "sc_a"}'),
    ),
)
