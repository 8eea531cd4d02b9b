"""The profile files in `plc_profiles/`, key by key, as they are written."""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass
from enum import Enum

from otha.core.words import Authority, Fencing, Role
from otha.site.read import key


class WordType(Enum):
    """How registers are read. `bool`: 0 is false, anything else is true."""

    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    BOOL = "bool"


class WordOrder(Enum):
    """Which register of a 32-bit value comes first."""

    HIGH_FIRST = "high_first"
    LOW_FIRST = "low_first"


class Protocol(Enum):
    """What a device speaks."""

    MODBUS = "modbus"
    OPCUA = "opcua"


class ProfileKind(Enum):
    """What a profile describes."""

    NODE = "node"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Where one item of a heartbeat stands, or the value it always has."""

    at: int | None = key("address of its first register", default=None, low=0, high=65_535)
    node: str | None = key(
        'OPC UA: its NodeId, "nsu=NAMESPACE-URI;s=NAME", or "i=2267" in the standard namespace', default=None
    )
    source_age: bool = key(
        "OPC UA, data_age_ms only: not the node's value but the age of its SourceTimestamp, by the server's own clock",
        default=False,
    )
    counts_per_unit: int = key(
        "OPC UA: a value times this, rounded, is what OTHA takes: 100 makes 12.34 to 1234",
        default=1,
        low=1,
        high=1_000_000,
    )
    type: WordType = key("how the registers are read", default=WordType.U16)
    bit: int | None = key("the bit of the register that is meant, 0 is the lowest", default=None, low=0, high=15)
    bits: int = key("how many bits from `bit` up are meant, as one number", default=1, low=1, high=16)
    fixed: int | None = key("the value it always has, instead of an address", default=None, low=0, high=255)
    codes: dict[str, Role] = key("role only: which code of the device means which role", default={})
    replace: dict[str, int] = key(
        "level only: values of the device that mean another ServiceLevel", default={}, low=0, high=255
    )
    replace_when_standby: dict[str, int] = key(
        "level only: as `replace`, but only while the node says that it is standby", default={}, low=0, high=255
    )
    ms_per_count: int = key("lag_ms and data_age_ms only: milliseconds of one count", default=1, low=1, high=60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsTable:
    """What a heartbeat says. What is left out, the device does not say."""

    heartbeat: Word | None = key("counter raised by the communication task", default=None)
    cycle: Word | None = key("counter raised by the control task: the worker probe", default=None)
    role: Word | None = key("the role it says it has", default=None)
    level: Word | None = key("its ServiceLevel 0..255, or a fixed one", default=None)
    position: Word | None = key("its own sync position", default=None)
    acked: Word | None = key("the last position of its peer that it applied", default=None)
    lag_ms: Word | None = key("age of the newest state that it took over", default=None)
    data_age_ms: Word | None = key("age of its plant data", default=None)
    session: Word | None = key("nonce that is new at every start of its application", default=None)
    epoch: Word | None = key("store: the epoch under which it was last promoted or demoted", default=None)
    missing: Word | None = key("store: how many rows it knows to be missing", default=None)
    stored: Word | None = key("store: how many rows it holds; above a gap its position stands still", default=None)
    pending: Word | None = key("how many commands of operators it has taken and not finished", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """The one request that is a heartbeat."""

    function: int = key("Modbus function: 3 holding registers, 4 input registers", default=3, low=3, high=4)
    at: int | None = key(
        "address of the first register; by default the lowest one needed", default=None, low=0, high=65_535
    )
    length: int | None = key(
        "how many registers; by default up to the highest one needed", default=None, low=1, high=125
    )
    word_order: WordOrder = key("which register of a 32-bit value comes first", default=WordOrder.HIGH_FIRST)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTable:
    """A register or node that must have this value, or the reply is not what it seems."""

    at: int | None = key("address of the register", default=None, low=0, high=65_535)
    node: str | None = key("OPC UA: its NodeId; of a list the first element counts", default=None)
    value: int | str = key("the value it must have; a text for OPC UA only", low=0, high=65_535)


@dataclass(frozen=True, slots=True, kw_only=True)
class WritableTable:
    """Registers that OTHA may write. Nothing else is ever written."""

    at: int = key("address of the first register", low=0, high=65_535)
    count: int = key("how many registers", low=1, high=123)
    doc: str = key("what is written there")


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodTable:
    """An OPC UA method that OTHA may call. No other is ever called."""

    object: str = key("NodeId of the object")
    method: str = key("NodeId of the method")
    arguments: tuple[WordType, ...] = key("types of its input arguments", default=())
    doc: str = key("what it does")


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchTable:
    """A client's own switch that says which node of a group it uses (OPC UA).

    The method takes an epoch and a node's number (0: none) as UInt32, obeys a higher epoch only, under one epoch sets
    the node once, and answers 1 done, 2 already so, 3 refused.
    """

    epoch: str = key("NodeId of the epoch under which it was last set")
    node: str = key("NodeId of the number of the node that it uses")
    object: str = key("NodeId of the object whose method sets it")
    method: str = key("NodeId of the method")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTable:
    """A method that takes an epoch as UInt32 and answers 1 done, 2 already so, 3 refused (OPC UA)."""

    object: str = key("NodeId of the object")
    method: str = key("NodeId of the method")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTable:
    """How a store is told what it is."""

    promote: OrderTable = key("takes writes, under this epoch alone")
    demote: OrderTable = key("takes no writes below this epoch any more")
    backfill: OrderTable = key("fetches the rows that it knows to be missing, each once")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """A profile of a node or a reference point."""

    format: int = key("format of this file: 1", low=1, high=1)
    name: str = key("the profile's name, as the file's")
    kind: ProfileKind = key("what it describes")
    protocol: Protocol = key("what it speaks", default=Protocol.MODBUS)
    description: str = key("what device this is")
    source: str = key("the document that the addresses come from")
    tried_on_hardware: bool = key("true only when somebody has tried it on the real device")
    leaves_open: tuple[str, ...] = key("what the document does not say, or says of some versions only", default=())
    authority: Authority = key(
        "who switches a pair of such devices: OTHA, or the pair itself (native: watched, never commanded)",
        default=Authority.OTHA,
    )
    open: bool = key(
        "true when the site file gives the addresses; an item that stands here without one says what its value means",
        default=False,
    )
    connection_limit: int | None = key(
        "how many connections (OPC UA: sessions) the device takes", default=None, low=1, high=10_000
    )
    fencing: tuple[Fencing, ...] = key("which fences the device can honestly take part in", default=(Fencing.NONE,))
    cycle_ms: int | None = key("duration of one count of its sync position", default=None, low=1, high=60_000)
    frozen_after_ms: int | None = key(
        "a counter standing still so long while it answers means FROZEN", default=None, low=1, high=600_000
    )
    data_stale_after_ms: int = key(
        "plant data older than this is stale, 0: not judged", default=0, low=0, high=3_600_000
    )
    read: ReadTable = key("the request that is a heartbeat", default=ReadTable())
    check: tuple[CheckTable, ...] = key("registers that must have a known value", default=())
    items: ItemsTable = key("what a heartbeat says", default=ItemsTable())
    tracked: dict[str, Word] = key("tags that can be compared between active and standby", default={})
    writable: tuple[WritableTable, ...] = key("registers that OTHA may write", default=())
    method: tuple[MethodTable, ...] = key("OPC UA methods that OTHA may call", default=())
    switch: dict[str, SwitchTable] = key("its switches by name: which node of a group it uses", default={})
    store: StoreTable | None = key("how it is told to take writes, for a historian", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateHead:
    """What identifies the gate's register map."""

    layout: int = key("raised with every incompatible change", low=1, high=65_535)
    magic: int = key("the first register of every block", low=1, high=65_535)
    max_nodes: int = key("how many nodes a gate knows", low=2, high=64)
    max_outputs: int = key("how many outputs a section may have", low=1, high=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateField:
    """One field of a block."""

    name: str = key("the field's name")
    at: int = key("its register, counted from the block's base; from its end when negative", low=-8, high=124)
    type: WordType = key("how the registers are read")
    doc: str = key("what it says", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBlock:
    """A block of fixed length."""

    length: int = key("how many registers", low=1, high=125)
    fields: tuple[GateField, ...] = key("its fields, gapless, in order", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFrame:
    """The owner frame. Controllers write it; OTHA never does."""

    stride: int = key("distance of the nodes' mailboxes", low=1, high=1000)
    fields: tuple[GateField, ...] = key("its fields", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutputs:
    """How outputs are scaled."""

    full_scale: int = key("the register value of 100 % of span", low=1, high=65_535)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFile:
    """The gate's register map."""

    gate: GateHead = key("what identifies the map")
    status: GateBlock = key("the status block")
    command: GateBlock = key("the command mailbox")
    frame: GateFrame = key("the owner frame")
    outputs: GateOutputs = key("how outputs are scaled")
