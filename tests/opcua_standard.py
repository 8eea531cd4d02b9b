"""OPC UA's own address space, made once for all servers and interfaces of a test run: one that makes it for itself
takes more than a second of CPU for nothing else. Kept as OTHA's interface keeps it, see `otha.interface.standard`."""

import asyncio
import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from asyncua.server.internal_server import InternalServer
from asyncua.server.user_managers import UserManager

from otha.interface import standard

KEPT = "OTHA_TESTS_KEPT"  # the folder that several processes of one run share


@cache
def kept_in() -> Path:
    """The folder it is kept in."""
    folder = Path(os.environ.get(KEPT) or tempfile.mkdtemp(prefix="otha-tests-"))
    if KEPT not in os.environ:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def kept_file() -> Path:
    """The file it is kept in; made by whoever comes first."""
    file = standard.file_in(kept_in())
    if not file.exists():
        server = InternalServer()
        standard.load(server.aspace, server.node_mgt_service, file)
    return file


class QuickServer(InternalServer):
    """asyncua's server, with what is kept in that folder."""

    def __init__(self, folder: Path, user_manager: UserManager | None = None) -> None:
        super().__init__(user_manager)
        self._file = standard.file_in(folder)

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        await asyncio.to_thread(standard.load, self.aspace, self.node_mgt_service, self._file)
