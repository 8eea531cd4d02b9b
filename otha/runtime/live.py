"""The live table of `otha run`: drawn by a thread from the newest snapshot, so that no drawing delays a heartbeat."""

import threading
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

_PERIOD_S = 0.5


def _style(word: str) -> str:
    """Colour only what is not normal (ISA-101)."""
    quiet = ("alive", "on_time", "OWNED", "following", "true", "unknown", "ACTIVE", "STANDBY")
    return "" if word in quiet else "bold"


def _groups(status: dict[str, Any]) -> Table:
    table = Table("group", "standing", "active", "epoch", "gate", "transfer", "nodes", "alarms", expand=True)
    for group in status["groups"]:
        gate, plan = group["gate"], group["plan"]
        state = gate["state"] if gate["seen"] else "unseen"
        nodes = ", ".join(f"{n['name']} {n['role']} {n['liveness']} {n['level']}" for n in group["nodes"])
        table.add_row(
            group["name"],
            Text(group["standing"], _style(group["standing"])),
            group["active"] or "-",
            str(group["epoch"]),
            Text(f"{state} {gate['owner'] or '-'}", _style(state)),
            "-" if plan is None else f"{plan['kind']} to {plan['to_node']}: {plan['course']} {plan['phase']}",
            nodes,
            Text(", ".join(alarm["code"] for alarm in group["alarms"]) or "-"),
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
    return Group(Text(line), _groups(status), _channels(status))


class LiveTable:
    """Shows the newest status that it was given, until closed."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._newest: dict[str, Any] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="otha-live", daemon=True)
        self._thread.start()

    def show(self, status: dict[str, Any]) -> None:
        """Show this one from the next drawing on."""
        self._newest = status

    def close(self) -> None:
        """Leave the last table standing."""
        self._stop.set()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=False) as live:
            while not self._stop.wait(_PERIOD_S):
                if self._newest is not None:
                    live.update(draw(self._newest), refresh=True)
