"""Changes of users and trusted certificates, whoever has made them and by what: also by `otha user` and `otha cert` at
the machine, and while nothing ran. What was told is remembered in a file beside them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from otha.certificates import write_private
from otha.core.errors import OthaError
from otha.interface import place
from otha.interface.trust import TrustList
from otha.interface.users import Users

FILE_NAME: Final = "access_told.json"

Access = dict[str, dict[str, str]]
"""What there is by kind and name, each with what must not change unsaid."""


class AccessWatch:
    """`look()` now and then. `tell` is told each change in words."""

    def __init__(self, folder: Path, users: Users, trust: TrustList, tell: Callable[[str], None]) -> None:
        self._file = folder / FILE_NAME
        self._users = users
        self._trust = trust
        self._tell = tell
        self._told = self._remembered()

    def look(self) -> None:
        """Tell what has changed. Users or certificates that can't be read are told by who has to do with them."""
        try:
            found = {"user": dict(self._found_users()), "certificate": self._found_certificates()}
        except OthaError:
            return
        if found == self._told:
            return
        for said in _changes(self._told, found):
            self._tell(said)
        self._told = found
        try:
            place.make(self._file.parent)
            write_private(self._file, (json.dumps(found, indent=1) + "\n").encode())
        except OSError:
            return  # it is told once more after a restart

    def _found_users(self) -> Iterator[tuple[str, str]]:
        for user in self._users.all():
            stamp = hashlib.sha256(user.hash.encode()).hexdigest()[:16]
            yield user.name, f"{user.role.name.lower()}{' locked' if user.locked else ''}, password {stamp}"

    def _found_certificates(self) -> dict[str, str]:
        return dict.fromkeys(self._trust.trusted(), "trusted")

    def _remembered(self) -> Access:
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
            return {kind: {str(name): str(said) for name, said in told[kind].items()} for kind in _KINDS}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {kind: {} for kind in _KINDS}


_KINDS: Final = ("user", "certificate")


def _changes(before: Access, after: Access) -> Iterator[str]:
    for kind in _KINDS:
        was, is_ = before[kind], after[kind]
        for name in sorted(was.keys() | is_.keys()):
            if was.get(name) == is_.get(name):
                continue
            if name not in was:
                yield f"{kind} {name} is new: {is_[name]}"
            elif name not in is_:
                yield f"{kind} {name} is gone, was: {was[name]}"
            else:
                yield f"{kind} {name}: {was[name]}, now {is_[name]}"
