"""A strict reader of syslog messages, written from the grammar of RFC 5424, section 6, and nothing else of OTHA."""

import re
from dataclasses import dataclass
from datetime import datetime

_PRINT = r"[\x21-\x7e]"
_HEADER = re.compile(
    r"<(?P<pri>0|[1-9][0-9]{0,2})>1"
    r" (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))"
    rf" (?P<host>{_PRINT}{{1,255}})"
    rf" (?P<app>{_PRINT}{{1,48}})"
    rf" (?P<process>{_PRINT}{{1,128}})"
    rf" (?P<id>{_PRINT}{{1,32}}) "
)
_NAME = r"[\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32}"
_PARAM = re.compile(rf' ({_NAME})="((?:[^"\\\]]|\\["\\\]])*)"')
_ELEMENT = re.compile(rf"\[({_NAME})")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A message taken apart."""

    facility: int
    severity: int
    time: datetime
    host: str
    app: str
    process: str
    id: str
    data: dict[str, dict[str, str]]
    text: str


def parse(raw: bytes) -> Parsed:
    """Raises ValueError for anything that the grammar does not allow."""
    whole = raw.decode("utf-8")
    found = _HEADER.match(whole)
    if found is None or int(found["pri"]) > 191:
        raise ValueError(f"no header: {raw[:80]!r}")
    data, rest = _data(whole[found.end() :])
    if any(ord(char) < 32 or ord(char) == 127 for char in whole):
        raise ValueError("a control character")
    if rest and not (rest.startswith(" ") and rest[1:].encode().startswith(_BOM)):
        raise ValueError(f"what follows the structured data is no UTF-8 message: {rest[:40]!r}")
    facility, severity = divmod(int(found["pri"]), 8)
    return Parsed(
        facility=facility,
        severity=severity,
        time=datetime.fromisoformat(found["time"]),
        host=found["host"],
        app=found["app"],
        process=found["process"],
        id=found["id"],
        data=data,
        text=rest[2:],
    )


def _data(text: str) -> tuple[dict[str, dict[str, str]], str]:
    if text.startswith("-"):
        return {}, text[1:]
    elements: dict[str, dict[str, str]] = {}
    at = 0
    while (found := _ELEMENT.match(text, at)) is not None:
        at = found.end()
        params: dict[str, str] = {}
        while (param := _PARAM.match(text, at)) is not None:
            params[param[1]] = re.sub(r"\\(.)", r"\1", param[2])
            at = param.end()
        if text[at : at + 1] != "]":
            raise ValueError(f"an element without its end: {text[at : at + 40]!r}")
        at += 1
        if found[1] in elements:
            raise ValueError("an SD-ID twice in one message (6.3.2)")
        elements[found[1]] = params
    if not elements:
        raise ValueError("no structured data")
    return elements, text[at:]


def unframed(stream: bytes) -> tuple[list[bytes], bytes]:
    """The messages of a stream with octet counting (RFC 6587, 3.4.1), and what is not whole yet."""
    messages: list[bytes] = []
    while (found := re.match(rb"([1-9][0-9]*) ", stream)) is not None:
        end = found.end() + int(found[1])
        if len(stream) < end:
            return messages, stream
        messages.append(stream[found.end() : end])
        stream = stream[end:]
    if stream and not re.fullmatch(rb"[1-9][0-9]*", stream):
        raise ValueError(f"no frame: {stream[:40]!r}")
    return messages, stream
