"""Interlocks and permissives: from what the engineer wrote to the core's condition trees."""

from collections.abc import Iterator
from typing import assert_never

from otha.core.conditions import AllOf, AnyOf, Compare, Comparison, ConditionConfig, ConditionTree, MooN
from otha.core.words import ConditionClass
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.profile_file import WordType
from otha.site.refer import refer
from otha.site.tags import RANGES, kind_of
from otha.site.written import SiteFile
from otha.site.written_group import GroupTable, When

MS = 1_000_000
_NOTHING = Compare(tag="", op=Comparison.EQ, value=0, for_ns=0)


def build_conditions(doc: Document, file: SiteFile, group: str, table: GroupTable) -> tuple[ConditionConfig, ...]:
    """A group's interlocks, then its permissives, in the order of the file."""
    path: KeyPath = ("group", group)
    for name in table.interlock:
        if name in table.permissive:
            doc.error(
                (*path, "permissive", name),
                "",
                "an interlock of this group has the same name",
                mend="Rename one of the two",
            )
    built = [
        ConditionConfig(
            name=name,
            interlock=True,
            klass=interlock.class_,
            when=condition_tree(doc, file, (*path, "interlock", name, "when"), interlock.when),
        )
        for name, interlock in table.interlock.items()
    ]
    built += [
        ConditionConfig(
            name=name,
            interlock=False,
            klass=ConditionClass.PROCESS,
            when=condition_tree(doc, file, (*path, "permissive", name, "when"), permissive.when),
        )
        for name, permissive in table.permissive.items()
    ]
    return tuple(built)


def condition_tree(
    doc: Document, file: SiteFile, path: KeyPath, when: When, *, of_alarm: bool = False
) -> ConditionTree:
    """The condition written at `path`. `of_alarm`: its comparisons may have a deadband."""
    compares = when.tag is not None or when.op is not None or when.value is not None
    shapes = [compares, when.all_ is not None, when.any_ is not None, when.moon is not None]
    if sum(shapes) != 1:
        doc.error(
            path,
            "",
            "must be one comparison, or one of all, any, moon",
            mend='Write { tag = "...", op = "==", value = 0 }, { all = [ ... ] }, { any = [ ... ] } '
            "or { moon = { m = 2, of = [ ... ] } }",
        )
        return _NOTHING
    for name, given in (("for_ms", when.for_ms), ("off_ms", when.off_ms), ("deadband", when.deadband)):
        if not compares and given:
            doc.error(path, name, "belongs to a comparison", mend="Put it into the comparisons inside")
    if when.all_ is not None:
        return AllOf(of=_trees(doc, file, (*path, "all"), when.all_, of_alarm=of_alarm))
    if when.any_ is not None:
        return AnyOf(of=_trees(doc, file, (*path, "any"), when.any_, of_alarm=of_alarm))
    if when.moon is not None:
        if when.moon.m > len(when.moon.of):
            doc.error(
                (*path, "moon"),
                "m",
                f"{when.moon.m} of {len(when.moon.of)} can never hold",
                mend="Lower m, or add conditions",
            )
        of = _trees(doc, file, (*path, "moon", "of"), when.moon.of, of_alarm=of_alarm)
        return MooN(m=when.moon.m, of=of)
    return _compare(doc, file, path, when, of_alarm=of_alarm)


def _trees(
    doc: Document, file: SiteFile, path: KeyPath, parts: tuple[When, ...], *, of_alarm: bool
) -> tuple[ConditionTree, ...]:
    return tuple(condition_tree(doc, file, (*path, at), part, of_alarm=of_alarm) for at, part in enumerate(parts))


def _check_deadband(doc: Document, path: KeyPath, when: When, kind: WordType, *, of_alarm: bool) -> None:
    """A deadband acts on the return of an alarm from above or below; and the alarm must be able to return."""
    if not when.deadband:
        return
    if not of_alarm:
        mend = "Take it out; `off_ms` is what a condition of a transfer has"
        doc.error(path, "deadband", "belongs to an alarm", mend=mend)
        return
    low, high = RANGES[kind]
    limit = int(when.value or 0)
    match when.op:
        case Comparison.GT | Comparison.GE:
            back, returns = limit - when.deadband, limit - when.deadband >= low + (when.op is Comparison.GE)
        case Comparison.LT | Comparison.LE:
            back, returns = limit + when.deadband, limit + when.deadband <= high - (when.op is Comparison.LE)
        case _:
            doc.error(path, "deadband", "needs <, <=, > or >=", mend="Take it out, or compare with one of these")
            return
    if not returns:
        what = f"it would never return: {when.tag} ({kind.value}) can be {low} to {high}, and {back} is asked for"
        doc.error(path, "deadband", what, mend="Give a smaller one")


def _compare(doc: Document, file: SiteFile, path: KeyPath, when: When, *, of_alarm: bool) -> Compare:
    for name, given in (("tag", when.tag), ("op", when.op), ("value", when.value)):
        if given is None:
            doc.error(path, name, "missing", mend='A comparison is { tag = "...", op = "==", value = 0 }')
    if when.tag is None or when.op is None or when.value is None:
        return _NOTHING
    if refer(doc, path, "tag", when.tag, what="tag", valid=file.tag):
        kind = kind_of(file.tag[when.tag])
        low, high = RANGES[kind]
        if not low <= int(when.value) <= high:
            doc.error(
                path,
                "value",
                f"{int(when.value)} is outside what {when.tag} ({kind.value}) can be, {low} to {high}",
                mend="Give the raw value that the device reports",
            )
        else:
            _check_deadband(doc, path, when, kind, of_alarm=of_alarm)
    return Compare(
        tag=when.tag,
        op=when.op,
        value=int(when.value),
        for_ns=when.for_ms * MS,
        off_ns=when.off_ms * MS,
        deadband=when.deadband,
    )


def condition_text(tree: ConditionTree) -> str:
    """A condition in a line, as a person reads it."""
    match tree:
        case Compare():
            return f"{tree.tag} {tree.op.value} {tree.value}"
        case AllOf(of=of):
            return " and ".join(_part(each) for each in of)
        case AnyOf(of=of):
            return " or ".join(_part(each) for each in of)
        case MooN(m=m, of=of):
            return f"{m} of ({', '.join(condition_text(each) for each in of)})"
        case never:
            assert_never(never)


def _part(tree: ConditionTree) -> str:
    return condition_text(tree) if isinstance(tree, Compare | MooN) else f"({condition_text(tree)})"


def tags_in(tree: ConditionTree) -> Iterator[str]:
    """Every tag that a condition rests on."""
    match tree:
        case Compare():
            yield tree.tag
        case AllOf() | AnyOf() | MooN():
            for part in tree.of:
                yield from tags_in(part)
