"""Whom the command line asks: the supervisor of this machine, or with `--remote` an interface anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from otha.core.errors import EngineerError
from otha.wire.errors import UNANSWERED, NoSupervisorError, RefusedError

if TYPE_CHECKING:
    from otha.journal.backup import Backup
    from otha.journal.entry import JournalRow
    from otha.journal.reader import Query
    from otha.remote import Remote, RemoteClient
    from otha.wire.client import WireClient

OPTIONS = ("--remote", "--user", "--password-file", "--trust")
COMMANDS = ("status", "why", "alarms", "log", "order")

_REMOTE: ContextVar["Remote | None"] = ContextVar("otha_remote", default=None)


def choose(ctx: typer.Context, url: str, user: str, password_file: str, trust: str) -> None:
    """Ask the interface at `url` for the rest of this command. Raises EngineerError."""
    if ctx.invoked_subcommand not in COMMANDS:
        can = ", ".join(COMMANDS)
        raise EngineerError(f"{ctx.invoked_subcommand} can't be asked of a remote interface", mend=f"{can} can")
    if not user:
        raise EngineerError("as which user?", mend="give --user NAME; `otha user list` on its machine shows them")
    from otha import remote
    from otha.access_cli import password
    from otha.journal.cli import ROWS

    at = remote.Remote(
        url=remote.checked_url(url),
        user=user,
        password=lambda: password(password_file, confirm=False),
        trust=trust,
        confirm=remote.ask_person,
        folder=remote.folder(),
    )

    def rows(wanted: "Query", limit: int) -> "list[JournalRow]":
        with remote.RemoteClient(at) as client:
            return client.rows(wanted, limit)

    ctx.with_resource(remote.bounded_memory())
    _REMOTE.set(at)
    ctx.meta[ROWS] = rows
    ctx.call_on_close(lambda: _REMOTE.set(None))


def elsewhere() -> "RemoteClient | None":
    """The remote interface that was named; None: this machine is meant."""
    at = _REMOTE.get()
    if at is None:
        return None
    from otha.remote import RemoteClient  # it brings asyncua, which nobody waits for at home

    return RemoteClient(at)


def socket_of(state: Path | None, site: Path | None) -> Path:
    """The socket of the supervisor that is meant. Raises EngineerError."""
    from otha.wire.place import SOCKET_NAME

    if state is not None:
        folder = state
    elif site is not None:
        from otha.site.load import load_site

        folder = load_site(site).state_dir
    else:
        raise EngineerError("which supervisor?", mend="give --state DIR (or set OTHA_STATE), or --site SITE.toml")
    try:
        folder.stat()
    except FileNotFoundError:
        mend = "give the --state that `otha run` was given, or start it"
        raise EngineerError(f"there is no state directory {folder}", mend=mend) from None
    except OSError:
        pass  # who connects is told what is wrong
    return folder / SOCKET_NAME


def asking(state: Path | None, site: Path | None) -> "WireClient | RemoteClient":
    """Who answers. Raises OthaError."""
    remote = elsewhere()
    if remote is not None:
        if site is not None:
            raise EngineerError("--site is of this machine", mend="leave it out, or --remote")
        return remote
    from otha.wire.client import WireClient

    return WireClient(socket_of(state, site))


def tell_of_backup(state: Path, to: Path, made: "Backup") -> int:
    """Tell the supervisor of the journal at `state` of a copy; the row that tells it. Raises OthaError."""
    from otha.journal.segment import locate
    from otha.wire.client import WireClient
    from otha.wire.message import BackupMade, Copied
    from otha.wire.place import SOCKET_NAME

    told = BackupMade(
        path=str(to.absolute()),
        last_row=made.found.last_seq,
        last_hash=made.last_hash.hex(),
        segments=tuple(
            Copied(file=each.file, last_row=each.last_row, last_hash=each.last_hash) for each in made.closed
        ),
    )
    with WireClient(locate(state)[0].absolute().parent.parent / SOCKET_NAME) as client:
        return client.backed_up(told)


@contextmanager
def repeatable(order_id: str) -> Iterator[None]:
    """Who is left without an answer to this order is told how to repeat it. Raises NoSupervisorError and RefusedError
    in the place of those that leave open what became of it."""
    mend = f"repeat it with --id {order_id}: it is carried out once"
    try:
        yield
    except NoSupervisorError as error:
        raise NoSupervisorError(f"{error.what}; the order may have been taken", mend=mend) from error
    except RefusedError as error:
        if not error.what.startswith(UNANSWERED):
            raise
        raise RefusedError(UNANSWERED, mend=mend) from error


def remote_first(arguments: list[str]) -> list[str]:
    """The options of a remote interface before the command, wherever they stand after it. `--user` after `log` is the
    command's own."""
    if not any(each == "--remote" or each.startswith("--remote=") for each in arguments):
        return arguments
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for each in waiting:
        name, equals, _ = each.partition("=")
        if name not in OPTIONS or (name == "--user" and rest[:1] == ["log"]):
            rest.append(each)
        else:
            first += [each] if equals else [each, *([said] if (said := next(waiting, None)) is not None else [])]
    return first + rest
