"""Tracked tags: what the engineer left out derived, and what contradicts itself refused (rule S13)."""

from collections.abc import Mapping

from otha.core.config import TrackedTag
from otha.core.words import TrackedForm, TrackedKind
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.model import Node
from otha.site.refer import refer, refuse_repeats
from otha.site.timing import Total
from otha.site.written_group import GroupTable, TrackedTable

MS = 1_000_000
_KINDS = {kind.value: kind for kind in TrackedKind}


def tracked_tags(table: GroupTable, told_within: Total) -> tuple[TrackedTag, ...]:
    """The tracked tags of a group, in order. By default one heartbeat may be lost before a value is too old."""
    period = told_within.terms[0]
    return tuple(
        TrackedTag(
            name=tag.name,
            kind=kind_of(tag) or TrackedKind.SETPOINT,
            form=form_of(tag),
            tolerance=_tolerance(tag),
            max_age_ns=told_within.ns + period.ns if tag.max_age_ms is None else tag.max_age_ms * MS,
        )
        for tag in table.tracked
    )


def kind_of(tag: TrackedTable) -> TrackedKind | None:
    """What it is to its loop; None when neither its key nor its name says it, which is refused."""
    return tag.kind or _KINDS.get(tag.name.split("_")[0])


def form_of(tag: TrackedTable) -> TrackedForm:
    """How it is compared."""
    return tag.form or (TrackedForm.DISCRETE if kind_of(tag) is TrackedKind.MODE else TrackedForm.ANALOG)


def _tolerance(tag: TrackedTable) -> int:
    if form_of(tag) is not TrackedForm.ANALOG:
        return 0
    return tag.tolerance or 0 if tag.tolerance_pct is None else round(tag.tolerance_pct * tag.span / 100)


def check_tracked(
    doc: Document, path: KeyPath, table: GroupTable, nodes: Mapping[str, Node | None], told_within: Total
) -> None:
    """What is wrong with the tracked tags of a group, added to `doc`. `told_within`: how old a healthy node's word
    can be."""
    for at, tag in enumerate(table.tracked):
        _check_tag(doc, (*path, "tracked", at), tag, told_within)
    refuse_repeats(doc, path, "tracked", (tag.name for tag in table.tracked))
    told: set[str] = set()
    for member in table.members:
        node = nodes.get(member.node)
        if node is None or node.profile.name in told:
            continue
        told.add(node.profile.name)
        known = [name for name, _ in node.profile.tracked]
        place = f"[node.{node.name}.tracked]" if node.profile.open else "the profile"
        for at, tag in enumerate(table.tracked):
            refer(
                doc,
                (*path, "tracked", at),
                "name",
                tag.name,
                what=f"tracked tag in the profile {node.profile.name} of {node.name}:",
                valid=known,
                when_none=f"Give its register in {place}, or take it out here",
            )


def _check_tag(doc: Document, path: KeyPath, tag: TrackedTable, told_within: Total) -> None:
    if kind_of(tag) is None:
        kinds = ", ".join(_KINDS)
        doc.error(path, "kind", f"missing: the name {tag.name} does not say it", mend=f"Give one of {kinds}")
    if form_of(tag) is TrackedForm.ANALOG:
        if (tag.tolerance is None) == (tag.tolerance_pct is None):
            what = "missing" if tag.tolerance is None else "given twice"
            mend = "Give `tolerance` in raw units, or `tolerance_pct` in percent of its span"
            doc.error(path, "tolerance", what, mend=mend, rule="S13")
    elif tag.tolerance or tag.tolerance_pct:
        doc.error(
            path,
            "tolerance",
            f"a {form_of(tag).value} tag has none: it agrees when it is equal",
            mend='Take it out, or write form = "analog"',
            rule="S13",
        )
    if tag.max_age_ms is not None and tag.max_age_ms * MS < told_within.ns:
        doc.error(
            path,
            "max_age_ms",
            f"{tag.max_age_ms} ms: what a healthy node said last can be as old as {told_within}, so a standby would "
            "come and go",
            mend=f"Give at least {-(-told_within.ns // MS)}, shorten the heartbeat period, or leave it out",
            rule="S13",
        )
