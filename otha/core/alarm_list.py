"""The rationalised alarm list (ISA-18.2-2016, clause 9): what each alarm means and what an operator does about it.

The site file may override any of it (`[alarms.CODE]`). What may be over before a person has read it, as a
section held for the length of a failover, comes after a delay; what has a debounce of its own comes at once.
"""

from dataclasses import dataclass

from otha.core.words import AlarmCode, AlarmPriority

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS
SHELVE_MAX_NS = 12 * HOUR_NS  # one shift: the next one decides for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmConfig:
    """One alarm of the list. A condition comes after it held for `on_delay_ns`, and goes after it was gone for
    `off_delay_ns`. `latching`: after the condition went, an operator's reset is needed."""

    code: str
    priority: AlarmPriority
    on_delay_ns: int = 0
    off_delay_ns: int = 0
    latching: bool = False
    cause: str
    consequence: str
    response: str


DEFAULTS: tuple[AlarmConfig, ...] = (
    AlarmConfig(
        code=AlarmCode.NEEDS_OPERATOR,
        priority=AlarmPriority.CRITICAL,
        on_delay_ns=SECOND_NS,
        cause="OTHA can't tell who drives, or could not verify a transfer",
        consequence="nothing is moved automatically; what drives goes on driving",
        response="run `otha why GROUP`, look at the plant, then do the step named there",
    ),
    AlarmConfig(
        code=AlarmCode.REDUNDANCY_LOST,
        priority=AlarmPriority.LOW,
        on_delay_ns=SECOND_NS,
        cause="no standby is able, or its state is outside the RPO",
        consequence="the next fault of the active node has no failover",
        response="mend or restart the standby; `otha why GROUP` names what keeps it from taking over",
    ),
    AlarmConfig(
        code=AlarmCode.ACTIVE_SUSPECT,
        priority=AlarmPriority.HIGH,
        cause="the active node is dead, frozen or degraded, and a failover is blocked",
        consequence="the section may be held, or driven by a node that can't be trusted",
        response="run `otha why GROUP`; clear what blocks, or order a switchover",
    ),
    AlarmConfig(
        code=AlarmCode.GATE_UNSEEN,
        priority=AlarmPriority.MEDIUM,
        on_delay_ns=SECOND_NS,
        cause="no path to the controller answers",
        consequence="no transfer is possible, and who drives is not known",
        response="look at the controller, its switch ports and cables",
    ),
    AlarmConfig(
        code=AlarmCode.SELECTOR_UNSEEN,
        priority=AlarmPriority.LOW,
        on_delay_ns=SECOND_NS,
        cause="a client's switch does not answer",
        consequence="the client can't be redirected, and a transfer that needs its word is blocked",
        response="mend the path to the client, or restart the client",
    ),
    AlarmConfig(
        code=AlarmCode.ROWS_MISSING,
        priority=AlarmPriority.LOW,
        cause="the active store knows of rows that it does not have",
        consequence="there is a gap in the history until it is filled",
        response="bring the other store back; if it is gone, note the gap for those who use the history",
    ),
    AlarmConfig(
        code=AlarmCode.SECTION_HELD,
        priority=AlarmPriority.HIGH,
        on_delay_ns=SECOND_NS // 2,
        cause="the owner's frames stopped, or the gate does not let them through, and no transfer moves",
        consequence="outputs stand at their hold values; after hold_max the gate goes to its safe values",
        response="look at the plant; `otha why GROUP` names what keeps a node from driving",
    ),
    AlarmConfig(
        code=AlarmCode.RESUMES_USED_UP,
        priority=AlarmPriority.HIGH,
        on_delay_ns=SECOND_NS // 2,
        cause="the owner's frames have stopped and come back too often; the gate takes them no more by itself",
        consequence="the section stays held until somebody orders who shall drive, or hold_max is over",
        response="find out why the frames stop; then `otha order release GROUP`, or a switchover to the other node",
    ),
    AlarmConfig(
        code=AlarmCode.SECTION_SAFE,
        priority=AlarmPriority.CRITICAL,
        cause="the section went to its safe state",
        consequence="the process of this section is stopped",
        response="look at the plant, reset the section at the controller, then order who shall drive",
    ),
    AlarmConfig(
        code=AlarmCode.TWO_CLAIM_ACTIVE,
        priority=AlarmPriority.HIGH,
        cause="two nodes say that they are active",
        consequence="the gate takes the frames of one only; clients may be led by the other",
        response="compare with the gate's owner in `otha status`; restart the node that is not the owner",
    ),
    AlarmConfig(
        code=AlarmCode.ROLE_DISAGREES,
        priority=AlarmPriority.MEDIUM,
        cause="another node than the recorded one says that it is active",
        consequence="operators and clients may look at the wrong server",
        response="compare with the gate's owner in `otha status`; restart the node that is wrong",
    ),
    AlarmConfig(
        code=AlarmCode.STORE_SILENT,
        priority=AlarmPriority.MEDIUM,
        on_delay_ns=SECOND_NS,
        cause="the group record can't be read or written",
        consequence="no transfer is possible until it can",
        response="look at the disk of the state directory: full, read-only, failing",
    ),
    AlarmConfig(
        code=AlarmCode.OBSERVER_ISOLATED,
        priority=AlarmPriority.MEDIUM,
        cause="OTHA itself is cut off from its reference points",
        consequence="silence proves nothing; no failover on silence",
        response="look at the network of the supervisor's machine",
    ),
    AlarmConfig(
        code=AlarmCode.TILT,
        priority=AlarmPriority.LOW,
        cause="the wall clock stepped, or the supervisor's loop stood still",
        consequence="OTHA watches only, until it is over",
        response="if it comes again, look at the machine's load and at who sets its clock",
    ),
    AlarmConfig(
        code=AlarmCode.HALTED,
        priority=AlarmPriority.HIGH,
        cause="a decision would have broken a rule; it was not taken",
        consequence="no automatic action in this group until a restart",
        response="keep the state directory as evidence, watch the plant by hand, restart OTHA",
    ),
    AlarmConfig(
        code=AlarmCode.BYPASSED,
        priority=AlarmPriority.MEDIUM,
        cause="two persons bypassed a process interlock for a while",
        consequence="a transfer is not kept back by what the interlock watches",
        response="watch by eye what it watches; `otha order unbypass GROUP` as soon as it can be done without",
    ),
    AlarmConfig(
        code=AlarmCode.TAG_UNUSABLE,
        priority=AlarmPriority.LOW,
        on_delay_ns=SECOND_NS,
        cause="a plant tag that alarms of this group look at is bad, stale or was never read",
        consequence="those alarms stand as they were and can't come or go",
        response="watch by eye what they watch; mend the instrument, or the way to it",
    ),
    AlarmConfig(
        code=AlarmCode.MACHINE_UNLISTED,
        priority=AlarmPriority.MEDIUM,
        on_delay_ns=2 * SECOND_NS,
        cause="the controller says a machine state that the site file does not name: the two number them differently",
        consequence="the machine's state counts as unknown: no switchover, and a failover as the site file says for it",
        response="watch the machine by eye; compare the states of the PLC program with the site file's",
    ),
    AlarmConfig(
        code=AlarmCode.DISK_FAILING,
        priority=AlarmPriority.MEDIUM,
        cause="two or more of journal, recorder and group records can't be written: the disk itself is full or failing",
        consequence="no transfer is possible; what OTHA sees and does is not kept",
        response="look at the disk of the state directory: full, read-only, failing",
    ),
    AlarmConfig(
        code=AlarmCode.DISK_FILLING,
        priority=AlarmPriority.LOW,
        cause="the disk of the state directory has less room left than the site file asks for ([journal] free_mib)",
        consequence="once it is full no transfer is possible, and what OTHA sees and does is not kept",
        response="make room; `otha log backup` lets old segments of the journal be removed, as the site file says",
    ),
    AlarmConfig(
        code=AlarmCode.JOURNAL_SILENT,
        priority=AlarmPriority.MEDIUM,
        on_delay_ns=SECOND_NS,
        cause="the journal can't be written; its rows wait, and are refused when too many do",
        consequence="no transfer can promote or release: each needs a row on disk first",
        response="look at the files in journal/ of the state directory; `otha status` tells the trouble",
    ),
    AlarmConfig(
        code=AlarmCode.JOURNAL_DAMAGED,
        priority=AlarmPriority.LOW,
        cause="a part of the journal was found damaged; it was kept, and a new one was linked to it",
        consequence="what the damaged rows told can't be proved",
        response="keep the state directory as evidence; `otha log verify` names the first bad row; look at the disk",
    ),
    AlarmConfig(
        code=AlarmCode.RECORDER_SILENT,
        priority=AlarmPriority.LOW,
        on_delay_ns=SECOND_NS,
        cause="the recording of all inputs can't be written",
        consequence="what is decided meanwhile can't be replayed; nothing else depends on it",
        response="look at the files in recordings/ of the state directory, and at the room on its disk",
    ),
    AlarmConfig(
        code=AlarmCode.LOOP_STALLED,
        priority=AlarmPriority.LOW,
        off_delay_ns=60 * SECOND_NS,
        cause="three times within a minute the supervisor did not run for more than 5 ms",
        consequence="heartbeats leave late and faults are seen late",
        response="look at the load of the supervisor's machine, and whether it may run with a real-time priority",
    ),
    AlarmConfig(
        code=AlarmCode.CERTIFICATE_EXPIRING,
        priority=AlarmPriority.LOW,
        cause="a certificate that connections need expires within 30, 7 or 1 days",
        consequence="from that day on its connections are refused: of clients that see OTHA, or of OTHA to a server",
        response="renew it: `otha cert renew` for the interface's own; the other end must trust the new one",
    ),
    AlarmConfig(
        code=AlarmCode.CERTIFICATE_EXPIRED,
        priority=AlarmPriority.MEDIUM,
        cause="a certificate that connections need has expired",
        consequence="its connections are refused: a client sees nothing of OTHA, or OTHA nothing of a server",
        response="renew it: `otha cert renew` for the interface's own; the other end must trust the new one",
    ),
)

# What is the supervisor's own, and in no group: one cause, one alarm, however many groups there are.
OWN: tuple[AlarmCode, ...] = (
    AlarmCode.STORE_SILENT,
    AlarmCode.OBSERVER_ISOLATED,
    AlarmCode.TILT,
    AlarmCode.DISK_FAILING,
    AlarmCode.DISK_FILLING,
    AlarmCode.JOURNAL_SILENT,
    AlarmCode.JOURNAL_DAMAGED,
    AlarmCode.RECORDER_SILENT,
    AlarmCode.LOOP_STALLED,
    AlarmCode.CERTIFICATE_EXPIRING,
    AlarmCode.CERTIFICATE_EXPIRED,
)

# Suppressed by design: while the cause stands, what only follows from it is not annunciated, in the same group, or in
# all groups if the cause is the supervisor's own. What tells of the plant itself (held, safe, two that claim) is never
# in this table.
FOLLOWS: dict[str, tuple[str, ...]] = {
    AlarmCode.OBSERVER_ISOLATED: (
        AlarmCode.REDUNDANCY_LOST,
        AlarmCode.ACTIVE_SUSPECT,
        AlarmCode.GATE_UNSEEN,
        AlarmCode.SELECTOR_UNSEEN,
        AlarmCode.TAG_UNUSABLE,
    ),
    AlarmCode.TILT: (AlarmCode.ACTIVE_SUSPECT,),
    AlarmCode.HALTED: (AlarmCode.NEEDS_OPERATOR,),
    AlarmCode.DISK_FAILING: (AlarmCode.JOURNAL_SILENT, AlarmCode.RECORDER_SILENT, AlarmCode.STORE_SILENT),
}
