"""Reads TOML tables into dataclasses whose fields are the keys: types, ranges, names, unknown keys, all errors at once.

The dataclasses of `otha.site.written` and `otha.site.profile_file` are the only description of the files; this reader
and the JSON Schema both follow them. A field's TOML key is its name without a trailing underscore.

What can't be taken is reported and replaced by a placeholder, so that one mistake does not hide the next. Placeholders
of names are empty, and references skip empty names.
"""

import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import ip_address
from typing import Any, TypeVar, Union, cast, get_args, get_origin

from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.problem import nearest

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}")
NAME_RULE = "Names start with a letter; letters, digits, _ and - follow, 48 at most"
ENDPOINT = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
OPCUA_SCHEME = "opc.tcp://"
OPCUA_PATH = re.compile(r"/[A-Za-z0-9_.~%/+-]*")
LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
HOST_NAME_MAX = 253

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Endpoint:
    """Where a device listens. `is_opcua`: written as an OPC UA URL, whose `path` is "" or begins with a slash."""

    host: str
    port: int
    is_opcua: bool = False
    path: str = ""

    def __str__(self) -> str:
        if not self.is_opcua:
            return f"{self.host}:{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{OPCUA_SCHEME}{host}:{self.port}{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a key accepts beyond its type. `later`: values that a later version will take, with what they are."""

    doc: str
    low: int | None
    high: int | None
    least: int
    later: Mapping[str, str]


# Any: the value is a dataclass field whose type is checked against its annotation by this reader, not by mypy.
def key(
    doc: str,
    *,
    default: Any = MISSING,
    low: int | None = None,
    high: int | None = None,
    least: int = 0,
    later: Mapping[str, str] | None = None,
) -> Any:
    """A field of a table. `low` and `high` bound numbers; `least` is the least number of items of a list or table."""
    rule = Rule(doc=doc, low=low, high=high, least=least, later=later or {})
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata={"rule": rule})
    return field(default=default, metadata={"rule": rule})


def rule_of(item: "Field[Any]") -> Rule:
    """The rule that `key` attached to a field."""
    return cast(Rule, item.metadata["rule"])


def toml_key(item: "Field[Any]") -> str:
    """The key under which a field stands in the file."""
    return item.name.removesuffix("_")


def required(item: "Field[Any]") -> bool:
    """Whether the key must stand in the file."""
    return item.default is MISSING and item.default_factory is MISSING


@cache
def hints(kind: type) -> dict[str, Any]:
    """The resolved types of a dataclass' fields."""
    return typing.get_type_hints(kind)


def choices(kind: type[Enum]) -> dict[str, Enum]:
    """How the members of an enum are written: their value, or their name in small letters where that is a number."""
    return {item.value if isinstance(item.value, str) else item.name.lower(): item for item in kind}


def optional(hint: Any) -> tuple[Any, bool]:
    """The type inside `X | None`, and whether None was in it."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        if len(inner) == 1:
            return inner[0], True
    return hint, False


def read_table(kind: type[T], doc: Document, raw: Mapping[str, Any], path: KeyPath) -> T:
    """`raw` as a `kind`, placeholders where it can't be taken; what is wrong is added to `doc`."""
    known = {toml_key(item): item for item in fields(cast(Any, kind))}
    later: Mapping[str, str] = getattr(kind, "LATER", {})
    misspelt: set[str | None] = set()
    for name in raw:
        if name in known:
            continue
        if name in later:
            doc.error(path, name, f"{later[name]}: built later", mend=f"Take `{name}` out")
            continue
        near = nearest(name, [option for option in known if option not in raw])
        misspelt.add(near)
        doc.error(path, name, "no such key", near=near, mend=f"Keys here: {', '.join(sorted(known))}")
    values: dict[str, Any] = {}
    for name, item in known.items():
        hint, _ = optional(hints(cast(type, kind))[item.name])
        if name in raw:
            values[item.name] = _value(hint, rule_of(item), doc, raw[name], path, name)
        elif required(item):
            if name not in misspelt:
                doc.error(path, name, "missing", mend=f"Give {_describe(hint, name)}: {rule_of(item).doc}")
            values[item.name] = _placeholder(hint, rule_of(item))
    return kind(**values)


def _placeholder(hint: Any, rule: Rule) -> Any:
    hint, _ = optional(hint)
    if get_origin(hint) in (Union, types.UnionType):
        hint = get_args(hint)[0]
    if hint in (int, float):
        return rule.low or 0
    if hint is bool:
        return False
    if hint is str:
        return ""
    if hint is Endpoint:
        return Endpoint(host="", port=0)
    if get_origin(hint) in (tuple, dict):
        return get_origin(hint)()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return hint(
        **{item.name: _placeholder(hints(hint)[item.name], rule_of(item)) for item in fields(hint) if required(item)}
    )


def _unit(name: str) -> str:
    for ending, unit in (("_ms", "milliseconds"), ("_s", "seconds"), ("_pct", "percent"), ("_ppm", "ppm")):
        if name.endswith(ending):
            return f" of {unit}"
    return ""


def _describe(hint: Any, name: str) -> str:
    """What a key wants, in words."""
    if hint is int:
        return f"a whole number{_unit(name)}"
    if hint is float:
        return f"a number{_unit(name)}"
    if hint is bool:
        return "true or false"
    if hint is str:
        return "a text in quotes"
    if hint is Endpoint:
        return 'an endpoint "host:port" or "opc.tcp://host:port/path"'
    if get_origin(hint) is tuple:
        return "a list [ ... ]"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {', '.join(choices(hint))}"
    if get_origin(hint) is Union or isinstance(hint, types.UnionType):
        return " or ".join(_describe(part, name) for part in get_args(hint) if part is not type(None))
    return "a table"


def _shown(raw: Any) -> str:
    match raw:
        case bool():
            return "true" if raw else "false"
        case str():
            return f'the text "{raw}"'
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(raw)


def _mistyped(hint: Any, rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> Any:
    wanted = _describe(hint, name)
    doc.error(path, name, f"must be {wanted}, is {_shown(raw)}", mend=f"Give {wanted}: {rule.doc}")
    return _placeholder(hint, rule)


def _value(hint: Any, rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> Any:
    """One value checked against its type; `name` is the key (or "" inside lists, where the path says it all)."""
    origin = get_origin(hint)
    if raw in rule.later if isinstance(raw, str) else isinstance(raw, list) and "[]" in rule.later and origin is None:
        word = raw if isinstance(raw, str) else "[]"
        shown = f'"{raw}"' if isinstance(raw, str) else "a list"
        doc.error(path, name, f"{shown} ({rule.later[word]}) is built later", mend=f"Give {_describe(hint, name)}")
        return _placeholder(hint, rule)
    if origin in (Union, types.UnionType):
        fitting = [part for part in get_args(hint) if type(raw) is part]
        return (
            _value(fitting[0], rule, doc, raw, path, name) if fitting else _mistyped(hint, rule, doc, raw, path, name)
        )
    if origin is tuple:
        return _items(hint, rule, doc, raw, path, name)
    if origin is dict:
        return _named(hint, rule, doc, raw, path, name)
    if hint in (int, float, bool, str):
        return _scalar(hint, rule, doc, raw, path, name)
    if hint is Endpoint:
        return _endpoint(rule, doc, raw, path, name)
    if issubclass(hint, Enum):
        return _choice(hint, rule, doc, raw, path, name)
    assert is_dataclass(hint)
    if not isinstance(raw, dict):
        return _mistyped(hint, rule, doc, raw, path, name)
    return read_table(cast("type[Any]", hint), doc, raw, (*path, name) if name else path)


def _scalar(hint: Any, rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> Any:
    fits = isinstance(raw, (int, float)) if hint is float else isinstance(raw, hint)
    if not fits or (isinstance(raw, bool) and hint is not bool):
        return _mistyped(hint, rule, doc, raw, path, name)
    if hint in (int, float):
        low, high = rule.low, rule.high
        if (low is not None and raw < low) or (high is not None and raw > high) or raw != raw:
            bounds = f"at least {low}" if high is None else f"{low} to {high}"
            doc.error(path, name, f"must be {bounds}, is {raw}", mend=f"Give a number in this range: {rule.doc}")
            return _placeholder(hint, rule)
    if hint is str and not raw.strip():
        doc.error(path, name, "is empty", mend=f"Give {rule.doc}")
    return raw


def parse_endpoint(text: str) -> Endpoint | None:
    """An endpoint as it is written, "host:port" or "opc.tcp://host:port/path"; None for what is none."""
    is_opcua, path = text.startswith(OPCUA_SCHEME), ""
    if is_opcua:
        text, slash, rest = text.removeprefix(OPCUA_SCHEME).partition("/")
        path = slash + rest
    found = ENDPOINT.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65536 or (path and not OPCUA_PATH.fullmatch(path)):
        return None
    return Endpoint(host=found[1].strip("[]"), port=int(found[2]), is_opcua=is_opcua, path=path)


def _endpoint(rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> Endpoint:
    text = raw if isinstance(raw, str) else ""
    is_opcua, found = text.startswith(OPCUA_SCHEME), parse_endpoint(text)
    if found is None:
        example = (
            '"opc.tcp://192.0.2.10:4840/path"' if is_opcua else '"192.0.2.10:502" (502 is the usual Modbus TCP port)'
        )
        form = '"opc.tcp://host:port/path"' if is_opcua else '"host:port"'
        doc.error(
            path,
            name,
            f"must be {form} with a port of 1 to 65535, is {_shown(raw)}",
            mend=f"Give for example {example}",
        )
        return Endpoint(host="", port=0)
    if not _is_host(found.host):
        doc.error(
            path,
            name,
            f'"{found.host}" is neither an IP address nor a host name',
            mend="Give the device's address, for example 192.0.2.10",
        )
        return Endpoint(host="", port=0)
    return found


def _is_host(text: str) -> bool:
    """An address or a DNS name. What ends in a number is meant as an address (RFC 3696, section 2)."""
    labels = text.removesuffix(".").split(".")
    if ":" in text or labels[-1].isdigit():
        try:
            ip_address(text)
        except ValueError:
            return False
        return True
    return len(text) <= HOST_NAME_MAX and all(LABEL.fullmatch(label) for label in labels)


def _choice(hint: type[Enum], rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> Enum:
    words = choices(hint)
    if not isinstance(raw, str):
        return cast(Enum, _mistyped(hint, rule, doc, raw, path, name))
    if raw not in words:
        valid = ", ".join(words)
        doc.error(path, name, f'"{raw}" is not known here', near=nearest(raw, words), mend=f"Give one of {valid}")
        return cast(Enum, _placeholder(hint, rule))
    return words[raw]


def _items(hint: Any, rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        return cast("tuple[Any, ...]", _mistyped(hint, rule, doc, raw, path, name))
    if len(raw) < rule.least:
        doc.error(path, name, f"needs at least {rule.least}, has {len(raw)}", mend=f"Give {rule.doc}")
    inner = get_args(hint)[0]
    return tuple(_value(inner, rule, doc, item, (*path, name, at), "") for at, item in enumerate(raw))


def _named(hint: Any, rule: Rule, doc: Document, raw: Any, path: KeyPath, name: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        return cast("dict[str, Any]", _mistyped(hint, rule, doc, raw, path, name))
    if len(raw) < rule.least:
        doc.error(path, name, f"needs at least {rule.least}, has {len(raw)}", mend=f"Give {rule.doc}")
    inner = get_args(hint)[1]
    result: dict[str, Any] = {}
    for word, item in raw.items():
        if is_dataclass(inner) and not NAME.fullmatch(word):
            doc.error(
                (*path, name, word),
                "",
                f'"{word}" is no name',
                mend=NAME_RULE,
            )
        result[word] = _value(inner, rule, doc, item, (*path, name), word)
    return result
