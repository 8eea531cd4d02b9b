"""A process of a plant as its parent has it: started, told to end, seen to end.

All are forked from one process (multiprocessing's fork server) that has imported what they need: a plant of eighteen
processes comes up in a third of the processor time. They are its children then, and it is the parent's: whichever of
the two ends, they are killed. One that has ended itself is started anew with the next process.
"""

import asyncio
import importlib
import multiprocessing
import os
import signal
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from sim import template
from sim.errors import PlantError
from sim.process import READY, live, tie_to_parent
from sim.whole import Scope

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_TEMPLATES: Final = {Scope.PAIR: "sim.template_pair", Scope.WHOLE: "sim.template_whole"}


def prepare_for(scope: Scope) -> None:
    """Begin to import what the processes of such a plant need; in a process that has done so, nothing.

    For the main thread, as `Child` is: the template dies with the thread that has started it.
    """
    forkserver.set_forkserver_preload([_TEMPLATES[scope]])
    _ensure_template()


def _ensure_template() -> None:
    # First and apart: it unblocks the signal itself.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Child:
    """The process `name` of the plant in `directory`: runs `module.start`, its errors go to the end of `log`.

    `prepare_for` comes before. Raises PlantError when the template ends at that moment; the next start has a new one.
    """

    def __init__(self, module: str, directory: Path, name: str, log: Path) -> None:
        log.touch()
        _ensure_template()
        self._said, saying = _CONTEXT.Pipe(duplex=False)
        with saying:
            process = _CONTEXT.Process(target=_be, args=(module, directory, name, log, saying), name=name, daemon=True)
            try:
                process.start()  # waits for the template: a moment, or until it has imported all
            except (OSError, EOFError) as error:
                self._said.close()
                raise PlantError(f"{name} could not be forked: {error!r}", mend="start it again") from error
        assert process.pid is not None
        self.pid: int = process.pid
        self.returncode: int | None = None
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._look)

    def _look(self) -> None:
        code = self._process.exitcode
        if code is None:
            return
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.close()
        self.returncode = code
        self._ended.set()

    async def is_ready(self, *, within_s: float) -> bool:
        """Whether it says so in time. To be asked once."""
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        with self._said:
            loop.add_reader(self._said.fileno(), heard.set)
            try:
                async with asyncio.timeout(within_s):
                    await heard.wait()
                return os.read(self._said.fileno(), len(READY)) == READY
            except TimeoutError:
                return False
            finally:
                loop.remove_reader(self._said.fileno())

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it has not ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def end(self) -> None:
        """Return when it has ended."""
        await self._ended.wait()


def _be(module: str, directory: Path, name: str, log: Path, saying: Connection) -> None:
    """The process' own part."""
    tie_to_parent(template.PID)
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="utf-8")  # `ps` and `top` would show all alike
    with saying:
        os.dup2(saying.fileno(), 1)
    with log.open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    live(importlib.import_module(module).start, directory, name)
