"""Codes as words of the chosen language. What OTHA sends as text stays as it is."""

from PySide6.QtCore import QCoreApplication

from hmi.job import Job
from hmi.sight import Asks, Waiting
from hmi.switchover import Said, Say, Step

translate = QCoreApplication.translate


def job(of: Job) -> str:
    """What a job is called on its button and in its title."""
    return {
        Job.SWITCHOVER: translate("Words", "Switch over"),
        Job.FAILBACK: translate("Words", "Fail back"),
        Job.DRILL: translate("Words", "Drill"),
        Job.DRILL_ABORT: translate("Words", "End the drill"),
        Job.CONFIRM: translate("Words", "Confirm"),
        Job.REJECT: translate("Words", "Reject"),
        Job.SAFE: translate("Words", "Safe state"),
        Job.BYPASS: translate("Words", "Bypass"),
        Job.UNBYPASS: translate("Words", "End bypass"),
        Job.RELEASE: translate("Words", "Release"),
        Job.MAINTENANCE_IN: translate("Words", "Into maintenance"),
        Job.MAINTENANCE_OUT: translate("Words", "Out of maintenance"),
        Job.ARM: translate("Words", "Arming"),
    }[of]


def about_job(of: Job) -> str:
    """What a job does, in a sentence."""
    return {
        Job.SWITCHOVER: translate("Words", "Moves the active role to the other node."),
        Job.FAILBACK: translate("Words", "Moves the active role back to the preferred node."),
        Job.DRILL: translate("Words", "Rehearses a transfer for real, on a group that is marked for drills."),
        Job.DRILL_ABORT: translate("Words", "Ends the drill; once the new node drives it is too late."),
        Job.CONFIRM: translate("Words", "Lets what waits go on."),
        Job.REJECT: translate("Words", "Refuses what waits."),
        Job.SAFE: translate("Words", "Drives the held section to its safe state. A second person must confirm."),
        Job.BYPASS: translate("Words", "Lets a process interlock count as true for a while. A second person confirms."),
        Job.UNBYPASS: translate("Words", "The interlock counts again."),
        Job.RELEASE: translate("Words", "Lets an owner go on that the gate takes no more by itself."),
        Job.MAINTENANCE_IN: translate("Words", "The node is chosen for no transfer any more."),
        Job.MAINTENANCE_OUT: translate("Words", "The node may be chosen again."),
        Job.ARM: translate("Words", "Says how far OTHA may act in this group."),
    }[of]


def step(of: Step, second_person: bool = False) -> str:
    """Where an order is."""
    if second_person and of is Step.UNDER_WAY:
        return translate("Words", "Waits for a second person")
    return {
        Step.CHOOSE: translate("Words", "Not selected"),
        Step.SELECTING: translate("Words", "Selecting …"),
        Step.SELECTED: translate("Words", "Selected"),
        Step.OPERATING: translate("Words", "Sent, no answer yet"),
        Step.UNSURE: translate("Words", "No answer: it may have been taken. Repeat it, or look at the plant."),
        Step.UNDER_WAY: translate("Words", "Under way"),
        Step.DONE: translate("Words", "Done, read back from the plant"),
        Step.FAILED: translate("Words", "Failed"),
    }[of]


def said(of: Said) -> str:
    """Why something is not to be had, or has failed."""
    about = ", ".join(of.about)
    match of.what:
        case Say.NOTHING:
            return ""
        case Say.NO_SIGHT:
            return translate("Words", "No connection: nothing is known")
        case Say.SELECT_FIRST:
            return translate("Words", "Select first")
        case Say.PREPARE_FIRST:
            return translate("Words", "Prepare first")
        case Say.WAIT_FOR_ANSWER:
            return translate("Words", "Wait for the answer")
        case Say.HELD_BY:
            return translate("Words", "Selected by {0}, {1} s left").format(*of.about)
        case Say.EXPIRED:
            return translate("Words", "The selection has expired: select anew")
        case Say.SELECTION_GONE:
            return translate("Words", "The selection is gone: {0}").format(about or "-")
        case Say.AGAINST:
            return about
        case Say.COMMENT_FIRST:
            return translate("Words", "Say why: a comment is needed")
        case Say.CHOOSE_FIRST:
            return translate("Words", "Choose first what you mean")
        case Say.WAITS_NO_MORE:
            return translate("Words", "No. {0} waits no more").format(about)
        case Say.PASSWORD_FIRST:
            return translate("Words", "Enter your password")
        case Say.MAY_NOT:
            return translate("Words", "{0} may not order this").format(about)
        case Say.ALREADY_SENT:
            return translate("Words", "Already sent")
        case Say.NOT_BEGUN:
            return translate("Words", "It was accepted, but nothing is read of it: {0}").format(about)
        case Say.NOT_READ_BACK:
            return translate("Words", "It ended and is not read back (is / shall be): {0}").format(about)
        case Say.REQUEST_OVER:
            return translate("Words", "It was not confirmed, or not carried out (is / shall be): {0}").format(about)
        case Say.REFUSED:
            return translate("Words", "Refused: {0}").format(about)
        case Say.NO_PREVIEW:
            return translate("Words", "OTHA did not say what it would do")


def waiting(of: Waiting) -> str:
    """What waits for a person, by its number, with all that he must know to answer it."""
    left_s = -(-of.left_ms // 1000)
    parts = [
        {
            Asks.SAFE: translate("Words", "No. {0}: the section to its safe state"),
            Asks.BYPASS: translate("Words", "No. {0}: bypass of {1} for {2} min"),
            Asks.OTHER: "{0}: {3}",
            Asks.TRANSFER: translate("Words", "No. {0}: {3} to {1}"),
        }[of.asks].format(of.number, of.item or "?", -(-of.for_ms // 60_000), of.what),
        translate("Words", "asked by {0}").format(of.by) if of.by else "",
        f'"{of.comment}"' if of.comment else "",
        translate("Words", "you answer for: {0}").format(", ".join(of.about)) if of.about else "",
        translate("Words", "{0} s left").format(left_s) if of.left_ms >= 0 else "",
    ]
    return " · ".join(each for each in parts if each)


def phase(name: str) -> str:
    """A phase of a transfer, with its course where it is not forward."""
    course, colon, bare = name.rpartition(": ")
    words = {
        "requested": translate("Words", "requested"),
        "permitted": translate("Words", "permitted"),
        "claimed": translate("Words", "epoch claimed"),
        "fenced": translate("Words", "old node fenced"),
        "promoted": translate("Words", "new node promoted"),
        "tracked": translate("Words", "outputs compared"),
        "released": translate("Words", "outputs released"),
        "output_verified": translate("Words", "outputs verified"),
        "path_redirected": translate("Words", "path redirected"),
        "clients_redirected": translate("Words", "clients redirected"),
        "writes_verified": translate("Words", "writes verified"),
        "backfilled": translate("Words", "rows filled up"),
    }
    courses = {
        "return": translate("Words", "back to the old node"),
        "void": translate("Words", "left with its owner"),
        "safe": translate("Words", "to the safe state"),
    }
    shown = words.get(bare, bare)
    return f"{courses.get(course, course)}: {shown}" if colon else shown


def verdict(of: str) -> str:
    """A verdict with its sign: it is never told by colour alone."""
    return {
        "true": "✓ " + translate("Words", "true"),
        "false": "✗ " + translate("Words", "false"),
        "bad": "! " + translate("Words", "bad quality"),
        "stale": "! " + translate("Words", "stale"),
        "unknown": "? " + translate("Words", "unknown"),
    }.get(of, of)


def alarm_state(of: str) -> str:
    """A state of ISA-18.2."""
    return {
        "normal": translate("Words", "normal"),
        "unacked": translate("Words", "active, unacked"),
        "acked": translate("Words", "active, acked"),
        "rtn_unacked": translate("Words", "over, unacked"),
        "latched_unacked": translate("Words", "over, latched, unacked"),
        "latched_acked": translate("Words", "over, latched: reset it"),
    }.get(of, of)


def priority_word(of: str) -> str:
    """A priority."""
    return {
        "critical": translate("Words", "critical"),
        "high": translate("Words", "high"),
        "medium": translate("Words", "medium"),
        "low": translate("Words", "low"),
    }.get(of, of)


def priority(of: str) -> str:
    """A priority with its sign and number."""
    signs = {"critical": "◆ 1 ", "high": "▲ 2 ", "medium": "■ 3 ", "low": "● 4 "}
    return signs.get(of, "") + priority_word(of)
