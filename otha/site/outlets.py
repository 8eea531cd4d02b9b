"""The outlets: where OTHA shows figures, and to whom it sends its journal."""

from dataclasses import dataclass

from otha.site.document import Document
from otha.site.written_outlets import MetricsTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Where figures are served to Prometheus."""

    host: str
    port: int


def is_loopback(host: str) -> bool:
    """Whether an address is for this machine alone."""
    return host in ("localhost", "::1") or host.startswith("127.")


def build_metrics(doc: Document, table: MetricsTable | None) -> Metrics | None:
    """The figures as written; None when the site has none."""
    if table is None:
        return None
    at, endpoint = ("metrics",), table.endpoint
    if endpoint.is_opcua and not doc.blames(at, "endpoint"):
        doc.error(
            at,
            "endpoint",
            "figures are served at an address, not at an OPC UA URL",
            mend='Write "127.0.0.1:9464" for this machine alone',
        )
    if endpoint.host and not is_loopback(endpoint.host):
        doc.warn(
            at,
            "endpoint",
            "figures are neither encrypted nor asked a login for: whoever reaches this address reads along",
            mend="Let the firewall pass the Prometheus server alone, or give 127.0.0.1 and a proxy that asks a login",
        )
    return Metrics(host=endpoint.host, port=endpoint.port)
