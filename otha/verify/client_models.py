"""A client's switch, a store, and the gate behind a path, as small models."""

from dataclasses import dataclass, replace

from otha.core.effects import Select
from otha.core.words import GateState, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client's switch. `seen`: it is heard of. `reached`: commands come to it. It works all the time."""

    epoch: int
    node: str | None
    seen: bool = True
    reached: bool = True

    def told(self, do: Select) -> "Client | None":
        """After the command, None if it is refused. Under one epoch the node is set once."""
        if do.epoch > self.epoch or (do.epoch == self.epoch and self.node is None):
            return replace(self, epoch=do.epoch, node=do.node)
        return self if (do.epoch, do.node) == (self.epoch, self.node) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What a store knows beside its Body. `taking`: a row of a client came since its last promotion. `lies`: it says
    that it is active."""

    epoch: int
    active: bool
    taking: bool
    whole: bool = True
    in_rpo: Verdict = Verdict.TRUE
    lies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The gate behind a path. `fresh`: the last frame is younger than the limit. `shut`: SAFE or LOCAL."""

    seen: bool = True
    driven: bool = True
    fresh: bool = True
    shut: GateState | None = None

    @property
    def state(self) -> GateState:
        return self.shut or (GateState.OWNED if self.driven else GateState.HELD)
