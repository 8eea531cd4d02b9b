"""Journal rows as sentences, for those who read the journal without knowing the codes."""

import json
from typing import Any

from otha.core.reasons import Reason, Why
from otha.report import sentence

Json = dict[str, Any]  # Any: the body of a row
_SHOWN = ("epoch", "node", "hold_no", "milestone", "active")


def text(kind: str, body: str) -> str:
    """What a row says, its sentences parted by semicolons; "" for a row whose body speaks for itself.

    Rows are kept for years: one that another version wrote and this one can't read says nothing either.
    """
    try:
        said = _said(kind, json.loads(body))
    except (KeyError, IndexError, TypeError):
        return ""
    # A comment may hold anything; a row stays one line.
    return "".join(char if char.isprintable() else "?" for char in said)


def _said(kind: str, data: Json) -> str:
    match kind:
        case "decision":
            return "; ".join(_reason(each) for each in data["reasons"])
        case "effect.intent":
            return f"asks: {_action(data)}"
        case "effect.outcome":
            detail = f", {data['detail']}" if data["detail"] else ""
            return f"{_action(data)}: {data['outcome']}{detail}, {data['took_ns'] / 1e6:.1f} ms"
        case "order.refused":
            return f"order {data['order']} {data['group']} refused: {data['what']}"
        case "site.apply" | "site.applied" | "site.refused":
            return _site(kind, data)
        case _:
            return ""


def _site(kind: str, data: Json) -> str:
    hashes = f"{data['from'][:12]} to {data['to'][:12]}"
    match kind:
        case "site.apply":
            said = "asked for"
        case "site.applied":
            said = "done"
        case _:
            said = f"refused: {data['what']}"
    comment = f" ({data['comment']})" if data["comment"] else ""
    return f"change of the site by {data['path']}, {hashes}, {said}{comment}"


def _reason(said: Json) -> str:
    return sentence.of_reason(Reason(why=Why[said["why"]], rule=said["rule"], args=tuple(said["args"])))


def _action(data: Json) -> str:
    values = [f"{name} {data[name]}" for name in _SHOWN if data.get(name) is not None]
    return " ".join([str(data["do"]), *values])
