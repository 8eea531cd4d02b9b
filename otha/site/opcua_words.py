"""What is wrong with the profile of an OPC UA server, or with the nodes that a site file gives for one."""

from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.opcua import NODE_FORM, parse_node
from otha.site.profile_file import (
    CheckTable,
    MethodTable,
    OrderTable,
    ProfileFile,
    ProfileKind,
    ReadTable,
    SwitchTable,
    Word,
    WordType,
)
from otha.site.words import check_meaning

# One Read service call: far below every server's MaxNodesPerRead, far above any heartbeat.
MAX_NODES = 100


def check_profile(doc: Document, file: ProfileFile) -> None:
    """What a profile of an OPC UA server can't have, added to `doc`."""
    if file.kind is ProfileKind.REFERENCE:
        _check_reference(doc, file)
    if file.writable:
        doc.error((), "writable", "an OPC UA server has no registers", mend="Name its methods in [[method]]")
    if file.read != ReadTable():
        doc.error((), "read", "an OPC UA heartbeat has no registers", mend="Take [read] out")
    for check in file.check:
        _check_check(doc, check)
    for at, method in enumerate(file.method):
        _check_method(doc, ("method", at), method)
    for name, switch in file.switch.items():
        _check_method(doc, ("switch", name), switch)
        _check_node(doc, ("switch", name), "epoch", switch.epoch)
        _check_node(doc, ("switch", name), "node", switch.node)
    if file.store is not None:
        for name, order in (
            ("promote", file.store.promote),
            ("demote", file.store.demote),
            ("backfill", file.store.backfill),
        ):
            _check_method(doc, ("store", name), order)


def _check_reference(doc: Document, file: ProfileFile) -> None:
    """A reference point is read, and it is nothing else."""
    if not file.check and file.items.heartbeat is None:
        doc.error((), "check", "says nothing", mend="Give the node that is read as items.heartbeat, or a [[check]]")
    for name, given in (("method", file.method), ("switch", file.switch), ("store", file.store)):
        if given:
            doc.error((), name, "a reference point is only read", mend=f"Take `{name}` out")


def _check_check(doc: Document, check: CheckTable) -> None:
    if check.node is None or check.at is not None:
        doc.error((), "check", "needs `node`: this device speaks OPC UA", mend=NODE_FORM)
    else:
        _check_node(doc, (), "check", check.node)


def _check_method(doc: Document, path: KeyPath, method: MethodTable | SwitchTable | OrderTable) -> None:
    _check_node(doc, path, "object", method.object)
    _check_node(doc, path, "method", method.method)


def check_nodes(
    doc: Document,
    path: KeyPath,
    items: tuple[tuple[str, Word], ...],
    tracked: tuple[tuple[str, Word], ...],
) -> None:
    """What is wrong with the nodes of a heartbeat, added to `doc`. `path` leads to the tables `items` and `tracked`."""
    for name, word in items:
        _check_word(doc, (*path, "items", name), name, word)
    for name, word in tracked:
        _check_word(doc, (*path, "tracked", name), "", word)
    if len(items) + len(tracked) > MAX_NODES:
        doc.error(
            path, "tracked", f"{len(items) + len(tracked)} nodes, a heartbeat reads {MAX_NODES}", mend="Leave some out"
        )


def _check_word(doc: Document, path: KeyPath, item: str, word: Word) -> None:
    if word.at is not None:
        doc.error(path, "at", "this device speaks OPC UA", mend=f"Give `node`. {NODE_FORM}")
    elif (word.node is None) == (word.fixed is None):
        doc.error(path, "", "needs either `node` or `fixed`", mend=NODE_FORM)
    if word.node is not None:
        _check_node(doc, path, "node", word.node)
    if word.fixed is not None and item != "level":
        doc.error(path, "fixed", "only `level` may have a fixed value", mend="Give a node, or leave the item out")
    if word.type is not WordType.U16:
        doc.error(path, "type", "an OPC UA value carries its own type", mend="Take `type` out")
    if word.source_age and item != "data_age_ms":
        doc.error(path, "source_age", "only `data_age_ms` is an age", mend="Take `source_age` out")
    if word.source_age and (word.counts_per_unit != 1 or word.bit is not None or word.ms_per_count != 1):
        doc.error(path, "source_age", "an age is in milliseconds already", mend="Leave the node and source_age alone")
    if word.replace_when_standby and item != "level":
        doc.error(path, "replace_when_standby", "only `level` has values to replace", mend="Take it out")
    check_meaning(doc, path, item, word)


def _check_node(doc: Document, path: KeyPath, key: str, text: str) -> None:
    if not text:
        return
    try:
        parse_node(text)
    except ValueError as error:
        doc.error(path, key, f'"{text}": {error}', mend=NODE_FORM)
