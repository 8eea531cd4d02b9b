"""The information model of a site as a NodeSet2 file (OPC UA Part 6, annex F), for those who build clients."""

from pathlib import Path
from typing import Any

from asyncua.common.xmlexporter import XmlExporter
from asyncua.server.server import Server

from otha.interface import model
from otha.interface.space import Space
from otha.interface.values import Json
from otha.names import NAMESPACE


async def export(status: Json, file: Path) -> int:
    """Write the model of the site of this status; the number of nodes. Raises OSError and UaError."""
    server = Server()
    await server.init()
    index = await server.register_namespace(NAMESPACE)
    model.build(Space(server.iserver, index), status, lambda _method: _nothing, lambda _service: _nothing)
    nodes = [server.get_node(each) for each in list(server.iserver.aspace.keys()) if each.NamespaceIndex == index]
    exporter = XmlExporter(server)
    await exporter.build_etree(nodes)
    await exporter.write_xml(file)
    await server.iserver.stop()
    return len(nodes)


async def _nothing(*_given: Any) -> list[Any]:
    """Nobody calls the methods of a model that is only written down."""
    return []
