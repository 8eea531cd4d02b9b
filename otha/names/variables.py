"""The variables of each kind of object, and the fields of events."""

from otha.names.kinds import Kind, of

SITE_VARIABLES = of(
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
    ("Reasons", Kind.TEXTS, "what speaks against OTHA's own ServiceLevel, as codes (SiteReason); empty: nothing"),
)

GROUP_VARIABLES = of(
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

NODE_VARIABLES = of(
    ("Liveness", Kind.TEXT, "unknown, alive, stale_data, frozen or dead"),
    ("Role", Kind.TEXT, "what it says that it is: UNKNOWN, ACTIVE, STANDBY, MAINTENANCE or FENCED"),
    ("ServiceLevel", Kind.BYTE, "its health (OPC UA Part 4, 6.6.2): 200 and above is healthy"),
    ("InRpo", Kind.TEXT, "whether its state is within the RPO (rule S5)"),
    ("Ready", Kind.TEXT, "whether it could take over without a bump (rule S13)"),
    ("Maintenance", Kind.BOOLEAN, "it is in maintenance"),
    ("Reasons", Kind.TEXTS, "what speaks against its driving, as codes (NodeReason); empty: nothing"),
)

CONDITION_VARIABLES = of(
    ("Verdict", Kind.TEXT, "true, false, bad, stale or unknown; only true lets a transfer go on (rule S6)"),
    ("Interlock", Kind.BOOLEAN, "it must hold throughout a transfer, and not at its start alone"),
    ("Class", Kind.TEXT, "safety is never bypassed, process may be"),
    ("Bypassed", Kind.BOOLEAN, "it is bypassed"),
)

CLIENT_VARIABLES = of(
    ("Critical", Kind.BOOLEAN, "a transfer waits for it"),
    ("Seen", Kind.BOOLEAN, "it says what it uses"),
    ("Node", Kind.TEXT, "the node that it uses"),
    ("Epoch", Kind.INT64, "under which epoch"),
)

ALARM_VARIABLES = of(
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

CHANNEL_VARIABLES = of(
    ("Node", Kind.TEXT, "the node that it leads to"),
    ("Pulse", Kind.TEXT, "unknown, on_time, late or lost"),
    ("Connects", Kind.INT64, "how often it was connected"),
    ("Losses", Kind.INT64, "how often the connection was lost"),
    ("Trouble", Kind.TEXT, "its last trouble; empty: none"),
)

EVENT_TYPE = "JournalEventType"
EVENT_FIELDS = of(
    ("Kind", Kind.TEXT, "what it is, as the journal calls it"),
    ("Group", Kind.TEXT, "the group that it is about; empty: none"),
    ("User", Kind.TEXT, "the user who caused it; empty: nobody"),
    ("Epoch", Kind.INT64, "the group's epoch then"),
    ("Body", Kind.TEXT, "all that was journaled, as JSON"),
)
