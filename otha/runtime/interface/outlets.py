"""All that shows OTHA to others, as the site file asks for it: the OPC UA interface and the outlets."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Final

from otha.core.errors import OthaError
from otha.runtime.interface.fed import Book, Status
from otha.runtime.interface.outlet import Outlet
from otha.runtime.interface.process import InterfaceProcess
from otha.site.model import Site
from otha.site.outlets import Syslog
from otha.wire import outlet as wire
from otha.wire.message import Json

_DURABLE_S: Final = 1.0


class Outlets:
    """The processes that others see OTHA through. `interface` is None for a site without one."""

    def __init__(self, interface: InterfaceProcess | None, outlets: tuple[Outlet, ...]) -> None:
        self.interface = interface
        self.outlets = outlets
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def prepare(self) -> None:
        """Start their threads, before the threads' priorities are set."""
        for each in self._all():
            await each.prepare()

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Run them, until `stop` and `stop_last`."""
        self._tasks = {each.name: tasks.create_task(each.run(), name="outside") for each in self._all()}

    def stop(self) -> None:
        """End all but those that have to tell how everything else has ended."""
        for each in self._all():
            if not (isinstance(each, Outlet) and each.is_last):
                self._tasks[each.name].cancel()

    async def stop_last(self, row: "Future[int]") -> None:
        """End the rest. `row`: the last that they have to tell, if it is durable in time."""
        if any(each.is_last for each in self.outlets):
            with suppress(OthaError, TimeoutError):
                async with asyncio.timeout(_DURABLE_S):
                    await asyncio.wrap_future(row)
        for task in self._tasks.values():
            task.cancel()

    def close(self) -> None:
        """Nothing is written for them any more."""
        for each in self._all():
            each.close()

    def told(self) -> Json:
        """What `otha status --json` shows of them, by name."""
        found: Json = {each.name: each.told() for each in self.outlets}
        if self.interface is not None:
            found["interface"] = self.interface.told()
        return found

    def _all(self) -> tuple[InterfaceProcess | Outlet, ...]:
        return self.outlets if self.interface is None else (self.interface, *self.outlets)


def outlets_of(site: Site, folder: Path, version: str, book: Book, status: Status) -> tuple[Outlet, ...]:
    """The outlets that the site file asks for. `folder`: the state directory."""
    found: list[Outlet] = []
    if site.metrics is not None:
        setup = wire.MetricsSetup(
            site=site.name, version=version, folder=str(folder), host=site.metrics.host, port=site.metrics.port
        )
        found.append(Outlet("metrics", "otha.interface.metrics", setup, book, status))
    if site.syslog is not None:
        to_syslog = _syslog(site, site.syslog, folder, version)
        found.append(Outlet("syslog", "otha.interface.syslog", to_syslog, book, None, is_last=True))
    return tuple(found)


def _syslog(site: Site, to: Syslog, folder: Path, version: str) -> wire.SyslogSetup:
    return wire.SyslogSetup(
        site=site.name,
        version=version,
        folder=str(folder),
        host=to.host,
        port=to.port,
        transport=to.transport.value,
        facility=to.facility.value,
        least=to.least.value,
        server_name=to.server_name,
        ca_file=_file(to.ca_file),
        certificate_file=_file(to.certificate_file),
        key_file=_file(to.key_file),
        backlog_rows=to.backlog_rows,
        enterprise=to.enterprise_number,
    )


def _file(path: Path | None) -> str:
    return "" if path is None else str(path.absolute())
