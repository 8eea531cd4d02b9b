"""The JSON Schema of site files, for editors, generated from the tables of `otha.site.written`.

`python -m otha.site.schema` writes `site.schema.json` beside this file.
"""

import json
import re
import types
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Union, cast, get_args, get_origin

from otha.site.read import (
    ENDPOINT,
    NAME,
    OPCUA_PATH,
    OPCUA_SCHEME,
    Endpoint,
    Rule,
    choices,
    hints,
    required,
    rule_of,
    toml_key,
)
from otha.site.written import SiteFile

SCHEMA_FILE = Path(__file__).with_name("site.schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE = {int: "integer", float: "number", bool: "boolean", str: "string"}


def site_schema() -> dict[str, Any]:
    """The schema as JSON data."""
    tables: dict[str, Any] = {}
    root = _table(SiteFile, tables)
    return {"$schema": DIALECT, "title": "OTHA site file", **root, "$defs": dict(sorted(tables.items()))}


def schema_text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(site_schema(), indent=1, ensure_ascii=False) + "\n"


def _table(kind: type, tables: dict[str, Any]) -> dict[str, Any]:
    keys = fields(cast(Any, kind))
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n")[0],
        "properties": {toml_key(item): _key(kind, item, tables) for item in keys},
        "required": [toml_key(item) for item in keys if required(item)],
        "additionalProperties": False,
    }


def _key(kind: type, item: "Field[Any]", tables: dict[str, Any]) -> dict[str, Any]:
    rule = rule_of(item)
    made = _value(hints(kind)[item.name], rule, tables)
    made["description"] = rule.doc
    if item.default is not MISSING and item.default not in (None, ()):
        default = item.default
        if isinstance(default, Enum):
            default = next(word for word, member in choices(type(default)).items() if member is default)
        if not is_dataclass(default):
            made["default"] = default
    return made


def _value(hint: Any, rule: Rule, tables: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        made = [_value(part, rule, tables) for part in parts]
        return made[0] if len(made) == 1 else {"anyOf": made}
    if origin is tuple:
        return {"type": "array", "items": _value(get_args(hint)[0], rule, tables), "minItems": rule.least}
    if origin is dict:
        inner = get_args(hint)[1]
        made_of = _value(inner, rule, tables)
        if is_dataclass(inner):
            named = {"patternProperties": {f"^{NAME.pattern}$": made_of}, "additionalProperties": False}
        else:
            named = {"additionalProperties": made_of}
        return {"type": "object", **named, "minProperties": rule.least}
    if hint is Endpoint:
        opcua = f"{re.escape(OPCUA_SCHEME)}{ENDPOINT.pattern}({OPCUA_PATH.pattern})?"
        return {"type": "string", "pattern": f"^({ENDPOINT.pattern}|{opcua})$"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": list(choices(hint))}
    if hint in _SIMPLE:
        bounds = {"minimum": rule.low, "maximum": rule.high} if hint in (int, float) else {}
        return {"type": _SIMPLE[hint], **{name: bound for name, bound in bounds.items() if bound is not None}}
    name = hint.__name__
    if name not in tables:
        tables[name] = {}  # taken before its fields are walked: conditions hold conditions
        tables[name] = _table(hint, tables)
    return {"$ref": f"#/$defs/{name}"}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
