"""What the whole plant has beyond the two tanks: processes, networks, ports, and whose way a listener is.

SCADA servers own the PLC's second section, the supply header, and reach it through two gateways. A collector samples
the plant and writes to the active one of two historians. `net_s` is the servers' own network: what they tell each other
and the gateways, a listener for each pair of ends, so that one server can be cut off alone.
"""

from enum import Enum
from typing import Final


class Scope(Enum):
    """How much of the plant runs: the first section with its pair of controllers alone, or all."""

    PAIR = "pair"
    WHOLE = "whole"


SCADA: Final = {"scada_a": 1, "scada_b": 2}
HISTORIANS: Final = {"hist_a": 1, "hist_b": 2}
GATEWAYS: Final = {"gw_a": 1, "gw_b": 2}
SERVERS: Final = (*SCADA, *HISTORIANS, "collector")

# What a site file calls them and the number it gives them.
NUMBERS: Final = SCADA | HISTORIANS | GATEWAYS | {"collector": 1}

PROCESSES: Final = (*SERVERS, "net_s")

# Process and endpoint alike; what stands here is added to the two networks between OTHA and the plant.
ON_NETWORKS: Final = (*SERVERS, *GATEWAYS)

# Listener of net_s: the port behind it. "scada_a" leads to where scada_a takes its peer's state, "scada_a_gw_b" is the
# way of scada_a through gateway b, "hist_a_peer" the other historian's way to hist_a, "hist_a" the collector's.
SERVER_WAYS: Final = {
    "scada_a": "scada_a_sync",
    "scada_b": "scada_b_sync",
    "scada_a_gw_a": "gw_a",
    "scada_a_gw_b": "gw_b",
    "scada_b_gw_a": "gw_a",
    "scada_b_gw_b": "gw_b",
    "hist_a": "hist_a",
    "hist_b": "hist_b",
    "hist_a_peer": "hist_a",
    "hist_b_peer": "hist_b",
    "hist_a_collector": "collector",
    "hist_b_collector": "collector",
}

# What has to be cut on net_s so that one server or gateway is alone. A gateway's serial line is a matter of its own.
SERVER_ENDS: Final = {
    "gw_a": ("scada_a_gw_a", "scada_b_gw_a"),
    "gw_b": ("scada_a_gw_b", "scada_b_gw_b"),
    "scada_a": ("scada_a", "scada_b", "scada_a_gw_a", "scada_a_gw_b"),
    "scada_b": ("scada_a", "scada_b", "scada_b_gw_a", "scada_b_gw_b"),
    "hist_a": ("hist_a", "hist_a_peer", "hist_b_peer", "hist_a_collector"),
    "hist_b": ("hist_b", "hist_a_peer", "hist_b_peer", "hist_b_collector"),
    "collector": ("hist_a", "hist_b", "hist_a_collector", "hist_b_collector"),
}

_DIRECT: Final = (*SERVERS, "scada_a_sync", "scada_b_sync", "bus_collector")

PORTS: Final = {
    "net_a.gw_a": 15015,
    "net_a.gw_b": 15016,
    "net_b.gw_a": 15025,
    "net_b.gw_b": 15026,
    "gw_a": 15031,
    "gw_b": 15032,
    **{name: 15041 + at for at, name in enumerate(_DIRECT)},
    **{f"net_a.{name}": 15051 + at for at, name in enumerate(SERVERS)},
    **{f"net_b.{name}": 15061 + at for at, name in enumerate(SERVERS)},
    **{f"net_s.{name}": 15071 + at for at, name in enumerate(SERVER_WAYS)},
}
