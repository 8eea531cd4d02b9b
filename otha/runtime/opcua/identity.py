"""OTHA's own OPC UA identity: a key and a self-signed certificate, made once and kept in the state directory."""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from otha.core.errors import HostError

CERTIFICATE_NAME = "otha.der"
KEY_NAME = "otha.key.pem"
_VALID_FOR = timedelta(days=3652)
_BACKDATED = timedelta(days=1)  # clocks of a plant differ


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIdentity:
    """Files of OTHA's certificate and key, and the application URI in the certificate."""

    certificate: Path
    key: Path
    application_uri: str


def own_identity(folder: Path, site: str) -> OwnIdentity:
    """The identity kept in `folder`, made there when there is none. Raises HostError."""
    certificate, key = folder / CERTIFICATE_NAME, folder / KEY_NAME
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not certificate.exists() and not key.exists():
            _make(certificate, key, site)
        found = x509.load_der_x509_certificate(certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        (uri,) = names.get_values_for_type(x509.UniformResourceIdentifier)
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise HostError(
            f"OTHA's OPC UA certificate in {folder} can't be used: {error}",
            mend="take both files away; new ones are made at the next start, and the servers must trust them anew",
        ) from error
    if private.public_key() != found.public_key():
        raise HostError(f"{key} is not the key of {certificate}", mend="put the right one there")
    return OwnIdentity(certificate=certificate, key=key, application_uri=uri)


def _make(certificate: Path, key: Path, site: str) -> None:
    host = socket.gethostname()
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"OTHA {site}"[:64])])
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
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.UniformResourceIdentifier(f"urn:{host}:otha:{site}"), x509.DNSName(host)]
            ),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The key first: a certificate without its key would be trusted by servers for nothing.
    _write(key, pem)
    _write(certificate, made.public_bytes(serialization.Encoding.DER))


def _write(path: Path, data: bytes) -> None:
    """A file of ours alone, whole or not at all."""
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    new.replace(path)
