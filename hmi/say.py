"""Codes of the interface as words of the chosen language; what OTHA sends as a sentence stays as it is."""

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


def value(of: object) -> str:
    """A value as a person reads it."""
    if of is None:
        return "-"
    if isinstance(of, bool):
        return "1" if of else "0"
    if isinstance(of, float):
        return f"{of:.4g}"
    return str(of)
