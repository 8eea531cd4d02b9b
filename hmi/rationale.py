"""OTHA's own alarms as they are rationalised (ISA-18.2, clause 9), in the operator's language and in this station's
terms. Those on plant tags bring their own words from the site file."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

_WORDS: Final[Mapping[str, tuple[object, object, object]]] = {  # object: as Qt's stubs have it, texts they are
    "needs_operator": (
        QT_TRANSLATE_NOOP("Rationale", "OTHA can't tell who drives, or could not verify a transfer"),
        QT_TRANSLATE_NOOP("Rationale", "nothing is moved automatically; what drives goes on driving"),
        QT_TRANSLATE_NOOP("Rationale", "look at the group's Why and at the plant, then do the step named there"),
    ),
    "redundancy_lost": (
        QT_TRANSLATE_NOOP("Rationale", "no standby is able, or its state is outside the RPO"),
        QT_TRANSLATE_NOOP("Rationale", "the next fault of the active node has no failover"),
        QT_TRANSLATE_NOOP("Rationale", "mend or restart the standby; the group's Why names what keeps it back"),
    ),
    "active_suspect": (
        QT_TRANSLATE_NOOP("Rationale", "the active node is dead, frozen or degraded, and a failover is blocked"),
        QT_TRANSLATE_NOOP("Rationale", "the section may be held, or driven by a node that can't be trusted"),
        QT_TRANSLATE_NOOP("Rationale", "clear what the group's Why says blocks, or order a switchover"),
    ),
    "gate_unseen": (
        QT_TRANSLATE_NOOP("Rationale", "no path to the controller answers"),
        QT_TRANSLATE_NOOP("Rationale", "no transfer is possible, and who drives is not known"),
        QT_TRANSLATE_NOOP("Rationale", "look at the controller, its switch ports and cables"),
    ),
    "selector_unseen": (
        QT_TRANSLATE_NOOP("Rationale", "a client's switch does not answer"),
        QT_TRANSLATE_NOOP("Rationale", "the client can't be redirected; a transfer that needs its word is blocked"),
        QT_TRANSLATE_NOOP("Rationale", "mend the path to the client, or restart the client"),
    ),
    "rows_missing": (
        QT_TRANSLATE_NOOP("Rationale", "the active store knows of rows that it does not have"),
        QT_TRANSLATE_NOOP("Rationale", "there is a gap in the history until it is filled"),
        QT_TRANSLATE_NOOP("Rationale", "bring the other store back; if it is gone, note the gap for its users"),
    ),
    "section_held": (
        QT_TRANSLATE_NOOP("Rationale", "the owner's frames stopped, or the gate does not let them through"),
        QT_TRANSLATE_NOOP("Rationale", "outputs stand at their hold values; at the limit the section goes to safe"),
        QT_TRANSLATE_NOOP("Rationale", "look at the plant; the group's Why names what keeps a node from driving"),
    ),
    "resumes_used_up": (
        QT_TRANSLATE_NOOP("Rationale", "the owner's frames have stopped and come back too often"),
        QT_TRANSLATE_NOOP("Rationale", "the section stays held until it is released, or the limit is over"),
        QT_TRANSLATE_NOOP("Rationale", "find out why the frames stop; then Release, or Switch over"),
    ),
    "section_safe": (
        QT_TRANSLATE_NOOP("Rationale", "the section went to its safe state"),
        QT_TRANSLATE_NOOP("Rationale", "the process of this section is stopped"),
        QT_TRANSLATE_NOOP("Rationale", "look at the plant, reset at the controller, then order who shall drive"),
    ),
    "two_claim_active": (
        QT_TRANSLATE_NOOP("Rationale", "two nodes say that they are active"),
        QT_TRANSLATE_NOOP("Rationale", "the gate takes frames of one only; clients may be led by the other"),
        QT_TRANSLATE_NOOP("Rationale", "restart the node that is not the gate's owner"),
    ),
    "role_disagrees": (
        QT_TRANSLATE_NOOP("Rationale", "another node than the recorded one says that it is active"),
        QT_TRANSLATE_NOOP("Rationale", "operators and clients may look at the wrong server"),
        QT_TRANSLATE_NOOP("Rationale", "compare with the gate's owner; restart the node that is wrong"),
    ),
    "store_silent": (
        QT_TRANSLATE_NOOP("Rationale", "the group record can't be read or written"),
        QT_TRANSLATE_NOOP("Rationale", "no transfer is possible until it can"),
        QT_TRANSLATE_NOOP("Rationale", "look at the disk of the supervisor: full, read-only, failing"),
    ),
    "observer_isolated": (
        QT_TRANSLATE_NOOP("Rationale", "OTHA itself is cut off from its reference points"),
        QT_TRANSLATE_NOOP("Rationale", "silence proves nothing; no failover on silence"),
        QT_TRANSLATE_NOOP("Rationale", "look at the network of the supervisor's machine"),
    ),
    "tilt": (
        QT_TRANSLATE_NOOP("Rationale", "the wall clock stepped, or the supervisor's loop stood still"),
        QT_TRANSLATE_NOOP("Rationale", "OTHA watches only, until it is over"),
        QT_TRANSLATE_NOOP("Rationale", "if it comes again, look at the machine's load and at who sets its clock"),
    ),
    "halted": (
        QT_TRANSLATE_NOOP("Rationale", "a decision would have broken a rule; it was not taken"),
        QT_TRANSLATE_NOOP("Rationale", "no automatic action in this group until a restart"),
        QT_TRANSLATE_NOOP("Rationale", "keep the state directory as evidence, watch the plant, restart OTHA"),
    ),
    "bypassed": (
        QT_TRANSLATE_NOOP("Rationale", "two persons bypassed a process interlock for a while"),
        QT_TRANSLATE_NOOP("Rationale", "a transfer is not kept back by what the interlock watches"),
        QT_TRANSLATE_NOOP("Rationale", "watch by eye what it watches; end the bypass as soon as you can"),
    ),
    "tag_unusable": (
        QT_TRANSLATE_NOOP("Rationale", "a plant tag that alarms look at is bad, stale or was never read"),
        QT_TRANSLATE_NOOP("Rationale", "those alarms stand as they were and can't come or go"),
        QT_TRANSLATE_NOOP("Rationale", "watch by eye what they watch; mend the instrument, or the way to it"),
    ),
    "machine_unlisted": (
        QT_TRANSLATE_NOOP("Rationale", "the machine says a state that the site file does not know, or says none"),
        QT_TRANSLATE_NOOP("Rationale", "its state counts as unknown: no switchover; a failover as the site says"),
        QT_TRANSLATE_NOOP("Rationale", "watch the machine by eye; have the PLC's states compared with the site file's"),
    ),
    "disk_failing": (
        QT_TRANSLATE_NOOP("Rationale", "journal, recorder or group records can't be written: the disk is failing"),
        QT_TRANSLATE_NOOP("Rationale", "no transfer is possible; what OTHA sees and does is not kept"),
        QT_TRANSLATE_NOOP("Rationale", "look at the disk of the supervisor: full, read-only, failing"),
    ),
    "disk_filling": (
        QT_TRANSLATE_NOOP("Rationale", "the supervisor's disk has less room left than the site file asks for"),
        QT_TRANSLATE_NOOP("Rationale", "once it is full no transfer is possible, and nothing is kept"),
        QT_TRANSLATE_NOOP("Rationale", "make room; a copy of the journal lets its old parts be removed"),
    ),
    "journal_silent": (
        QT_TRANSLATE_NOOP("Rationale", "the journal can't be written; its rows wait"),
        QT_TRANSLATE_NOOP("Rationale", "no transfer can promote or release: each needs a row on disk first"),
        QT_TRANSLATE_NOOP("Rationale", "look at the files in journal/ of the state directory"),
    ),
    "journal_damaged": (
        QT_TRANSLATE_NOOP("Rationale", "a part of the journal was found damaged; it was kept and a new one begun"),
        QT_TRANSLATE_NOOP("Rationale", "what the damaged rows told can't be proved"),
        QT_TRANSLATE_NOOP("Rationale", "keep the state directory as evidence; verify the chain in Events"),
    ),
    "recorder_silent": (
        QT_TRANSLATE_NOOP("Rationale", "the recording of all inputs can't be written"),
        QT_TRANSLATE_NOOP("Rationale", "what is decided meanwhile can't be replayed; nothing else depends on it"),
        QT_TRANSLATE_NOOP("Rationale", "look at the files in recordings/ of the state directory, and at its disk"),
    ),
    "certificate_expiring": (
        QT_TRANSLATE_NOOP("Rationale", "a certificate that connections need expires within 30, 7 or 1 days"),
        QT_TRANSLATE_NOOP("Rationale", "from that day on its connections are refused"),
        QT_TRANSLATE_NOOP("Rationale", "have it renewed at OTHA; the other end must trust the new one"),
    ),
    "certificate_expired": (
        QT_TRANSLATE_NOOP("Rationale", "a certificate that connections need has expired"),
        QT_TRANSLATE_NOOP("Rationale", "its connections are refused"),
        QT_TRANSLATE_NOOP("Rationale", "have it renewed at OTHA; the other end must trust the new one"),
    ),
    "loop_stalled": (
        QT_TRANSLATE_NOOP("Rationale", "the supervisor did not run for more than 5 ms, three times in a minute"),
        QT_TRANSLATE_NOOP("Rationale", "heartbeats leave late and faults are seen late"),
        QT_TRANSLATE_NOOP("Rationale", "look at the load of the supervisor's machine and its real-time priority"),
    ),
}
"""Cause, consequence and response of each."""


def of(code: str) -> tuple[str, str, str] | None:
    """Cause, consequence and response; None for an alarm that is not OTHA's own."""
    found = _WORDS.get(code)
    if found is None:
        return None
    cause, consequence, response = (QCoreApplication.translate("Rationale", str(each)) for each in found)
    return cause, consequence, response
