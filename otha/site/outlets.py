"""The outlets: where OTHA shows figures, and to whom it sends its journal."""

from dataclasses import dataclass
from pathlib import Path

from otha.site.document import Document
from otha.site.written_outlets import Facility, MetricsTable, Severity, SyslogTable, SyslogTransport

_TLS_ALONE = ("ca_file", "server_name", "certificate_file", "key_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Where figures are served to Prometheus."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Syslog:
    """To whom the journal is sent. Files are for TLS; `ca_file` None: the system's authorities."""

    host: str
    port: int
    transport: SyslogTransport
    facility: Facility
    least: Severity
    server_name: str
    ca_file: Path | None
    certificate_file: Path | None
    key_file: Path | None
    backlog_rows: int
    enterprise_number: int


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


def build_syslog(doc: Document, table: SyslogTable | None, beside: Path) -> Syslog | None:
    """The collector as written; None when the site has none. `beside`: the folder of the site file."""
    if table is None:
        return None
    at, endpoint = ("syslog",), table.endpoint
    if endpoint.is_opcua and not doc.blames(at, "endpoint"):
        doc.error(at, "endpoint", "a collector has an address, not an OPC UA URL", mend='Write "192.0.2.5:6514"')
    if (table.certificate_file is None) != (table.key_file is None):
        doc.error(at, "key_file", "a certificate needs its key, and the other way round", mend="Give both, or none")
    if table.transport is not SyslogTransport.TLS and not doc.blames(at, "transport"):
        for name in _TLS_ALONE:
            if getattr(table, name) is not None:
                doc.error(at, name, f"not used over {table.transport.value}", mend='Write transport = "tls"')
        if endpoint.host and not is_loopback(endpoint.host):
            doc.warn(
                at,
                "transport",
                f"{table.transport.value}: whoever is on the way reads the journal along, and can send messages of his",
                mend='Write transport = "tls"',
            )
    files = {
        name: None if file is None else beside / file
        for name, file in (
            ("ca_file", table.ca_file),
            ("certificate_file", table.certificate_file),
            ("key_file", table.key_file),
        )
    }
    for name, path in files.items():
        if path is not None and not path.is_file():
            doc.warn(at, name, f"there is no file {path}", mend="Put it there before `otha run`")
    return Syslog(
        host=endpoint.host,
        port=endpoint.port,
        transport=table.transport,
        facility=table.facility,
        least=table.least,
        server_name=table.server_name or endpoint.host,
        backlog_rows=table.backlog_rows,
        enterprise_number=table.enterprise_number,
        **files,
    )
