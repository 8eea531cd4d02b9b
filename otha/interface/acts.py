"""What the interface does itself in a user's name: users, trusted certificates, faults of a simulated plant.

The supervisor is asked first. It judges the role by the same table, journals who wants what before anything is done,
remembers the order's id, and is told how it ended.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

from otha.core.errors import EngineerError, OthaError
from otha.interface import place
from otha.interface.door import Caller
from otha.interface.faults import Faults
from otha.interface.link import Link
from otha.interface.orders import IDLE, Orders
from otha.interface.session import CALLER
from otha.interface.trust import Trust, TrustList, plain_print
from otha.interface.users import Users
from otha.interface.values import as_text
from otha.wire.access import AccessRole, Deed, may_order
from otha.wire.errors import UNANSWERED
from otha.wire.interface import Permitted

Taken = dict[str, Any]  # Any: arguments of a method
End = tuple[bool, bool, str, str]
_SECRET: Final = "Password"
_ID: Final = "OrderId"
_ID_MAX: Final = 200
_WHAT_MAX: Final = 2_000
_USER_DEEDS: Final = frozenset(
    {
        Deed.USER_ADD,
        Deed.USER_ROLE,
        Deed.USER_PASSWORD,
        Deed.USER_LOCK,
        Deed.USER_UNLOCK,
        Deed.USER_REMOVE,
    }
)


class Acts:
    """Carries out. What is answered are the output arguments `otha.names.DONE`."""

    def __init__(self, link: Link, orders: Orders, state: Path, faults: Faults) -> None:
        self._link = link
        self._orders = orders
        folder = place.folder(state)
        self._users = Users(folder, keep_admin=True)
        self._trust = TrustList(folder)
        self._faults = faults
        self._tasks: set[asyncio.Task[End]] = set()
        self._files = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-acts")

    def close(self) -> None:
        """Nothing more is begun."""
        self._files.shutdown(wait=False, cancel_futures=True)

    async def give(self, caller: Caller, deed: Deed, taken: Taken) -> End | None:
        """What becomes of it; None: the user may not."""
        order_id = taken[_ID]
        what = as_text({name: said for name, said in taken.items() if name not in (_SECRET, _ID)})
        allowed = may_order(caller.role, deed)
        if allowed and self._orders.is_idle():
            self._orders.tell_idle(caller, deed.value)
            return False, False, f"{IDLE}: log in again", "idle_locked"
        if allowed and not 0 < len(order_id) <= _ID_MAX:
            return False, False, "an order without an id, or with one that is too long", "bad_id"
        if allowed and len(what) > _WHAT_MAX:
            return False, False, "that is too long", "too_long"
        permitted = await self._link.act(caller, deed, order_id, what[:_WHAT_MAX])
        if not allowed:
            return None
        session = CALLER.get()
        session.ordered_at = time.monotonic()
        if permitted is None:
            return False, False, UNANSWERED, "no_answer"
        if not permitted.go:
            return permitted.accepted, permitted.durable, permitted.what, permitted.code
        own = session.certificate
        # A client that hangs up ends nothing that has begun.
        task = asyncio.get_running_loop().create_task(self._carry_out(deed, taken, permitted, own))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _carry_out(self, deed: Deed, taken: Taken, permitted: Permitted, own: bytes | None) -> End:
        try:
            accepted, what, code = True, await self._work(deed, taken, own)(), ""
        except OthaError as error:
            accepted, what, code = False, f"{error.what}: {error.mend}" if error.mend else error.what, "refused"
        except OSError as error:
            accepted, what, code = False, f"it can't be done: {error}", "refused"
        self._link.acted(taken[_ID], accepted=accepted, what=what, code=code)
        return accepted, permitted.durable, what, code

    def _work(self, deed: Deed, taken: Taken, own: bytes | None) -> Callable[[], Awaitable[str]]:
        if deed is Deed.FAULT_INJECT:
            return partial(self._faults.inject, taken["Fault"], taken["Arguments"])
        work = self._of_user(deed, taken) if deed in _USER_DEEDS else self._of_certificate(deed, taken, own)
        return lambda: asyncio.get_running_loop().run_in_executor(self._files, work)

    def _of_user(self, deed: Deed, taken: Taken) -> Callable[[], str]:
        name, users = taken["User"], self._users

        def work() -> str:
            match deed:
                case Deed.USER_ADD:
                    users.add(name, _role(taken["Role"]), taken[_SECRET])
                    return f"user {name} is {taken['Role']}"
                case Deed.USER_ROLE:
                    users.set_role(name, _role(taken["Role"]))
                    return f"user {name} is {taken['Role']}"
                case Deed.USER_PASSWORD:
                    users.set_password(name, taken[_SECRET])
                    return f"user {name} has a new password"
                case Deed.USER_REMOVE:
                    users.remove(name)
                    return f"user {name} is removed"
                case _:
                    users.set_locked(name, locked=deed is Deed.USER_LOCK)
                    return f"user {name} is {'locked' if deed is Deed.USER_LOCK else 'unlocked'}"

        return work

    def _of_certificate(self, deed: Deed, taken: Taken, own: bytes | None) -> Callable[[], str]:
        def work() -> str:
            wanted = plain_print(taken["Fingerprint"])
            listed = [each for each in self._trust.all() if each.certificate.fingerprint == wanted]
            if not listed:
                raise EngineerError("no certificate of the list has this fingerprint", mend="give all 64 digits")
            found = listed[0]
            if found.certificate.der == own and deed is not Deed.CERTIFICATE_TRUST:
                raise EngineerError("that is the certificate of this session", mend="do it from another client")
            thumbprint, subject = found.certificate.thumbprint, found.certificate.subject
            match deed:
                case Deed.CERTIFICATE_TRUST:
                    self._trust.trust(found.certificate.der)
                    return f"trusted: {subject}"
                case Deed.CERTIFICATE_REJECT if found.trust is Trust.TRUSTED:
                    self._trust.reject(thumbprint)
                    return f"not trusted any more: {subject}"
                case Deed.CERTIFICATE_REJECT:
                    return f"not trusted: {subject}"
                case _:
                    self._trust.remove(found.trust, thumbprint)
                    return f"taken off the list: {subject}"

        return work


def _role(said: str) -> AccessRole:
    """The role of this name. Raises EngineerError."""
    found = next((role for role in AccessRole if role.name.lower() == said), None)
    if found is None:
        raise EngineerError(
            f"{said[:64]!r} is no role", mend=f"one of: {', '.join(role.name.lower() for role in AccessRole)}"
        )
    return found
