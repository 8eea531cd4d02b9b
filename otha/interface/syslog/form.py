"""The form of a syslog message (RFC 5424, section 6) and of its frame in a stream (RFC 6587, section 3.4.1).

Pure. What a field may not hold is replaced, never passed on: a comment or a user's name must not forge a message.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from otha.site.written_outlets import Facility, Severity

NIL: Final = "-"
_BOM: Final = b"\xef\xbb\xbf"
_NAME_MAX: Final = 32
_VALUE_MAX: Final = 200
_NO_NAME: Final = frozenset('=]"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of structured data: what comes first is kept longest when a message must be made shorter."""

    id: str
    params: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `wall_ns`: UTC, ns since 1970."""

    facility: Facility
    severity: Severity
    wall_ns: int
    host: str
    app: str
    process: str
    id: str
    data: tuple[Element, ...]
    text: str


def render(message: Message, longest: int) -> bytes:
    """The message in at most `longest` bytes (at least 480, RFC 5424 6.1): first its text is cut, then the last element
    of its structured data loses parameters from behind, then the last elements go."""
    data = message.data
    while True:
        head = _head(message) + (b"".join(_element(each) for each in data) or NIL.encode())
        room = longest - len(head) - 1 - len(_BOM)
        if room >= 0 or not data:
            break
        last = data[-1]
        data = (*data[:-1], replace(last, params=last.params[:-1])) if len(last.params) > 1 else data[:-1]
    text = _cut(_line(message.text).encode("utf-8", "replace"), room)
    return head + (b" " + _BOM + text if text else b"")


def framed(message: bytes) -> bytes:
    """The message with its length before it, for TCP and TLS (RFC 6587 3.4.1, RFC 5425 4.3)."""
    return b"%d %s" % (len(message), message)


def _head(message: Message) -> bytes:
    seconds, rest = divmod(message.wall_ns, 1_000_000_000)
    at = datetime.fromtimestamp(seconds, UTC)
    fields = (
        f"<{message.facility.value * 8 + message.severity.value}>1",
        f"{at:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z",
        _ascii(message.host, 255),
        _ascii(message.app, 48),
        _ascii(message.process, 128),
        _ascii(message.id, 32),
    )
    return (" ".join(fields) + " ").encode("ascii")


def _ascii(text: str, most: int) -> str:
    """PRINTUSASCII (RFC 5424, section 6): no blanks, nothing beyond ASCII; "-" for nothing."""
    return "".join(char if 33 <= ord(char) <= 126 else "?" for char in text[:most]) or NIL


def _name(text: str) -> str:
    """SD-NAME."""
    return "".join("?" if char in _NO_NAME else char for char in _ascii(text, _NAME_MAX))


def _element(element: Element) -> bytes:
    params = "".join(f' {_name(name)}="{_value(value)}"' for name, value in element.params)
    return f"[{_name(element.id)}{params}]".encode("utf-8", "replace")


def _value(text: str) -> str:
    """PARAM-VALUE: '"', '\\' and ']' are escaped, and nothing else is (6.3.3)."""
    line = _line(text[:_VALUE_MAX])
    return line.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _line(text: str) -> str:
    """One line: control characters, and what would change how a line is shown, are replaced (8.2)."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _cut(text: bytes, most: int) -> bytes:
    """At most so many bytes, cut between two characters."""
    return text[: max(most, 0)].decode("utf-8", "ignore").encode()
