"""OPC UA's own address space, filled before a server needs it.

That takes longer than all else that a server does to start. What a process has filled ahead, each process that is then
forked from it has as well.
"""

import asyncio
import gc
from pathlib import Path
from typing import Final

from asyncua.server.internal_server import InternalServer
from asyncua.server.standard_address_space import standard_address_space

_ahead: Final = list[InternalServer]()


class StandardServer(InternalServer):
    """asyncua's, and it can be filled ahead."""

    def __init__(self) -> None:
        super().__init__()
        self._is_filled = False

    def fill(self) -> None:
        """Make the nodes."""
        collects = gc.isenabled()
        gc.disable()  # six thousand nodes and no garbage: looking for some takes as long again
        try:
            standard_address_space.fill_address_space(self.node_mgt_service)  # type: ignore[no-untyped-call]  # asyncua's
        finally:
            if collects:
                gc.enable()
        self._is_filled = True

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        if not self._is_filled:
            await asyncio.to_thread(self.fill)


def fill_ahead() -> None:
    """Have one filled server ready."""
    server = StandardServer()
    server.fill()
    _ahead.append(server)


def new_server() -> InternalServer:
    """The one that is ready, or one that is still to be filled."""
    return _ahead.pop() if _ahead else StandardServer()
