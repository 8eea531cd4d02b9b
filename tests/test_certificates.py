"""Application instance certificates: OTHA's own, and what others' say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from otha.certificates import Purpose, own_identity, read_certificate, renew_identity
from otha.core.errors import EngineerError, HostError


def test_the_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "opcua"
    first = own_identity(folder, "press_line")
    assert first.application_uri.startswith("urn:")
    assert first.application_uri.endswith(":otha:press_line")
    assert own_identity(folder, "press_line") == first
    assert first.key.stat().st_mode & 0o777 == 0o600
    found = read_certificate(first.certificate.read_bytes())
    assert found.not_after > datetime.now(UTC) + timedelta(days=3000)
    assert (found.application_uri, found.key_bits) == (first.application_uri, 2048)


@pytest.mark.parametrize("spoilt", ["otha.der", "otha.key.pem"])
def test_a_spoilt_identity_is_refused_by_name(tmp_path: Path, spoilt: str) -> None:
    folder = tmp_path / "opcua"
    own_identity(folder, "press_line")
    (folder / spoilt).write_bytes(b"no such thing")
    with pytest.raises(HostError) as refused:
        own_identity(folder, "press_line")
    assert str(folder) in str(refused.value)
    (folder / spoilt).unlink()
    with pytest.raises(HostError):
        own_identity(folder, "press_line")


def test_a_server_says_that_it_is_one(tmp_path: Path) -> None:
    made = own_identity(tmp_path / "own", "press_line", Purpose.SERVER)
    assert made.application_uri.endswith(":otha:press_line:interface")
    found = x509.load_der_x509_certificate(made.certificate.read_bytes())
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in usage


def test_renewing_keeps_the_old_one_beside_the_new(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    old = own_identity(folder, "press_line", Purpose.SERVER).certificate.read_bytes()
    new = renew_identity(folder, "press_line", Purpose.SERVER).certificate.read_bytes()
    assert new != old
    assert (folder / "otha.der.old").read_bytes() == old
    assert (folder / "otha.key.pem.old").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("left", "warning"),
    [
        (timedelta(days=31), None),
        (timedelta(days=30), 30),
        (timedelta(days=8), 30),
        (timedelta(days=7), 7),
        (timedelta(hours=24), 1),
        (timedelta(seconds=0), 1),
        (timedelta(seconds=-1), 0),
    ],
)
def test_expiry_is_warned_of_at_30_7_and_1_days(tmp_path: Path, left: timedelta, warning: int | None) -> None:
    found = read_certificate(own_identity(tmp_path / "own", "press_line").certificate.read_bytes())
    assert found.warning(found.not_after - left) == warning


@pytest.mark.parametrize(
    "data", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(EngineerError):
        read_certificate(data)
