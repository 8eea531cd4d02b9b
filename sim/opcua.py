"""The few words of OPC UA that the plant's servers and their clients share."""

from typing import Final

from asyncua import ua

UINT32: Final = ua.VariantType.UInt32
INT32: Final = ua.VariantType.Int32
INT64: Final = ua.VariantType.Int64
BOOLEAN: Final = ua.VariantType.Boolean

SCADA: Final = "urn:otha:sim:scada"
HISTORIAN: Final = "urn:otha:sim:historian"
COLLECTOR: Final = "urn:otha:sim:collector"

FOLDER: Final = "Node"  # the object that holds a server's variables and methods


def node_id(name: str, index: int) -> ua.NodeId:
    """A string id in a namespace."""
    return ua.NodeId(ua.String(name), ua.Int16(index))


def standard_id(number: int) -> ua.NodeId:
    """A node of the standard's namespace."""
    return ua.NodeId(ua.Int32(number))


def application_uri(name: str) -> str:
    """Of the server of that process."""
    return f"urn:otha:sim:application:{name}"
