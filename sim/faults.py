"""The catalogue of faults: what can be done to a running plant, by name, with its arguments and its help."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sim import kinds, whole
from sim.control import Answer
from sim.errors import UsageError
from sim.plant import GATEWAYS, NETWORKS, NODES, PLC_SECTIONS, PROCESSES, SERIAL
from sim.plc import SETTABLE
from sim.whole import HISTORIANS, SCADA, SERVER_ENDS, SERVERS


class Hands(Protocol):
    """What the catalogue needs of the plant's orchestrator."""

    @property
    def networks(self) -> tuple[str, ...]:
        """All that bytes pass through, the field bus included."""

    def send(self, process: str, number: signal.Signals) -> int:
        """Send a signal; returns CLOCK_MONOTONIC ns just before."""

    async def restart(self, process: str) -> None:
        """End the process if it runs, start it again, return when it serves."""

    async def ask(self, process: str, action: str, **arguments: object) -> Answer:
        """Ask a process through its door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a fault. Without a default it must be given."""

    name: str
    kind: type[int] | type[float] | type[str]
    help: str
    default: int | float | str | None = None
    choices: tuple[str, ...] = ()

    def take(self, value: object) -> int | float | str:
        """The value as its kind. Raises UsageError."""
        try:
            taken = self.kind(str(value))
        except ValueError as error:
            raise UsageError(f"{self.name}={value!r} is no {self.kind.__name__}", mend=self.help) from error
        if self.choices and taken not in self.choices:
            raise UsageError(f"{self.name}={value!r} isn't known here", mend=f"one of: {', '.join(self.choices)}")
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One entry of the catalogue."""

    name: str
    help: str
    parameters: tuple[Parameter, ...]
    carry_out: Callable[[Hands, Mapping[str, Any]], Awaitable[Answer]]

    def arguments(self, given: Mapping[str, object]) -> dict[str, int | float | str]:
        """All arguments, checked, defaults filled in. Raises UsageError naming what is wrong."""
        known = {parameter.name for parameter in self.parameters}
        if unknown := sorted(set(given) - known):
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"fault {self.name} takes no {', '.join(unknown)}", mend=f"it takes: {names}")
        taken: dict[str, int | float | str] = {}
        for parameter in self.parameters:
            if parameter.name in given:
                taken[parameter.name] = parameter.take(given[parameter.name])
            elif parameter.default is not None:
                taken[parameter.name] = parameter.default
            else:
                raise UsageError(f"fault {self.name} needs {parameter.name}", mend=parameter.help)
        return taken


_PROCESS: Final = Parameter(
    name="node",
    kind=str,
    help="a process of the plant",
    choices=(*PROCESSES, SERIAL, *GATEWAYS, *whole.PROCESSES),
)
_APPLICATION: Final = Parameter(name="node", kind=str, help="a soft controller or a server", choices=(*NODES, *SERVERS))
_ALONE: Final = Parameter(
    name="node", kind=str, help="a soft controller, a server or a gateway", choices=(*NODES, *SERVERS, *GATEWAYS)
)
_REDUNDANT: Final = Parameter(
    name="node", kind=str, help="a controller, SCADA server or historian", choices=(*NODES, *SCADA, *HISTORIANS)
)
_SCADA: Final = Parameter(name="node", kind=str, help="a SCADA server", choices=tuple(SCADA))
_SERVER: Final = Parameter(name="node", kind=str, help="a SCADA server or historian", choices=(*SCADA, *HISTORIANS))
_NETWORK: Final = Parameter(
    name="network",
    kind=str,
    help="net_a, net_b, net_s (the servers'), or bus: the field bus before the PLC",
    choices=(*NETWORKS, "net_s", "bus"),
)
_SECTION: Final = Parameter(
    name="section", kind=str, help="the PLC section", default=PLC_SECTIONS[0], choices=PLC_SECTIONS
)
_END: Final = Parameter(
    name="node",
    kind=str,
    help="whose channel there, e.g. sc_a, plc, ref_a, scada_b, on the bus also sync_sc_a, sync_sc_b, gw_a; or all",
    default="all",
)

_GATEWAY: Final = Parameter(name="node", kind=str, help="a gateway", choices=GATEWAYS)
_LINE: Final = Parameter(name="line", kind=str, help="the gateway at its end", choices=GATEWAYS)


def _signal(number: signal.Signals) -> Callable[[Hands, Mapping[str, Any]], Awaitable[Answer]]:
    async def carry_out(hands: Hands, given: Mapping[str, Any]) -> Answer:
        return {"at_ns": hands.send(given["node"], number)}

    return carry_out


def _inside(action: str) -> Callable[[Hands, Mapping[str, Any]], Awaitable[Answer]]:
    async def carry_out(hands: Hands, given: Mapping[str, Any]) -> Answer:
        return await hands.ask(given["node"], action, **{key: given[key] for key in given if key != "node"})

    return carry_out


def _on_network(action: str) -> Callable[[Hands, Mapping[str, Any]], Awaitable[Answer]]:
    async def carry_out(hands: Hands, given: Mapping[str, Any]) -> Answer:
        return await hands.ask(given["network"], action, **{key: given[key] for key in given if key != "network"})

    return carry_out


def _on_line(action: str) -> Callable[[Hands, Mapping[str, Any]], Awaitable[Answer]]:
    async def carry_out(hands: Hands, given: Mapping[str, Any]) -> Answer:
        return await hands.ask(SERIAL, action, **given)

    return carry_out


async def _restart(hands: Hands, given: Mapping[str, Any]) -> Answer:
    await hands.restart(given["node"])
    return {}


async def _isolate(hands: Hands, _given: Mapping[str, Any]) -> Answer:
    answers = [await hands.ask(network, "cut") for network in NETWORKS]
    return {"at_ns": answers[-1]["at_ns"]}


async def _black_hole(hands: Hands, given: Mapping[str, Any]) -> Answer:
    """Replication stands still both ways: the link between the two ends at the one that is cut off."""
    node = given["node"]
    ends = [(network, node) for network in NETWORKS]
    if node in NODES:
        ends += [("bus", node), *(("bus", f"sync_{each}") for each in NODES)]
    else:
        ends += [("net_s", end) for end in SERVER_ENDS[node]]
        ends += [("bus", "bus_collector")] if node == "collector" else []
    answers = await asyncio.gather(*(hands.ask(network, "cut", node=end) for network, end in ends))
    return {"at_ns": max(answer["at_ns"] for answer in answers)}


async def _heal(hands: Hands, given: Mapping[str, Any]) -> Answer:
    networks = hands.networks if given["network"] == "all" else (given["network"],)
    answers = [await hands.ask(network, "heal", node=given["node"]) for network in networks]
    return {"at_ns": answers[-1]["at_ns"]}


async def _set_tag(hands: Hands, given: Mapping[str, Any]) -> Answer:
    return await hands.ask("plc", "set_tag", **given)


async def _press(hands: Hands, given: Mapping[str, Any]) -> Answer:
    return await hands.ask("plc", "press", **given)


async def _local(hands: Hands, given: Mapping[str, Any]) -> Answer:
    return await hands.ask("plc", "local", **given)


async def _reset(hands: Hands, given: Mapping[str, Any]) -> Answer:
    return await hands.ask("plc", "reset", **given)


def _ms(name: str, help_text: str, default: float | None = None) -> Parameter:
    return Parameter(name=name, kind=float, help=help_text, default=default)


_ENTRIES: Final = (
    Fault(
        name="kill",
        help="kill -9 a process: its sockets close, nothing is said",
        parameters=(_PROCESS,),
        carry_out=_signal(signal.SIGKILL),
    ),
    Fault(
        name="stop",
        help="SIGSTOP a process: its sockets stay open, nothing answers",
        parameters=(_PROCESS,),
        carry_out=_signal(signal.SIGSTOP),
    ),
    Fault(
        name="cont",
        help="SIGCONT a stopped process: it goes on as if no time had passed",
        parameters=(_PROCESS,),
        carry_out=_signal(signal.SIGCONT),
    ),
    Fault(
        name="wake",
        help="the same as cont, in an operator's word",
        parameters=(_PROCESS,),
        carry_out=_signal(signal.SIGCONT),
    ),
    Fault(
        name="restart",
        help="end a process if it runs and start it anew; answers when it serves",
        parameters=(_PROCESS,),
        carry_out=_restart,
    ),
    Fault(
        name="freeze",
        help="the application freezes behind a live socket: heartbeat and cycle stand still, reads are answered",
        parameters=(_APPLICATION,),
        carry_out=_inside("freeze"),
    ),
    Fault(
        name="stall_worker",
        help="the control, storing or sampling task stands still while heartbeat and frames go on",
        parameters=(_APPLICATION,),
        carry_out=_inside("stall_worker"),
    ),
    Fault(
        name="lying_role",
        help="the node shows a role that isn't its own",
        parameters=(
            _REDUNDANT,
            Parameter(
                name="role",
                kind=str,
                help="what it claims to be",
                choices=("unknown", "active", "standby", "maintenance"),
            ),
        ),
        carry_out=_inside("lying_role"),
    ),
    Fault(
        name="replication_lag",
        help="states reach the peer late",
        parameters=(_REDUNDANT, Parameter(name="ms", kind=int, help="how late; 0 ends it")),
        carry_out=_inside("replication_lag"),
    ),
    Fault(
        name="stale_source",
        help="the timestamps of a server's plant data stop; its heartbeat goes on",
        parameters=(_SCADA,),
        carry_out=_inside("stale_source"),
    ),
    Fault(
        name="level",
        help="report a ServiceLevel whatever is true",
        parameters=(_SERVER, Parameter(name="level", kind=int, help="0 to 255")),
        carry_out=_inside("level"),
    ),
    Fault(
        name="passive_level_1",
        help="report ServiceLevel 1 while passive and well, as some products do",
        parameters=(_SCADA,),
        carry_out=_inside("passive_level_1"),
    ),
    Fault(
        name="thaw",
        help="end all that is wrong inside an application: freeze to passive_level_1",
        parameters=(_APPLICATION,),
        carry_out=_inside("thaw"),
    ),
    Fault(
        name="cut",
        help="black hole: connections stay open, bytes vanish both ways",
        parameters=(_NETWORK, _END),
        carry_out=_on_network("cut"),
    ),
    Fault(
        name="black_hole",
        help="a node is cut off from everything: heartbeats, field bus, gateways, its peer; its process goes on",
        parameters=(_ALONE,),
        carry_out=_black_hole,
    ),
    Fault(
        name="refuse",
        help="connections are reset and refused",
        parameters=(_NETWORK, _END),
        carry_out=_on_network("refuse"),
    ),
    Fault(
        name="delay",
        help="everything arrives late, both ways",
        parameters=(_NETWORK, _END, _ms("ms", "how late, each way; 0 ends it")),
        carry_out=_on_network("delay"),
    ),
    Fault(
        name="one_way",
        help="one direction is lost",
        parameters=(
            _NETWORK,
            _END,
            Parameter(name="lost", kind=str, help="which one", default="replies", choices=("replies", "requests")),
        ),
        carry_out=_on_network("one_way"),
    ),
    Fault(
        name="stalls",
        help="seeded stalls, shaped as bursts of packet loss shape a TCP stream",
        parameters=(
            _NETWORK,
            _END,
            _ms("every_ms", "mean time between stalls", 2000.0),
            _ms("hold_ms", "length of a stall with one loss; repeated losses double it", 200.0),
            Parameter(name="seed", kind=int, help="same seed, same stalls", default=1),
        ),
        carry_out=_on_network("stalls"),
    ),
    Fault(
        name="isolate_observer",
        help="black hole on both networks, reference points included: OTHA sees nobody",
        parameters=(),
        carry_out=_isolate,
    ),
    Fault(
        name="heal",
        help="end the faults of a network's channel, or of all",
        parameters=(
            Parameter(
                name="network",
                kind=str,
                help="net_a, net_b, net_s, bus or all",
                default="all",
                choices=(*NETWORKS, "net_s", "bus", "all"),
            ),
            _END,
        ),
        carry_out=_heal,
    ),
    Fault(
        name="hold_queue",
        help="a gateway takes requests and sends none of them down its line; its other tasks go on",
        parameters=(_GATEWAY,),
        carry_out=_inside("hold_queue"),
    ),
    Fault(
        name="let_go",
        help="end hold_queue: what waits is sent",
        parameters=(_GATEWAY,),
        carry_out=_inside("let_go"),
    ),
    Fault(
        name="cut_line",
        help="a gateway's serial line is broken: bytes vanish both ways",
        parameters=(_LINE,),
        carry_out=_on_line("cut"),
    ),
    Fault(
        name="garble_line",
        help="bits fall over on a gateway's serial line",
        parameters=(
            _LINE,
            Parameter(name="one_in", kind=int, help="one byte in so many is spoilt", default=20),
            Parameter(name="seed", kind=int, help="same seed, same bits", default=1),
        ),
        carry_out=_on_line("garble"),
    ),
    Fault(
        name="heal_line",
        help="end cut_line and garble_line",
        parameters=(_LINE,),
        carry_out=_on_line("heal"),
    ),
    Fault(
        name="set_tag",
        help="turn a switch at the PLC, or test a detector: it reports, whatever is true",
        parameters=(
            Parameter(name="tag", kind=str, help="the switch or detector", choices=SETTABLE),
            Parameter(name="value", kind=int, help="0 or 1"),
        ),
        carry_out=_set_tag,
    ),
    Fault(
        name="press",
        help="a person presses a button of the machine: boiler, crane, pump station",
        parameters=(Parameter(name="button", kind=str, help="which one", choices=kinds.BUTTONS),),
        carry_out=_press,
    ),
    Fault(name="local", help="a person takes a section over by hand", parameters=(_SECTION,), carry_out=_local),
    Fault(
        name="reset",
        help="a person leaves LOCAL or SAFE by the reset button",
        parameters=(_SECTION,),
        carry_out=_reset,
    ),
)

CATALOGUE: Final[Mapping[str, Fault]] = {fault.name: fault for fault in _ENTRIES}


def named(name: str) -> Fault:
    """The fault of that name. Raises UsageError listing the names there are."""
    if name not in CATALOGUE:
        raise UsageError(f"there is no fault {name!r}", mend=f"one of: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
