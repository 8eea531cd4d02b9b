"""Several processes that expand one frontier, level by level.

Worlds stay in the process that made them; only digests travel. Who expands a world does not change what is found.
"""

import multiprocessing
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from otha.core.errors import HostError
from otha.verify.around import Around
from otha.verify.expansion import Expander, Level, OnRest

_END_S = 5.0


def _work(end: Connection, frontier: list[tuple[bytes, Around]], on_rest: OnRest) -> None:
    """A process of the crew: expand, send what was found, be told what to keep."""
    expander = Expander(frontier, on_rest)
    try:
        while (asked := end.recv()) is not None:
            mine, until = asked
            if mine is not None:
                expander.keep(mine)
            end.send(expander.expand(until))
    except (EOFError, KeyboardInterrupt):
        pass
    except Exception:
        end.send(traceback.format_exc())


class Crew:
    """Processes under way. The first level that they expand is the frontier that they were started with."""

    def __init__(self, ends: list[Connection]) -> None:
        self._ends = ends

    def expand(self, kept: list[list[bytes]] | None, until: float | None) -> list[Level]:
        """What each process finds from the worlds that are its own (None: those that it was started with).

        Raises HostError when a process has died.
        """
        for number, end in enumerate(self._ends):
            end.send((None if kept is None else kept[number], until))
        return [self._level(end) for end in self._ends]

    @staticmethod
    def _level(end: Connection) -> Level:
        try:
            level = end.recv()
        except EOFError:
            mend = "it may have run out of memory: fewer faults or orders, or fewer processes"
            raise HostError("a process of the exploration has died", mend=mend) from None
        if isinstance(level, Level):
            return level
        raise RuntimeError(f"a process of the exploration failed\n{level}")


@contextmanager
def crew(frontier: list[tuple[bytes, Around]], jobs: int, on_rest: OnRest) -> Iterator[Crew]:
    """A crew of `jobs` processes, each with its share of the frontier. They end with the block."""
    # Forked: worlds are there at once, and so is whatever was changed in the core on purpose, to see it found.
    context = multiprocessing.get_context("fork")
    ends, processes = [], []
    for number in range(jobs):
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, frontier[number::jobs], on_rest), daemon=True)
        process.start()
        theirs.close()
        ends.append(ours)
        processes.append(process)
    try:
        yield Crew(ends)
    finally:
        for end in ends:
            with suppress(OSError):
                end.send(None)
            end.close()
        for process in processes:
            process.join(_END_S)
            if process.is_alive():
                process.terminate()
