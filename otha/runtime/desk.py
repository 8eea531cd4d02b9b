"""The supervisor's desk: orders, looks and changes of the site that come over the wire or from the interface.

Roles have been checked by who hands a request in; here it is put before the core, and its answer waits for the disk.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import assert_never

from otha.core import alarm_orders
from otha.core.config import ChannelConfig, FixedDetector
from otha.core.errors import OthaError
from otha.core.group import request as held
from otha.core.inputs import Order
from otha.core.reasons import Blocker
from otha.core.words import OrderKind
from otha.journal.writer import Journal
from otha.runtime import snapshot, why
from otha.runtime.coordination.sqlite import SqliteStore
from otha.runtime.heard import BOUNDS_US, departures
from otha.runtime.journal_keeper import JournalKeeper
from otha.runtime.link import LinkCounters
from otha.runtime.ring import Ring
from otha.runtime.site_desk import SiteDesk
from otha.runtime.wiring import Network
from otha.site.gate_map import gate_map
from otha.site.model import Site
from otha.wire.errors import UNANSWERED
from otha.wire.interface import View
from otha.wire.message import (
    BackupMade,
    BackupNoted,
    Json,
    Obstacle,
    OrderReply,
    OrderRequest,
    Preview,
    Refusal,
    SiteApplied,
    SiteApply,
    SiteLook,
    SiteLooked,
)

_ORDER_TIMEOUT_S = 2.0
_DURABLE_TIMEOUT_S = 1.0
_NAME_MAX = 200
_COMMENT_MAX = 1000
_NO_SITES = Refusal(what="the supervisor is starting or stopping", mend="try again in a moment")


@cache
def code_version() -> str:
    """The installed version, "" when run from an uninstalled tree."""
    try:
        return version("otha")
    except PackageNotFoundError:
        return ""


def _met(link: LinkCounters) -> Json:
    return {field.name: getattr(link, field.name) for field in fields(link)}


def _obstacles(found: tuple[Blocker, ...]) -> tuple[Obstacle, ...]:
    return tuple(Obstacle(block=each.block.code, rule=each.block.rule, detail=each.detail) for each in found)


def _preview(shown: held.Preview) -> Preview:
    return Preview(
        transfer=shown.kind,
        from_node=shown.from_node,
        to_node=shown.to_node,
        needs_confirmation=shown.needs_confirmation,
        passed=_obstacles(shown.passed),
        for_ms=shown.for_ns // 1_000_000,
    )


class Desk:
    """Answers what comes over the wire."""

    def __init__(self, ring: Ring, network: Network, journal: Journal, store: SqliteStore, notices: list[str]) -> None:
        self._ring = ring
        self._network = network
        self._journal = journal
        self._store = store
        self._notices = notices
        self.sites: SiteDesk | None = None
        self.keeper: JournalKeeper | None = None
        self.outside: Callable[[], Json] = dict  # who shows OTHA to others
        self.stopping = False

    async def order(
        self, request: OrderRequest, user: str, client: str = "wire", *, seconds: tuple[OrderKind, ...] = ()
    ) -> OrderReply | Refusal:
        """Put an order before the core; the reply leaves when order and answer are durable, or says that they are not.

        What was decided is carried out meanwhile: only the reply waits for the disk.
        """
        if self.stopping:
            return Refusal(what="the supervisor is stopping", mend="give the order to the one that runs next")
        cfg = self._ring.core.cfg
        of_own_alarm = request.group == cfg.supervisor and request.order in alarm_orders.KINDS
        if all(group.name != request.group for group in cfg.groups) and not of_own_alarm:
            mend = "`otha status` lists the groups"
            return self._refused(request, user, f"there is no group {request.group[:_NAME_MAX]!r}", mend, client)
        named = (request.node or "", request.item or "")
        if not 0 < len(request.id) <= _NAME_MAX or any(len(name) > _NAME_MAX for name in named):
            what = "an order without an id, or with a name that is too long"
            return self._refused(request, user, what, "give another --id", client)
        order = Order(
            id=request.id,
            kind=request.order,
            group=request.group,
            user=user,
            client=client[:_NAME_MAX],
            node=request.node,
            arming=request.arming,
            comment=request.comment[:_COMMENT_MAX],
            item=request.item,
            occurrence=request.occurrence,
            for_ns=request.for_ns,
            transfer=request.transfer,
            request=request.request,
            seconds=seconds,
        )
        try:
            async with asyncio.timeout(_ORDER_TIMEOUT_S):
                answered = await self._ring.order(order)
        except TimeoutError:
            self._unanswered(order)
            return Refusal(what=UNANSWERED, mend="repeat it with the same id")
        if answered is None:
            return Refusal(what="too many orders wait", mend="try again in a moment")
        answer = answered.answer
        durable = await self._durable(answered.row)
        return OrderReply(
            id=answer.order_id,
            accepted=answer.accepted,
            durable=durable,
            obstacles=_obstacles(answer.blockers),
            preview=None if answer.preview is None else _preview(answer.preview),
        )

    def _unanswered(self, order: Order) -> None:
        """Journal where an order may have stayed: behind a full inbox, or in a defect of its decision."""
        loop = self._ring.status()()
        body = {"id": order.id, "order": order.kind.value, "group": order.group, "client": order.client}
        state = {name: loop[name] for name in ("inbox", "stalls", "longest_stall_ns", "defects")}
        self._ring.note("order.unanswered", {**body, "within_ms": int(_ORDER_TIMEOUT_S * 1000), **state}, order.user)

    async def look(self, request: SiteLook) -> SiteLooked | Refusal:
        """See `SiteDesk.look`."""
        return _NO_SITES if self.sites is None or self.stopping else await self.sites.look(request)

    async def apply(self, request: SiteApply, user: str) -> SiteApplied | Refusal:
        """See `SiteDesk.apply`."""
        return _NO_SITES if self.sites is None or self.stopping else await self.sites.apply(request, user)

    async def backed_up(self, made: BackupMade, user: str) -> BackupNoted | Refusal:
        """See `JournalKeeper.backed_up`."""
        return _NO_SITES if self.keeper is None or self.stopping else await self.keeper.backed_up(made, user)

    def not_allowed(self, request: SiteApply, user: str, what: str) -> None:
        """See `SiteDesk.not_allowed`."""
        if self.sites is not None:
            self.sites.not_allowed(request, user, what)

    def turned_away(self, request: OrderRequest, user: str, what: str, client: str = "wire") -> None:
        """Journal an order that never came before the core, and why: who tried what is evidence too."""
        body = {
            "id": request.id[:_NAME_MAX],
            "order": request.order.value,
            "group": request.group[:_NAME_MAX],
            "node": None if request.node is None else request.node[:_NAME_MAX],
            "comment": request.comment[:_COMMENT_MAX],
            "what": what,
            "client": client[:_NAME_MAX],
        }
        self._ring.note("order.refused", body, user)

    def _refused(self, request: OrderRequest, user: str, what: str, mend: str, client: str) -> Refusal:
        self.turned_away(request, user, what, client)
        return Refusal(what=what, mend=mend)

    @staticmethod
    async def _durable(row: "Future[int]") -> bool:
        try:
            async with asyncio.timeout(_DURABLE_TIMEOUT_S):
                await asyncio.wrap_future(row)
        except (OthaError, TimeoutError):
            return False
        return True

    def status(self) -> Callable[[], Json]:
        """See `otha.runtime.snapshot`; with the state of the process itself."""
        core, now, own = self._ring.core.still(), time.monotonic_ns(), self._own_status()
        return lambda: {**snapshot.status(core, now), **own()}

    def _own_status(self) -> Callable[[], Json]:
        """As `status`: what is taken hold of here is written out by what is returned."""
        loop, counters, journal = self._ring.status(), self._network.counters(), self._journal.status()
        now = {
            "pid": os.getpid(),
            "version": code_version(),
            "simulation": self.sites is not None and self.sites.site.simulation,
            "notices": list(self._notices),
            "journal": {
                "last_seq": journal.last_seq,
                "waiting_rows": journal.waiting_rows,
                "refused_rows": journal.refused_rows,
                "trouble": journal.trouble,
                "damage": self._journal.damage.what if self._journal.damage is not None else "",
            },
            "records": {"trouble": self._store.trouble},
            "reply_ages_ms": self._network.reply_ages_ms(time.monotonic_ns()),
            "outside": self.outside(),
        }
        return lambda: {**now, "loop": loop(), "links": {name: _met(each) for name, each in counters.items()}}

    def why(self, group: str, node: str | None) -> Json | None:
        """See `otha.runtime.why`."""
        return why.why(self._ring.core, group, node, time.monotonic_ns())

    def view(self, view: View, group: str) -> Callable[[], Json] | None:
        """What is shown on demand: takes hold of it; what is returned writes it out, on another thread. None: there is
        nothing to see."""
        match view:
            case View.CONFIGURATION:
                return None if self.sites is None else _configuration(self.sites.site)
            case View.TIMING:
                return self._timing()
            case View.OUTPUTS:
                return self._outputs(group)
            case never:
                assert_never(never)

    def _timing(self) -> Callable[[], Json]:
        now, lateness, heard = time.monotonic_ns(), self._ring.scheduler.lateness.still(), self._network.heard()
        configured = {cfg.name: cfg for cfg in self._ring.core.cfg.channels}
        site = None if self.sites is None else self.sites.site
        behind = {} if site is None else {each.name: site.behind(each.domains) for each in site.nodes}
        networks = {} if site is None else {each.name: each.network for each in site.channels}
        return lambda: {
            "bounds_us": list(BOUNDS_US),
            "departures": departures(lateness),
            "channels": [
                {
                    "name": name,
                    "network": networks.get(name, ""),
                    **_expected(configured[name]),
                    **each.as_json(now),
                }
                for name, each in heard.items()
                if name in configured
            ],
            "nodes": [{"name": name, "domains": list(domains)} for name, domains in behind.items()],
        }

    def _outputs(self, name: str) -> Callable[[], Json] | None:
        cfg = next((each for each in self._ring.core.cfg.groups if each.name == name), None)
        trace = self._ring.traces.get(name)
        still = None if trace is None else trace.still()
        if cfg is None or still is None:
            return None
        numbers = {node.number: node.name for node in cfg.nodes}
        outputs = cfg.own_gate.outputs
        return lambda: still.as_json(outputs, gate_map().full_scale, numbers)


def _expected(cfg: ChannelConfig) -> Json:
    """What a channel's heartbeats are judged by; an adaptive detector learns when it is LOST."""
    lost_after_ns = None
    if isinstance(cfg.detector, FixedDetector):
        lost_after_ns = cfg.period_ns * cfg.detector.misses + cfg.deadline_ns
    return {
        "node": cfg.node,
        "period_ms": cfg.period_ns // 1_000_000,
        "deadline_ms": cfg.deadline_ns // 1_000_000,
        "lost_after_ms": None if lost_after_ns is None else lost_after_ns // 1_000_000,
        "via": cfg.via or "",
    }


def _configuration(site: Site) -> Callable[[], Json]:
    return lambda: {
        "file": str(site.path.absolute()),
        "text": site.text,
        "text_hash": site.text_hash,
        "hash": site.digest,
        "simulation": site.simulation,
    }
