"""The users of the interface: names, roles and hashes in one file."""

import json
import stat
import threading
from pathlib import Path

import pytest
from argon2.exceptions import HashingError, VerificationError

from otha.core.errors import EngineerError, HostError
from otha.interface import place
from otha.interface.users import Users
from otha.runtime.state_dir import StateDir
from otha.wire.access import AccessRole

PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    found = Users(tmp_path / "interface")
    found.add("ada", AccessRole.OPERATOR, PASSWORD)
    return found


def test_the_right_password_gives_the_role_and_any_other_nothing(users: Users) -> None:
    assert users.verify("ada", PASSWORD) is AccessRole.OPERATOR
    assert users.verify("ada", PASSWORD + " ") is None
    assert users.verify("ada", "") is None
    assert users.verify("eve", PASSWORD) is None
    assert users.verify("Ada", PASSWORD) is None


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_a_password_that_can_not_be_checked_is_no_wrong_one(
    users: Users, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hasher:
        def hash(self, password: str) -> str:
            raise HashingError("Memory allocation error")

        def verify(self, found: str, password: str) -> None:
            raise VerificationError("Memory allocation error")

    monkeypatch.setattr("otha.interface.users._HASHER", Hasher())
    with pytest.raises(HostError, match="no password can be checked: Memory"):
        users.verify(name, PASSWORD)


def test_no_password_stands_in_the_file_and_only_othas_user_reads_it(users: Users) -> None:
    text = users.path.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert json.loads(text)["users"]["ada"]["hash"].startswith("$argon2id$")
    assert users.path.stat().st_mode & 0o777 == 0o600


def test_changes_are_seen_by_who_has_read_before(users: Users) -> None:
    other = Users(users.path.parent)
    assert other.role("ada") is AccessRole.OPERATOR
    users.set_role("ada", AccessRole.ENGINEER)
    assert other.role("ada") is AccessRole.ENGINEER
    users.set_password("ada", "another one entirely")
    assert other.verify("ada", PASSWORD) is None
    assert other.verify("ada", "another one entirely") is AccessRole.ENGINEER
    users.remove("ada")
    assert other.role("ada") is None
    assert other.all() == ()


@pytest.mark.parametrize("name", ["", " ada", "a/b", "..", "ada\n", "ä", "x" * 65])
def test_a_name_that_can_not_be_one_is_refused(users: Users, name: str) -> None:
    with pytest.raises(EngineerError):
        users.add(name, AccessRole.VIEWER, PASSWORD)
    assert [user.name for user in users.all()] == ["ada"]


@pytest.mark.parametrize("password", ["", "too short", "x" * 257, "my name is BOB ok"])
def test_a_bad_password_is_refused(users: Users, password: str) -> None:
    with pytest.raises(EngineerError):
        users.add("bob", AccessRole.VIEWER, password)
    assert [user.name for user in users.all()] == ["ada"]


def test_a_second_user_of_a_name_and_an_unknown_one_are_refused(users: Users) -> None:
    with pytest.raises(EngineerError, match="there is a user ada already"):
        users.add("ada", AccessRole.ADMIN, PASSWORD)
    with pytest.raises(EngineerError, match="no user 'eve'"):
        users.remove("eve")
    assert users.role("ada") is AccessRole.OPERATOR


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": 2, "users": {}}', '{"format": 1, "users": {"ada": {"role": "king"}}}', "[1]"]
)
def test_a_damaged_file_lets_nobody_in_and_names_itself(users: Users, text: str) -> None:
    users.path.write_text(text, encoding="utf-8")
    with pytest.raises(EngineerError, match=r"users\.json is damaged"):
        users.verify("ada", PASSWORD)
    with pytest.raises(EngineerError):
        users.add("bob", AccessRole.ADMIN, PASSWORD)
    assert users.path.read_text(encoding="utf-8") == text


def test_users_added_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    names = [f"user{number}" for number in range(6)]
    threads = [threading.Thread(target=Users(tmp_path).add, args=(name, AccessRole.VIEWER, PASSWORD)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [user.name for user in Users(tmp_path).all()] == names


def test_a_state_directory_that_the_first_user_makes_is_one_that_the_supervisor_takes(tmp_path: Path) -> None:
    state = tmp_path / "sites" / "state"
    Users(place.folder(state)).add("olga", AccessRole.OPERATOR, "a-long-pass-phrase")
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    StateDir(state).close()
