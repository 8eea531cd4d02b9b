"""A client of OTHA's OPC UA interface, for the command line: the calls of `otha.wire.client`, from anywhere.

The client has a certificate of its own, made at the first use. The server's is pinned: it is taken only after a person,
or `--trust`, has named its SHA-256 fingerprint, and never silently another one.
"""

import asyncio
import json
import logging
import os
import resource
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse

from asyncua import Client
from asyncua import ua as asyncua_ua
from asyncua.crypto.security_policies import SecurityPolicyAes256Sha256RsaPss
from asyncua.ua.uaerrors import UaError

from otha import names
from otha.certificates import Certificate, OwnIdentity, own_identity, read_certificate, write_private
from otha.core.errors import EngineerError, HostError
from otha.core.inputs import Order
from otha.core.reasons import Block
from otha.core.words import TransferKind
from otha.journal.entry import JournalRow
from otha.journal.reader import Query
from otha.names import Kind, Variable
from otha.wire.errors import NoSupervisorError, RefusedError
from otha.wire.message import Json, Obstacle, OrderReply, Preview

ua: Any = asyncua_ua  # Any: its annotations ask for aliases of int, str and datetime where it takes these.

MEMORY_MORE = 1 << 29
_TIMEOUT_S = 15.0
_LAST_TURNS_S = 0.05
_SESSION_MS = 60_000
_PAGE = 500
_NS_PER_MS, _NS_PER_S = 1_000_000, 1_000_000_000
_TYPES = {
    Kind.BOOLEAN: ua.VariantType.Boolean,
    Kind.INT32: ua.VariantType.Int32,
    Kind.INT64: ua.VariantType.Int64,
    Kind.TEXT: ua.VariantType.String,
}
_METHODS = {each.order: each for each in names.METHODS}
_SERVICES = {each.name: each for each in names.SERVICES}
_BLOCKS = {block.code: block for block in Block}
_T = TypeVar("_T")

Confirm = Callable[[Certificate, str], bool]
"""Asks a person whether the server of this certificate, at this URL, is the right one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where to ask, and as whom. `password` is asked for when it is needed. `trust`: the server's fingerprint as a
    person has given it, "" for none."""

    url: str
    user: str
    password: Callable[[], str]
    trust: str
    confirm: Confirm
    folder: Path


def folder() -> Path:
    """Where the client keeps its certificate and those that it has pinned."""
    given = os.environ.get("XDG_CONFIG_HOME")
    return (Path(given) if given else Path.home() / ".config") / "otha" / "remote"


def checked_url(url: str) -> str:
    """The URL of an interface. Raises EngineerError for anything else."""
    try:
        at = urlparse(url)
        good = at.scheme == "opc.tcp" and at.hostname and at.port and not at.username
    except ValueError:
        good = False
    if not good:
        raise EngineerError(f"{url!r} is no address of an interface", mend="write opc.tcp://host:4840")
    return url


def ask_person(found: Certificate, url: str) -> bool:
    """Show the fingerprint and ask. Raises EngineerError when nobody is there."""
    told = f"{url} is not known yet.\n  {found.subject}\n  SHA-256 {found.fingerprint}\n"
    if not sys.stdin.isatty():
        raise EngineerError(
            f"{url} is not known yet: {found.subject}, SHA-256 {found.fingerprint}",
            mend="compare the fingerprint with the one in its supervisor's log, then give --trust FINGERPRINT",
        )
    sys.stderr.write(f"{told}Compare it with the one in its supervisor's log. Is it the same? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def bounded_memory(more: int = MEMORY_MORE) -> Iterator[None]:
    """Let this process have so many bytes more than it has now: a server that nobody knows yet can send a few bytes
    that asyncua decodes into gigabytes."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # no Linux
        yield
        return
    wanted = pages * resource.getpagesize() + more
    soft, hard = before
    resource.setrlimit(resource.RLIMIT_AS, (wanted if soft == resource.RLIM_INFINITY else min(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class RemoteClient:
    """A session at `remote`. Use it in a `with` block.

    Opening may raise EngineerError (another server, wrong user or password), NoSupervisorError (nobody answers) and
    RefusedError (it does not trust this client's certificate); calls may raise the last two.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._runner = asyncio.Runner()
        self._client: Client | None = None
        self._index = 0
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)

    def __enter__(self) -> "RemoteClient":
        try:
            # What a person is asked takes its time; it stands outside every bound.
            pinned = self._pinned(self._run(self._shown()))
            self._run(self._open(pinned, self._remote.password()))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        try:
            if client is not None:
                self._runner.run(_quietly(client.disconnect()))
            # A transport that was closed lets its socket go in a later turn of the loop.
            self._runner.run(asyncio.sleep(_LAST_TURNS_S))
        finally:
            self._runner.close()

    def status(self) -> Json:
        """The newest snapshot."""
        (text, _) = self._ask("Status")
        return _object(text)

    def why(self, group: str, node: str | None = None) -> Json:
        """What stands against a switchover of `group`."""
        (text,) = self._ask("Why", names.group_id(group), Node=node or "")
        return _object(text)

    def order(self, order: Order) -> OrderReply:
        """Give an order; the server takes the user from the session, not from `order`."""
        method = _METHODS[order.kind.value]
        owner = names.group_id(order.group)
        if method.name in names.SITE_ORDERS and order.group == self.status()["supervisor"]:
            owner = names.SITE
        said = self._call(owner, "GroupType", method.name, method.inputs, order_inputs(order))
        accepted, durable, texts, codes, preview = said
        if not accepted and not durable and len(codes) == 1 and codes[0] not in _BLOCKS:
            raise RefusedError(texts[0])
        return OrderReply(
            id=order.id,
            accepted=accepted,
            durable=durable,
            obstacles=tuple(_obstacle(text, code) for text, code in zip(texts, codes, strict=True)),
            preview=_preview(preview),
        )

    def kpi(self, from_ns: int | None, to_ns: int | None) -> Json:
        """The measures of the alarms."""
        (text,) = self._ask("AlarmKpi", FromMs=_ms(from_ns), ToMs=_ms(to_ns))
        return _object(text)

    def rows(self, wanted: Query, limit: int) -> list[JournalRow]:
        """The first rows that match, page by page."""
        if wanted.node:
            raise EngineerError("--node can't be asked of a remote interface", mend="leave it out")
        found: list[JournalRow] = []
        after = wanted.after_seq
        while len(found) < limit:
            events, after, _ = self._ask(
                names.QUERY,
                FromMs=_ms(wanted.from_ns),
                ToMs=_ms(wanted.to_ns),
                Group=wanted.group,
                Kind=wanted.kind,
                Text=wanted.text,
                AfterSeq=after,
                Limit=min(limit - len(found), _PAGE),
                User=wanted.user,
                NewestFirst=False,
            )
            found += [_row(each) for each in events or ()]
            if not after:
                break
        return found

    def _ask(self, name: str, owner: str = names.SITE, **given: Any) -> list[Any]:  # Any: arguments and answers
        service = _SERVICES[name]
        return self._call(owner, "GroupType" if service.of_group else "SiteType", name, service.inputs, given)

    def _call(
        self, owner: str, kind: str, name: str, inputs: tuple[Variable, ...], given: dict[str, Any]
    ) -> list[Any]:  # Any: arguments and answers
        values = [ua.Variant(given[each.name], _TYPES[each.kind]) for each in inputs]
        request = ua.CallMethodRequest(
            ObjectId=ua.NodeId(owner, self._index),
            MethodId=ua.NodeId(names.variable_id(kind, name), self._index),
            InputArguments=values,
        )

        async def call() -> Any:  # Any: a CallMethodResult
            assert self._client is not None
            (result,) = await self._client.uaclient.call([request])
            return result

        result = self._run(call())
        if result.StatusCode.is_good():
            return [each.Value for each in result.OutputArguments]
        raise _said(result.StatusCode.name, name, owner)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        async def bounded() -> _T:
            async with asyncio.timeout(_TIMEOUT_S):
                return await work

        url = self._remote.url
        try:
            return self._runner.run(bounded())
        except TimeoutError as error:
            raise NoSupervisorError(f"{url} does not answer in time", mend="see its supervisor's log") from error
        except MemoryError as error:
            raise RefusedError(f"{url} sends what fills the memory", mend="it is no interface of OTHA's") from error
        except UaError as error:
            raise self._refusal(error) from error
        except (OSError, EOFError) as error:
            raise NoSupervisorError(
                f"nobody answers at {url}: {error}", mend="see [interface] in the site file, and its supervisor's log"
            ) from error

    def _refusal(self, error: UaError) -> EngineerError | RefusedError:
        name = type(error).__name__
        if name in ("BadUserAccessDenied", "BadIdentityTokenRejected"):
            return EngineerError(
                f"{self._remote.url} does not let user {self._remote.user} in",
                mend="mind name and password; an admin may have locked the user, and after many attempts it waits",
            )
        if name in ("BadCertificateUntrusted", "BadSecurityChecksFailed"):
            own = read_certificate(self._own().certificate.read_bytes())
            return RefusedError(
                f"{self._remote.url} does not trust this client's certificate yet: SHA-256 {own.fingerprint}",
                mend=f"on its machine: otha cert trust {own.thumbprint[:16]}",
            )
        return RefusedError(f"{self._remote.url} refuses: {error}")

    def _own(self) -> OwnIdentity:
        return own_identity(self._remote.folder / "own", "command line")

    async def _open(self, pinned: Path, password: str) -> None:
        own = self._own()
        client = Client(self._remote.url, timeout=_TIMEOUT_S)
        client.session_timeout = _SESSION_MS
        client.name = "otha command line"
        client.application_uri = own.application_uri
        await client.set_security(
            SecurityPolicyAes256Sha256RsaPss,
            own.certificate,
            own.key,
            server_certificate=str(pinned),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
        client.set_user(self._remote.user)
        client.set_password(password)
        await client.connect()
        self._client = client
        self._index = await client.get_namespace_index(names.NAMESPACE)

    def _pinned(self, shown: bytes) -> Path:
        """The file of the server's certificate, once it is known to be the right one."""
        at = urlparse(self._remote.url)
        file = self._remote.folder / "servers" / f"{at.hostname}_{at.port}.der"
        found = read_certificate(shown)
        known = file.read_bytes() if file.exists() else None
        if self._remote.trust:
            if _plain(self._remote.trust) != found.fingerprint:
                raise EngineerError(
                    f"{self._remote.url} shows another certificate than --trust says: SHA-256 {found.fingerprint}",
                    mend="somebody may stand between; compare it with the one in its supervisor's log",
                )
        elif known is not None and known != shown:
            raise EngineerError(
                f"{self._remote.url} shows another certificate than before: SHA-256 {found.fingerprint}",
                mend="somebody may stand between; if it was renewed, compare it and give --trust FINGERPRINT",
            )
        elif known is None and not self._remote.confirm(found, self._remote.url):
            raise EngineerError(f"{self._remote.url} is not trusted", mend="nothing was sent there")
        if known != shown:
            try:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_private(file, shown)
            except OSError as error:
                raise HostError(f"{file} can't be written: {error.strerror}", mend="check its folder") from error
        return file

    async def _shown(self) -> bytes:
        """The certificate that the server shows to anybody."""
        client = Client(self._remote.url, timeout=_TIMEOUT_S)
        endpoints = await client.connect_and_get_server_endpoints()
        found = {bytes(each.ServerCertificate) for each in endpoints if each.ServerCertificate}
        if len(found) != 1:
            raise RefusedError(f"{self._remote.url} shows {len(found) or 'no'} certificates")
        return found.pop()


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Hang up on who may be gone already."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await work
    except (UaError, OSError, TimeoutError):
        return


def _said(code: str, name: str, owner: str) -> EngineerError | RefusedError:
    match code:
        case "BadUserAccessDenied":
            return RefusedError(f"this user's role does not allow {name}", mend="ask a user with another role")
        case "BadNodeIdUnknown" | "BadNodeIdInvalid" | "BadNoData" | "BadMethodInvalid":
            return RefusedError(f"{owner} is not there, or {name} has no answer", mend="`otha status` lists the groups")
        case "BadInvalidArgument":
            return EngineerError(f"{name}: an argument is none", mend="see --help")
        case _:
            return RefusedError(f"{name}: {code}", mend="see its supervisor's log")


def order_inputs(order: Order) -> dict[str, Any]:  # Any: arguments of a method
    """The inputs of all the methods of orders, by name; each method takes its own."""
    return {
        "OrderId": order.id,
        "Node": order.node or "",
        "Comment": order.comment,
        "Alarm": order.item or "",
        "Condition": order.item or "",
        "Occurrence": order.occurrence or 0,
        "Request": order.request or 0,
        "ForSeconds": (order.for_ns or 0) // _NS_PER_S,
        "Transfer": "" if order.transfer is None else order.transfer.value,
        "Arming": "" if order.arming is None else order.arming.value,
    }


def _ms(ns: int | None) -> int:
    """Whole milliseconds, never before the moment; 0: open."""
    return -(-(ns or 0) // _NS_PER_MS)


def _object(text: str) -> Json:
    found: Json = json.loads(text)
    return found


def _obstacle(text: str, code: str) -> Obstacle:
    """An obstacle from its text, "block: detail (rule)", and its code."""
    rule = _BLOCKS[code].rule if code in _BLOCKS else ""
    rest = text.removeprefix(code.replace("_", " ")).removesuffix(f" ({rule})" if rule else "")
    return Obstacle(block=code, rule=rule, detail=rest.removeprefix(": "))


def _preview(text: str) -> Preview | None:
    if not text:
        return None
    said = _object(text)
    return Preview(
        transfer=TransferKind(said["transfer"]),
        from_node=said["from_node"],
        to_node=said["to_node"],
        needs_confirmation=said["needs_confirmation"],
        passed=tuple(Obstacle(**each) for each in said["passed"]),
        for_ms=said["for_ms"],
    )


def _row(text: str) -> JournalRow:
    said = _object(text)
    body = json.dumps(said.pop("body"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    prev_hash, own_hash = (bytes.fromhex(said.pop(name)) for name in ("prev_hash", "hash"))
    return JournalRow(**said, prev_hash=prev_hash, hash=own_hash, body=body)


def _plain(fingerprint: str) -> str:
    return fingerprint.replace(":", "").replace(" ", "").upper()
