"""The process that sends the journal, from its setup to its end."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from otha.interface.outlet import OutletLink
from otha.interface.syslog.courier import Courier, Manner
from otha.interface.syslog.mark import Mark
from otha.interface.syslog.ways import Collector
from otha.site.written_outlets import Facility, Severity, SyslogTransport
from otha.wire import outlet as wire

_END_S: Final = 1.0


async def work(link: OutletLink) -> None:
    """Send until cancelled."""
    setup = await link.setup
    assert isinstance(setup, wire.SyslogSetup)
    loop = asyncio.get_running_loop()
    collector = Collector(
        host=setup.host,
        port=setup.port,
        transport=SyslogTransport(setup.transport),
        server_name=setup.server_name,
        ca_file=_path(setup.ca_file),
        certificate_file=_path(setup.certificate_file),
        key_file=_path(setup.key_file),
    )
    manner = Manner(
        site=setup.site,
        version=setup.version,
        facility=Facility(setup.facility),
        least=Severity(setup.least),
        enterprise=setup.enterprise,
        backlog_rows=setup.backlog_rows,
    )

    def tell(remark: wire.Remark, what: str, count: int) -> None:
        message = wire.Remarked(remark=remark, what=what, count=count)
        loop.call_soon_threadsafe(link.send, message)

    state = Path(setup.folder)
    courier = Courier(state / "journal", Mark(state / "syslog" / "mark.json"), manner, collector, tell)
    link.counted = lambda: {"sent": courier.sent, "lost": courier.lost, "breaks": courier.breaks}
    link.send(wire.Working(where=str(collector)))
    end = threading.Event()
    broke: asyncio.Future[None] = loop.create_future()
    thread = threading.Thread(target=_carry, args=(courier, end, loop, broke), name="otha-courier", daemon=True)
    thread.start()
    try:
        await broke
    finally:
        end.set()
        thread.join(_END_S)  # one that waits for the collector is left to its fate; what it sent is sent again


def _carry(
    courier: Courier, end: threading.Event, loop: asyncio.AbstractEventLoop, broke: "asyncio.Future[None]"
) -> None:
    try:
        while True:
            is_end = end.is_set()
            waits_s = courier.work()
            if is_end and waits_s:
                break  # there is nothing left to carry, or nobody to carry it to
            end.wait(waits_s)
    except Exception as error:  # the process ends with it, and is started again
        loop.call_soon_threadsafe(_fail, broke, error)
    finally:
        with suppress(OSError):
            courier.close()


def _fail(broke: "asyncio.Future[None]", error: Exception) -> None:
    if not broke.done():
        broke.set_exception(error)


def _path(file: str) -> Path | None:
    return Path(file) if file else None
