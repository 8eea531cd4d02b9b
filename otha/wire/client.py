"""The command line's end of the socket: plain blocking calls."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from otha.core.inputs import Order
from otha.wire import codec
from otha.wire.errors import NoSupervisorError, RefusedError, WireError
from otha.wire.message import (
    PROTOCOL,
    BackupMade,
    BackupNoted,
    EventEntry,
    Hello,
    Json,
    Message,
    OrderReply,
    OrderRequest,
    Refusal,
    SiteApplied,
    SiteApply,
    SiteLook,
    SiteLooked,
    StatusReply,
    StatusRequest,
    Subscribe,
    WhyReply,
    WhyRequest,
)
from otha.wire.place import short_address

_READ_SIZE = 64 * 1024
_Reply = TypeVar("_Reply", bound=Message)


class WireClient:
    """A connection to the supervisor that listens on `path`. Use it in a `with` block.

    Every call may raise NoSupervisorError (nobody answers within `timeout_s`), RefusedError (the supervisor's own
    words) and WireError (another version).
    """

    def __init__(self, path: Path, *, sender: str = "otha", timeout_s: float = 5.0) -> None:
        self._decoder = codec.Decoder()
        self._waiting: list[Message] = []
        self._timeout_s = timeout_s
        self._path = path
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(timeout_s)
        try:
            with short_address(path) as address:
                self._sock.connect(address)
            self.hello = self._ask(Hello(protocol=PROTOCOL, sender=sender, site="", user="", role=""), Hello)
        except OSError as error:
            self._sock.close()
            raise self._nobody(error) from error
        except BaseException:
            self._sock.close()
            raise

    def order(self, order: Order) -> OrderReply:
        """Give an order; the supervisor takes the user from the kernel, not from `order`."""
        request = OrderRequest(
            id=order.id,
            order=order.kind,
            group=order.group,
            node=order.node,
            arming=order.arming,
            comment=order.comment,
            item=order.item,
            occurrence=order.occurrence,
            for_ns=order.for_ns,
            transfer=order.transfer,
            request=order.request,
        )
        return self._ask(request, OrderReply)

    def status(self) -> Json:
        """The newest snapshot."""
        return self._ask(StatusRequest(), StatusReply).status

    def why(self, group: str, node: str | None = None) -> Json:
        """What stands against a switchover of `group`."""
        return self._ask(WhyRequest(group=group, node=node), WhyReply).why

    def look(self, path: Path) -> SiteLooked:
        """How the site file at `path` differs from what is supervised."""
        return self._ask(SiteLook(path=str(path.absolute())), SiteLooked)

    def apply(self, order_id: str, path: Path, looked: SiteLooked, comment: str) -> SiteApplied:
        """Have the file that was `looked` at take the place of the supervised site."""
        request = SiteApply(
            id=order_id,
            path=str(path.absolute()),
            from_hash=looked.from_hash,
            to_hash=looked.to_hash,
            text_hash=looked.text_hash,
            comment=comment,
        )
        return self._ask(request, SiteApplied)

    def backed_up(self, made: BackupMade) -> int:
        """Tell of a copy of the journal; the number of the row that tells it."""
        return self._ask(made, BackupNoted).row

    def events(self, *, within_s: float | None = None) -> Iterator[EventEntry]:
        """Events from this call on, until `within_s` seconds have passed (None: without end). The connection is used
        up by it.
        """
        self._send(Subscribe())
        return self._entries(None if within_s is None else time.monotonic() + within_s)

    def _entries(self, until: float | None) -> Iterator[EventEntry]:
        while True:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            self._sock.settimeout(left)
            try:
                message = self._receive()
            except NoSupervisorError as error:
                if isinstance(error.__cause__, TimeoutError):
                    return
                raise
            if isinstance(message, EventEntry):
                yield message

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def __enter__(self) -> "WireClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: Message, kind: type[_Reply]) -> _Reply:
        self._send(request)
        reply = self._receive()
        if isinstance(reply, Refusal):
            raise RefusedError(reply.what, mend=reply.mend)
        if not isinstance(reply, kind):
            raise WireError(f"a {type(reply).__name__} where a {kind.__name__} was due")
        return reply

    def _send(self, message: Message) -> None:
        try:
            self._sock.sendall(codec.encode(message))
        except OSError as error:
            raise self._nobody(error) from error

    def _receive(self) -> Message:
        while not self._waiting:
            try:
                data = self._sock.recv(_READ_SIZE)
            except OSError as error:
                raise self._nobody(error) from error
            if not data:
                raise NoSupervisorError(f"the supervisor at {self._path} hung up", mend="see its log")
            self._waiting = self._decoder.feed(data)
        return self._waiting.pop(0)

    def _nobody(self, error: OSError) -> NoSupervisorError:
        if isinstance(error, PermissionError):
            return NoSupervisorError(
                f"this user may not reach the supervisor at {self._path}",
                mend="ask as the user who runs it (sudo -u USER otha ...), or as root",
            )
        why = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
        return NoSupervisorError(
            f"no supervisor answers at {self._path} ({why})", mend="start it with `otha run`, or give its --state"
        )
