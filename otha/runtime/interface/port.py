"""The port of the interface, held by the supervisor while the interface is started again."""

import socket
from contextlib import suppress


class HeldPort:
    """Keeps a port from being given to an outgoing connection of this machine while nobody listens there.

    The kernel takes the ports of outgoing connections from a range (`net.ipv4.ip_local_port_range`) that an engineer's
    port may lie in. A client that tries again and again while the interface is down can even be connected to itself
    there, and keeps the interface out for minutes: for its own patience, and then for TIME_WAIT. A socket that is bound
    and does not listen prevents both, and lets the interface bind beside it (both have SO_REUSEADDR).
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host.strip("[]")
        self._port = port
        self._socket: socket.socket | None = None

    def hold(self) -> None:
        """Hold it from now on, if it can be: whoever listens there already is the interface's trouble, which tells."""
        if self._socket is not None or self._port == 0:
            return
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        held = socket.socket(family, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as asyncio listens
        with suppress(OSError):
            held.bind((self._host, self._port))
            self._socket = held
            return
        held.close()

    def close(self) -> None:
        """Hold it no longer."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
