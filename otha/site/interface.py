"""The interface of OTHA itself: where it listens, and what it bears."""

from dataclasses import dataclass

from otha.site.document import Document
from otha.site.written import InterfaceTable

_EVERYWHERE = ("0.0.0.0", "[::]", "::")
_MIN_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """OTHA's own OPC UA server. `idle_lock_ms`: an idle session may order nothing after this time; 0: never so."""

    host: str
    port: int
    allow_none: bool
    sessions: int
    connections: int
    idle_lock_ms: int


def build_interface(doc: Document, table: InterfaceTable | None) -> Interface | None:
    """The interface as written; None when the site has none."""
    if table is None:
        return None
    at = ("interface",)
    if table.endpoint.is_opcua and not doc.blames(at, "endpoint"):
        doc.error(
            at,
            "endpoint",
            "the interface listens on an address, not on a URL",
            mend='Write "127.0.0.1:4840" for this machine alone, "0.0.0.0:4840" for every network',
        )
    if table.connections < table.sessions:
        doc.error(
            at,
            "connections",
            f"{table.connections} connections can't carry {table.sessions} sessions",
            mend="Give at least as many connections as sessions",
        )
    if table.allow_none:
        where = "on every network" if table.endpoint.host in _EVERYWHERE else "at this address"
        doc.warn(
            at,
            "allow_none",
            f"anybody {where} can read along and change what users order",
            mend="Take it out; clients need a certificate then",
        )
    return Interface(
        host=table.endpoint.host,
        port=table.endpoint.port,
        allow_none=table.allow_none,
        sessions=table.sessions,
        connections=table.connections,
        idle_lock_ms=table.idle_lock_min * _MIN_MS,
    )
