"""The methods that are no orders: what may be asked of OTHA, and what the interface does itself in a user's name.

Each is judged by the one table of roles; who asks for what he may not is told and journaled.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.common.utils import ServiceError
from asyncua.ua.status_codes import StatusCodes

from otha import names
from otha.certificates import CERTIFICATE_NAME, Certificate, read_certificate
from otha.core.errors import EngineerError, OthaError
from otha.core.words import OrderKind
from otha.interface import place, site_text
from otha.interface.acts import Acts, Taken
from otha.interface.door import Caller, Door
from otha.interface.faults import Faults
from otha.interface.history import History
from otha.interface.link import Link
from otha.interface.orders import Orders, arguments, result
from otha.interface.own_nodes import Call
from otha.interface.refusal import refused
from otha.interface.session import CALLER
from otha.interface.space import variant
from otha.interface.studies import ANSWER_MAX, Studies
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.interface.values import as_text
from otha.names import Service
from otha.wire.access import Deed, may_order
from otha.wire.interface import Notice, Snapshot, View

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_PREFIX: Final = "Group/"
Said = Sequence[Any]  # Any: the output arguments


class Services:
    """Makes the functions that asyncua calls. `state`: the supervisor's state directory."""

    def __init__(self, link: Link, door: Door, orders: Orders, state: Path) -> None:
        self._link = link
        self._door = door
        self._orders = orders
        self._folder = place.folder(state)
        self._own = place.own(state) / CERTIFICATE_NAME
        self._users, self._trust = Users(self._folder), TrustList(self._folder)
        self._faults = Faults(lambda: link.look(View.CONFIGURATION))
        self._acts = Acts(link, orders, state, self._faults)
        self._studies = Studies(state)
        self._verified_seq = 0
        self.history: History | None = None
        self.newest: Snapshot | None = None

    def close(self) -> None:
        """Nothing more is begun."""
        self._acts.close()

    def method(self, service: Service) -> Call:
        """What is called for `service`."""
        deed = Deed(service.deed)

        async def call(at: Any, *given: Any) -> Any:
            taken = arguments(service.inputs, given)
            if isinstance(taken, ua.CallMethodResult):
                return taken
            caller = self._orders.caller()
            if caller is None:
                return result(StatusCodes.BadUserAccessDenied)
            try:
                said = await self._answer(service, deed, caller, str(at.Identifier).removeprefix(_PREFIX), taken)
            except ServiceError as error:
                return result(error.code)
            except EngineerError:
                return result(StatusCodes.BadNotSupported if deed is Deed.FAULT_LIST else StatusCodes.BadNotFound)
            except OthaError:
                return result(StatusCodes.BadResourceUnavailable)
            return [variant(each.kind, value) for each, value in zip(service.outputs, said, strict=True)]

        return call

    async def _answer(self, service: Service, deed: Deed, caller: Caller, group: str, taken: Taken) -> Said:
        if service.changes:
            end = await self._acts.give(caller, deed, taken)
            if end is None:
                raise refused(StatusCodes.BadUserAccessDenied)
            return end
        if not may_order(caller.role, deed):
            what = f"{deed.value} is not for {caller.role.name.lower()}"
            self._door.tell(Notice.DENIED, caller.user, caller.client, what)
            raise refused(StatusCodes.BadUserAccessDenied)
        return await self._asked(deed, caller, group, taken)

    async def _asked(self, deed: Deed, caller: Caller, group: str, taken: Taken) -> Said:
        match deed:
            case Deed.WHY:
                return [as_text(_there(await self._link.explain(group, taken["Node"] or None)))]
            case Deed.STATUS:
                return self._status()
            case Deed.OUTPUTS:
                return [as_text(_there(await self._link.look(View.OUTPUTS, group)))]
            case Deed.TIMING:
                return [as_text(_there(await self._link.look(View.TIMING)))]
            case Deed.CONFIGURATION:
                return await self._configuration()
            case Deed.EVENTS:
                return await self._events(taken)
            case Deed.WHO_AM_I:
                return caller.user, caller.role.name.lower(), _callable(caller), self._orders.locks_in_ms()
            case Deed.USER_LIST:
                return [await self._aside(self._user_texts)]
            case Deed.CERTIFICATE_LIST:
                return [await self._aside(self._certificate_texts)]
            case Deed.FAULT_LIST:
                return [[as_text(each) for each in await self._faults.all()]]
            case _:
                return await self._studied(deed, taken)

    async def _studied(self, deed: Deed, taken: Taken) -> Said:
        ask = partial(self._studies.ask, CALLER.get().owner)
        match deed:
            case Deed.KPI:
                return [as_text(_known(await ask(ask="kpi", from_ms=taken["FromMs"], to_ms=taken["ToMs"])))]
            case Deed.TRANSFERS:
                found = _known(
                    await ask(
                        ask="transfers",
                        from_ms=taken["FromMs"],
                        to_ms=taken["ToMs"],
                        group=taken["Group"],
                        drills=taken["Drills"],
                        limit=taken["Limit"],
                    )
                )
                return found["transfers"], found["more"]
            case Deed.REPORT:
                found = _known(await ask(ask="report", id=taken["Id"]))
                return as_text(found["report"]), found["html"]
            case _:
                found = _known(await ask(ask="verify"))
                self._verified_seq = found["verified_seq"]
                return [as_text(found)]

    async def _events(self, taken: Taken) -> Said:
        found = None if self.history is None else await self.history.query(taken)
        if found is None:
            raise refused(StatusCodes.BadResourceUnavailable)
        return *found, self._verified_seq

    def _status(self) -> Said:
        newest = self.newest
        text = "" if newest is None else as_text(newest.status)
        if newest is None or len(text) > ANSWER_MAX:
            raise refused(StatusCodes.BadNoData if newest is None else StatusCodes.BadResponseTooLarge)
        return text, max(0, (time.time_ns() - newest.wall_ns) // 1_000_000)

    async def _configuration(self) -> Said:
        site = _there(await self._link.look(View.CONFIGURATION))
        on_disk = await self._aside(lambda: _hash_of(Path(site["file"])))
        nodes = await self._aside(lambda: site_text.as_answered(site["text"]))
        if len(site["text"]) + len(nodes) > ANSWER_MAX:
            raise refused(StatusCodes.BadResponseTooLarge)
        return site["file"], site["text"], site["text_hash"], site["hash"], on_disk, nodes

    def _user_texts(self) -> list[str]:
        return [
            as_text({"name": each.name, "role": each.role.name.lower(), "changed": each.changed, "locked": each.locked})
            for each in self._users.all()
        ]

    def _certificate_texts(self) -> list[str]:
        listed = [(each.trust.value, each.certificate) for each in self._trust.all()]
        return [
            _certificate(trust, each) for trust, each in [("own", read_certificate(self._own.read_bytes())), *listed]
        ]

    @staticmethod
    async def _aside(work: Callable[[], Any]) -> Any:  # Any: what the work finds
        """Files, and what takes long to read, are read on another thread."""
        try:
            return await asyncio.get_running_loop().run_in_executor(None, work)
        except OSError as error:
            raise refused(StatusCodes.BadResourceUnavailable) from error


def _callable(caller: Caller) -> list[str]:
    """The names of the methods that the caller's role may call."""
    orders = [each.name for each in names.METHODS if may_order(caller.role, OrderKind(each.order))]
    return orders + [each.name for each in names.SERVICES if may_order(caller.role, Deed(each.deed))]


def _certificate(trust: str, each: Certificate) -> str:
    return as_text(
        {
            "trust": trust,
            "thumbprint": each.thumbprint,
            "fingerprint": each.fingerprint,
            "subject": each.subject,
            "application_uri": each.application_uri,
            "not_after": each.not_after.isoformat(),
            "days_left": each.days_left(datetime.now(UTC)),
        }
    )


def _there(found: dict[str, Any] | None) -> dict[str, Any]:  # Any: JSON
    if found is None:
        raise refused(StatusCodes.BadNoData)
    return found


def _known(found: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    if "error" in found:
        raise refused(StatusCodes.BadNoData)
    return found


def _hash_of(file: Path) -> str:
    """The SHA-256 of a file's bytes; "" when it can't be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
