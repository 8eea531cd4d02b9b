"""Whom the interface lets open a secure channel."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from otha.certificates import Purpose, own_identity, read_certificate
from otha.core.errors import EngineerError
from otha.interface.trust import Trust, TrustList, TrustProblem

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def ders(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """Two clients' certificates."""
    folder = tmp_path_factory.mktemp("clients")
    first, second = (own_identity(folder / name, name, Purpose.CLIENT).certificate.read_bytes() for name in ("a", "b"))
    return first, second


def test_nobody_is_trusted_until_a_person_says_so(tmp_path: Path, ders: tuple[bytes, bytes]) -> None:
    listed = TrustList(tmp_path)
    assert listed.judge(ders[0], NOW) is TrustProblem.UNTRUSTED
    listed.keep(ders[0])
    (kept,) = listed.all()
    assert (kept.trust, kept.certificate.der) == (Trust.REJECTED, ders[0])
    trusted = listed.trust_rejected(kept.certificate.thumbprint[:8].lower())
    assert trusted == kept.certificate
    assert listed.judge(ders[0], NOW) is None
    assert listed.judge(ders[1], NOW) is TrustProblem.UNTRUSTED
    listed.keep(ders[1])
    assert [each.trust for each in listed.all()] == [Trust.TRUSTED, Trust.REJECTED]


def test_who_is_rejected_is_out_at_once(tmp_path: Path, ders: tuple[bytes, bytes]) -> None:
    listed, running = TrustList(tmp_path), TrustList(tmp_path)
    thumbprint = listed.trust(ders[0]).thumbprint
    assert running.judge(ders[0], NOW) is None
    listed.reject(thumbprint)
    assert running.judge(ders[0], NOW) is TrustProblem.UNTRUSTED


def test_a_thumbprint_alone_proves_nothing(tmp_path: Path, ders: tuple[bytes, bytes]) -> None:
    listed = TrustList(tmp_path)
    thumbprint = listed.trust(ders[0]).thumbprint
    (tmp_path / "trusted" / f"{thumbprint}.der").write_bytes(ders[1])
    assert listed.judge(ders[0], NOW) is TrustProblem.UNTRUSTED


def test_a_trusted_one_must_be_valid_today(tmp_path: Path, ders: tuple[bytes, bytes]) -> None:
    listed = TrustList(tmp_path)
    found = listed.trust(ders[0])
    assert listed.judge(ders[0], found.not_after + timedelta(seconds=1)) is TrustProblem.EXPIRED
    assert listed.judge(ders[0], found.not_before - timedelta(seconds=1)) is TrustProblem.NOT_YET_VALID


@pytest.mark.parametrize("data", [b"", b"\x30\x82\xff\xff", b"\x00" * 5000])
def test_rubbish_is_no_certificate_and_is_not_kept(tmp_path: Path, data: bytes) -> None:
    listed = TrustList(tmp_path)
    assert listed.judge(data, NOW) is TrustProblem.NO_CERTIFICATE
    assert listed.all() == ()
    for use in (listed.trust, listed.keep):
        with pytest.raises(EngineerError):
            use(data)


def test_a_flood_of_certificates_does_not_fill_the_disk(tmp_path: Path, ders: tuple[bytes, bytes]) -> None:
    listed = TrustList(tmp_path)
    (tmp_path / "rejected").mkdir()
    for number in range(100):
        (tmp_path / "rejected" / f"{number:040d}.der").write_bytes(ders[1])
    listed.keep(ders[0])
    assert len(list((tmp_path / "rejected").iterdir())) == 64
    assert (tmp_path / "rejected" / f"{read_certificate(ders[0]).thumbprint}.der").exists()


@pytest.mark.parametrize("thumbprint", ["", "zz", "0000"])
def test_an_unknown_thumbprint_is_refused(tmp_path: Path, ders: tuple[bytes, bytes], thumbprint: str) -> None:
    listed = TrustList(tmp_path)
    listed.keep(ders[0])
    with pytest.raises(EngineerError, match="otha cert list"):
        listed.trust_rejected(thumbprint)
    with pytest.raises(EngineerError, match="otha cert list"):
        listed.reject(thumbprint)
