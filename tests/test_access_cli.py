"""`otha user` and `otha cert` as a person types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha import access_cli
from otha.certificates import Purpose, own_identity
from otha.interface.users import Users
from otha.wire.access import AccessRole

RUN = CliRunner()


def user(state: Path, *arguments: str, typed: str = "") -> tuple[int, str]:
    done = RUN.invoke(access_cli.users_app, [*arguments, "--state", str(state)], input=typed)
    return done.exit_code, done.output


def cert(state: Path, *arguments: str) -> tuple[int, str]:
    done = RUN.invoke(access_cli.certificates_app, [*arguments, "--state", str(state)])
    return done.exit_code, done.output


def test_a_user_from_its_addition_to_its_end(tmp_path: Path) -> None:
    assert user(tmp_path, "add", "ada", "--role", "operator", "--password-file", "-", typed="ten or more\n")[0] == 0
    assert Users(tmp_path / "interface").verify("ada", "ten or more") is AccessRole.OPERATOR
    assert user(tmp_path, "role", "ada", "engineer")[0] == 0
    code, said = user(tmp_path, "list", "--json")
    assert (code, [(each["name"], each["role"]) for each in json.loads(said)]) == (0, [("ada", "engineer")])
    secret = tmp_path / "secret"
    secret.write_text("another one\n", encoding="utf-8")
    assert user(tmp_path, "password", "ada", "--password-file", str(secret))[0] == 0
    assert Users(tmp_path / "interface").verify("ada", "another one") is AccessRole.ENGINEER
    assert user(tmp_path, "lock", "ada")[0] == 0
    assert Users(tmp_path / "interface").verify("ada", "another one") is None
    assert [each["locked"] for each in json.loads(user(tmp_path, "list", "--json")[1])] == [True]
    assert "locked" in user(tmp_path, "list")[1]
    assert user(tmp_path, "unlock", "ada")[0] == 0
    assert Users(tmp_path / "interface").verify("ada", "another one") is AccessRole.ENGINEER
    assert user(tmp_path, "remove", "ada")[0] == 0
    assert "no users yet" in user(tmp_path, "list")[1]


@pytest.mark.parametrize(
    ("arguments", "typed", "names"),
    [
        (["add", "ada", "--role", "operator", "--password-file", "-"], "short\n", "10 to 256 characters"),
        (["add", "ada", "--role", "operator"], "", "--password-file"),
        (["add", "ada", "--role", "operator", "--password-file", "/no/such"], "", "/no/such"),
        (["remove", "eve"], "", "no user 'eve'"),
        (["lock", "eve"], "", "no user 'eve'"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(tmp_path: Path, arguments: list[str], typed: str, names: str) -> None:
    code, said = user(tmp_path, *arguments, typed=typed)
    assert (code, names in said) == (2, True), said
    assert Users(tmp_path / "interface").all() == ()


def test_certificates_are_listed_trusted_rejected_and_renewed(tmp_path: Path) -> None:
    client = own_identity(tmp_path / "client", "client").certificate
    own_identity(tmp_path / "interface" / "own", "press_line", Purpose.SERVER)
    code, said = cert(tmp_path, "trust", str(client))
    assert (code, said.startswith("trusted: CN=OTHA client")) == (0, True)
    listed = json.loads(cert(tmp_path, "list", "--json")[1])
    assert [each["trust"] for each in listed] == ["own", "trusted"]
    assert cert(tmp_path, "reject", listed[1]["thumbprint"][:6])[0] == 0
    assert [each["trust"] for each in json.loads(cert(tmp_path, "list", "--json")[1])] == ["own", "rejected"]
    assert cert(tmp_path, "trust", listed[1]["thumbprint"][:6])[0] == 0
    assert cert(tmp_path, "remove", "")[0] == 2
    assert cert(tmp_path, "remove", listed[1]["fingerprint"][:12].lower())[0] == 0
    assert [each["trust"] for each in json.loads(cert(tmp_path, "list", "--json")[1])] == ["own"]
    assert cert(tmp_path, "remove", listed[1]["fingerprint"])[0] == 2
    code, said = cert(tmp_path, "renew", "--name", "press_line")
    assert code == 0
    assert json.loads(cert(tmp_path, "list", "--json")[1])[0]["fingerprint"] in said
    assert cert(tmp_path, "renew")[0] == 2
    assert cert(tmp_path, "trust", "nobody")[0] == 2


def test_without_a_supervisor_named_nothing_is_guessed() -> None:
    done = RUN.invoke(access_cli.users_app, ["list"], env={"OTHA_STATE": ""})
    assert done.exit_code == 2
    assert "--state" in done.output
