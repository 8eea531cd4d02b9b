"""What the engineer writes of the outlets: by which ways a plant's IT sees OTHA, and cannot reach it."""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass
from enum import Enum

from otha.site.read import Endpoint, key


class SyslogTransport(Enum):
    """How syslog travels: RFC 5426, RFC 6587 with octet counting, RFC 5425."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Facility(Enum):
    """From which part of a system a message is (RFC 5424, table 1); those that suit a service of one's own."""

    DAEMON = 3
    AUTH = 4
    AUTHPRIV = 10
    AUDIT = 13
    LOCAL0 = 16
    LOCAL1 = 17
    LOCAL2 = 18
    LOCAL3 = 19
    LOCAL4 = 20
    LOCAL5 = 21
    LOCAL6 = 22
    LOCAL7 = 23


class Severity(Enum):
    """How grave a message is (RFC 5424, table 2)."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6
    DEBUG = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsTable:
    """Figures for Prometheus, over HTTP without encryption or login. Without this table there are none."""

    endpoint: Endpoint = key('where they are served, at /metrics: "127.0.0.1:9464" is for this machine alone')


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogTable:
    """To whom the journal is sent, as syslog of RFC 5424. Without this table to nobody."""

    endpoint: Endpoint = key("the collector of the SIEM; 514 is the usual port of UDP, 6514 of TLS")
    transport: SyslogTransport = key("how it travels; only `tls` keeps others from reading and forging it")
    facility: Facility = key("the facility of all messages", default=Facility.LOCAL0)
    least: Severity = key("what is less grave stays in the journal alone", default=Severity.INFORMATIONAL)
    ca_file: str | None = key(
        "TLS: file with the certificates (PEM) by which the collector is known, beside the site file; by default the "
        "system's authorities",
        default=None,
    )
    server_name: str | None = key("TLS: the name in the collector's certificate; by default its host", default=None)
    certificate_file: str | None = key(
        "TLS: file with OTHA's certificate (PEM), beside the site file, if the collector asks for one", default=None
    )
    key_file: str | None = key("TLS: file with its key (PEM), beside the site file", default=None)
    backlog_rows: int = key(
        "while the collector is away the journal keeps what waits; of more rows than these the oldest are left out, "
        "and their number told",
        default=1_000_000,
        low=1_000,
        high=100_000_000,
    )
    enterprise_number: int = key(
        "the private enterprise number under which OTHA's structured data stands; by default the one for examples "
        "(RFC 5612)",
        default=32_473,
        low=1,
        high=4_294_967_295,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalTable:
    """How the journal is parted into files, and when old ones are removed."""

    segment_mib: int = key("a file of this size is closed and the next one begun", default=1024, low=1, high=65_536)
    segment_days: int = key("and so is one of this age; 0: never so", default=90, low=0, high=3650)
    keep_days: int = key(
        "closed files whose newest row is older are removed; 0: none is", default=730, low=0, high=36_500
    )
    keep_mib: int = key(
        "the oldest closed files are removed while all together take more than this; 0: none is",
        default=0,
        low=0,
        high=1_000_000_000,
    )
    remove_without_backup: bool = key(
        "remove them even if no copy was made by `otha log backup`: what they hold is lost then", default=False
    )
    free_mib: int = key("OTHA tells when its disk has less than this left", default=1024, low=1, high=1_000_000)
