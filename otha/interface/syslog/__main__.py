"""The process that sends the journal: `python -m otha.interface.syslog SOCKET PARENT`, started by the supervisor."""

import asyncio

from otha.interface import confined, outlet
from otha.interface.syslog.run import work

MEMORY_LIMIT = 512 << 20
DESCRIPTORS = 64


def main() -> None:
    """Run as a process of its own."""
    sock = confined.enter(memory=MEMORY_LIMIT, descriptors=DESCRIPTORS)
    asyncio.run(outlet.live(sock, work, "see [syslog] in the site file"))


if __name__ == "__main__":
    main()
