"""Commands to the clients and stores of a group: OPC UA method calls, over every channel at once.

Each method takes an epoch and refuses a lower one, and a repeat changes nothing: the same call over two channels is
safe, and the first answer counts. What really stands is read back; a client's switch is read at once, so that a
transfer need not wait for its next heartbeat.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, assert_never

from otha.core.effects import Backfill, ClientCommand, Demote, Promote, Select
from otha.core.inputs import SelectorPolled
from otha.core.words import Answer, Outcome
from otha.runtime.actuators.end import CommandEnd
from otha.runtime.inbox import Put
from otha.runtime.opcua.pool import CallEnd
from otha.site.model import Selector
from otha.site.opcua import Value, decode_switch
from otha.site.profile_file import OrderTable, StoreTable

_READ_BACK_NS = 500_000_000


class _Said(IntEnum):
    """First output of a client's or store's method; see `SwitchTable` and `OrderTable`."""

    DONE = 1
    ALREADY = 2


class Caller(Protocol):
    """Calls methods and reads nodes over a channel; see `OpcuaPool`."""

    async def call(
        self, channel: str, object_id: str, method_id: str, arguments: tuple[int, ...], deadline_ns: int
    ) -> CallEnd: ...

    async def read(self, channel: str, nodes: tuple[str, ...], deadline_ns: int) -> tuple[Value, ...] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A node of the group: its number in the clients' switches, its channels, and how it is told what it is."""

    number: int
    channels: tuple[str, ...]
    store: StoreTable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client of the group: its switch and its channels."""

    selector: Selector
    channels: tuple[str, ...]


class ClientActuator:
    """Carries the commands of one group of kind path or store."""

    def __init__(self, members: Mapping[str, Member], clients: Sequence[Client], caller: Caller, put: Put) -> None:
        self._members = members
        self._clients = clients
        self._caller = caller
        self._put = put

    async def carry_out(self, command: ClientCommand, deadline_ns: int) -> CommandEnd:
        """DONE when everybody asked has done so, REFUSED when one refuses, UNKNOWN for everything else.

        Raises CallRefusedError for a method that is not on the allow-list.
        """
        match command:
            case Select(node=node, epoch=epoch):
                number = 0 if node is None else self._members[node].number
                return _together(
                    await asyncio.gather(*(self._set(each, epoch, number, deadline_ns) for each in self._clients))
                )
            case Promote(node=node) | Demote(node=node) | Backfill(node=node):
                return await self._tell(command, node, deadline_ns)
            case never:
                assert_never(never)

    async def _set(self, client: Client, epoch: int, number: int, deadline_ns: int) -> CommandEnd:
        table = client.selector.table
        end = await self._call(client.channels, table.object, table.method, (epoch, number), deadline_ns)
        if end.outcome is not Outcome.UNKNOWN:
            await self._read_back(client, end.path, deadline_ns)
        return end

    async def _read_back(self, client: Client, channel: str, deadline_ns: int) -> None:
        table = client.selector.table
        now = time.monotonic_ns()
        values = await self._caller.read(channel, (table.epoch, table.node), min(deadline_ns, now + _READ_BACK_NS))
        reading = None if values is None else decode_switch(*values)
        if reading is not None:
            polled = SelectorPolled(selector=client.selector.name, answer=Answer.REPLIED, reading=reading)
            self._put(polled, time.monotonic_ns())

    async def _tell(self, command: Promote | Demote | Backfill, node: str, deadline_ns: int) -> CommandEnd:
        member = self._members[node]
        if member.store is None:
            return CommandEnd(outcome=Outcome.REFUSED, detail=f"{node} is no store", path="")
        order = _order(member.store, command)
        return await self._call(member.channels, order.object, order.method, (command.epoch,), deadline_ns)

    async def _call(
        self, channels: Sequence[str], object_id: str, method_id: str, arguments: tuple[int, ...], deadline_ns: int
    ) -> CommandEnd:
        """The first answer of any channel."""
        tasks = [
            asyncio.ensure_future(self._over(channel, object_id, method_id, arguments, deadline_ns))
            for channel in channels
        ]
        last = CommandEnd(outcome=Outcome.UNKNOWN, detail="no channel", path="")
        try:
            for next_ended in asyncio.as_completed(tasks):
                last = await next_ended
                if last.outcome is not Outcome.UNKNOWN:
                    return last
            return last
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _over(
        self, channel: str, object_id: str, method_id: str, arguments: tuple[int, ...], deadline_ns: int
    ) -> CommandEnd:
        end = await self._caller.call(channel, object_id, method_id, arguments, deadline_ns)
        match end.outcome:
            case Outcome.DONE:
                said = end.outputs[0] if end.outputs else 0
                done = said in (_Said.DONE, _Said.ALREADY)
                detail = _Said(said).name if done else f"answer {said}"
                return CommandEnd(outcome=Outcome.DONE if done else Outcome.REFUSED, detail=detail, path=channel)
            case Outcome.REFUSED | Outcome.UNKNOWN:
                return CommandEnd(outcome=end.outcome, detail=end.detail, path=channel)
            case never:
                assert_never(never)


def _order(store: StoreTable, command: Promote | Demote | Backfill) -> OrderTable:
    match command:
        case Promote():
            return store.promote
        case Demote():
            return store.demote
        case Backfill():
            return store.backfill
        case never:
            assert_never(never)


def _together(ends: Sequence[CommandEnd]) -> CommandEnd:
    """What several clients answered, as one."""
    outcomes = {end.outcome for end in ends}
    outcome = Outcome.DONE if outcomes == {Outcome.DONE} else Outcome.UNKNOWN
    if Outcome.REFUSED in outcomes:
        outcome = Outcome.REFUSED
    return CommandEnd(
        outcome=outcome,
        detail=", ".join(end.detail for end in ends),
        path=", ".join(end.path for end in ends if end.path),
    )
