"""OTHA's own alarms as they are rationalised (ISA-18.2, clause 9), in the operator's language and in this station's
terms. Those on plant tags bring their own words from the site file."""

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def of(code: str) -> tuple[str, str, str] | None:
    """Cause, consequence and response; None for an alarm that is not OTHA's own."""
    match code:
        case "needs_operator":
            return (
                translate("Rationale", "OTHA can't tell who drives, or could not verify a transfer"),
                translate("Rationale", "nothing is moved automatically; what drives goes on driving"),
                translate("Rationale", "look at the group's Why and at the plant, then do the step named there"),
            )
        case "redundancy_lost":
            return (
                translate("Rationale", "no standby is able, or its state is outside the RPO"),
                translate("Rationale", "the next fault of the active node has no failover"),
                translate("Rationale", "mend or restart the standby; the group's Why names what keeps it back"),
            )
        case "active_suspect":
            return (
                translate("Rationale", "the active node is dead, frozen or degraded, and a failover is blocked"),
                translate("Rationale", "the section may be held, or driven by a node that can't be trusted"),
                translate("Rationale", "clear what the group's Why says blocks, or order a switchover"),
            )
        case "gate_unseen":
            return (
                translate("Rationale", "no path to the controller answers"),
                translate("Rationale", "no transfer is possible, and who drives is not known"),
                translate("Rationale", "look at the controller, its switch ports and cables"),
            )
        case "selector_unseen":
            return (
                translate("Rationale", "a client's switch does not answer"),
                translate("Rationale", "the client can't be redirected; a transfer that needs its word is blocked"),
                translate("Rationale", "mend the path to the client, or restart the client"),
            )
        case "rows_missing":
            return (
                translate("Rationale", "the active store knows of rows that it does not have"),
                translate("Rationale", "there is a gap in the history until it is filled"),
                translate("Rationale", "bring the other store back; if it is gone, note the gap for its users"),
            )
        case "section_held":
            return (
                translate("Rationale", "the owner's frames stopped, or the gate does not let them through"),
                translate("Rationale", "outputs stand at their hold values; at the limit the section goes to safe"),
                translate("Rationale", "look at the plant; the group's Why names what keeps a node from driving"),
            )
        case "resumes_used_up":
            return (
                translate("Rationale", "the owner's frames have stopped and come back too often"),
                translate("Rationale", "the section stays held until it is released, or the limit is over"),
                translate("Rationale", "find out why the frames stop; then Release, or Switch over"),
            )
        case "section_safe":
            return (
                translate("Rationale", "the section went to its safe state"),
                translate("Rationale", "the process of this section is stopped"),
                translate("Rationale", "look at the plant, reset at the controller, then order who shall drive"),
            )
        case "two_claim_active":
            return (
                translate("Rationale", "two nodes say that they are active"),
                translate("Rationale", "the gate takes frames of one only; clients may be led by the other"),
                translate("Rationale", "restart the node that is not the gate's owner"),
            )
        case "role_disagrees":
            return (
                translate("Rationale", "another node than the recorded one says that it is active"),
                translate("Rationale", "operators and clients may look at the wrong server"),
                translate("Rationale", "compare with the gate's owner; restart the node that is wrong"),
            )
        case _:
            return _of_the_supervisor(code)


def _of_the_supervisor(code: str) -> tuple[str, str, str] | None:
    match code:
        case "store_silent":
            return (
                translate("Rationale", "the group record can't be read or written"),
                translate("Rationale", "no transfer is possible until it can"),
                translate("Rationale", "look at the disk of the supervisor: full, read-only, failing"),
            )
        case "observer_isolated":
            return (
                translate("Rationale", "OTHA itself is cut off from its reference points"),
                translate("Rationale", "silence proves nothing; no failover on silence"),
                translate("Rationale", "look at the network of the supervisor's machine"),
            )
        case "tilt":
            return (
                translate("Rationale", "the wall clock stepped, or the supervisor's loop stood still"),
                translate("Rationale", "OTHA watches only, until it is over"),
                translate("Rationale", "if it comes again, look at the machine's load and at who sets its clock"),
            )
        case "halted":
            return (
                translate("Rationale", "a decision would have broken a rule; it was not taken"),
                translate("Rationale", "no automatic action in this group until a restart"),
                translate("Rationale", "keep the state directory as evidence, watch the plant, restart OTHA"),
            )
        case "bypassed":
            return (
                translate("Rationale", "two persons bypassed a process interlock for a while"),
                translate("Rationale", "a transfer is not kept back by what the interlock watches"),
                translate("Rationale", "watch by eye what it watches; end the bypass as soon as you can"),
            )
        case "tag_unusable":
            return (
                translate("Rationale", "a plant tag that alarms look at is bad, stale or was never read"),
                translate("Rationale", "those alarms stand as they were and can't come or go"),
                translate("Rationale", "watch by eye what they watch; mend the instrument, or the way to it"),
            )
        case "machine_unlisted":
            return (
                translate("Rationale", "the machine says a state that the site file does not know, or says none"),
                translate("Rationale", "its state counts as unknown: no switchover; a failover as the site says"),
                translate("Rationale", "watch the machine by eye; have the PLC's states compared with the site file's"),
            )
        case "disk_failing":
            return (
                translate("Rationale", "journal, recorder or group records can't be written: the disk is failing"),
                translate("Rationale", "no transfer is possible; what OTHA sees and does is not kept"),
                translate("Rationale", "look at the disk of the supervisor: full, read-only, failing"),
            )
        case "disk_filling":
            return (
                translate("Rationale", "the supervisor's disk has less room left than the site file asks for"),
                translate("Rationale", "once it is full no transfer is possible, and nothing is kept"),
                translate("Rationale", "make room; a copy of the journal lets its old parts be removed"),
            )
        case "journal_silent":
            return (
                translate("Rationale", "the journal can't be written; its rows wait"),
                translate("Rationale", "no transfer can promote or release: each needs a row on disk first"),
                translate("Rationale", "look at the files in journal/ of the state directory"),
            )
        case "journal_damaged":
            return (
                translate("Rationale", "a part of the journal was found damaged; it was kept and a new one begun"),
                translate("Rationale", "what the damaged rows told can't be proved"),
                translate("Rationale", "keep the state directory as evidence; verify the chain in Events"),
            )
        case "recorder_silent":
            return (
                translate("Rationale", "the recording of all inputs can't be written"),
                translate("Rationale", "what is decided meanwhile can't be replayed; nothing else depends on it"),
                translate("Rationale", "look at the files in recordings/ of the state directory, and at its disk"),
            )
        case "certificate_expiring":
            return (
                translate("Rationale", "a certificate that connections need expires within 30, 7 or 1 days"),
                translate("Rationale", "from that day on its connections are refused"),
                translate("Rationale", "have it renewed at OTHA; the other end must trust the new one"),
            )
        case "certificate_expired":
            return (
                translate("Rationale", "a certificate that connections need has expired"),
                translate("Rationale", "its connections are refused"),
                translate("Rationale", "have it renewed at OTHA; the other end must trust the new one"),
            )
        case "loop_stalled":
            return (
                translate("Rationale", "the supervisor did not run for more than 5 ms, three times in a minute"),
                translate("Rationale", "heartbeats leave late and faults are seen late"),
                translate("Rationale", "look at the load of the supervisor's machine and its real-time priority"),
            )
        case _:
            return None
