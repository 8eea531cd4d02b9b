"""The process that others talk OPC UA to: `python -m otha.interface SOCKET PARENT`, started by the supervisor.

Memory-limited: a hostile client can make asyncua allocate gigabytes, and then this process dies instead of the
supervisor. It ends when the socket does, so that it never outlives who started it.
"""

import asyncio
import gc
import logging

from otha.interface import confined
from otha.interface.run import serve

MEMORY_LIMIT = 1 << 30
DESCRIPTORS = 4096  # twice the connections that a site file may ask for


def main() -> None:
    """Run as a process of its own."""
    sock = confined.enter(memory=MEMORY_LIMIT, descriptors=DESCRIPTORS)
    logging.disable(logging.CRITICAL)  # asyncua logs what peers do wrong, as often as they do it
    gc.disable()  # until the address space stands
    asyncio.run(serve(sock))


if __name__ == "__main__":
    main()
