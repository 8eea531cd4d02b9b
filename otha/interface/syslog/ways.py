"""How messages reach the collector: UDP (RFC 5426), TCP with octet counting (RFC 6587), TLS (RFC 5425).

Blocking, for a thread of its own; no call lasts longer than PATIENCE_S. Syslog knows no receipts. Over a stream a
message counts as sent once the collector's machine has confirmed its bytes, as far as this system tells (TIOCOUTQ).
"""

import fcntl
import socket
import ssl
import struct
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from otha.interface.syslog.form import framed
from otha.site.written_outlets import SyslogTransport

PATIENCE_S: Final = 10.0
LONGEST: Final = {SyslogTransport.UDP: 2048, SyslogTransport.TCP: 8192, SyslogTransport.TLS: 8192}
_LOOK_S: Final = 0.01
_ECHO_S: Final = 0.05  # a port where nobody listens answers within this time, if it does


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Who takes the messages. The files are for TLS; without `ca_file` the system's authorities count."""

    host: str
    port: int
    transport: SyslogTransport
    server_name: str
    ca_file: Path | None
    certificate_file: Path | None
    key_file: Path | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port} over {self.transport.value}"


class Way(Protocol):
    """An open way to the collector. Everything raises OSError when it breaks, and is of no use then."""

    def send(self, messages: Sequence[bytes]) -> None:
        """Send all of them, and wait until they have arrived as far as can be told."""

    def look(self) -> None:
        """Whether the way is still there, while there is nothing to send."""

    def close(self) -> None:
        """It is not used any more."""


def opened(collector: Collector) -> Way:
    """A way to the collector. Raises OSError, of which ssl.SSLError is one."""
    match collector.transport:
        case SyslogTransport.UDP:
            return _Datagrams(collector)
        case SyslogTransport.TCP:
            return _Stream(_connected(collector))
        case SyslogTransport.TLS:
            return _Stream(_secured(collector))


class _Datagrams:
    """A message a datagram. That nobody listens is told by the network at best."""

    def __init__(self, collector: Collector) -> None:
        family, _, _, _, address = socket.getaddrinfo(collector.host, collector.port, type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE_S)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise

    def send(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self._socket.send(message)
        time.sleep(_ECHO_S)
        self.look()

    def look(self) -> None:
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "nobody listens there")

    def close(self) -> None:
        self._socket.close()


class _Stream:
    """A connection, messages in frames that say their length."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def send(self, messages: Sequence[bytes]) -> None:
        self.look()
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendall(b"".join(framed(message) for message in messages))
        end = time.monotonic() + PATIENCE_S
        while _unconfirmed(self._socket):
            if time.monotonic() > end:
                raise TimeoutError("the collector confirms nothing")
            time.sleep(_LOOK_S)
        self.look()

    def look(self) -> None:
        self._socket.settimeout(0)
        try:
            while self._socket.recv(4096):
                pass  # a collector has nothing to say
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        raise ConnectionResetError("the collector has hung up")

    def close(self) -> None:
        self._socket.close()


def _connected(collector: Collector) -> socket.socket:
    sock = socket.create_connection((collector.host, collector.port), timeout=PATIENCE_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


def _secured(collector: Collector) -> socket.socket:
    """TLS 1.2 or newer; the collector must prove its name, and is told who this is if there is a certificate."""
    context = ssl.create_default_context(cafile=None if collector.ca_file is None else str(collector.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if collector.certificate_file is not None:
        context.load_cert_chain(collector.certificate_file, collector.key_file)
    sock = _connected(collector)
    try:
        return context.wrap_socket(sock, server_hostname=collector.server_name)
    except BaseException:
        sock.close()
        raise


def _unconfirmed(sock: socket.socket) -> int:
    """Bytes that the collector's machine has not confirmed; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    (waiting,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))
    return int(waiting)
