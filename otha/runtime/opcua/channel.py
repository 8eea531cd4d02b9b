"""One channel inside a worker: its connection, mended at a pace, and every request on it bounded.

Connections are made by the requests themselves, as with Modbus: a connect proves nothing, so there is none without a
request to carry. asyncua's own reconnecting shows stale data as fresh and is not used.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from asyncua import ua

from otha.guard import Guard, PeerCostError
from otha.runtime.opcua import trust
from otha.runtime.opcua.session import Opening, Session
from otha.runtime.opcua.values import number
from otha.wire.opcua import (
    Beat,
    BeatEnded,
    CallMethod,
    CallOutcome,
    Connected,
    Lost,
    MethodEnded,
    NodesRead,
    Offence,
    Open,
    ReadNodes,
    ReadOutcome,
    Report,
    Rested,
)

_IN_FLIGHT_MAX = 4
_PATIENCE_TIMES = 8  # patience grows so far while new connections are made in vain
_LATE_NS = 2_000_000_000  # so long after its deadline a reply is still waited for
_BACKOFF_FIRST_NS = 100_000_000
_BACKOFF_MAX_NS = 2_000_000_000
_SECURE_PACE = 4  # a secure connection costs 50 ms of CPU on both sides
_CLOSE_S = 0.5
_REST_READ_S = 1.0
_REST_UNSAID_MS = 10_000
_REST_MIN_MS = 1_000
_REST_MAX_MS = 3_600_000

_TYPES = {
    "u16": ua.VariantType.UInt16,
    "i16": ua.VariantType.Int16,
    "u32": ua.VariantType.UInt32,
    "i32": ua.VariantType.Int32,
    "bool": ua.VariantType.Boolean,
}
# The server did not carry out the call. Anything else that is Bad leaves open whether it did.
_REFUSALS = frozenset(
    {
        ua.StatusCodes.BadNodeIdInvalid,
        ua.StatusCodes.BadNodeIdUnknown,
        ua.StatusCodes.BadMethodInvalid,
        ua.StatusCodes.BadNotExecutable,
        ua.StatusCodes.BadArgumentsMissing,
        ua.StatusCodes.BadTooManyArguments,
        ua.StatusCodes.BadInvalidArgument,
        ua.StatusCodes.BadTypeMismatch,
        ua.StatusCodes.BadOutOfRange,
        ua.StatusCodes.BadInvalidState,
        ua.StatusCodes.BadUserAccessDenied,
        ua.StatusCodes.BadServiceUnsupported,
        ua.StatusCodes.BadNotSupported,
        ua.StatusCodes.BadNotImplemented,
        ua.StatusCodes.BadTooManyOperations,
        ua.StatusCodes.BadSessionIdInvalid,
        ua.StatusCodes.BadSessionNotActivated,
        ua.StatusCodes.BadRequestNotAllowed,
    }
)


class NotConnectedError(Exception):
    """There is no connection, and none could be made in time. Nothing was sent."""


def _loop_time(at_ns: int) -> float:
    """A moment of CLOCK_MONOTONIC on the loop's clock."""
    return asyncio.get_running_loop().time() + (at_ns - time.monotonic_ns()) / 1e9


class WorkerChannel:
    """Serves one `Open`; `report` takes what is to be told. Nothing here raises."""

    def __init__(self, setup: Open, guard: Guard, report: Callable[[Report], None]) -> None:
        self.setup = setup
        self._guard = guard
        self._report = report
        self._session: Session | None = None
        self._opening: asyncio.Task[Session] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._beats = 0
        self._unanswered = 0
        self._patience = setup.patience
        self._failures = 0
        self._not_before_ns = 0
        self._outcome = ReadOutcome.MISSED
        self._trouble = ""

    def beat(self, beat: Beat) -> None:
        """Carry out a heartbeat. One that comes after its deadline, because this process was kept from running, is not:
        the server owes nothing for it."""
        if beat.deadline_ns <= time.monotonic_ns():
            self._beat_ended(beat, ReadOutcome.MISSED, (), 0, "it came to the worker after its deadline")
            return
        self._unanswered += 1
        session = self._session
        if session is not None and self._unanswered > self._patience:
            # A network that has swallowed packets retries them ever more seldom: a new connection mends sooner.
            self._patience = min(2 * self._patience, _PATIENCE_TIMES * self.setup.patience)
            self._drop(session, "no answer any more", given_up=True)
        if self._beats >= _IN_FLIGHT_MAX:
            self._beat_ended(beat, ReadOutcome.MISSED, (), 0, "earlier heartbeats are unanswered")
            return
        self._beats += 1
        self._start(self._beat(beat))

    def rest(self) -> None:
        """Leave the server alone until it says it is back."""
        self._start(self._rest())

    def read(self, request: ReadNodes) -> None:
        """Read other nodes."""
        self._start(self._read(request))

    def call(self, request: CallMethod) -> None:
        """Call a method."""
        self._start(self._call(request))

    async def close(self) -> None:
        """Hang up as the standard wants it, within half a second."""
        for task in (*self._tasks, *([self._opening] if self._opening is not None else [])):
            task.cancel()
        session, self._session = self._session, None
        if session is not None and not session.is_lost:
            await self._hang_up(session)

    async def _hang_up(self, session: Session) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await session.close()
        except Exception:
            self._outcome = ReadOutcome.MISSED  # whatever the peer says to a good-bye, it is over
        finally:
            session.abort()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _beat(self, beat: Beat) -> None:
        try:
            session = await self._connected(beat.deadline_ns)
            async with asyncio.timeout_at(_loop_time(beat.deadline_ns + _LATE_NS)):
                values = await session.beat()
            self._failures = 0
            if session.received_ns <= beat.deadline_ns:
                # A server that is one request behind is so for ever: late replies mend nothing.
                self._unanswered = 0
                self._patience = self.setup.patience
            self._beat_ended(beat, ReadOutcome.REPLIED, values, session.received_ns, session.unknown)
            await self._keep(session)
        except NotConnectedError:
            self._beat_ended(beat, self._outcome, (), 0, self._trouble)
        except Exception as error:
            outcome, trouble = self._failed(error)
            self._beat_ended(beat, outcome, (), 0, trouble)
        finally:
            self._beats -= 1

    async def _keep(self, session: Session) -> None:
        try:
            async with asyncio.timeout(self.setup.connect_ms / 1000):
                await session.keep_channel()
        except Exception as error:
            self._drop(session, f"the secure channel can't be renewed: {trust.why(error, self.setup, trust.OPENING)}")

    def _failed(self, error: Exception) -> tuple[ReadOutcome, str]:
        """What a failed request on the session means, and what becomes of the session."""
        session, code = self._session, trust.code_of(error)
        trouble = trust.why(error, self.setup, trust.READING)
        if isinstance(error, PeerCostError) or (session is not None and session.offended):
            self._offend(session)
            return ReadOutcome.GARBLED, "its answers cost too much to take"
        if isinstance(error, TimeoutError):
            return ReadOutcome.MISSED, trouble
        if isinstance(error, OSError) or code in trust.GONE:
            self._drop(session, trouble)
            return ReadOutcome.MISSED, trouble
        self._unanswered = 0
        if code in trust.BUSY:
            return ReadOutcome.BUSY, trouble
        if code is None:
            self._drop(session, trouble)
        return ReadOutcome.GARBLED, trouble

    async def _rest(self) -> None:
        for_ms = _REST_UNSAID_MS
        session, self._session = self._session, None
        if session is not None:
            try:
                async with asyncio.timeout(_REST_READ_S):
                    said = await session.return_in_ms()
                for_ms = _REST_UNSAID_MS if said is None else min(max(said, _REST_MIN_MS), _REST_MAX_MS)
            except Exception:
                for_ms = _REST_UNSAID_MS
            await self._hang_up(session)
        self._unanswered = 0
        self._report(Rested(channel=self.setup.channel, for_ms=for_ms))

    async def _read(self, request: ReadNodes) -> None:
        try:
            session = await self._connected(request.deadline_ns)
            async with asyncio.timeout_at(_loop_time(request.deadline_ns)):
                values = await session.read(request)
            end = NodesRead(id=request.id, outcome=ReadOutcome.REPLIED, values=values, trouble="")
        except NotConnectedError:
            end = NodesRead(id=request.id, outcome=self._outcome, values=(), trouble=self._trouble)
        except ValueError as error:
            end = NodesRead(id=request.id, outcome=ReadOutcome.GARBLED, values=(), trouble=str(error))
        except Exception as error:
            outcome, trouble = self._failed(error)
            end = NodesRead(id=request.id, outcome=outcome, values=(), trouble=trouble)
        self._report(end)

    async def _call(self, request: CallMethod) -> None:
        try:
            arguments = [
                ua.Variant(bool(value) if kind == "bool" else value, _TYPES[kind])
                for value, kind in zip(request.arguments, request.types, strict=True)
            ]
            session = await self._connected(request.deadline_ns)
            async with asyncio.timeout_at(_loop_time(request.deadline_ns)):
                result = await session.call(request.object_id, request.method_id, arguments)
            end = _method_end(request.id, result)
        except NotConnectedError:
            end = _unknown(request.id, f"not sent: {self._trouble}")
        except ValueError as error:
            end = _unknown(request.id, f"not sent: {error}")
        except Exception as error:
            _, trouble = self._failed(error)
            code = trust.code_of(error)
            if code is not None and code in _REFUSALS:
                end = MethodEnded(
                    id=request.id, outcome=CallOutcome.REFUSED, status=code, values=(), trouble=type(error).__name__
                )
            else:
                end = _unknown(request.id, trouble)
        self._report(end)

    async def _connected(self, deadline_ns: int) -> Session:
        """The session, made if need be. Raises NotConnectedError; `_outcome` and `_trouble` say why."""
        session = self._session
        if session is not None and session.is_lost:
            self._drop(session, "connection lost")
            session = None
        if session is not None:
            return session
        if self._opening is None:
            if time.monotonic_ns() < self._not_before_ns:
                raise NotConnectedError
            self._opening = asyncio.get_running_loop().create_task(self._open())
            self._opening.add_done_callback(_seen)
        try:
            async with asyncio.timeout_at(_loop_time(deadline_ns)):
                return await asyncio.shield(self._opening)
        except NotConnectedError:
            raise
        except Exception:
            self._outcome, self._trouble = ReadOutcome.MISSED, self._trouble or "no answer while connecting"
            raise NotConnectedError from None

    async def _open(self) -> Session:
        opening = Opening(self.setup, self._guard)
        try:
            session = await opening.open()
        except Exception as error:
            self._connect_failed(error, opening)
            raise NotConnectedError from None
        finally:
            self._opening = None
        self._session = session
        self._unanswered = 0
        self._trouble = ""
        self._report(Connected(channel=self.setup.channel))
        return session

    def _connect_failed(self, error: Exception, opening: Opening) -> None:
        code = trust.code_of(error)
        self._trouble = trust.why(error, self.setup, opening.stage)
        self._outcome = ReadOutcome.BUSY if code in trust.BUSY else ReadOutcome.MISSED
        self._failures += 1
        pace = 1 if opening.stage == trust.CONNECTING else _SECURE_PACE
        wait_ns = pace * min(_BACKOFF_FIRST_NS << min(self._failures - 1, 8), _BACKOFF_MAX_NS)
        self._not_before_ns = time.monotonic_ns() + wait_ns
        channel = self.setup.channel
        if opening.offended or isinstance(error, PeerCostError):
            self._outcome = ReadOutcome.GARBLED
            self._report(Offence(channel=channel, trouble="its answers cost too much to take"))
        self._report(Lost(channel=channel, refused=True, given_up=False, trouble=self._trouble))

    def _offend(self, session: Session | None) -> None:
        if session is not None and session is self._session:
            self._report(Offence(channel=self.setup.channel, trouble="its answers cost too much to take"))
        self._drop(session, "its answers cost too much to take")

    def _drop(self, session: Session | None, trouble: str, *, given_up: bool = False) -> None:
        if session is None:
            return
        session.abort()
        if session is self._session:
            self._session = None
            self._unanswered = 0
            self._trouble = trouble
            self._report(Lost(channel=self.setup.channel, refused=False, given_up=given_up, trouble=trouble))

    def _beat_ended(
        self, beat: Beat, outcome: ReadOutcome, values: tuple[int | str | None, ...], received_ns: int, trouble: str
    ) -> None:
        self._report(
            BeatEnded(
                channel=self.setup.channel,
                serial=beat.serial,
                outcome=outcome,
                values=values,
                received_ns=received_ns,
                trouble=trouble,
            )
        )


def _seen(task: "asyncio.Task[Session]") -> None:
    """Every end of an opening has been told; nobody else may be waiting for it."""
    if not task.cancelled():
        task.exception()


def _unknown(id_: int, trouble: str) -> MethodEnded:
    return MethodEnded(id=id_, outcome=CallOutcome.UNKNOWN, status=0, values=(), trouble=trouble)


def _method_end(id_: int, result: ua.CallMethodResult) -> MethodEnded:
    status = result.StatusCode
    if status is not None and not status.is_good():
        outcome = CallOutcome.REFUSED if status.value in _REFUSALS else CallOutcome.UNKNOWN
        return MethodEnded(id=id_, outcome=outcome, status=status.value, values=(), trouble=status.name)
    values = [number(value.Value) for value in result.OutputArguments or []]
    if None in values:
        return _unknown(id_, "an output that is no number")
    whole = tuple(value for value in values if value is not None)
    return MethodEnded(id=id_, outcome=CallOutcome.DONE, status=0, values=whole, trouble="")
