"""Application instance certificates (OPC UA Part 6, 6.2.2): OTHA's own, self-signed and made once, and others'."""

import hashlib
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from otha.core.errors import EngineerError, HostError

CERTIFICATE_NAME = "otha.der"
KEY_NAME = "otha.key.pem"
KEY_BITS_MIN = 2048  # the least that the three current security policies allow (Part 7)
WARN_DAYS = (1, 7, 30)
_VALID_FOR = timedelta(days=3652)
_BACKDATED = timedelta(days=1)  # clocks of a plant differ
_KEY_BITS = 2048
# What a made-up certificate makes the library raise besides ValueError.
_NO_CERTIFICATE = (
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class Purpose(Enum):
    """Which end of a connection the certificate is for."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIdentity:
    """Files of OTHA's certificate and key, and the application URI in the certificate."""

    certificate: Path
    key: Path
    application_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What stands in a certificate. `thumbprint`: SHA-1 of its DER in hexadecimal, as OPC UA tools show it; that is a
    name and no proof. `fingerprint`: SHA-256, for a person to compare. `key_bits` is 0 when the key is not RSA."""

    der: bytes
    thumbprint: str
    fingerprint: str
    subject: str
    application_uri: str
    key_bits: int
    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative after that."""
        return (self.not_after - now).days

    def warning(self, now: datetime) -> int | None:
        """The tightest of `WARN_DAYS` that it has come under, None while there is time; 0 once it has expired."""
        if now > self.not_after:
            return 0
        return next((days for days in WARN_DAYS if self.not_after - now <= timedelta(days=days)), None)


def read_certificate(data: bytes) -> Certificate:
    """What stands in a DER or PEM certificate. Raises EngineerError for anything else."""
    try:
        found = x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
        der = found.public_bytes(serialization.Encoding.DER)
        public = found.public_key()
        subject = found.subject.rfc4514_string()
        uri = _uri(found)
    except (ValueError, *_NO_CERTIFICATE) as error:
        raise EngineerError(f"that is no certificate: {error}", mend="give a DER or PEM file") from error
    return Certificate(
        der=der,
        thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        fingerprint=hashlib.sha256(der).hexdigest().upper(),
        subject=subject,
        application_uri=uri,
        key_bits=public.key_size if isinstance(public, rsa.RSAPublicKey) else 0,
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )


def _uri(found: x509.Certificate) -> str:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")


def own_identity(folder: Path, site: str, purpose: Purpose = Purpose.CLIENT) -> OwnIdentity:
    """The identity kept in `folder`, made there when there is none. Raises HostError."""
    certificate, key = folder / CERTIFICATE_NAME, folder / KEY_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not certificate.exists() and not key.exists():
            _make(certificate, key, site, purpose)
        found = x509.load_der_x509_certificate(certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        (uri,) = names.get_values_for_type(x509.UniformResourceIdentifier)
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise HostError(
            f"OTHA's OPC UA certificate in {folder} can't be used: {error}",
            mend="take both files away; new ones are made at the next start, and its peers must trust them anew",
        ) from error
    if private.public_key() != found.public_key():
        raise HostError(f"{key} is not the key of {certificate}", mend="put the right one there")
    return OwnIdentity(certificate=certificate, key=key, application_uri=uri)


def renew_identity(folder: Path, site: str, purpose: Purpose) -> OwnIdentity:
    """A new key and certificate in the place of the ones in `folder`, which are kept with `.old` in their names. Raises
    HostError."""
    try:
        for name in (CERTIFICATE_NAME, KEY_NAME):
            if (folder / name).exists():
                (folder / name).replace(folder / f"{name}.old")
    except OSError as error:
        raise HostError(f"{folder} can't be changed: {error.strerror}", mend="check its owner and mode") from error
    return own_identity(folder, site, purpose)


def _make(certificate: Path, key: Path, site: str, purpose: Purpose) -> None:
    host = socket.gethostname()
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    of_server = " interface" if purpose is Purpose.SERVER else ""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"OTHA {site}{of_server}"[:64])])
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
    match purpose:
        case Purpose.CLIENT:
            extended, uri = [ExtendedKeyUsageOID.CLIENT_AUTH], f"urn:{host}:otha:{site}"
        case Purpose.SERVER:
            # A server opens connections too: to a discovery server, or backwards to a client.
            extended = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            uri = f"urn:{host}:otha:{site}:interface"
    public = private.public_key()
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
        .add_extension(x509.ExtendedKeyUsage(extended), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName(host)]), critical=False
        )
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The key first: a certificate without its key would be trusted by servers for nothing.
    write_private(key, pem)
    write_private(certificate, made.public_bytes(serialization.Encoding.DER))


def write_private(path: Path, data: bytes) -> None:
    """A file of ours alone (mode 0600), whole or not at all. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    new.replace(path)
