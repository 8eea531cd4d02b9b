"""The orders of a group as methods, their arguments and their answer."""

from dataclasses import dataclass

from otha.names.kinds import Kind, Variable, of


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a group. All take an order id first: a repeat with the same id is answered, not carried out again.

    `order`: the order that it gives, as `otha order` calls it.
    """

    name: str
    order: str
    inputs: tuple[Variable, ...]
    doc: str


ORDER_ID = Variable(name="OrderId", kind=Kind.TEXT, doc="any text that is used once, 1 to 200 characters")
NODE = Variable(name="Node", kind=Kind.TEXT, doc="the node; empty: OTHA chooses")
COMMENT = Variable(name="Comment", kind=Kind.TEXT, doc="why")
_ALARM = Variable(name="Alarm", kind=Kind.TEXT, doc="the alarm's code")
_CONDITION = Variable(name="Condition", kind=Kind.TEXT, doc="the condition's name")
_REQUEST = Variable(
    name="Request",
    kind=Kind.INT64,
    doc="the number of what is meant: RequestNumber or TransferRequest; an old one is refused",
)
_FOR = Variable(name="ForSeconds", kind=Kind.INT32, doc="for how long, in seconds")

ANSWER = of(
    ("Accepted", Kind.BOOLEAN, "the order was accepted"),
    ("Durable", Kind.BOOLEAN, "order and answer are in the journal, on disk"),
    ("Obstacles", Kind.TEXTS, "what stands against it"),
    ("ObstacleCodes", Kind.TEXTS, "the same as codes"),
    ("Preview", Kind.TEXT, "what a selection would do, as JSON; else empty"),
)


def _method(name: str, order: str, doc: str, *inputs: Variable) -> Method:
    return Method(name=name, order=order, inputs=(ORDER_ID, *inputs), doc=doc)


METHODS = (
    _method("Select", "select", "take hold of a switchover and see what it would do", NODE, COMMENT),
    _method("Operate", "operate", "carry the selected switchover out", COMMENT),
    _method("Cancel", "cancel", "let go of the selection, or take back an ordered safe state", COMMENT),
    _method("Switchover", "switchover", "move the active role", NODE, COMMENT),
    _method("Failback", "failback", "move the active role back to the preferred node", COMMENT),
    _method("Confirm", "confirm", "let what waits for a person go on", _REQUEST, COMMENT),
    _method("Reject", "reject", "refuse what waits for a person", _REQUEST, COMMENT),
    _method("Acknowledge", "ack", "acknowledge what has happened to the group", COMMENT),
    _method(
        "AlarmAck",
        "alarm-ack",
        "acknowledge an occurrence of an alarm",
        _ALARM,
        Variable(name="Occurrence", kind=Kind.INT64, doc="the occurrence that is meant; an old one is refused"),
        COMMENT,
    ),
    _method("AlarmReset", "alarm-reset", "reset a latched alarm", _ALARM, COMMENT),
    _method(
        "Shelve",
        "shelve",
        "keep an alarm quiet for a while",
        _ALARM,
        Variable(name="ForSeconds", kind=Kind.INT32, doc="for how long, in seconds; 0: until it is over (one-shot)"),
        COMMENT,
    ),
    _method("Unshelve", "unshelve", "end a shelving", _ALARM, COMMENT),
    _method("OutOfService", "out-of-service", "take an alarm out of service", _ALARM, COMMENT),
    _method("InService", "in-service", "put an alarm back in service", _ALARM, COMMENT),
    _method("Bypass", "bypass", "bypass a process condition for a while", _CONDITION, _FOR, COMMENT),
    _method("Unbypass", "unbypass", "end a bypass", _CONDITION, COMMENT),
    _method("Safe", "safe", "drive the section to its safe state; needs a second person", COMMENT),
    _method("Release", "release", "release an owner that the gate takes no more by itself", COMMENT),
    _method("MaintenanceIn", "maintenance-in", "take a node into maintenance", NODE, COMMENT),
    _method("MaintenanceOut", "maintenance-out", "take a node out of maintenance", NODE, COMMENT),
    _method(
        "DrillStart",
        "drill",
        "rehearse a transfer on a target that is marked for drills",
        Variable(name="Transfer", kind=Kind.TEXT, doc="failover, switchover or failback"),
        NODE,
        COMMENT,
    ),
    _method("DrillAbort", "drill-abort", "end a rehearsal", COMMENT),
    _method(
        "SetArming",
        "arm",
        "say how far OTHA may act",
        Variable(name="Arming", kind=Kind.TEXT, doc="observe, advise or armed"),
        COMMENT,
    ),
)
