"""The process that serves figures: `python -m otha.interface.metrics SOCKET PARENT`, started by the supervisor."""

import asyncio

from otha.interface import confined, outlet
from otha.interface.metrics.run import work

MEMORY_LIMIT = 512 << 20
DESCRIPTORS = 128


def main() -> None:
    """Run as a process of its own."""
    sock = confined.enter(memory=MEMORY_LIMIT, descriptors=DESCRIPTORS)
    asyncio.run(outlet.live(sock, work, "see [metrics] in the site file"))


if __name__ == "__main__":
    main()
