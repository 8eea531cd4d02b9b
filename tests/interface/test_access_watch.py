"""Changes of who may come in are told, whoever makes them and whenever."""

from pathlib import Path

import pytest

from otha.certificates import OwnIdentity
from otha.interface.access_watch import FILE_NAME, AccessWatch
from otha.interface.trust import Trust, TrustList
from otha.interface.users import Users
from otha.wire.access import AccessRole

PASSWORD = "a-long-pass-phrase"


class Watching:
    """A watch over a folder. `told`: what it said."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self._watch = AccessWatch(folder, Users(folder), TrustList(folder), self.told.append)

    def look(self) -> list[str]:
        """What is new since the last look."""
        self.told.clear()
        self._watch.look()
        return self.told


def test_each_change_of_a_user_is_told_once(tmp_path: Path) -> None:
    users, watching = Users(tmp_path), Watching(tmp_path)
    assert watching.look() == []
    users.add("anna", AccessRole.OPERATOR, PASSWORD)
    (said,) = watching.look()
    assert said.startswith("user anna is new: operator, password ")
    assert watching.look() == []
    users.set_role("anna", AccessRole.ENGINEER)
    (said,) = watching.look()
    assert "operator" in said
    assert "now engineer" in said
    users.set_password("anna", "another-pass-phrase")
    (said,) = watching.look()
    assert said.startswith("user anna: engineer, password")
    users.set_locked("anna", locked=True)
    assert "now engineer locked" in watching.look()[0]
    users.remove("anna")
    assert watching.look()[0].startswith("user anna is gone, was: engineer locked")


def test_a_certificate_is_told_by_its_thumbprint(tmp_path: Path, own: OwnIdentity) -> None:
    trust, watching = TrustList(tmp_path), Watching(tmp_path)
    found = trust.trust(own.certificate.read_bytes())
    assert watching.look() == [f"certificate {found.thumbprint} is new: trusted"]
    trust.reject(found.thumbprint)
    assert watching.look() == [f"certificate {found.thumbprint} is gone, was: trusted"]
    trust.remove(Trust.REJECTED, found.thumbprint)
    assert watching.look() == []


def test_what_changed_while_nothing_ran_is_told_at_the_next_start(tmp_path: Path) -> None:
    users = Users(tmp_path)
    users.add("anna", AccessRole.OPERATOR, PASSWORD)
    assert len(Watching(tmp_path).look()) == 1
    assert Watching(tmp_path).look() == []
    users.set_role("anna", AccessRole.ADMIN)
    assert "now admin" in Watching(tmp_path).look()[0]


@pytest.mark.parametrize("memory", ["", "[]", '{"user": 3, "certificate": {}}', "{"])
def test_a_spoilt_memory_tells_all_there_is(tmp_path: Path, memory: str) -> None:
    Users(tmp_path).add("anna", AccessRole.OPERATOR, PASSWORD)
    (tmp_path / FILE_NAME).write_text(memory)
    assert len(Watching(tmp_path).look()) == 1


def test_no_hash_of_a_password_is_remembered(tmp_path: Path) -> None:
    users = Users(tmp_path)
    users.add("anna", AccessRole.OPERATOR, PASSWORD)
    Watching(tmp_path).look()
    memory = tmp_path / FILE_NAME
    assert users.all()[0].hash not in memory.read_text()
    assert memory.stat().st_mode & 0o077 == 0


def test_a_users_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    users, watching = Users(tmp_path), Watching(tmp_path)
    users.add("anna", AccessRole.OPERATOR, PASSWORD)
    watching.look()
    good = users.path.read_text()
    users.path.write_text("{")
    assert watching.look() == []
    users.path.write_text(good)
    assert watching.look() == []
