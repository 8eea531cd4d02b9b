"""The port of the interface stays its own while it is started again."""

import socket

import pytest

from otha.runtime.interface.port import HeldPort


def bound(port: int, *, reuse: bool) -> socket.socket:
    """A socket with this port. Raises OSError."""
    made = socket.socket()
    if reuse:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
    except OSError:
        made.close()
        raise
    return made


@pytest.fixture
def port() -> int:
    """One that nobody has."""
    with bound(0, reuse=True) as probe:
        found: int = probe.getsockname()[1]
    return found


def test_a_client_that_is_connected_to_itself_would_keep_the_interface_out(port: int) -> None:
    with bound(port, reuse=False) as client:
        client.connect(("127.0.0.1", port))
        with pytest.raises(OSError, match="in use"):
            bound(port, reuse=True)
    with pytest.raises(OSError, match="in use"):  # TIME_WAIT
        bound(port, reuse=True)


def test_no_client_gets_a_held_port_and_one_interface_after_the_other_does(port: int) -> None:
    held = HeldPort("127.0.0.1", port)
    held.hold()
    held.hold()
    for _ in range(2):
        with pytest.raises(OSError, match="in use"):
            bound(port, reuse=False)
        with bound(port, reuse=True) as interface:
            interface.listen()
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    held.close()


def test_a_port_that_somebody_listens_on_is_held_once_he_has_gone(port: int) -> None:
    held = HeldPort("127.0.0.1", port)
    with bound(port, reuse=True) as somebody:
        somebody.listen()
        held.hold()
    held.hold()
    with pytest.raises(OSError, match="in use"):
        bound(port, reuse=False)
    held.close()
    bound(port, reuse=False).close()
