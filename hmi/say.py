"""Codes of the interface as words of the chosen language; what OTHA sends as a sentence stays as it is."""

from datetime import datetime
from functools import cache

from PySide6.QtCore import QCoreApplication

from hmi.model import Link, Priority


@cache
def translate(context: str, text: str) -> str:
    """Asked for many times in a second; the language does not change while it runs."""
    return QCoreApplication.translate(context, text)


def plain(code: str) -> str:
    """A code that has no word of its own, readable."""
    return code.replace("_", " ")


def priority(of: Priority) -> str:
    """A priority, with the number that its mark shows."""
    return {
        Priority.CRITICAL: translate("Say", "1 critical"),
        Priority.HIGH: translate("Say", "2 high"),
        Priority.MEDIUM: translate("Say", "3 medium"),
        Priority.LOW: translate("Say", "4 low"),
    }[of]


def kind(of: str) -> str:
    """What a group's nodes do."""
    return {
        "driver": translate("Say", "drives"),
        "path": translate("Say", "path"),
        "store": translate("Say", "store"),
        "pair": translate("Say", "pair"),
    }.get(of, plain(of))


def klass(of: str) -> str:
    """The class of an interlock or permissive."""
    return {"safety": translate("Say", "safety"), "process": translate("Say", "process")}.get(of, plain(of))


def arming(of: str) -> str:
    """How far OTHA may act."""
    return {
        "observe": translate("Say", "observe"),
        "advise": translate("Say", "advise"),
        "armed": translate("Say", "armed"),
    }.get(of, plain(of))


def authority(of: str) -> str:
    """Who switches."""
    return {
        "otha": translate("Say", "OTHA switches"),
        "native": translate("Say", "the pair switches itself"),
    }.get(of, plain(of))


def standing(of: str) -> str:
    """Where a group stands when no transfer is under way."""
    return {
        "settling": translate("Say", "settling"),
        "following": translate("Say", "following"),
        "needs_operator": translate("Say", "needs operator"),
    }.get(of, plain(of))


def transfer(of: str) -> str:
    """The kind of a transfer."""
    return {
        "failover": translate("Say", "failover"),
        "switchover": translate("Say", "switchover"),
        "failback": translate("Say", "failback"),
    }.get(of, plain(of))


def cause(of: str) -> str:
    """Why a transfer began by itself, or what a node is suspected of."""
    return {
        "dead": translate("Say", "dead"),
        "frozen": translate("Say", "frozen"),
        "stale_data": translate("Say", "stale data"),
        "not_driving": translate("Say", "not driving"),
        "held_back": translate("Say", "held back"),
        "degraded": translate("Say", "degraded"),
    }.get(of, plain(of))


def milestone(of: str) -> str:
    """How far the claim in the group record has come."""
    return {
        "": "-",
        "claimed": translate("Say", "claimed"),
        "promoting": translate("Say", "promoting"),
        "done": translate("Say", "done"),
    }.get(of, plain(of))


def store(of: str) -> str:
    """Whether the group record answers."""
    return {
        "unread": translate("Say", "not read yet"),
        "known": translate("Say", "known"),
        "unknown": translate("Say", "not known"),
    }.get(of, plain(of))


def ending(of: str) -> str:
    """How a transfer ended."""
    return {
        "done": translate("Say", "done"),
        "aborted_safe": translate("Say", "aborted, safe"),
        "returned": translate("Say", "returned"),
        "safe_state": translate("Say", "safe state"),
        "needs_operator": translate("Say", "needs operator"),
    }.get(of, plain(of))


def does(of: str) -> str:
    """What a transfer does in a machine state."""
    return {
        "go": translate("Say", "goes"),
        "wait": translate("Say", "waits"),
        "ask": translate("Say", "asks"),
        "stay": translate("Say", "stays away"),
        "safe": translate("Say", "to safe"),
    }.get(of, plain(of))


def liveness(of: str) -> str:
    """The verdict on a node."""
    return {
        "unknown": translate("Say", "not known"),
        "alive": translate("Say", "alive"),
        "stale_data": translate("Say", "stale data"),
        "frozen": translate("Say", "FROZEN"),
        "dead": translate("Say", "DEAD"),
    }.get(of, plain(of))


def pulse(of: str) -> str:
    """How a channel's heartbeats come."""
    return {
        "unknown": translate("Say", "not known"),
        "on_time": translate("Say", "on time"),
        "late": translate("Say", "late"),
        "lost": translate("Say", "lost"),
        "blind": translate("Say", "blind"),
    }.get(of, plain(of))


def verdict(of: str) -> str:
    """A verdict with its sign."""
    return {
        "true": "✓ " + translate("Say", "true"),
        "false": "✗ " + translate("Say", "false"),
        "bad": "! " + translate("Say", "bad quality"),
        "stale": "! " + translate("Say", "stale"),
        "unknown": "? " + translate("Say", "not known"),
    }.get(of, plain(of))


def quality(of: str) -> str:
    """What a tag's value is worth."""
    return translate("Say", "good") if of == "true" else verdict(of)


def phase(of: str) -> str:
    """A phase of a transfer."""
    return {
        "requested": translate("Say", "requested"),
        "permitted": translate("Say", "permitted"),
        "claimed": translate("Say", "claimed"),
        "fenced": translate("Say", "fenced"),
        "promoted": translate("Say", "promoted"),
        "tracked": translate("Say", "tracked"),
        "released": translate("Say", "released"),
        "output_verified": translate("Say", "output verified"),
        "path_redirected": translate("Say", "path redirected"),
        "clients_redirected": translate("Say", "clients redirected"),
        "writes_verified": translate("Say", "writes verified"),
        "backfilled": translate("Say", "backfilled"),
    }.get(of, plain(of))


def link(of: Link) -> str:
    """How the connection stands."""
    return {
        Link.CLOSED: translate("Say", "not connected"),
        Link.CONNECTING: translate("Say", "connecting"),
        Link.ASKING_TRUST: translate("Say", "OTHA is not trusted here yet"),
        Link.CERTIFICATE_CHANGED: translate("Say", "CERTIFICATE HAS CHANGED"),
        Link.NOT_TRUSTED: translate("Say", "OTHA does not trust this station yet"),
        Link.LOGIN_REFUSED: translate("Say", "not logged in"),
        Link.OPEN: translate("Say", "connected"),
        Link.LOST: translate("Say", "connection lost"),
    }[of]


def moment(iso: str) -> str:
    """A moment that OTHA tells in ISO 8601, to the minute in the station's time zone; as it stands where it is none."""
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def age(ms: int | None) -> str:
    """An age or a time that is left, in the unit that a person reads."""
    if ms is None:
        return "-"
    if ms < 1000:
        return f"{ms} ms"
    seconds = ms / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes < 2880 else f"{minutes // 1440} d"


def count(of: int) -> str:
    """A number that may be large, in groups of three; a space between them is read alike in every language."""
    return f"{of:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def value(of: object) -> str:
    """A value as a person reads it."""
    if of is None:
        return "-"
    if isinstance(of, bool):
        return "1" if of else "0"
    if isinstance(of, float):
        return f"{of:.4g}"
    return str(of)
