"""The server of the sessions: how many there are, and what they hold together.

What one client takes leaves room for the others: sessions and monitored items are bounded for each certificate and for
each user as well as for all. Nobody who has logged in is put out for another one's sake.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.crypto.permission_rules import User
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.ua.status_codes import StatusCodes

from otha.interface import standard
from otha.interface.door import Door
from otha.interface.refusal import refused
from otha.interface.session import SUBSCRIPTIONS_MAX, UNACKED_MAX, Session

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_ITEMS_MAX: Final = 20_000
_ITEMS_OF_ALL: Final = 60_000
_ITEMS_OF_CLIENT: Final = _ITEMS_OF_ALL // 2


class SessionServer(InternalServer):
    """asyncua's server, with the sessions above and their limits: nobody takes the place of all others."""

    def __init__(self, door: Door, *, sessions: int, standard_file: Path) -> None:
        super().__init__()
        self.door = door
        self._sessions_max = sessions
        self._standard_file = standard_file
        self._of_one_client = max(sessions // 4, min(2, sessions - 1), 1)
        self._of_one_user = max(sessions // 2, min(2, sessions - 1), 1)
        self.read_history: Callable[[Any], Awaitable[list[Any]]] | None = None
        self.supported_tokens = (ua.UserNameIdentityToken,)  # type: ignore[assignment]  # a tuple of any length
        self.max_session_timeout_ms = 120_000
        self.max_pending_activation_seconds = 15.0
        self.max_pending_messages_per_connection = 500
        self.max_subscriptions = sessions * SUBSCRIPTIONS_MAX
        self.max_unacked_messages_per_subscription = UNACKED_MAX
        self.max_monitored_item_queue_size = 1_000
        self.allow_remote_admin = False

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        await asyncio.to_thread(standard.load, self.aspace, self.node_mgt_service, self._standard_file)

    def count(self) -> int:
        """How many sessions there are, those that no user has activated yet included."""
        return len(self._external_sessions)

    def create_session(self, name: str, user: User | None = None, external: bool = False) -> InternalSession:
        if len(self._external_sessions) >= self._sessions_max:
            raise refused(StatusCodes.BadTooManySessions)
        return Session(self, self, str(name), self.door)

    async def seat_client(self, owner: bytes | str) -> None:
        """A place for one more session of the client with this certificate (without one: at this address).

        A session of its own that it has lost the connection of gives way. Raises ServiceError when there is none.
        """
        await self._seat(lambda: [each for each in self._sessions() if each.owner == owner], self._of_one_client)

    async def seat_user(self, session: Session, user: str) -> None:
        """A place for this user in `session`; as `seat_client`."""
        others = lambda: [each for each in self._sessions() if each is not session and each.user_name == user]  # noqa: E731
        await self._seat(others, self._of_one_user)

    async def _seat(self, held: Callable[[], list[Session]], most: int) -> None:
        while len(found := held()) >= most:
            lost = [each for each in found if each.is_lost]
            if not lost:
                raise refused(StatusCodes.BadTooManySessions)
            await min(lost, key=lambda each: each.last_heard).close_session()

    def check_items(self, session: Session, more: int) -> None:
        """Whether `session` may monitor so many items more. Raises ServiceError."""
        held = {each: each.items for each in self._sessions()}
        of_client = sum(items for each, items in held.items() if each.owner == session.owner)
        bounds = ((session.items, _ITEMS_MAX), (of_client, _ITEMS_OF_CLIENT), (sum(held.values()), _ITEMS_OF_ALL))
        if any(items + more > most for items, most in bounds):
            raise refused(StatusCodes.BadTooManyMonitoredItems)

    def _sessions(self) -> list[Session]:
        return [each for each in self._external_sessions.values() if isinstance(each, Session)]

    def register_server(self, server: Any, conf: Any = None) -> None:
        """This is no discovery server."""
        raise refused(StatusCodes.BadServiceUnsupported)
