"""Servers as processes, ended with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.runtime.opcua.rig import ServerProcess


@pytest.fixture(scope="package")
def _shared() -> Iterator[ServerProcess]:
    server = ServerProcess()
    yield server
    server.end()


@pytest.fixture
def shared(_shared: ServerProcess) -> Iterator[ServerProcess]:
    """A server that stands for all tests that only read it or give it orders; a start takes seconds."""
    _shared.order(reset=True)
    yield _shared
    _shared.order(reset=True)


@pytest.fixture
def serve() -> Iterator[Callable[..., ServerProcess]]:
    """serve(**settings) starts a server."""
    with ExitStack() as stack:

        def start(**settings: Any) -> ServerProcess:
            server = ServerProcess(**settings)
            stack.callback(server.end)
            return server

        yield start
