"""Names that must exist: one place that says what is wrong when they do not."""

from collections.abc import Collection, Iterable

from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.problem import nearest

SHOWN_NAMES = 8


def some(names: Iterable[str]) -> str:
    """Some of the names, for a message."""
    listed = list(names)
    rest = f" and {len(listed) - SHOWN_NAMES} more" if len(listed) > SHOWN_NAMES else ""
    return ", ".join(listed[:SHOWN_NAMES]) + rest


def refer(
    doc: Document, path: KeyPath, key: str, name: str, *, what: str, valid: Collection[str], when_none: str = ""
) -> bool:
    """Whether `name` is one of `valid`; an empty name was reported before and is passed over.

    `when_none`: the mend when nothing is valid yet.
    """
    if name in valid:
        return True
    if name:
        mend = f"Known: {some(valid)}" if valid else when_none or f"Add [{what}.{name}]"
        doc.error(path, key, f'there is no {what} "{name}"', near=nearest(name, valid), mend=mend)
    return False


def refuse_repeats(doc: Document, path: KeyPath, key: str, names: Iterable[str]) -> None:
    """Every name once."""
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            doc.error(path, key, f'"{name}" is named twice', mend="Name it once")
        seen.add(name)
