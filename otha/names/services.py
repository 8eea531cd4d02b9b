"""The methods that are no order of a group's redundancy, their arguments and their answers."""

from dataclasses import dataclass

from otha.names.kinds import Kind, Variable, of
from otha.names.orders import COMMENT, NODE, ORDER_ID


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
QUERY_INPUTS = of(
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
QUERY_ANSWER = of(
    ("Events", Kind.TEXTS, "journal rows, each as JSON"),
    ("NextAfterSeq", Kind.INT64, "AfterSeq of the next page, also when this one is empty; 0: there is none"),
    ("VerifiedSeq", Kind.INT64, "the hash chain fits up to this row, as VerifyJournal found last; 0: not looked yet"),
)

WHY = "Why"
WHY_INPUTS = (NODE,)
WHY_ANSWER = of(("Why", Kind.TEXT, "every condition, verdict and obstacle, as JSON"))

DONE = of(
    ("Accepted", Kind.BOOLEAN, "it was done"),
    ("Durable", Kind.BOOLEAN, "who asked for it is in the journal, on disk"),
    ("What", Kind.TEXT, "what was done, or what stands against it"),
    ("Code", Kind.TEXT, "what stands against it, as a code; empty: nothing"),
)

_SPAN = of(
    ("FromMs", Kind.INT64, "from when on, in milliseconds since 1970 UTC; 0: the beginning"),
    ("ToMs", Kind.INT64, "until when; 0: now"),
)
_USER = Variable(name="User", kind=Kind.TEXT, doc="the user's name")
_ROLE = Variable(name="Role", kind=Kind.TEXT, doc="viewer, operator, engineer, commissioning or admin")
_PASSWORD = Variable(name="Password", kind=Kind.TEXT, doc="10 to 256 characters; it is written down nowhere")
_FINGERPRINT = Variable(name="Fingerprint", kind=Kind.TEXT, doc="SHA-256 of the certificate, whole, in hexadecimal")


def _asks(name: str, deed: str, doc: str, inputs: tuple[Variable, ...], *answers: tuple[str, Kind, str]) -> Service:
    return Service(name=name, deed=deed, inputs=inputs, outputs=of(*answers), doc=doc)


def _does(name: str, deed: str, doc: str, *inputs: Variable) -> Service:
    return Service(name=name, deed=deed, inputs=(ORDER_ID, *inputs, COMMENT), outputs=DONE, doc=doc)


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
        outputs=of(
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
        ("Nodes", Kind.TEXT, "what it says of each node, as JSON: {NODE: {KEY: TEXT, ...}, ...}"),
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
