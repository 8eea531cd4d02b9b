"""The Ed25519 key that signs checkpoints. The private key never leaves its file; public keys are exported beside it.

A signature proves more than the chain only to somebody who keeps the public key, or a checkpoint, elsewhere: whoever
can read the private key can sign a forged journal.
"""

import os
import stat
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from otha.journal.chain import Checkpoint, checkpoint_message
from otha.journal.errors import KeyTrouble

KEY_FILE = "journal.key"


def key_id_of(public: Ed25519PublicKey) -> str:
    """16 hexadecimal digits that name a public key."""
    return sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _write_whole(path: Path, data: bytes, mode: int) -> None:
    """Write so that a crash leaves the old file or the new one, never a part."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    part.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames and new names in `directory` durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Signer:
    """Signs checkpoints with the private key of one state directory."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key_id = key_id_of(private.public_key())

    @classmethod
    def of(cls, directory: Path) -> "Signer":
        """Load the key in `directory`, or create it (mode 0600) and export its public half.

        Raises KeyTrouble if the file is damaged or others may read it, OSError if the directory can't be written.
        """
        path = directory / KEY_FILE
        if not path.exists():
            private = Ed25519PrivateKey.generate()
            pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _write_whole(path, pem, 0o600)
        signer = cls(_load_private(path))
        public = directory / f"journal-{signer.key_id}.pub"
        if not public.exists():
            pem = signer._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            _write_whole(public, pem, 0o644)
        return signer

    def sign(self, *, seq: int, hash_: bytes, wall_ns: int) -> Checkpoint:
        """A checkpoint over row `seq`."""
        message = checkpoint_message(seq=seq, hash_=hash_, wall_ns=wall_ns, key_id=self.key_id)
        return Checkpoint(
            seq=seq, hash=hash_, wall_ns=wall_ns, key_id=self.key_id, signature=self._private.sign(message)
        )


def _load_private(path: Path) -> Ed25519PrivateKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyTrouble(
            f"{path} may be read by others (mode {mode:04o})",
            mend=f"chmod 600 {path}; if others may have read it, move it aside: a new key is made at the next start",
        )
    mend = f"move {path} aside: a new key is made at the next start, and old checkpoints keep their public key"
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise KeyTrouble(f"{path} is not a key: {error}", mend=mend) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyTrouble(f"{path} is not an Ed25519 key", mend=mend)
    return private


def public_keys(directory: Path) -> dict[str, Ed25519PublicKey]:
    """The exported public keys in `directory` by their id. A file whose content is not a key is left out."""
    found: dict[str, Ed25519PublicKey] = {}
    for path in sorted(directory.glob("journal-*.pub")):
        try:
            public = load_pem_public_key(path.read_bytes())
        except (ValueError, OSError):
            continue
        if isinstance(public, Ed25519PublicKey):
            found[key_id_of(public)] = public
    return found


def signature_fault(checkpoint: Checkpoint, keys: dict[str, Ed25519PublicKey]) -> str:
    """What is wrong with a checkpoint's signature; "" if it is good."""
    public = keys.get(checkpoint.key_id)
    if public is None:
        return f"signed by key {checkpoint.key_id!r}, whose public key is not here"
    try:
        public.verify(checkpoint.signature, checkpoint.message())
    except InvalidSignature:
        return "the signature does not fit"
    return ""
