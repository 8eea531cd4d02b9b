"""The live table of `otha run`, a process of its own: drawing it delays no heartbeat, and its death is a missing table.

`python -m otha.runtime.live SOCKET` asks the supervisor's socket for the newest snapshot twice a second.
"""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from otha.core.errors import OthaError
from otha.wire.client import WireClient

_PERIOD_S = 0.5
_END_S = 2.0
_QUIET = frozenset({"alive", "on_time", "OWNED", "", "following", "true", "unknown", "ACTIVE", "STANDBY"})


def _style(word: str) -> str:
    """Only what is not normal stands out (ISA-101)."""
    return "" if word in _QUIET else "bold"


def _alarm(alarm: dict[str, Any]) -> str:
    """An alarm that nobody has seen yet stands out."""
    return f"{alarm['code']} !" if alarm["unacked"] else str(alarm["code"])


def _groups(status: dict[str, Any]) -> Table:
    table = Table(expand=True)
    for heading in ("group", "standing", "active", "epoch", "gate", "transfer", "nodes", "alarms"):
        table.add_column(heading, overflow="fold")  # a narrow terminal must not cut names short
    for group in status["groups"]:
        gate, plan = group["gate"], group["plan"]
        state = "" if gate is None else gate["state"] if gate["seen"] else "unseen"
        owner = "-" if gate is None else gate["owner"] or "-"
        nodes = ", ".join(f"{n['name']} {n['role']} {n['liveness']} {n['level']}" for n in group["nodes"])
        table.add_row(
            group["name"],
            Text(group["standing"], _style(group["standing"])),
            group["active"] or "-",
            str(group["epoch"]),
            Text(f"{state} {owner}".strip(), _style(state)),
            "-" if plan is None else f"{plan['kind']} to {plan['to_node']}: {plan['course']} {plan['phase']}",
            nodes,
            Text(", ".join(_alarm(alarm) for alarm in group["alarms"] if not alarm["flags"]) or "-"),
        )
    return table


def _channels(status: dict[str, Any]) -> Text:
    text = Text("channels: ")
    for channel in status["channels"]:
        text.append(f"{channel['name']} ")
        text.append(f"{channel['pulse']}  ", _style(channel["pulse"]))
    return text


def draw(status: dict[str, Any]) -> Group:
    """The table of a snapshot."""
    late = status["loop"]["lateness_ns"]
    line = (
        f"{status['site']}  supervisor {status['supervisor']}  "
        f"{'ISOLATED  ' if status['isolated'] else ''}{'TILT  ' if status['tilted'] else ''}"
        f"heartbeats {late['count']}  p99.9 {late['p99_9'] // 1000} us late  skipped {status['loop']['skipped']}"
    )
    own = [_alarm(alarm) for alarm in status["alarms"] if not alarm["flags"]]
    return Group(
        Text(line),
        *(Text(f"{status['supervisor']}: {each}", "bold") for each in own),
        _groups(status),
        _channels(status),
    )


def watch(socket: Path, console: Console) -> None:
    """Draw until the supervisor goes."""
    with (
        suppress(OthaError),
        WireClient(socket, sender="live") as client,
        Live(console=console, auto_refresh=False) as live,
    ):
        while True:
            live.update(draw(client.status()), refresh=True)
            time.sleep(_PERIOD_S)


@asynccontextmanager
async def live_table(socket: Path) -> AsyncIterator[None]:
    """Run the table beside the block, on this process' standard output."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "otha.runtime.live", str(socket))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    # Ctrl-C reaches the whole terminal; the supervisor ends the table when it has ended itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    watch(Path(sys.argv[1]), Console())
