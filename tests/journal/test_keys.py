from dataclasses import replace
from pathlib import Path

import pytest

from otha.journal.errors import KeyTrouble
from otha.journal.keys import KEY_FILE, Signer, public_keys, signature_fault


def test_the_key_is_made_once_private_and_its_public_half_exported(tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert Signer.of(tmp_path).key_id == signer.key_id
    assert list(public_keys(tmp_path)) == [signer.key_id]


def test_a_signature_covers_every_field(tmp_path: Path) -> None:
    point = Signer.of(tmp_path).sign(seq=7, hash_=bytes(32), wall_ns=9)
    keys = public_keys(tmp_path)
    assert signature_fault(point, keys) == ""
    for changed in (
        replace(point, seq=8),
        replace(point, hash=b"\x01" * 32),
        replace(point, wall_ns=10),
        replace(point, signature=bytes(64)),
        replace(point, signature=b""),
    ):
        assert signature_fault(changed, keys) == "the signature does not fit"
    assert "public key" in signature_fault(replace(point, key_id="0" * 16), keys)


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    Signer.of(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        Signer.of(tmp_path)


def test_a_damaged_key_is_named_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(KeyTrouble, match="aside"):
        Signer.of(tmp_path)


def test_after_a_new_key_old_checkpoints_keep_their_public_key(tmp_path: Path) -> None:
    old = Signer.of(tmp_path).sign(seq=1, hash_=bytes(32), wall_ns=1)
    (tmp_path / KEY_FILE).unlink()
    new = Signer.of(tmp_path)
    keys = public_keys(tmp_path)
    assert set(keys) == {old.key_id, new.key_id}
    assert signature_fault(old, keys) == ""
