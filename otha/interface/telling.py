"""What is journaled, in one line of text, for those who read it elsewhere."""

from typing import Any, Final

Json = dict[str, Any]  # Any: the body of an entry

_TEXT_MAX: Final = 500


def message(kind: str, body: Json) -> str:
    """An event in one line."""
    said = [
        " ".join([str(each["why"]).lower().replace("_", " "), *(str(arg) for arg in each["args"])])
        for each in body.get("reasons", ())
    ]
    said += [str(body[key]) for key in ("what", "why", "error") if body.get(key)]
    return f"{kind}: {'; '.join(said)}"[:_TEXT_MAX] if said else kind
