"""The address space as this interface fills it: objects, variables and methods under NodeIds that are texts.

asyncua's own helpers make NodeIds up when a type is instantiated; here every id is given.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from asyncua import ua as asyncua_ua
from asyncua.server.internal_server import InternalServer

from otha.names import Kind, Variable, variable_id

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

SOURCE_OF_EVENTS = 0b101  # SubscribeToEvents and HistoryRead (OPC UA Part 3, 5.5.1)
Call = Callable[..., Awaitable[Any]]  # Any: asyncua's variants and results

TYPES: dict[Kind, Any] = {
    Kind.BOOLEAN: ua.VariantType.Boolean,
    Kind.BYTE: ua.VariantType.Byte,
    Kind.INT32: ua.VariantType.Int32,
    Kind.INT64: ua.VariantType.Int64,
    Kind.TEXT: ua.VariantType.String,
    Kind.TEXTS: ua.VariantType.String,
}
NOTHING: dict[Kind, bool | int | str | list[str]] = {
    Kind.BOOLEAN: False,
    Kind.BYTE: 0,
    Kind.INT32: 0,
    Kind.INT64: 0,
    Kind.TEXT: "",
    Kind.TEXTS: [],
}


def standard(number: int) -> Any:  # Any: a NodeId
    """A NodeId of OPC UA's own namespace."""
    return ua.NodeId(number, 0)


def variant(kind: Kind, value: Any) -> Any:  # Any: a value of that kind, and its Variant
    """A value as OPC UA carries it."""
    return ua.Variant(value, TYPES[kind], is_array=kind is Kind.TEXTS)


def argument(variable: Variable) -> Any:  # Any: an Argument
    """An argument of a method as the server tells it."""
    return ua.Argument(
        Name=variable.name,
        DataType=standard(TYPES[variable.kind].value),
        ValueRank=ua.ValueRank.OneDimension if variable.kind is Kind.TEXTS else ua.ValueRank.Scalar,
        Description=ua.LocalizedText(variable.doc),
    )


class Space:
    """Adds to the address space of `server`, in the namespace of this index. Everything may raise UaError."""

    def __init__(self, server: InternalServer, index: int) -> None:
        self._server: Any = server
        self.index = index

    def id(self, name: str) -> Any:  # Any: a NodeId
        """The NodeId of this name."""
        return ua.NodeId(name, self.index)

    def event_type(self, name: str, fields: Sequence[Variable], doc: str) -> None:
        """A type of events with these fields besides those of every event."""
        ids = ua.ObjectIds
        attributes = ua.ObjectTypeAttributes(**self._said(name, doc))
        at = self._item(name, name, standard(ids.BaseEventType), ids.HasSubtype, ua.NodeClass.ObjectType, attributes)
        self._add(at)
        for each in fields:
            self.variable(name, each, reference=ids.HasProperty, kind=ids.PropertyType)

    def object_type(
        self, name: str, variables: Sequence[Variable], doc: str, parent: int = asyncua_ua.ObjectIds.BaseObjectType
    ) -> None:
        """A type whose objects have these variables."""
        base = ua.ObjectIds
        attributes = ua.ObjectTypeAttributes(**self._said(name, doc))
        at = self._item(name, name, standard(parent), base.HasSubtype, ua.NodeClass.ObjectType, attributes)
        self._add(at)
        for each in variables:
            self.variable(name, each)
            self.refer(
                variable_id(name, each.name), base.HasModellingRule, standard(base.ModellingRule_Mandatory), "Object"
            )

    def object(
        self,
        name: str,
        shown: str,
        parent: Any,  # Any: a NodeId
        *,
        kind: Any = None,  # Any: a NodeId
        events: bool = False,
        doc: str = "",
    ) -> None:
        """An object; a folder when it has no type."""
        ids = ua.ObjectIds
        attributes = ua.ObjectAttributes(**self._said(shown, doc))
        attributes.EventNotifier = SOURCE_OF_EVENTS if events else 0
        reference = ids.Organizes if parent == standard(ids.ObjectsFolder) else ids.HasComponent
        item = self._item(name, shown, parent, reference, ua.NodeClass.Object, attributes)
        item.TypeDefinition = standard(ids.FolderType) if kind is None else kind
        self._add(item)

    def variable(
        self,
        owner: str,
        variable: Variable,
        *,
        reference: int = asyncua_ua.ObjectIds.HasComponent,
        kind: int = asyncua_ua.ObjectIds.BaseDataVariableType,
    ) -> None:
        """A variable of an object or type, without a value yet."""
        attributes = ua.VariableAttributes(**self._said(variable.name, variable.doc))
        attributes.DataType = standard(TYPES[variable.kind].value)
        attributes.Value = variant(variable.kind, NOTHING[variable.kind])
        attributes.ValueRank = ua.ValueRank.OneDimension if variable.kind is Kind.TEXTS else ua.ValueRank.Scalar
        attributes.ArrayDimensions = [0] if variable.kind is Kind.TEXTS else None
        attributes.AccessLevel = attributes.UserAccessLevel = ua.AccessLevel.CurrentRead.mask
        attributes.Historizing = False
        name = variable_id(owner, variable.name)
        item = self._item(name, variable.name, self.id(owner), reference, ua.NodeClass.Variable, attributes)
        item.TypeDefinition = standard(kind)
        self._add(item)

    def method(
        self, owner: str, name: str, doc: str, inputs: Sequence[Variable], outputs: Sequence[Variable], call: Call
    ) -> None:
        """A method of a type; objects of the type refer to it (OPC UA Part 4, 5.11.2: the call names the object)."""
        attributes = ua.MethodAttributes(**self._said(name, doc))
        attributes.Executable = attributes.UserExecutable = True
        at = variable_id(owner, name)
        self._add(self._item(at, name, self.id(owner), ua.ObjectIds.HasComponent, ua.NodeClass.Method, attributes))
        self.refer(at, ua.ObjectIds.HasModellingRule, standard(ua.ObjectIds.ModellingRule_Mandatory), "Object")
        for shown, arguments in (("InputArguments", inputs), ("OutputArguments", outputs)):
            self._property(at, shown, [argument(each) for each in arguments])
        self._server.isession.add_method_callback(self.id(at), call)

    def refer(self, source: str, reference: int, target: Any, target_class: str) -> None:  # Any: a NodeId
        """A reference from one of our nodes."""
        item = ua.AddReferencesItem()
        item.SourceNodeId = self.id(source)
        item.ReferenceTypeId = standard(reference)
        item.IsForward = True
        item.TargetNodeId = target
        item.TargetNodeClass = getattr(ua.NodeClass, target_class)
        (result,) = self._server.node_mgt_service.add_references([item])
        result.check()

    def _property(self, owner: str, shown: str, arguments: list[Any]) -> None:  # Any: Arguments
        attributes = ua.VariableAttributes(**self._said(shown, ""))
        attributes.DataType = standard(ua.ObjectIds.Argument)
        attributes.Value = ua.Variant(arguments, ua.VariantType.ExtensionObject, is_array=True)
        attributes.ValueRank = ua.ValueRank.OneDimension
        attributes.ArrayDimensions = [len(arguments)]
        attributes.AccessLevel = attributes.UserAccessLevel = ua.AccessLevel.CurrentRead.mask
        attributes.Historizing = False
        item = self._item(
            variable_id(owner, shown),
            shown,
            self.id(owner),
            ua.ObjectIds.HasProperty,
            ua.NodeClass.Variable,
            attributes,
        )
        item.BrowseName = ua.QualifiedName(shown, 0)
        item.TypeDefinition = standard(ua.ObjectIds.PropertyType)
        self._add(item)

    @staticmethod
    def _said(shown: str, doc: str) -> dict[str, Any]:  # Any: fields of attributes
        return {
            "DisplayName": ua.LocalizedText(shown),
            "Description": ua.LocalizedText(doc),
            "WriteMask": 0,
            "UserWriteMask": 0,
        }

    def _item(
        self, name: str, shown: str, parent: Any, reference: int, node_class: Any, attributes: Any
    ) -> Any:  # Any: NodeId, NodeClass, attributes, and an AddNodesItem
        item = ua.AddNodesItem()
        item.RequestedNewNodeId = self.id(name)
        item.BrowseName = ua.QualifiedName(shown, self.index)
        item.ParentNodeId = parent
        item.ReferenceTypeId = standard(reference)
        item.NodeClass = node_class
        item.NodeAttributes = attributes
        return item

    def _add(self, item: Any) -> None:  # Any: an AddNodesItem
        (result,) = self._server.node_mgt_service.add_nodes([item])
        result.StatusCode.check()
