"""All that shows OTHA to others, as the site file asks for it: the OPC UA interface and the outlets."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from otha.runtime.interface.outlet import Outlet, Status
from otha.runtime.interface.process import InterfaceProcess
from otha.site.model import Site
from otha.site.outlets import Syslog
from otha.wire import outlet as wire
from otha.wire.message import Json

if TYPE_CHECKING:
    from otha.runtime.interface.process import Book


class Outlets:
    """The processes that others see OTHA through. `interface` is None for a site without one."""

    def __init__(self, interface: InterfaceProcess | None, outlets: tuple[Outlet, ...]) -> None:
        self.interface = interface
        self.outlets = outlets
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Start their threads, before the threads' priorities are set."""
        for each in self._all():
            await each.prepare()

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Run them, until `stop`."""
        self._tasks = [tasks.create_task(each.run(), name="outside") for each in self._all()]

    def stop(self) -> None:
        """End them."""
        for task in self._tasks:
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


def outlets_of(site: Site, folder: Path, version: str, book: "Book", status: Status) -> tuple[Outlet, ...]:
    """The outlets that the site file asks for. `folder`: the state directory."""
    found: list[Outlet] = []
    if site.metrics is not None:
        setup = wire.MetricsSetup(
            site=site.name, version=version, folder=str(folder), host=site.metrics.host, port=site.metrics.port
        )
        found.append(Outlet("metrics", "otha.interface.metrics", setup, book, status))
    if site.syslog is not None:
        found.append(Outlet("syslog", "otha.interface.syslog", _syslog(site, site.syslog, folder, version), book, None))
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
