"""The address space as this interface fills it: objects, variables and methods under NodeIds that are texts.

asyncua's own helpers make NodeIds up when a type is instantiated; here every id is given. What is added is declared
only: a node is made when somebody asks for it (`otha.interface.nodes`).
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from asyncua import ua as asyncua_ua
from asyncua.server.internal_server import InternalServer

from otha.interface.nodes import Nodes
from otha.interface.own_nodes import Call, Declared, Link, OwnNodes, standard
from otha.names import Kind, Variable, variable_id

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

SOURCE_OF_EVENTS = 0b101  # SubscribeToEvents and HistoryRead (OPC UA Part 3, 5.5.1)

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
        self.index = index
        self._own = OwnNodes(server, index)
        Nodes.of(server.aspace).add(self._own)

    def id(self, name: str) -> Any:  # Any: a NodeId
        """The NodeId of this name."""
        return ua.NodeId(name, self.index)

    def is_made(self, name: str) -> bool:
        """Somebody has asked for the node of this name, so that its value must be kept up."""
        return self._own.is_made(name)

    def show_values(self, value_of: Callable[[str], Any]) -> None:  # Any: a DataValue or None
        """Let each variable begin with the value that it has when it is made."""
        self._own.value_of = value_of

    def event_type(self, name: str, fields: Sequence[Variable], doc: str) -> None:
        """A type of events with these fields besides those of every event."""
        ids = ua.ObjectIds
        self._type(name, standard(ids.BaseEventType), doc)
        for each in fields:
            self.variable(name, each, reference=ids.HasProperty, kind=ids.PropertyType)

    def object_type(
        self, name: str, variables: Sequence[Variable], doc: str, parent: int = asyncua_ua.ObjectIds.BaseObjectType
    ) -> None:
        """A type whose objects have these variables."""
        base = ua.ObjectIds
        self._type(name, standard(parent), doc)
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

        def attributes() -> Any:
            made = ua.ObjectAttributes(**_said(shown, doc))
            made.EventNotifier = SOURCE_OF_EVENTS if events else 0
            return made

        self._add(
            name,
            shown,
            parent,
            ids.Organizes if parent == standard(ids.ObjectsFolder) else ids.HasComponent,
            ua.NodeClass.Object,
            attributes,
            like=("object", events, doc),
            kind=standard(ids.FolderType) if kind is None else kind,
        )

    def variable(
        self,
        owner: str,
        variable: Variable,
        *,
        reference: int = asyncua_ua.ObjectIds.HasComponent,
        kind: int = asyncua_ua.ObjectIds.BaseDataVariableType,
    ) -> None:
        """A variable of an object or type, without a value yet."""

        def attributes() -> Any:
            many = variable.kind is Kind.TEXTS
            value = variant(variable.kind, NOTHING[variable.kind])
            return _variable(
                variable.name, variable.doc, standard(TYPES[variable.kind].value), value, 0 if many else None
            )

        self._add(
            variable_id(owner, variable.name),
            variable.name,
            self.id(owner),
            reference,
            ua.NodeClass.Variable,
            attributes,
            like=("variable", variable),
            kind=standard(kind),
        )

    def method(
        self, owner: str, name: str, doc: str, inputs: Sequence[Variable], outputs: Sequence[Variable], call: Call
    ) -> None:
        """A method of a type; objects of the type refer to it (OPC UA Part 4, 5.11.2: the call names the object)."""

        def attributes() -> Any:
            made = ua.MethodAttributes(**_said(name, doc))
            made.Executable = made.UserExecutable = True
            return made

        at, ids = variable_id(owner, name), ua.ObjectIds
        self._add(at, name, self.id(owner), ids.HasComponent, ua.NodeClass.Method, attributes, like=at, call=call)
        self.refer(at, ids.HasModellingRule, standard(ids.ModellingRule_Mandatory), "Object")
        for shown, arguments in (("InputArguments", inputs), ("OutputArguments", outputs)):
            self._property(at, shown, arguments)

    def refer(self, source: str, reference: int, target: Any, target_class: str) -> None:  # Any: a NodeId
        """A reference from one of our nodes."""
        self._own.refer(
            source, Link(reference=reference, target=target, node_class=getattr(ua.NodeClass, target_class))
        )

    def _type(self, name: str, parent: Any, doc: str) -> None:  # Any: a NodeId
        def attributes() -> Any:
            return ua.ObjectTypeAttributes(**_said(name, doc))

        subtype = ua.ObjectIds.HasSubtype
        self._add(name, name, parent, subtype, ua.NodeClass.ObjectType, attributes, like=("type", name))

    def _property(self, owner: str, shown: str, arguments: Sequence[Variable]) -> None:
        def attributes() -> Any:
            told = ua.Variant([argument(each) for each in arguments], ua.VariantType.ExtensionObject, is_array=True)
            return _variable(shown, "", standard(ua.ObjectIds.Argument), told, len(arguments))

        self._add(
            variable_id(owner, shown),
            shown,
            self.id(owner),
            ua.ObjectIds.HasProperty,
            ua.NodeClass.Variable,
            attributes,
            like=("arguments", owner, shown),
            kind=standard(ua.ObjectIds.PropertyType),
            names=0,
        )

    def _add(
        self,
        name: str,
        shown: str,
        parent: Any,  # Any: a NodeId
        reference: int,
        node_class: Any,
        attributes: Callable[[], Any],
        *,
        like: Hashable,
        kind: Any = None,  # Any: a NodeId
        names: int | None = None,
        call: Call | None = None,
    ) -> None:
        self._own.declare(
            name,
            Declared(
                shown=shown,
                parent=parent,
                reference=reference,
                node_class=node_class,
                kind=kind,
                attributes=attributes,
                like=like,
                names=self.index if names is None else names,
                call=call,
            ),
        )


def _variable(shown: str, doc: str, data_type: Any, value: Any, length: int | None) -> Any:  # Any: NodeId, Variant
    """The attributes of a variable, of `length` elements (0: any number; None: it is no array)."""
    made = ua.VariableAttributes(**_said(shown, doc))
    made.DataType, made.Value = data_type, value
    made.ValueRank = ua.ValueRank.Scalar if length is None else ua.ValueRank.OneDimension
    made.ArrayDimensions = None if length is None else [length]
    made.AccessLevel = made.UserAccessLevel = ua.AccessLevel.CurrentRead.mask
    made.Historizing = False
    return made


def _said(shown: str, doc: str) -> dict[str, Any]:  # Any: fields of attributes
    return {
        "DisplayName": ua.LocalizedText(shown),
        "Description": ua.LocalizedText(doc),
        "WriteMask": 0,
        "UserWriteMask": 0,
    }
