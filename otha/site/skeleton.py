"""A commented skeleton of a profile: it loads as it stands, and says at each line what belongs there."""

from pathlib import Path

from otha.core.errors import EngineerError, HostError
from otha.site.profile import shipped_profiles
from otha.site.read import NAME, NAME_RULE

_HEAD = """\
# What this device is, and what a reader must know of it. Say what its document leaves open, rather than guess.
# Try it: otha profile check {name}.toml --against {example}
format = 1
name = "{name}"           # as the file's
kind = "node"             # or "reference": an endpoint that a healthy observer reaches
protocol = "{protocol}"
description = "What the device is, in one line"
source = "Title, number, edition and section of the document that the addresses come from"
tried_on_hardware = false # true once somebody has tried it on the real device
leaves_open = ["what the document does not say"]
authority = "otha"        # "native" for a pair that switches itself: watched, never commanded; fencing is none then
# connection_limit = 4    # how many {connections} the device takes; OTHA must drop nobody else's
fencing = ["none"]        # "token_enforced" only for a device that sends owner frames to the gate, or checks the epoch
cycle_ms = 100            # duration of one count of its sync position
frozen_after_ms = 1000    # a counter that stands still so long while the device answers means FROZEN
data_stale_after_ms = 0   # older plant data is stale; 0: not judged
"""

_MODBUS = """
[read]                      # the one request that is a heartbeat
function = 3                # 3 holding registers, 4 input registers
word_order = "high_first"   # which register of a 32-bit value comes first

# A register that must have a known value, or the reply is of another device.
# [[check]]
# at = 0
# value = 0x1234

# Addresses are protocol addresses: they count from 0, register 40001 of a manual is 0.
[items]
heartbeat = { at = 0, type = "u32" } # counter raised by the communication task
cycle = { at = 2, type = "u32" }     # counter raised by the control task: the worker probe
role = { at = 4, codes = { "1" = "active", "2" = "standby" } } # a part of a word: bit = 0, bits = 2
level = { at = 5 }                   # ServiceLevel 0..255; replace = { "1" = 200 } for other numbers; or fixed = 200
# position, acked, lag_ms, data_age_ms, session: as the device has them

# Tags that can be compared between active and standby.
[tracked]
# setpoint_1 = { at = 10 }
"""

_OPCUA = """
# A NodeId is written with its namespace's URI: "nsu=urn:plant;s=NAME", or "i=2267" in the standard namespace.
# A node that must have a known value, or the server is another one.
# [[check]]
# node = "i=2255"
# value = "http://opcfoundation.org/UA/"

[items]
heartbeat = { node = "i=2258" } # Server_ServerStatus_CurrentTime; better a counter of the application
# cycle = { node = "nsu=urn:plant;s=Cycle" } # counter raised by the control task: the worker probe
# role = { node = "nsu=urn:plant;s=Role", codes = { "1" = "active", "2" = "standby" } }
level = { node = "i=2267" }     # Server_ServiceLevel
session = { node = "i=2257" }   # Server_ServerStatus_StartTime: new at every start
# position, acked, lag_ms, data_age_ms (source_age = true takes the age of a value): as the server has them

# Tags that can be compared between active and standby; counts_per_unit = 100 makes 12.34 to 1234.
[tracked]
# setpoint_1 = { node = "nsu=urn:plant;s=Setpoint1", counts_per_unit = 100 }
"""


def skeleton(name: str, *, opcua: bool) -> str:
    """The text of a new profile."""
    head = _HEAD.format(
        name=name,
        protocol="opcua" if opcua else "modbus",
        connections="sessions" if opcua else "connections",
        example="opc.tcp://192.0.2.10:4840/" if opcua else "192.0.2.10:502 --unit 1",
    )
    return head + (_OPCUA if opcua else _MODBUS)


def write_skeleton(name: str, directory: Path, *, opcua: bool) -> Path:
    """Write NAME.toml and return its path. Raises EngineerError for a name that is none or taken, HostError when it
    can't be written."""
    if not NAME.fullmatch(name):
        raise EngineerError(f'"{name}" is no name', mend=NAME_RULE)
    if name in shipped_profiles():
        raise EngineerError(f"{name} is a profile that comes with OTHA", mend="give yours another name")
    path = directory / f"{name}.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(skeleton(name, opcua=opcua))
    except FileExistsError:
        raise EngineerError(f"{path} is there already", mend="give another name, or take the file away") from None
    except OSError as error:
        raise HostError(
            f"{path} can't be written: {error.strerror}", mend="give a --dir that you may write to"
        ) from error
    return path
