"""Collectors as a SIEM has them: real sockets on loopback, which keep what they get."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.interface.syslog.rfc5424 import Parsed, parse, unframed

WAIT_S = 30.0


class Collector:
    """Takes messages over UDP, TCP or TLS. `raw`: every message as it came."""

    def __init__(self, transport: str, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.raw: list[bytes] = []
        self._context = context
        self._connections: list[socket.socket] = []
        self._closed = False
        if transport != "udp":
            self._socket.listen()
        work = self._datagrams if transport == "udp" else self._accept
        threading.Thread(target=work, daemon=True).start()

    def parsed(self) -> list[Parsed]:
        """Every message, taken apart."""
        return [parse(each) for each in self.raw]

    def wait(self, until: Callable[[list[Parsed]], bool]) -> list[Parsed]:
        """The messages, once they are so."""
        end = time.monotonic() + WAIT_S
        while not until(found := self.parsed()):
            assert time.monotonic() < end, self.raw
            time.sleep(0.01)
        return found

    def hang_up(self) -> None:
        """Break every connection, and go on listening."""
        for each in self._connections:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take nothing more."""
        self._closed = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.hang_up()

    def _datagrams(self) -> None:
        with suppress(OSError):
            while not self._closed:
                self.raw.append(self._socket.recv(65536))

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._closed:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._stream, args=(connection,), daemon=True).start()

    def _stream(self, connection: socket.socket) -> None:
        self._connections.append(connection)
        with suppress(OSError), connection:
            stream = connection if self._context is None else self._context.wrap_socket(connection, server_side=True)
            left = b""
            with stream:
                while data := stream.recv(65536):
                    messages, left = unframed(left + data)
                    self.raw += messages


def authority(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for `name`, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return pem, secret


def secured(certificate: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """What a collector presents; `clients`: whom it lets in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context
