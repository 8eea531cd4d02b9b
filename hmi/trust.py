"""Who we are and whom we trust: this station's own OPC UA certificate, and the pinned certificates of servers.

The own certificate is made at the first start. A server's certificate is trusted when a person has compared its
fingerprint; from then on that server is that certificate, and another one is refused loudly.
"""

import hashlib
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CERTIFICATE: Final = "hmi.der"
_KEY: Final = "hmi.key.pem"
_PINS: Final = "servers.json"
_KEY_BITS: Final = 2048
_VALID_FOR: Final = timedelta(days=3652)
_BACKDATED: Final = timedelta(days=1)  # clocks of a plant differ


class KeysError(Exception):
    """The station's certificate or its list of servers can't be used. `mend`: what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Files of our certificate and key, the application URI in the certificate, its SHA-256 fingerprint, and the SHA-1
    that OPC UA's tools call it by."""

    certificate: Path
    key: Path
    application_uri: str
    fingerprint: str
    thumbprint: str


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate in hexadecimal, as OTHA's log shows it."""
    return hashlib.sha256(der).hexdigest()


def readable(print_: str) -> str:
    """A fingerprint in groups of four, for two people to read to each other."""
    upper = print_.upper()
    return " ".join(upper[at : at + 4] for at in range(0, len(upper), 4))


def subject(der: bytes) -> str:
    """Whom a certificate names; "" when it can't be read."""
    try:
        return x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except ValueError:
        return ""


class Keys:
    """Kept in `folder`, which is ours alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def identity(self) -> Identity:
        """Our own certificate, made if there is none yet. Raises KeysError."""
        certificate, key = self.folder / _CERTIFICATE, self.folder / _KEY
        try:
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not certificate.exists() or not key.exists():
                _make(certificate, key)
            der = certificate.read_bytes()
            found = x509.load_der_x509_certificate(der)
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            uri = names.get_values_for_type(x509.UniformResourceIdentifier)[0]
        except OSError as error:
            raise KeysError(f"{self.folder} can't be used: {error.strerror}", "check its owner and mode") from error
        except (ValueError, IndexError, x509.ExtensionNotFound) as error:
            raise KeysError(
                f"{certificate} is no certificate of this station: {error}",
                "take it and its key away; new ones are made, and OTHA must trust them anew",
            ) from error
        thumb = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
        return Identity(
            certificate=certificate, key=key, application_uri=uri, fingerprint=fingerprint(der), thumbprint=thumb
        )

    def pinned(self, url: str) -> str | None:
        """The fingerprint that is trusted at this URL; None: none yet. Raises KeysError."""
        found = self._read().get(url)
        return found if isinstance(found, str) else None

    def pin(self, url: str, print_: str) -> None:
        """Trust this certificate at this URL, and no other. Raises KeysError."""
        pins = {**self._read(), url: print_}
        try:
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            _write(self.folder / _PINS, json.dumps(pins, indent=1, sort_keys=True).encode())
        except OSError as error:
            raise KeysError(f"{self.folder} can't be written: {error.strerror}", "check its owner and mode") from error

    def _read(self) -> dict[str, object]:
        path = self.folder / _PINS
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise KeysError(f"{path} can't be read: {error.strerror}", "check its owner and mode") from error
        except ValueError as error:
            raise KeysError(f"{path} is damaged", "take it away; each server is to be trusted anew") from error
        if not isinstance(found, dict):
            raise KeysError(f"{path} is damaged", "take it away; each server is to be trusted anew")
        return found


def _make(certificate: Path, key: Path) -> None:
    host = socket.gethostname()
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    public = private.public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"OTHA HMI {host}"[:64])])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"urn:{host}:otha:hmi"), x509.DNSName(host)]),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    # The key first: a certificate without its key would be trusted for nothing.
    _write(
        key,
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    _write(certificate, made.public_bytes(serialization.Encoding.DER))


def _write(path: Path, data: bytes) -> None:
    """A file of ours alone, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    new.replace(path)
