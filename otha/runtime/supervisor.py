"""The supervisor process: everything is opened, wired, run until stopped, and closed in order."""

import asyncio
import getpass
import logging
import os
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from otha.certificates import OwnIdentity, own_identity
from otha.core.effects import Command, SwapRecord
from otha.core.errors import OthaError
from otha.core.inputs import EffectId, OrderGiven
from otha.core.supervision import Supervision
from otha.journal.recorder import Recorder
from otha.journal.recording import Header
from otha.journal.terms import Limits, Trouble
from otha.journal.writer import Journal
from otha.runtime import descriptors, last_site, realtime, standing
from otha.runtime.collector import PERIOD_NS, Collector
from otha.runtime.coordination.sqlite import SqliteStore
from otha.runtime.coordination.store import ConsensusStore, StoreAnswer
from otha.runtime.desk import Desk, code_version
from otha.runtime.effects import Done, EffectRunner
from otha.runtime.evidence import Evidence
from otha.runtime.expiry import CertificateWatch, files_of
from otha.runtime.interface.outlets import Outlets, outlets_of
from otha.runtime.interface.process import InterfaceProcess
from otha.runtime.journal_keeper import JournalKeeper
from otha.runtime.live import live_table
from otha.runtime.log import LineLog
from otha.runtime.own_trouble import OwnTroubles
from otha.runtime.ring import Ring
from otha.runtime.service_manager import ServiceManager, status_line
from otha.runtime.site_desk import Outside, SiteDesk, needs_identity, promised
from otha.runtime.state_dir import StateDir
from otha.runtime.wiring import Network
from otha.site.model import Site
from otha.wire.access import AccessRole
from otha.wire.interface import Setup
from otha.wire.server import WireServer

_EFFECTS_END_NS = 1_000_000_000
_CLOSE_NS = 20_000_000_000  # outlets end, journal and recording are written out
_DESCRIPTORS_OF_OWN = 64  # files, sockets, workers, callers


class _Store:
    """The ConsensusStore as effects see it."""

    def __init__(self, store: ConsensusStore) -> None:
        self._store = store

    async def read(self, group: str, within_ns: int) -> Done:
        return self._done(await self._store.read(group, within_ns=within_ns))

    async def swap(self, group: str, action: SwapRecord, within_ns: int) -> Done:
        return self._done(await self._store.swap(group, action.expect, action.record, within_ns=within_ns))

    @staticmethod
    def _done(answer: StoreAnswer) -> Done:
        return Done(outcome=answer.outcome, record=answer.record)


class _Book:
    """Where the interface's doings are written down."""

    def __init__(self, evidence: Evidence, lines: LineLog) -> None:
        self._evidence = evidence
        self._lines = lines

    def note(self, kind: str, body: dict[str, Any], user: str) -> "Future[int]":
        return self._evidence.note(kind, body, user=user)

    def log(self, level: str, event: str, **fields: object) -> None:
        self._lines.write(level, event, **fields)


@contextmanager
def _logging_to(lines: LineLog) -> Iterator[None]:
    handler = lines.handler()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class Supervisor:
    """One run of a site's supervision in one state directory."""

    def __init__(
        self,
        site: Site,
        state: StateDir,
        *,
        live: bool,
        log_to: TextIO | None,
        punctual: bool,
        service: ServiceManager,
    ) -> None:
        self._site = site
        self._state = state
        self._live = live
        self._punctual = punctual
        self._notices: list[str] = []
        self._troubles = OwnTroubles()
        self._collector = Collector()
        self._interface_process: InterfaceProcess | None = None
        self._closed: Callable[[], object] = lambda: None
        self._stack = ExitStack()
        self._certificates = CertificateWatch(files_of(site, state), self._troubles.certificates)
        self._stack.callback(self._certificates.close)
        if live and log_to is None:
            # A table and log lines on one terminal would spoil each other.
            log_to = self._stack.enter_context(state.log.open("a", encoding="utf-8"))
        lines = self._lines = LineLog(log_to)
        self._stack.callback(lines.close)
        self._service = service
        self._stack.callback(service.close)
        self._stack.enter_context(_logging_to(lines))

    async def run(self, stop: asyncio.Event) -> int:
        """Supervise until `stop`. Raises HostError, JournalInUse and the journal's other opening errors."""
        with self._stack as stack:
            self._allow_descriptors()
            kept = self._site.retention
            limits = Limits(segment_bytes=kept.segment_bytes, segment_s=kept.segment_s)
            journal = Journal(
                self._state.journal, limits=limits, on_trouble=self._journal_trouble, on_closed=self._segment_closed
            )
            stack.callback(journal.close)
            store = SqliteStore(self._state.records)
            stack.callback(store.close)
            core = Supervision(self._site.core, time.monotonic_ns())
            self._tell_of_another_site()
            recorder = self._recorder(core)
            stack.callback(recorder.close)
            evidence = Evidence(recorder, journal, self._lines)
            ring = Ring(core, evidence)
            stack.callback(ring.close)
            own = self._identity(self._site) if needs_identity(self._site) else None
            network = Network(self._site, ring.scheduler, ring.inbox.put, own)
            desk = Desk(ring, network, journal, store, self._notices)
            server = WireServer(self._state.socket, desk, site=self._site.name, role_of=self._role_of)
            sites = desk.sites = self._sites(ring, network)
            stack.callback(sites.close)
            keeper = desk.keeper = self._keeper(ring)
            stack.callback(keeper.close)
            await server.start()
            evidence.publish_to(server.publish)
            outlets = await self._outlets(desk, evidence)
            try:
                await self._certificates.look()
                self._be_punctual(ring)
                self._started(evidence)
                asyncio.get_running_loop().set_exception_handler(self._loop_exception(ring))
                async with asyncio.TaskGroup() as outside:
                    async with asyncio.TaskGroup() as tasks:
                        effects = self._effects(tasks, journal, store, network, ring)
                        now = time.monotonic_ns()
                        ring.start(effects, network.set_fast, now, on_deadlines=network.set_deadlines)
                        self._stand_again(ring, now)
                        self._troubles.start(ring.inbox.put)
                        network.start(tasks, now)
                        self._report(ring, now)
                        self._collect(ring)
                        outlets.start(outside)
                        looking = tasks.create_task(self._certificates.run(), name="certificates")
                        keeping = tasks.create_task(keeper.run(), name="journal")
                        tell = partial(self._tell_what_stands, ring)
                        self._closed = partial(asyncio.get_running_loop().call_soon_threadsafe, tell)
                        async with live_table(self._state.socket) if self._live else nullcontext():
                            await stop.wait()
                            await self._wind_up(desk, ring, effects)
                        looking.cancel()
                        keeping.cancel()
                        outlets.stop()
                        network.stop()
                    ring.close()  # no silence is judged while the last outlets tell what is left to tell
                    await outlets.stop_last(evidence.note("supervisor.stop", ring.status()(), urgent=True))
            finally:
                await server.close()
        return 0

    def _identity(self, site: Site) -> OwnIdentity:
        """OTHA's OPC UA identity, made when it is needed first. Raises HostError."""
        return own_identity(self._state.opcua, site.name)

    def _keeper(self, ring: Ring) -> JournalKeeper:
        """Who keeps the journal's closed segments."""
        return JournalKeeper(
            self._state.journal,
            self._site.retention,
            ring.note,
            names=lambda: [*(group.name for group in ring.core.cfg.groups), ring.core.cfg.supervisor],
            told=self._notice,
            low=self._troubles.disk,
        )

    def _sites(self, ring: Ring, network: Network) -> SiteDesk:
        def took(site: Site) -> None:
            if self._interface_process is not None and site.core.groups != self._site.core.groups:
                # Its address space is that of the groups it has begun with.
                self._interface_process.kill("the site was changed")
            self._site = site
            self._certificates.files = files_of(site, self._state)
            self._allow_descriptors()
            self._lines.write("info", "site applied", hash=site.digest, file=str(site.path))

        outside = Outside(identity=self._identity, note=partial(ring.note, urgent=True), took=took)
        return SiteDesk(self._site, ring, network, outside)

    async def _outlets(self, desk: Desk, evidence: Evidence) -> Outlets:
        """Through what others see OTHA."""
        book, folder = _Book(evidence, self._lines), self._state.path.absolute()
        interface = self._interface(desk, book)
        outlets = Outlets(interface, outlets_of(self._site, folder, code_version(), book, desk.status))
        self._stack.callback(outlets.close)
        await outlets.prepare()
        if interface is not None:
            evidence.publish_to(interface.publish)
        desk.outside = outlets.told
        return outlets

    def _interface(self, desk: Desk, book: _Book) -> InterfaceProcess | None:
        """OTHA's OPC UA server, for a site that has one."""
        asked = self._site.interface
        if asked is None:
            return None
        setup = Setup(
            site=self._site.name,
            version=code_version(),
            folder=str(self._state.path.absolute()),
            host=asked.host,
            port=asked.port,
            allow_none=asked.allow_none,
            sessions=asked.sessions,
            connections=asked.connections,
            idle_lock_ms=asked.idle_lock_ms,
        )
        self._interface_process = InterfaceProcess(setup, desk, book)
        return self._interface_process

    def _recorder(self, core: Supervision) -> Recorder:
        header = Header(
            code_version=code_version(),
            site_hash=self._site.digest,
            python_version=platform.python_version(),
            snapshot=core.snapshot(),
        )
        return Recorder(
            self._state.recordings,
            header,
            capture=lambda: core.still().snapshot,
            on_trouble=self._recorder_trouble,
        )

    def _effects(
        self, tasks: asyncio.TaskGroup, journal: Journal, store: SqliteStore, network: Network, ring: Ring
    ) -> EffectRunner:
        async def command(id_: EffectId, do: Command, deadline_ns: int) -> Done:
            end = await network.command(id_, do, deadline_ns)
            return Done(outcome=end.outcome, detail=f"{end.detail} over {end.path}" if end.path else end.detail)

        return EffectRunner(tasks, journal, _Store(store), command, ring.effect_ended)

    def _started(self, evidence: Evidence) -> None:
        for notice in self._notices:
            self._lines.write("warning", "notice", text=notice)
        body: dict[str, Any] = {
            "site": self._site.name,
            **promised(self._site),
            "version": code_version(),
            "python": platform.python_version(),
            "pid": os.getpid(),
            "notices": list(self._notices),
        }
        evidence.note("supervisor.start", body, urgent=True)
        self._lines.write("info", "started", site=self._site.name, state=str(self._state.path), pid=os.getpid())

    def _stand_again(self, ring: Ring, now: int) -> None:
        """Give the orders again that stand from before this start, ahead of everything that is yet to be heard."""
        for group in ring.core.cfg.groups:
            try:
                stood = standing.orders(self._state.journal, group)
            except OthaError as error:
                stood = standing.unknown(group)
                level = stood[0].arming.value if stood and stood[0].arming is not None else group.arming.value
                self._notice(
                    f"how {group.name} was armed, and which of its nodes are in maintenance, is not known: it is armed "
                    f"to {level}, none is in maintenance: {error}"
                )
            else:
                if said := standing.otherwise(group, stood):
                    self._notice(said)
            for order in stood:
                ring.inbox.put_standing(OrderGiven(order=order), now)
        for name in (*(group.name for group in ring.core.cfg.groups), ring.core.cfg.supervisor):
            try:
                alarms = standing.alarms(self._state.journal, name, time.time_ns())
                if alarms is not None:
                    ring.inbox.put(alarms, now)
            except OthaError as error:
                self._notice(f"how the alarms of {name} stood is not known, they begin anew: {error}")

    def _notice(self, what: str) -> None:
        self._notices.append(what)
        self._lines.write("warning", "notice", text=what)

    def _tell_of_another_site(self) -> None:
        """Say when this is not the site that ran last, and what became of a change that the end of the process cut off.
        The file that `otha run` was given decides, whatever was under way."""
        try:
            told = last_site.told(self._state.journal, self._site.digest)
        except OthaError as error:
            told = f"which site ran last can't be read: {error}"
        if told:
            self._notices.append(told)

    def _allow_descriptors(self) -> None:
        paths = sum(len(section.paths) + 1 for section in self._site.sections)
        notice = descriptors.allow(_DESCRIPTORS_OF_OWN + len(self._site.channels) + paths)
        if notice:
            self._notices.append(notice)

    def _be_punctual(self, ring: Ring) -> None:
        notices = [ring.scheduler.notice]
        if self._punctual:
            self._collector.take_over()
            notices += [realtime.raise_priority(), realtime.lock_memory()]
        self._notices += [notice for notice in notices if notice]

    def _collect(self, ring: Ring) -> None:
        """Collect garbage from now on; not earlier, for what start-up is late by is no stall of the loop."""
        if self._punctual:
            first_ns = time.monotonic_ns() + PERIOD_NS
            ring.scheduler.every(PERIOD_NS, self._collector.look, first_ns=first_ns, departs=False)

    def _report(self, ring: Ring, now: int) -> None:
        """Tell the service manager that supervision has begun, and from now on how it stands."""
        service = self._service
        if not service.is_there:
            return
        service.ready()

        def alive(_now: int) -> None:
            scheduler = ring.scheduler
            service.alive(scheduler.lateness.count, scheduler.skipped, status_line(ring.core))

        ring.scheduler.every(service.every_ns, alive, first_ns=now + service.every_ns, departs=False)

    async def _wind_up(self, desk: Desk, ring: Ring, effects: EffectRunner) -> None:
        """Take no more orders; let a transfer that has begun end, and the effects under way, within their bounds."""
        desk.stopping = True
        self._lines.write("info", "stopping")
        bound_ns = max((g.timing.transfer_end_ns for g in ring.core.cfg.groups), default=0)
        self._service.stopping(bound_ns + _EFFECTS_END_NS + _CLOSE_NS)
        until = time.monotonic_ns() + bound_ns
        while time.monotonic_ns() < until and ring.core.fast_sections():
            await ring.scheduler.sleep_until(min(time.monotonic_ns() + bound_ns // 20, until))
        await effects.settle(_EFFECTS_END_NS)

    def _role_of(self, user: str) -> AccessRole | None:
        role = self._site.role_of(user, supervisor_user=getpass.getuser())
        return None if role is None else AccessRole[role.name]

    def _journal_trouble(self, trouble: Trouble) -> None:
        self._lines.write("warning", "journal", kind=trouble.kind.value, text=trouble.what)
        self._troubles.journal(trouble)

    def _segment_closed(self, path: Path) -> None:
        """The journal's own thread has begun the next one."""
        self._lines.write("info", "journal", closed=path.name)
        with suppress(RuntimeError):  # the loop has ended before its journal
            self._closed()

    def _tell_what_stands(self, ring: Ring) -> None:
        """In the new segment: the next start must need no older one."""
        ring.tell_standing()
        ring.note(last_site.STANDING, {**promised(self._site), "version": code_version()}, "")

    def _recorder_trouble(self, trouble: str) -> None:
        self._lines.write("warning", "recorder", text=trouble or "the recording is written again")
        self._troubles.recorder(trouble)

    def _loop_exception(self, ring: Ring) -> Any:  # Any: asyncio's exception handler
        def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            error = context.get("exception")
            ring.defect(error if isinstance(error, Exception) else RuntimeError(str(context.get("message"))))

        return handle


async def run(
    site: Site,
    state_dir: Path,
    *,
    live: bool,
    stop: asyncio.Event,
    log_to: TextIO | None = None,
    punctual: bool = True,
    service: ServiceManager | None = None,
) -> int:
    """Supervise `site` until `stop` is set; the exit code. `live` draws a table on standard output.

    `log_to` takes the log lines (None: standard error, or a file in the state directory beside a live table).
    `punctual=False` leaves the process' scheduling, garbage collection and memory alone, for running it inside another
    program. `service` is told how it stands. Raises HostError and what opening the journal raises.
    """
    state = StateDir(state_dir)
    told = service or ServiceManager({})
    try:
        return await Supervisor(site, state, live=live, log_to=log_to, punctual=punctual, service=told).run(stop)
    finally:
        state.close()
