"""The process that serves figures, from its setup to its end."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from otha.core.errors import OthaError
from otha.interface import follow
from otha.interface.metrics.figures import Figures
from otha.interface.metrics.http import MetricsServer
from otha.interface.metrics.tally import Tally
from otha.interface.outlet import OutletLink
from otha.wire import outlet as wire

_LOOK_S: Final = 1.0
_ROWS: Final = 200


async def work(link: OutletLink) -> None:
    """Serve until cancelled. Raises OSError when the address can't be had."""
    setup = await link.setup
    assert isinstance(setup, wire.MetricsSetup)
    tally = Tally()
    figures = Figures(setup.site, setup.version, tally)
    link.take = lambda state: figures.take(state.status, time.monotonic())
    link.counted = lambda: {"scrapes": server.scrapes}
    with MetricsServer(setup.host, setup.port, figures) as server:
        link.send(wire.Working(where=server.url))
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-journal") as reading:
            loop = asyncio.get_running_loop()
            journal = Path(setup.folder) / "journal"
            follower: follow.Follower | None = None
            while True:
                # A journal that can't be read is told by the supervisor's own alarms; the other figures go on.
                with suppress(OthaError):
                    if follower is None:
                        after = await loop.run_in_executor(reading, follow.last_start, journal)
                        follower = follow.Follower(journal, after)
                    while rows := await loop.run_in_executor(reading, follower.page, _ROWS):
                        for row in rows:
                            tally.take(row)
                await asyncio.sleep(_LOOK_S)
