"""The users of the interface: names, roles and argon2id hashes (RFC 9106) in one file that only OTHA's user can read.

File `users.json`: {"format": 1, "users": {name: {"role", "hash", "changed", "locked"}}}. It is written whole or not at
all, and read again whenever it has changed, so that `otha user` needs no running supervisor and a removed user is out
at once.
"""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from otha.certificates import write_private
from otha.core.errors import EngineerError, HostError
from otha.interface import place
from otha.wire.access import AccessRole

FILE_NAME: Final = "users.json"
PASSWORD_MIN: Final = 10
_PASSWORD_MAX: Final = 256
_FORMAT: Final = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# RFC 9106's second choice holds 64 MiB for each login: too much where memory is limited. This is OWASP's least.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user. `changed`: when anything of this was last set, ISO 8601 in UTC. `locked`: he may not come in."""

    name: str
    role: AccessRole
    hash: str
    changed: str
    locked: bool = False


class Users:
    """The users kept in `folder`. Everything may raise HostError, and EngineerError for a file that is damaged.

    `keep_admin`: no change may leave the interface without an admin who can come in.
    """

    def __init__(self, folder: Path, *, keep_admin: bool = False) -> None:
        self.path = folder / FILE_NAME
        self._keep_admin = keep_admin
        self._seen: tuple[int, int] | None = None
        self._users: dict[str, User] = {}
        self._nobodys_hash = ""

    def all(self) -> tuple[User, ...]:
        """Every user, by name."""
        self._read()
        return tuple(self._users[name] for name in sorted(self._users))

    def role(self, name: str) -> AccessRole | None:
        """The role that a user has now; None: there is no such user any more, or he is locked."""
        self._read()
        user = self._users.get(name)
        return None if user is None or user.locked else user.role

    def stamp(self, name: str) -> str | None:
        """What is another one when the user's password is, or the user is a new one of the same name."""
        self._read()
        user = self._users.get(name)
        return None if user is None else user.hash

    def verify(self, name: str, password: str) -> AccessRole | None:
        """The role of the user whose password this is; None when there is no such user, he is locked, or it is another
        password.

        Takes as long for a user that does not exist, so that names can't be tried out.
        """
        self._read()
        user = self._users.get(name)
        try:
            if user is None:
                self._nobodys_hash = self._nobodys_hash or _HASHER.hash(os.urandom(16).hex())
            _HASHER.verify(user.hash if user is not None else self._nobodys_hash, password[: _PASSWORD_MAX + 1])
        except (VerifyMismatchError, InvalidHashError):
            return None
        except (VerificationError, HashingError, MemoryError) as error:
            # No wrong password, which would be counted against who gave it: as a rule there is no memory for a hash.
            raise HostError(f"no password can be checked: {error}", mend="see the memory of the interface") from error
        return None if user is None or user.locked else user.role

    def add(self, name: str, role: AccessRole, password: str) -> None:
        """A new user."""
        if not _NAME.fullmatch(name):
            raise EngineerError(
                f"{name!r} can't be a user's name", mend="letters, digits, dots, dashes and underscores, 64 at most"
            )
        _check(name, password)
        with self._changing() as users:
            if name in users:
                raise EngineerError(f"there is a user {name} already", mend="otha user password, or otha user role")
            users[name] = User(name=name, role=role, hash=_HASHER.hash(password), changed=_now())

    def set_password(self, name: str, password: str) -> None:
        """Another password for a user."""
        _check(name, password)
        self._change(name, lambda user: replace(user, hash=_HASHER.hash(password), changed=_now()))

    def set_role(self, name: str, role: AccessRole) -> None:
        """Another role for a user."""
        self._change(name, lambda user: replace(user, role=role, changed=_now()))

    def set_locked(self, name: str, *, locked: bool) -> None:
        """Keep a user out, or let him come in again."""
        self._change(name, lambda user: replace(user, locked=locked, changed=_now()))

    def remove(self, name: str) -> None:
        """The user is no more."""
        with self._changing() as users:
            del users[self._named(users, name)]

    def _change(self, name: str, change: Callable[[User], User]) -> None:
        with self._changing() as users:
            users[name] = change(users[self._named(users, name)])

    def _named(self, users: dict[str, User], name: str) -> str:
        if name not in users:
            known = ", ".join(sorted(users)) or "none yet: otha user add"
            raise EngineerError(f"there is no user {name[:64]!r}", mend=f"users: {known}")
        return name

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        """The users, to be changed by one at a time and written when nothing went wrong."""
        try:
            place.make(self.path.parent)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HostError(f"{self.path} can't be changed: {error.strerror}", mend="ask as OTHA's user") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._seen = None
            self._read()
            users = dict(self._users)
            yield users
            if self._keep_admin and not any(
                each.role is AccessRole.ADMIN and not each.locked for each in users.values()
            ):
                raise EngineerError("no admin would be left who can come in", mend="make another user admin first")
            self._write(users)
        finally:
            os.close(lock)

    def _write(self, users: dict[str, User]) -> None:
        body = {
            "format": _FORMAT,
            "users": {
                name: {
                    "role": user.role.name.lower(),
                    "hash": user.hash,
                    "changed": user.changed,
                    "locked": user.locked,
                }
                for name, user in sorted(users.items())
            },
        }
        try:
            write_private(self.path, (json.dumps(body, indent=1) + "\n").encode())
        except OSError as error:
            raise HostError(f"{self.path} can't be written: {error.strerror}", mend="see the disk") from error

    def _read(self) -> None:
        try:
            found = self.path.stat()
            seen = found.st_mtime_ns, found.st_ino
            if seen == self._seen:
                return
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._seen, self._users = None, {}
            return
        except (OSError, UnicodeDecodeError) as error:
            raise HostError(
                f"{self.path} can't be read: {error}", mend="ask as OTHA's user, or see the disk"
            ) from error
        self._users = self._parsed(text)
        self._seen = seen

    def _parsed(self, text: str) -> dict[str, User]:
        try:
            body = json.loads(text)
            if body["format"] != _FORMAT:
                raise ValueError(f"format {body['format']}")
            return {
                name: User(
                    name=name,
                    role=AccessRole[user["role"].upper()],
                    hash=str(user["hash"]),
                    changed=str(user["changed"]),
                    locked=user.get("locked", False) is not False,
                )
                for name, user in body["users"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineerError(
                f"{self.path} is damaged: {error}", mend="put a good copy there, or take it away and add the users anew"
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check(name: str, password: str) -> None:
    if not PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
        raise EngineerError(
            f"a password has {PASSWORD_MIN} to {_PASSWORD_MAX} characters, not {len(password)}", mend="choose another"
        )
    if name.casefold() in password.casefold():
        raise EngineerError("the password must not contain the user's name", mend="choose another")
