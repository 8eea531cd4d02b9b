"""Changing the site while it is supervised: the file is judged and compared aside, then it takes the place of the
present one between two inputs, or not at all."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from otha.certificates import OwnIdentity
from otha.core.errors import OthaError
from otha.core.reasons import Blocker
from otha.runtime.last_site import APPLIED, INTENT, REFUSED
from otha.runtime.ring import Ring
from otha.runtime.wiring import Network
from otha.site.asked import swapped
from otha.site.difference import Difference, difference, restart_needed
from otha.site.load import load_site
from otha.site.model import Site
from otha.site.written import OpcuaSecurity
from otha.wire.message import Json, Obstacle, Refusal, SiteApplied, SiteApply, SiteLook, SiteLooked

_DURABLE_TIMEOUT_S = 1.0
_SWAP_TIMEOUT_S = 5.0
_NAME_MAX = 200
_COMMENT_MAX = 1000
_REMEMBERED = 32
_SHOWN_MAX = 2000  # changed keys; a message has its limit, and nobody reads more

Note = Callable[[str, dict[str, Any], str], "Future[int]"]
"""Journals an entry of some kind for a user; done once it is durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the desk needs of the process around it. `identity` finds or makes OTHA's OPC UA identity, and may take its
    time. `took`: the site has changed; called between two inputs."""

    identity: Callable[[Site], OwnIdentity]
    note: Note
    took: Callable[[Site], None]


def needs_identity(site: Site) -> bool:
    """Some OPC UA server is secured."""
    known = [node.opcua for node in site.nodes] + [reference.opcua for reference in site.references]
    return any(access is not None and access.security is not OpcuaSecurity.NONE for access in known)


class SiteDesk:
    """Looks at changed site files and applies them, one at a time. Judging runs on a thread of its own."""

    def __init__(self, site: Site, ring: Ring, network: Network, outside: Outside) -> None:
        self.site = site
        self._ring = ring
        self._network = network
        self._outside = outside
        self._turn = asyncio.Lock()
        self._answers: dict[str, SiteApplied] = {}
        self._judge = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-judge")
        # The thread is there before anybody can ask, so that it gets the priority of the process' other threads.
        self._judge.submit(int).result()

    def close(self) -> None:
        """Nobody asks any more."""
        self._judge.shutdown(wait=False, cancel_futures=True)

    async def look(self, request: SiteLook) -> SiteLooked | Refusal:
        """The difference, and what stands against applying it now."""
        async with self._turn:
            try:
                site = await self._aside(partial(load_site, Path(request.path)))
                arming = {group.name: self._ring.core.group(group.name).arming for group in self._ring.core.cfg.groups}
                found = await self._aside(partial(difference, self.site, site, arming))
            except OthaError as error:
                return Refusal(what=error.what, mend=error.mend)
            return SiteLooked(
                from_hash=self.site.digest,
                to_hash=site.digest,
                text_hash=site.text_hash,
                file=str(self.site.path.absolute()),
                difference=_as_json(found),
                obstacles=_obstacles(self._against(site)),
            )

    async def apply(self, request: SiteApply, user: str) -> SiteApplied | Refusal:
        """Judge the file again, and have it take the place of the present site if it is the one that was looked at."""
        async with self._turn:
            if request.id in self._answers:
                return self._answers[request.id]
            if not 0 < len(request.id) <= _NAME_MAX:
                return self._refused(
                    request, user, "an order without an id, or with one that is too long", "another id"
                )
            try:
                site = await self._aside(partial(load_site, Path(request.path)))
            except OthaError as error:
                return self._refused(request, user, error.what, error.mend or "mend the file, and look at it again")
            if (site.text_hash, site.digest) != (request.text_hash, request.to_hash):
                what = f"{request.path} is not the file any more that was looked at"
                return self._refused(request, user, what, "look at the difference again")
            if self.site.digest != request.from_hash:
                what = "the supervised site is not the one any more that was compared with"
                return self._refused(request, user, what, "look at the difference again")
            return await self._carry_out(request, user, site)

    def not_allowed(self, request: SiteApply, user: str, what: str) -> None:
        """Journal a change that the user's role does not allow."""
        self._refused(request, user, what, "")

    async def _carry_out(self, request: SiteApply, user: str, site: Site) -> SiteApplied | Refusal:
        against = self._against(site)
        if against:
            return self._answer(request, user, against, durable=True)
        if not await self._is_durable(self._outside.note(INTENT, _body(request), user)):
            what = "the journal's disk does not take it: who changed what could not be told"
            return self._refused(request, user, what, "see `otha status`; mend the disk")
        try:
            if needs_identity(site) and self._network.opcua.own is None:
                self._network.opcua.own = await self._aside(partial(self._outside.identity, site))
            made = self._network.next(site)
        except OthaError as error:
            return self._refused(request, user, error.what, error.mend)

        def take(now: int) -> None:
            self._network.swap(made, now)
            self.site = site
            self._outside.took(site)

        try:
            async with asyncio.timeout(_SWAP_TIMEOUT_S):
                against = await self._ring.swap(swapped(self.site, site), take, user=user, site_hash=site.digest)
        except TimeoutError:
            self._network.drop(made)
            return self._refused(request, user, "the supervisor is too busy", "try again in a moment")
        if against:
            self._network.drop(made)
            return self._answer(request, user, against, durable=True)
        row = self._outside.note(APPLIED, {**_body(request), **promised(site)}, user)
        return self._answer(request, user, (), durable=await self._is_durable(row))

    def _against(self, site: Site) -> tuple[Blocker, ...]:
        return restart_needed(self.site, site) + self._ring.core.against_swap(swapped(self.site, site))

    def _answer(self, request: SiteApply, user: str, against: tuple[Blocker, ...], *, durable: bool) -> SiteApplied:
        answer = SiteApplied(id=request.id, accepted=not against, durable=durable, obstacles=_obstacles(against))
        if against:
            said = "; ".join(f"{each.block.code} {each.detail}".rstrip() for each in against)
            self._outside.note(REFUSED, {**_body(request), "what": said}, user)
        self._answers[request.id] = answer
        for old in list(self._answers)[:-_REMEMBERED]:
            del self._answers[old]
        return answer

    def _refused(self, request: SiteApply, user: str, what: str, mend: str) -> Refusal:
        self._outside.note(REFUSED, {**_body(request), "what": what[:_COMMENT_MAX]}, user)
        return Refusal(what=what, mend=mend)

    async def _aside(self, work: "Callable[[], Any]") -> Any:  # Any: what the work returns
        return await asyncio.get_running_loop().run_in_executor(self._judge, work)

    @staticmethod
    async def _is_durable(row: "Future[int]") -> bool:
        try:
            async with asyncio.timeout(_DURABLE_TIMEOUT_S):
                await asyncio.wrap_future(row)
        except (OthaError, TimeoutError):
            return False
        return True


def promised(site: Site) -> dict[str, Any]:
    """What of a site evidence needs: its hash, and the bounds to compare with what is measured from now on."""
    return {
        "site_hash": site.digest,
        "site_file": str(site.path.absolute()),
        "bounds": {timing.group: {term.name: term.ns for term in timing.failover.terms} for timing in site.timings},
    }


def _body(request: SiteApply) -> dict[str, Any]:
    return {
        "id": request.id[:_NAME_MAX],
        "path": request.path[:_COMMENT_MAX],
        "from": request.from_hash[:_NAME_MAX],
        "to": request.to_hash[:_NAME_MAX],
        "text": request.text_hash[:_NAME_MAX],
        "comment": request.comment[:_COMMENT_MAX],
    }


def _obstacles(found: tuple[Blocker, ...]) -> tuple[Obstacle, ...]:
    return tuple(Obstacle(block=each.block.code, rule=each.block.rule, detail=each.detail) for each in found)


def _as_json(found: Difference) -> Json:
    shown = replace(found, words=found.words[:_SHOWN_MAX])
    return {**_plain(shown), "left_off": len(found.words) - len(shown.words)}


def _plain(value: Any) -> Any:  # Any: a dataclass or a part of one, and its JSON
    match value:
        case Enum():
            return value.value
        case tuple():
            return [_plain(item) for item in value]
        case _ if hasattr(value, "__dataclass_fields__"):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
