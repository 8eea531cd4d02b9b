"""Work done in children of this process, several at a time: each begins with all that is imported and collected here,
and nothing that it breaks comes back but its answer."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any

_FORK = get_context("fork")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended. `answer`: what its work returned, None when it was cut off (by itself or at the limit)."""

    number: int
    answer: Any  # whatever the work returns
    exit_code: int | None


def each(count: int, work: Callable[[int], object], *, beside: int, limit_s: float) -> Iterator[Ended]:
    """`work(0)` to `work(count - 1)`, each in a child, `beside` at a time; as they end. `limit_s`: seconds for one."""
    waiting = iter(range(count))
    running: list[_Child] = []
    while True:
        while len(running) < beside and (number := next(waiting, None)) is not None:
            running.append(_Child(work, number, limit_s))
        if not running:
            return
        # The end of an answer's pipe is the end of the child too.
        ready = wait([child.answer for child in running], timeout=max(0.0, running[0].until - monotonic()))
        over = [child for child in running if child.answer in ready or monotonic() >= child.until]
        for child in over:
            running.remove(child)
            yield child.ended(heard=child.answer in ready)


class _Child:
    def __init__(self, work: Callable[[int], object], number: int, limit_s: float) -> None:
        self.number = number
        self.until = monotonic() + limit_s
        self.answer, theirs = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(target=_run, args=(work, number, theirs))
        self.process.start()
        theirs.close()

    def ended(self, *, heard: bool) -> Ended:
        """Its end; forced, when it has not come by itself."""
        answer = None
        if heard:
            try:
                answer = self.answer.recv()
            except EOFError:
                answer = None  # it died before it had answered
            self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        exit_code = self.process.exitcode
        self.process.close()
        self.answer.close()
        return Ended(number=self.number, answer=answer, exit_code=exit_code)


def _run(work: Callable[[int], object], number: int, answer: Connection) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    answer.send(work(number))
    answer.close()
    os._exit(0)  # no exit handlers: they are the parent's
