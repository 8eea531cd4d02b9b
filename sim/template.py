"""The process that a plant's processes are forked from, when it begins: it leaves Ctrl-C to them, dies with its parent
and imports what they need. It is multiprocessing's fork server; `sim.child` has it import one of `sim.template_*`."""

import gc
import importlib
import os
import signal
from collections.abc import Iterable
from typing import Final

from sim.process import tie_to_parent

PID: Final = os.getpid()  # in a fork it is still the template's

DEVICES: Final = {
    "plc": "sim.plc",
    "bus": "sim.bus_recorder",
    "sc_a": "sim.soft_controller",
    "sc_b": "sim.soft_controller",
    "ref_a": "sim.reference",
    "ref_b": "sim.reference",
    "net_a": "sim.proxy",
    "net_b": "sim.proxy",
    "net_s": "sim.proxy",
    "serial": "sim.serial_line",
    "gw_a": "sim.gateway",
    "gw_b": "sim.gateway",
}
SERVERS: Final = {
    "scada_a": "sim.scada_server",
    "scada_b": "sim.scada_server",
    "hist_a": "sim.historian_server",
    "hist_b": "sim.historian_server",
    "collector": "sim.collector_server",
}
# Process of a plant: the module whose `start` it runs.
MODULES: Final = DEVICES | SERVERS


def begin(modules: Iterable[str]) -> None:
    """Be the template of processes that run these. SIGINT is blocked until now: it would have ended this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    tie_to_parent(os.getppid())
    gc.disable()  # nothing of all that comes now is garbage
    for module in modules:
        importlib.import_module(module)


def settle() -> None:
    """What exists now is every fork's: a collection that looked at it would make each a copy of its own."""
    gc.freeze()
    gc.enable()
