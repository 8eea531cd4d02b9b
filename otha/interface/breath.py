"""Long work in short stretches, so that nobody waits for the end of it."""

import asyncio
import time
from typing import Final

STRETCH_S: Final = 0.005


class Breath:
    """Lets the loop go on to others whenever a stretch of work has lasted `STRETCH_S`."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def taken(self) -> None:
        """One piece of the work is done."""
        if time.perf_counter() - self._since >= STRETCH_S:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
