"""What speaks against a node driving, and against OTHA's own ServiceLevel: the codes in `Reasons`.

A reason is published as "CODE" or "CODE: DETAIL". The words for it are the reader's.
"""

from enum import Enum

_MARK = ": "


class NodeReason(Enum):
    """What speaks against a node. The value is its code; what stands behind each is its detail."""

    NOT_ALIVE = "not_alive"
    """It is not known to be alive: its Liveness."""
    MAINTENANCE = "maintenance"
    """It has been taken out, or says so itself: nothing."""
    LEVEL = "service_level"
    """It says itself that it is not healthy: its ServiceLevel (OPC UA Part 4, 6.6.2)."""
    RPO = "rpo"
    """Its copy is not known to be within the RPO (rule S5): the verdict."""
    READY = "ready"
    """It is not known to take over without a bump (rule S13): the verdict."""
    TAG = "tag"
    """A tracked tag keeps it from that: the tag and the verdict on it."""
    ONE_SHOT = "one_shot"
    """It still has a command to carry out that acts once (rule S13): the command's tag."""
    CHANNEL = "channel"
    """A heartbeat channel of it is not on time: the channel and its Pulse."""


class SiteReason(Enum):
    """What speaks against OTHA's own ServiceLevel. The value is its code; what stands behind each is its detail."""

    ISOLATED = "isolated"
    """It reaches none of its reference points (rule S8): nothing."""
    TILTED = "tilted"
    """After a clock step or a loop gap it only watches (rule S10): nothing."""
    JOURNAL = "journal"
    """It can't keep its evidence: the journal's trouble, or its damage."""
    RECORDS = "records"
    """The group records' store does not answer: its trouble."""


def reason(code: NodeReason | SiteReason, detail: str = "") -> str:
    """A reason as it is published."""
    return f"{code.value}{_MARK}{detail}" if detail else code.value


def parted(text: str) -> tuple[str, str]:
    """Code and detail of a published reason."""
    code, _, detail = text.partition(_MARK)
    return code, detail
