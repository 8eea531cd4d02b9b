"""What is judged of the plant: its tags, the conditions on them, and the machine states recognised by them."""

from dataclasses import dataclass
from enum import Enum

from otha.core.words import AfterFence, ConditionClass, Conduct


@dataclass(frozen=True, slots=True, kw_only=True)
class TagConfig:
    """A plant tag read for conditions. `fresh_ns`: an older value is STALE. `valid`: raw values outside it are BAD."""

    name: str
    source: str
    fresh_ns: int
    valid_low: int
    valid_high: int


class Comparison(Enum):
    """How a tag's value is compared with a condition's."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """`tag op value`, true only after it has held for `for_ns`, and for `off_ns` more after it ceased to hold. No
    delay covers a value that is bad, stale or unknown. `deadband`, in raw units, acts on the return: what has been true
    ceases to be only when the value is so far back (ISA-18.2, 10.5)."""

    tag: str
    op: Comparison
    value: int
    for_ns: int
    off_ns: int = 0
    deadband: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    of: "tuple[ConditionTree, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    of: "tuple[ConditionTree, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class MooN:
    """At least `m` of the conditions (IEC 61511's m-out-of-n)."""

    m: int
    of: "tuple[ConditionTree, ...]"


ConditionTree = Compare | AllOf | AnyOf | MooN


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionConfig:
    """An interlock (holds throughout a transfer) or a permissive (`interlock=False`: holds when it starts)."""

    name: str
    interlock: bool
    klass: ConditionClass
    when: ConditionTree


UNKNOWN_MACHINE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRule:
    """What one kind of transfer does in a machine state. `limit_ns`: how long WAIT waits; `then`: what follows, one of
    STAY, ASK and SAFE."""

    does: Conduct
    limit_ns: int = 0
    then: Conduct = Conduct.STAY


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStateConfig:
    """A state of the machine behind the group's target. `when`: how it is recognised (None: UNKNOWN, when none of the
    others is). `after_fence`: instead of the group's (None: the group's)."""

    name: str
    when: ConditionTree | None
    switchover: MachineRule
    failover: MachineRule
    after_fence: AfterFence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineConfig:
    """The states of a machine: the first that is recognised is the present one."""

    states: tuple[MachineStateConfig, ...]
    unknown: MachineStateConfig

    def state(self, index: int) -> MachineStateConfig:
        """State `index`; UNKNOWN_MACHINE is the unknown one."""
        return self.unknown if index == UNKNOWN_MACHINE else self.states[index]
