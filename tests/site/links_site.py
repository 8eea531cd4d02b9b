"""The demo site with its controllers behind two links that a router chooses between."""

from pathlib import Path

from tests.site.examples import TWO_TANKS

ROUTER = """
format = 1
name = "router"
kind = "node"
protocol = "opcua"
description = "Router that chooses between two links"
source = "tests/site/links_site.py"
tried_on_hardware = false
fencing = ["none"]
cycle_ms = 1

[items]
level = { fixed = 200 }

[switch.way]
epoch = "nsu=urn:otha:test;s=Epoch"
node = "nsu=urn:otha:test;s=Chosen"
object = "nsu=urn:otha:test;s=Box"
method = "nsu=urn:otha:test;s=Select"
"""

LINKS = """
[domain.net_x]
kind = "network"

[domain.net_y]
kind = "network"

[node.link_x]
profile = "modbus_link"
number = 1
channels.probe = { endpoint = "127.0.0.1:15101", network = "net_x" }

[node.link_y]
profile = "modbus_link"
number = 2
channels.probe = { endpoint = "127.0.0.1:15102", network = "net_y" }

[node.router]
profile = "router.toml"
number = 1
opcua = { security = "none" }
channels.own = { endpoint = "opc.tcp://127.0.0.1:15103/otha", network = "net_b" }

[group.links]
kind = "path"
mode = "hot"
members = [
    { node = "link_x", priority = 1 },
    { node = "link_y", priority = 2, deadline_ms = 390, misses = 5 },
]
clients = [{ node = "router", switch = "way" }]
arming = "armed"
fencing = "token_enforced"
detection = { period_ms = 400, misses = 2, deadline_ms = 300 }
settle_ms = 2000
holdoff_s = 30
window_s = 600
max_in_window = 3
"""

VIA = ', via = "links" }'


def links_text() -> str:
    """Each controller has one channel, by way of the links."""
    lines = []
    for line in TWO_TANKS.read_text(encoding="utf-8").splitlines():
        if line.startswith("channels.net_b"):
            continue
        lines.append(line.replace(" }", VIA) if line.startswith("channels.net_a") else line)
    text = "\n".join(lines).replace(
        "detection = { period_ms = 50, misses = 3 }", "detection = { period_ms = 400, misses = 3, deadline_ms = 150 }"
    )
    # Each of the two would see its frames over the gate alone; nothing here is about lag.
    text = text.replace("rpo_ms = 500\n", "")
    return text + LINKS


def write(folder: Path, text: str) -> Path:
    """The site and its router's profile in `folder`."""
    (folder / "router.toml").write_text(ROUTER, encoding="utf-8")
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path
