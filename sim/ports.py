"""Which ports a plant listens on, and the site file that names them."""

import os
import re
import socket
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from typing import Final

from sim import whole
from sim.errors import PlantError, UsageError
from sim.plant import DEFAULT_PORTS

# Below the range from which the system takes ports for outgoing connections, so that a restarted process gets its own
# port back.
_FIRST: Final = 16_000
_LAST: Final = 32_000
_KEPT: Final[list[ExitStack]] = []
_ADDRESS: Final = re.compile(r"(?<=127\.0\.0\.1:)150\d\d\b")


def free_ports(names: Collection[str] = tuple(DEFAULT_PORTS)) -> dict[str, int]:
    """A free block of ports for a plant of its own, kept from everybody else until this process ends. Raises PlantError
    when there is none."""
    size = len(names)
    blocks = (_LAST - _FIRST) // size
    for attempt in range(blocks):
        # Plants that start at the same time have different process ids, so they look at different blocks first.
        base = _FIRST + (os.getpid() + attempt) % blocks * size
        if _kept(range(base, base + size)):
            return {name: base + index for index, name in enumerate(names)}
    raise PlantError("no free block of ports on 127.0.0.1", mend="end other plants on this machine")


def _kept(ports: Iterable[int]) -> bool:
    """Whether all of them could be had: bound here, and listened on by whoever of the plant binds beside it."""
    with ExitStack() as block:
        for port in ports:
            own = block.enter_context(socket.socket())
            try:
                own.bind(("127.0.0.1", port))
            except OSError:
                return False
            # Not before: with it, a port that another plant keeps could be had as well.
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _KEPT.append(block.pop_all())
    return True


def substitute(site: str, ports: dict[str, int]) -> str:
    """The site file's text with the shipped addresses 127.0.0.1:150xx replaced by this plant's.

    Raises UsageError when the file names a 150xx port that no process of the plant listens on.
    """
    shipped_ports = DEFAULT_PORTS | whole.PORTS
    real = {shipped_ports[name]: port for name, port in ports.items()}

    def replace(found: re.Match[str]) -> str:
        shipped = int(found.group())
        if shipped not in real:
            known = ", ".join(str(port) for port in sorted(real))
            raise UsageError(f"nothing of this plant listens on 127.0.0.1:{shipped}", mend=f"its ports are {known}")
        return str(real[shipped])

    return _ADDRESS.sub(replace, site)
