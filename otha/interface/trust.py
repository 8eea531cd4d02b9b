"""Whom the interface lets open a secure channel: an explicit list of certificates, as files that a person can see.

Folders as OPC UA Part 12 has them, in short: `trusted/` holds certificates that may connect, `rejected/` those that
tried and may not, for a person to look at and to move. A file is named by the certificate's thumbprint. Nothing else is
trusted: no issuer, no chain.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Final

from otha.certificates import KEY_BITS_MIN, Certificate, read_certificate, write_private
from otha.core.errors import EngineerError, HostError
from otha.interface import place

_REJECTED_MAX: Final = 64  # a flood of made-up certificates must not fill the disk


class Trust(Enum):
    """Where a certificate lies."""

    TRUSTED = "trusted"
    REJECTED = "rejected"


class TrustProblem(Enum):
    """Why a certificate does not get in."""

    NO_CERTIFICATE = "is no certificate"
    UNTRUSTED = "is not in the trust list"
    EXPIRED = "has expired"
    NOT_YET_VALID = "is not valid yet"
    WEAK_KEY = f"has a key of less than {KEY_BITS_MIN} bits, or none of RSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One certificate of the list."""

    trust: Trust
    certificate: Certificate


class TrustList:
    """The list kept in `folder`. Everything may raise HostError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def judge(self, der: bytes, now: datetime) -> TrustProblem | None:
        """Why the peer with this certificate must not come in; None: it may."""
        try:
            found = read_certificate(der)
        except EngineerError:
            return TrustProblem.NO_CERTIFICATE
        if not self._file(Trust.TRUSTED, found.thumbprint, der):
            return TrustProblem.UNTRUSTED
        if now > found.not_after:
            return TrustProblem.EXPIRED
        if now < found.not_before:
            return TrustProblem.NOT_YET_VALID
        if found.key_bits < KEY_BITS_MIN:
            return TrustProblem.WEAK_KEY
        return None

    def keep(self, der: bytes) -> None:
        """Keep one that stays outside in `rejected`, in the place of the oldest when there are many. Raises
        EngineerError when it is none."""
        thumbprint = read_certificate(der).thumbprint
        if self._file(Trust.REJECTED, thumbprint, der):
            return
        try:
            kept = sorted(self._folder(Trust.REJECTED).glob("*.der"), key=lambda path: path.stat().st_mtime_ns)
            for path in kept[: max(len(kept) - _REJECTED_MAX + 1, 0)]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(self._folder(Trust.REJECTED), error) from error
        self._write(Trust.REJECTED, thumbprint, der)

    def all(self) -> tuple[Listed, ...]:
        """Every certificate of the list, the trusted ones first. A file that is none is left out."""
        found = []
        for trust in Trust:
            for path in sorted(self._folder(trust).glob("*.der")):
                try:
                    found.append(Listed(trust=trust, certificate=read_certificate(path.read_bytes())))
                except EngineerError:
                    continue
                except OSError as error:
                    raise _unusable(path, error) from error
        return tuple(found)

    def trusted(self) -> tuple[str, ...]:
        """The thumbprints of all that are trusted, by the names of their files."""
        try:
            return tuple(sorted(path.stem for path in self._folder(Trust.TRUSTED).glob("*.der")))
        except OSError as error:
            raise _unusable(self._folder(Trust.TRUSTED), error) from error

    def trust(self, data: bytes) -> Certificate:
        """Let this certificate in from now on. Raises EngineerError when it is none."""
        found = read_certificate(data)
        self._write(Trust.TRUSTED, found.thumbprint, found.der)
        self._path(Trust.REJECTED, found.thumbprint).unlink(missing_ok=True)
        return found

    def trust_rejected(self, thumbprint: str) -> Certificate:
        """Let one in that was rejected; the beginning of its thumbprint is enough. Raises EngineerError."""
        return self.trust(self._found(Trust.REJECTED, thumbprint).read_bytes())

    def reject(self, thumbprint: str) -> Certificate:
        """Don't let it in any more; the beginning of its thumbprint is enough. Raises EngineerError."""
        path = self._found(Trust.TRUSTED, thumbprint)
        found = read_certificate(path.read_bytes())
        self._write(Trust.REJECTED, found.thumbprint, found.der)
        path.unlink()
        return found

    def remove(self, trust: Trust, thumbprint: str) -> Certificate:
        """Take one off this list; the beginning of its thumbprint is enough. Raises EngineerError."""
        path = self._found(trust, thumbprint)
        found = read_certificate(path.read_bytes())
        path.unlink()
        return found

    def forget(self, fingerprint: str) -> Listed:
        """Take one off its list, by the beginning of its fingerprint or of its thumbprint. Raises EngineerError."""
        wanted = plain_print(fingerprint)
        found = [
            each
            for each in self.all()
            if each.certificate.fingerprint.startswith(wanted) or each.certificate.thumbprint.startswith(wanted)
        ]
        if not wanted or len(found) != 1:
            count = "no" if not found else f"{len(found)}"
            raise EngineerError(
                f"{count} certificate of the list begins with {fingerprint[:64]!r}", mend="`otha cert list` shows them"
            )
        self.remove(found[0].trust, found[0].certificate.thumbprint)
        return found[0]

    def _found(self, trust: Trust, thumbprint: str) -> Path:
        wanted = plain_print(thumbprint)
        found = [path for path in sorted(self._folder(trust).glob("*.der")) if path.stem.startswith(wanted)]
        if not wanted or len(found) != 1:
            count = "no" if not found else f"{len(found)}"
            raise EngineerError(
                f"{count} {trust.value} certificate begins with {thumbprint[:64]!r}", mend="`otha cert list` shows them"
            )
        return found[0]

    def _file(self, trust: Trust, thumbprint: str, der: bytes) -> bool:
        """Whether exactly this certificate lies there: a thumbprint alone is SHA-1, and no proof."""
        try:
            return self._path(trust, thumbprint).read_bytes() == der
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _unusable(self._path(trust, thumbprint), error) from error

    def _write(self, trust: Trust, thumbprint: str, der: bytes) -> None:
        path = self._path(trust, thumbprint)
        try:
            place.make(path.parent)
            write_private(path, der)
        except OSError as error:
            raise _unusable(path, error) from error

    def _folder(self, trust: Trust) -> Path:
        return self.folder / trust.value

    def _path(self, trust: Trust, thumbprint: str) -> Path:
        return self._folder(trust) / f"{thumbprint}.der"


def plain_print(shown: str) -> str:
    """A thumbprint or fingerprint as it stands in names, however it was written."""
    return shown.replace(":", "").replace(" ", "").upper()


def _unusable(path: Path, error: OSError) -> HostError:
    return HostError(f"the trust list at {path} can't be used: {error.strerror}", mend="check its owner and mode")
