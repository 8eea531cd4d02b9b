"""The nodes of OTHA's own namespace: declared by name when the model is built, made when somebody asks for them."""

from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from asyncua import ua as asyncua_ua
from asyncua.server.address_space import AttributeValue, NodeData
from asyncua.server.internal_server import InternalServer
from asyncua.ua.uaerrors import UaError

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

Call = Callable[..., Awaitable[Any]]  # Any: asyncua's variants and results


@cache
def standard(number: int) -> Any:  # Any: a NodeId
    """A NodeId of OPC UA's own namespace."""
    return ua.NodeId(number, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A reference to a node that is no child."""

    reference: int
    target: Any  # a NodeId
    node_class: Any  # a NodeClass


@dataclass(slots=True, kw_only=True)
class Declared:
    """What a node will be. `parent`: a NodeId; `reference`: from there. `kind`: its type, None for what has none.

    `attributes` makes its attributes; nodes that are `like` each other differ in names and values only. `links`: its
    children by name, and what else it refers to, in their order. `names`: the namespace of its browse name.
    """

    shown: str
    parent: Any
    reference: int
    node_class: Any
    kind: Any
    attributes: Callable[[], Any]
    like: Hashable
    names: int
    links: list[str | Link] | None = None
    call: Call | None = None


class OwnNodes:
    """Nodes of the namespace of this index. `value_of`: what a variable has now (a DataValue), None: nothing yet."""

    def __init__(self, server: InternalServer, index: int) -> None:
        self._server: Any = server
        self._index = index
        self._declared: dict[str, Declared] = {}
        self._alike: dict[Hashable, dict[Any, Any]] = {}
        self._far: dict[tuple[int, Any], Any] = {}
        self._made: set[str] = set()
        self.value_of: Callable[[str], Any] = lambda _name: None

    def __contains__(self, node: object) -> bool:
        return isinstance(node, ua.NodeId) and node.NamespaceIndex == self._index and node.Identifier in self._declared

    def __iter__(self) -> Iterator[Any]:
        return (ua.NodeId(name, self._index) for name in self._declared)

    def is_made(self, name: str) -> bool:
        """Somebody has asked for it."""
        return name in self._made

    def declare(self, name: str, said: Declared) -> None:
        """There is such a node from now on. Raises UaError when there is one already, or no parent."""
        if name in self._declared:
            raise UaError(f"{name} is there twice")
        parent = said.parent
        self._declared[name] = said
        if parent in self:
            self._link(parent.Identifier, name)
        elif parent in self._server.aspace:
            self._server.aspace[parent].references.append(self._described(name, said.reference, forward=True))
        else:
            raise UaError(f"{name} has no parent")

    def refer(self, name: str, link: Link) -> None:
        """A reference from a node that was declared. Raises UaError when there is no target."""
        if link.target not in self._server.aspace:
            raise UaError(f"{name} refers to nothing")
        self._link(name, link)

    def _link(self, name: str, link: str | Link) -> None:
        said = self._declared[name]
        if said.links is None:
            said.links = []
        said.links.append(link)

    def make(self, node: Any) -> NodeData:  # Any: a NodeId
        """The node with this id, which was declared."""
        name = node.Identifier
        said = self._declared[name]
        data = NodeData(node)
        data.attributes = self._attributes(node, said)
        data.call = said.call
        data.references = list(self._references(said))
        self._made.add(name)
        return data

    def _attributes(self, node: Any, said: Declared) -> dict[Any, Any]:
        alike = self._alike.get(said.like)
        if alike is None:
            made: Any = NodeData(node)
            item = ua.AddNodesItem()
            item.NodeClass, item.NodeAttributes = said.node_class, said.attributes()
            self._server.node_mgt_service._add_node_attributes(made, item, add_timestamps=True)
            alike = self._alike[said.like] = made.attributes
        attributes = {number: AttributeValue(each.value) for number, each in alike.items()}
        for number, value, kind in (
            (ua.AttributeIds.NodeId, node, ua.VariantType.NodeId),
            (ua.AttributeIds.BrowseName, self._browse_name(said), ua.VariantType.QualifiedName),
            (ua.AttributeIds.DisplayName, ua.LocalizedText(said.shown), ua.VariantType.LocalizedText),
        ):
            attributes[number] = AttributeValue(ua.DataValue(ua.Variant(value, kind)))
        if said.node_class is ua.NodeClass.Variable:
            now = self.value_of(node.Identifier)
            if now is not None:
                attributes[ua.AttributeIds.Value] = AttributeValue(now)
        return attributes

    def _references(self, said: Declared) -> Iterator[Any]:
        if said.parent in self:
            yield self._described(said.parent.Identifier, said.reference, forward=False)
        else:
            yield self._outside(said.reference, said.parent, ua.NodeClass.Unspecified, forward=False)
        if said.kind is not None:
            yield self._to(Link(reference=ua.ObjectIds.HasTypeDefinition, target=said.kind, node_class=None))
        for each in said.links or ():
            if isinstance(each, Link):
                yield self._to(each)
            else:
                yield self._described(each, self._declared[each].reference, forward=True)

    def _to(self, link: Link) -> Any:
        """The reference to what is no child; the same one for all that refer to it so."""
        known = (link.reference, link.target)
        found = self._far.get(known)
        if found is None:
            if link.target in self:
                found = self._described(link.target.Identifier, link.reference, forward=True)
            else:
                node_class = link.node_class or ua.NodeClass.Unspecified
                found = self._outside(link.reference, link.target, node_class, forward=True)
            self._far[known] = found
        return found

    def _described(self, name: str, reference: int, *, forward: bool) -> Any:
        """A reference to a node of ours."""
        said = self._declared[name]
        return ua.ReferenceDescription(
            ReferenceTypeId=standard(reference),
            IsForward=forward,
            NodeId=ua.NodeId(name, self._index),
            BrowseName=self._browse_name(said),
            DisplayName=ua.LocalizedText(said.shown),
            NodeClass=said.node_class,
            TypeDefinition=said.kind or ua.NodeId(),
        )

    def _outside(self, reference: int, target: Any, node_class: Any, *, forward: bool) -> Any:
        """A reference to a node of OPC UA's own."""
        item, made = ua.AddReferencesItem(), NodeData(target)
        item.ReferenceTypeId, item.TargetNodeId, item.TargetNodeClass = standard(reference), target, node_class
        item.IsForward = forward
        self._server.node_mgt_service._add_reference_no_check(made, item)
        return made.references[0]

    def _browse_name(self, said: Declared) -> Any:
        return ua.QualifiedName(said.shown, said.names)
