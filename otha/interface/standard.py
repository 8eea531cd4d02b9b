"""OPC UA's own address space, kept in a file as asyncua has built it once.

Building it takes seconds of CPU at every start, and it is the same every time. In the file each node stands by itself,
and is read when somebody asks for it. What the file may hold is data of OPC UA's types and nothing else.
"""

import hashlib
import io
import pickle
import re
import struct
import sys
from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData, NodeManagementService

from otha.certificates import write_private
from otha.interface.nodes import Nodes

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_NAME: Final = re.compile(r"standard-[0-9][0-9A-Za-z.+!_-]*-[a-z]+-[0-9]+\.nodes")  # as `file_in` makes them
_MAGIC: Final = b"OTHANODE"
_HEAD: Final = struct.Struct("<8s32sI")  # magic, SHA-256 of what follows, how many nodes
_CELL: Final = array("I").itemsize
_TYPES_OF: Final = "asyncua.ua."
_OTHERS: Final = frozenset(
    {("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta"), ("uuid", "UUID")}
)


def file_in(folder: Path) -> Path:
    """Where it is kept: for this version of asyncua and of Python."""
    return folder / f"standard-{version('asyncua')}-{sys.implementation.cache_tag}.nodes"


def drop_others(file: Path) -> None:
    """Remove what other versions have kept beside `file`; nothing else in the folder."""
    with suppress(OSError):  # they take room, and no more
        for each in file.parent.iterdir():
            if each != file and _NAME.fullmatch(each.name) and each.is_file() and not each.is_symlink():
                each.unlink(missing_ok=True)


def load(space: AddressSpace, service: NodeManagementService, file: Path) -> None:
    """Fill `space`, from `file` if it is there and whole; else as asyncua does, and keep it there."""
    drop_others(file)
    kept = _read(file)
    if kept is None:
        from asyncua.server.standard_address_space import standard_address_space

        standard_address_space.fill_address_space(service)
        held: Any = space
        data = packed(held._nodes)
        with suppress(OSError):  # it is only slower without
            write_private(file, data)
        kept = KeptNodes(data)
        held._nodes = {}
    Nodes.of(space).add(kept)


def packed(nodes: Mapping[Any, NodeData]) -> bytes:  # Any: NodeIds, numeric and of OPC UA's own namespace
    """These nodes as a file."""
    sorted_nodes = sorted(nodes.items(), key=lambda each: each[0].Identifier)
    pieces = [_piece(node) for _, node in sorted_nodes]
    numbers = array("I", [node.Identifier for node, _ in sorted_nodes])
    ends = array("I", accumulate(len(piece) for piece in pieces))
    body = b"".join((numbers.tobytes(), ends.tobytes(), *pieces))
    return _HEAD.pack(_MAGIC, hashlib.sha256(body).digest(), len(pieces)) + body


class KeptNodes:
    """The nodes in a file; a `Source`. Raises ValueError for what is none, or is not whole."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEAD.size:
            raise ValueError("no head")
        magic, digest, count = _HEAD.unpack_from(data)
        self._body = memoryview(data)[_HEAD.size :]
        self._first = 2 * count * _CELL
        if magic != _MAGIC or hashlib.sha256(self._body).digest() != digest or len(self._body) < self._first:
            raise ValueError("not as it was written")
        self._numbers, self._ends = array("I"), array("I")
        self._numbers.frombytes(self._body[: count * _CELL])
        self._ends.frombytes(self._body[count * _CELL : self._first])
        self._at = {number: at for at, number in enumerate(self._numbers)}

    def __contains__(self, node: object) -> bool:
        return isinstance(node, ua.NodeId) and node.NamespaceIndex == 0 and node.Identifier in self._at

    def __iter__(self) -> Iterator[Any]:
        return (ua.NodeId(number, 0) for number in self._numbers)

    def make(self, node: Any) -> NodeData:  # Any: a NodeId
        """The node with this id."""
        at = self._at[node.Identifier]
        begin, end = self._ends[at - 1] if at else 0, self._ends[at]
        piece = self._body[self._first + begin : self._first + end]
        made_id, attributes, references = _Unpickler(io.BytesIO(piece)).load()
        data = NodeData(made_id)
        data.attributes = {ua.AttributeIds(number): AttributeValue(value) for number, value in attributes}
        data.references = references
        return data


class _Unpickler(pickle.Unpickler):
    """Takes data of OPC UA's types, and nothing that could be run."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith(_TYPES_OF) or (module, name) in _OTHERS else None
        if not isinstance(found, type) or not (found.__module__.startswith(_TYPES_OF) or (module, name) in _OTHERS):
            raise pickle.UnpicklingError(f"{module}.{name} is no type of OPC UA")
        return found


def _piece(node: NodeData) -> bytes:
    attributes = [(int(number), each.value) for number, each in node.attributes.items()]
    return pickle.dumps((node.nodeid, attributes, node.references), pickle.HIGHEST_PROTOCOL)


def _read(file: Path) -> KeptNodes | None:
    with suppress(OSError, ValueError):
        return KeptNodes(file.read_bytes())
    return None
