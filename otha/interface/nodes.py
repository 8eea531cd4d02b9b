"""The nodes of the address space: those that stand there, and those that are made when somebody asks for them.

A site of fifty groups has twenty thousand nodes, and OPC UA itself nearly as many more; clients look at some hundreds.
What nobody looks at costs nothing to start with, and nothing to keep up.
"""

from collections.abc import Iterator, MutableMapping
from itertools import chain
from typing import Any, Protocol

from asyncua.server.address_space import AddressSpace, NodeData


class Source(Protocol):
    """Where nodes come from when they are asked for."""

    def __contains__(self, node: object) -> bool:
        """There is such a node."""

    def __iter__(self) -> Iterator[Any]:
        """The ids of all."""

    def make(self, node: Any) -> NodeData:  # Any: a NodeId
        """The node with this id."""


class Nodes(MutableMapping[Any, NodeData]):  # Any: a NodeId
    """What asyncua keeps its nodes in."""

    def __init__(self, made: MutableMapping[Any, NodeData]) -> None:
        self._made = made
        self._sources: list[Source] = []

    @classmethod
    def of(cls, space: AddressSpace) -> "Nodes":
        """Those of this address space, which has them from now on."""
        held: Any = space
        if not isinstance(held._nodes, cls):
            held._nodes = cls(held._nodes)
        found: Nodes = held._nodes
        return found

    def add(self, source: Source) -> None:
        """Make the nodes of `source` when they are asked for."""
        self._sources.append(source)

    def get(self, node: Any, default: Any = None) -> Any:  # Any: a NodeId, and a NodeData or None
        """The node with this id."""
        found = self._made.get(node)
        if found is not None:
            return found
        for source in self._sources:
            if node in source:
                # Whole or not at all: making it may end early when it is a peer's time that is spent.
                made = source.make(node)
                self._made[node] = made
                return made
        return default

    def __getitem__(self, node: Any) -> NodeData:
        found = self.get(node)
        if found is None:
            raise KeyError(node)
        made: NodeData = found
        return made

    def __setitem__(self, node: Any, data: NodeData) -> None:
        self._made[node] = data

    def __delitem__(self, node: Any) -> None:
        del self._made[node]

    def __contains__(self, node: object) -> bool:
        return node in self._made or any(node in source for source in self._sources)

    def __iter__(self) -> Iterator[Any]:
        return iter(dict.fromkeys(chain(self._made, *self._sources)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def made(self) -> int:
        """How many stand there."""
        return len(self._made)
