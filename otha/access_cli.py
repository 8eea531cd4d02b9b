"""`otha user ...` and `otha cert ...`: who may log in at the interface, and whose certificates it lets in.

Both change files in the state directory and need no running supervisor; a running one sees the change at once.
Exit codes as of `otha`: 0 done, 1 the machine refused, 2 bad input.
"""

import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from otha.console import JsonOption, SiteOption, StateOption, print_json, told
from otha.core.errors import EngineerError

users_app = typer.Typer(help="Users of OTHA's OPC UA interface.", no_args_is_help=True)
certificates_app = typer.Typer(
    help="Certificates that OTHA's OPC UA interface trusts, and its own.", no_args_is_help=True
)

NameArgument = Annotated[str, typer.Argument(help="the user's name")]
PasswordFileOption = Annotated[
    str, typer.Option("--password-file", help="a file whose first line is the password; - is stdin")
]
ThumbprintArgument = Annotated[str, typer.Argument(help="the beginning of a thumbprint")]


class RoleName(str, Enum):  # noqa: UP042 - StrEnum changes how typer prints the choices
    """The roles, as in `otha.wire.access.AccessRole`."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    COMMISSIONING = "commissioning"
    ADMIN = "admin"


def _folder(state: Path | None, site: Path | None) -> Path:
    """The interface's folder of a state directory. One that a first start has not made yet may be prepared."""
    from otha.interface import place
    from otha.site.load import load_site

    if state is not None:
        return place.folder(state)
    if site is not None:
        return place.folder(load_site(site).state_dir)
    raise EngineerError("which supervisor?", mend="give --state DIR (or set OTHA_STATE), or --site SITE.toml")


def password(file: str, *, confirm: bool = True) -> str:
    """The password in this file ("-": on stdin), or as a person types it. Raises EngineerError."""
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise EngineerError(f"{file} can't be read", mend="give a file whose first line is the password") from error
    if not sys.stdin.isatty():
        raise EngineerError("there is nobody to ask for the password", mend="give --password-file FILE, or - for stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True))


@users_app.command("add")
def add_user(
    name: NameArgument,
    role: Annotated[RoleName, typer.Option("--role", help="what the user may do")],
    password_file: PasswordFileOption = "",
    state: StateOption = None,
    site: SiteOption = None,
) -> None:
    """A new user, whose password is asked for."""
    from otha.interface.users import Users
    from otha.wire.access import AccessRole

    with told():
        users = Users(_folder(state, site))
        users.add(name, AccessRole[role.name], password(password_file))
        sys.stdout.write(f"user {name} is {role.value}\n")


@users_app.command("password")
def set_password(
    name: NameArgument, password_file: PasswordFileOption = "", state: StateOption = None, site: SiteOption = None
) -> None:
    """Another password for a user."""
    from otha.interface.users import Users

    with told():
        Users(_folder(state, site)).set_password(name, password(password_file))
        sys.stdout.write(f"user {name} has a new password\n")


@users_app.command("role")
def set_role(
    name: NameArgument,
    role: Annotated[RoleName, typer.Argument(help="what the user may do from now on")],
    state: StateOption = None,
    site: SiteOption = None,
) -> None:
    """Another role for a user."""
    from otha.interface.users import Users
    from otha.wire.access import AccessRole

    with told():
        Users(_folder(state, site)).set_role(name, AccessRole[role.name])
        sys.stdout.write(f"user {name} is {role.value}\n")


@users_app.command("lock")
def lock_user(name: NameArgument, state: StateOption = None, site: SiteOption = None) -> None:
    """Keep a user out until unlocked; sessions end."""
    _set_locked(name, state, site, locked=True)


@users_app.command("unlock")
def unlock_user(name: NameArgument, state: StateOption = None, site: SiteOption = None) -> None:
    """Let a locked user come in again."""
    _set_locked(name, state, site, locked=False)


def _set_locked(name: str, state: Path | None, site: Path | None, *, locked: bool) -> None:
    from otha.interface.users import Users

    with told():
        Users(_folder(state, site)).set_locked(name, locked=locked)
        sys.stdout.write(f"user {name} is {'locked' if locked else 'unlocked'}\n")


@users_app.command("remove")
def remove_user(name: NameArgument, state: StateOption = None, site: SiteOption = None) -> None:
    """The user may not log in any more; sessions end."""
    from otha.interface.users import Users

    with told():
        Users(_folder(state, site)).remove(name)
        sys.stdout.write(f"user {name} is removed\n")


@users_app.command("list")
def list_users(state: StateOption = None, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Every user with role, the time of the last change, and whether locked."""
    from otha.interface.users import Users

    with told():
        found = Users(_folder(state, site)).all()
    if as_json:
        print_json(
            [
                {"name": each.name, "role": each.role.name.lower(), "changed": each.changed, "locked": each.locked}
                for each in found
            ]
        )
        return
    table = Table("user", "role", "changed", "")
    for each in found:
        table.add_row(each.name, each.role.name.lower(), each.changed, "locked" if each.locked else "")
    Console().print(table if found else "no users yet: otha user add NAME --role ROLE")


@certificates_app.command("list")
def list_certificates(state: StateOption = None, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """OTHA's own certificate, the trusted ones, and the rejected ones that wait for somebody to look at them."""
    from otha.certificates import CERTIFICATE_NAME, Certificate, read_certificate
    from otha.interface.trust import TrustList

    with told():
        folder = _folder(state, site)
        found: list[tuple[str, Certificate]] = []
        own = folder / "own" / CERTIFICATE_NAME
        if own.exists():
            found.append(("own", read_certificate(own.read_bytes())))
        found += [(each.trust.value, each.certificate) for each in TrustList(folder).all()]
    now = datetime.now(UTC)
    if as_json:
        print_json(
            [
                {
                    "trust": trust,
                    "thumbprint": each.thumbprint,
                    "fingerprint": each.fingerprint,
                    "subject": each.subject,
                    "application_uri": each.application_uri,
                    "not_after": each.not_after.isoformat(),
                    "days_left": each.days_left(now),
                }
                for trust, each in found
            ]
        )
        return
    table = Table("", "thumbprint", "subject", "application", "days left")
    for trust, each in found:
        left = str(each.days_left(now)) if each.not_after > now else "EXPIRED"
        table.add_row(trust, each.thumbprint[:16], each.subject, each.application_uri, left)
    Console().print(table if found else "no certificates yet: the interface makes its own when it first starts")


@certificates_app.command("trust")
def trust(
    what: Annotated[str, typer.Argument(help="a certificate file, or the beginning of a rejected one's thumbprint")],
    state: StateOption = None,
    site: SiteOption = None,
) -> None:
    """Let a certificate in."""
    from otha.interface.trust import TrustList

    with told():
        listed = TrustList(_folder(state, site))
        file = Path(what)
        try:
            data = file.read_bytes() if file.is_file() else None
        except OSError as error:
            raise EngineerError(f"{file} can't be read: {error.strerror}", mend="give a DER or PEM file") from error
        found = listed.trust_rejected(what) if data is None else listed.trust(data)
        sys.stdout.write(f"trusted: {found.subject}\n  SHA-256 {found.fingerprint}\n")


@certificates_app.command("reject")
def reject(thumbprint: ThumbprintArgument, state: StateOption = None, site: SiteOption = None) -> None:
    """Don't let a trusted certificate in any more."""
    from otha.interface.trust import TrustList

    with told():
        found = TrustList(_folder(state, site)).reject(thumbprint)
        sys.stdout.write(f"not trusted any more: {found.subject}\n")


@certificates_app.command("remove")
def remove_certificate(
    fingerprint: Annotated[str, typer.Argument(help="the beginning of a fingerprint (SHA-256) or of a thumbprint")],
    state: StateOption = None,
    site: SiteOption = None,
) -> None:
    """Take a certificate off the list, trusted or rejected."""
    from otha.interface.trust import TrustList

    with told():
        found = TrustList(_folder(state, site)).forget(fingerprint)
        sys.stdout.write(f"taken off the list ({found.trust.value}): {found.certificate.subject}\n")


@certificates_app.command("renew")
def renew(
    site_name: Annotated[str, typer.Option("--name", help="the site's name, as the certificate shall say it")] = "",
    state: StateOption = None,
    site: SiteOption = None,
) -> None:
    """A new key and certificate for the interface, in use from its next start; clients must trust it anew."""
    from otha.certificates import Purpose, read_certificate, renew_identity
    from otha.site.load import load_site

    with told():
        name = load_site(site).name if site is not None else site_name
        if not name:
            raise EngineerError("a certificate of which site?", mend="give --site SITE.toml, or --name with --state")
        made = renew_identity(_folder(state, site) / "own", name, Purpose.SERVER)
        found = read_certificate(made.certificate.read_bytes())
        sys.stdout.write(f"{made.certificate}\n  SHA-256 {found.fingerprint}\n")
