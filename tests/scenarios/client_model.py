"""Clients and stores of the stories: a switch that takes only a newer epoch, a collector's rows, a pair of archives."""

from dataclasses import dataclass, field

from otha.core.inputs import NodeReading, SelectorReading
from otha.core.words import Role
from tests.scenarios.node_model import NodeModel


@dataclass(slots=True)
class ClientModel:
    """A client's switch. `away`: it is neither heard of nor reached, and works on with what it has chosen."""

    node: int
    epoch: int = 1
    away: bool = False

    def select(self, epoch: int, node: int) -> bool:
        """Obey, or refuse: only a newer epoch, and under one epoch the node is set once."""
        if epoch > self.epoch or (epoch == self.epoch and self.node == 0):
            self.epoch, self.node = epoch, node
        return (self.epoch, self.node) == (epoch, node)

    def reading(self) -> SelectorReading:
        return SelectorReading(epoch=self.epoch, node=self.node)


@dataclass(slots=True)
class StoreModel:
    """A historian; `node` is what of it a heartbeat shows. `rows` are numbers without gaps where none is missing."""

    node: NodeModel
    epoch: int = 0
    active: bool = False
    feeds: bool = True
    rows: set[int] = field(default_factory=set)

    @property
    def works(self) -> bool:
        return self.node.lives and self.node.runs and self.node.works

    @property
    def position(self) -> int:
        """Up to where no row is missing."""
        at = 0
        while at + 1 in self.rows:
            at += 1
        return at

    @property
    def missing(self) -> int:
        return max(self.rows, default=0) - len(self.rows)

    def order(self, epoch: int, *, active: bool) -> bool:
        """Obey a newer epoch; a repeat changes nothing."""
        if epoch > self.epoch:
            self.epoch, self.active = epoch, active
        return (self.epoch, self.active) == (epoch, active)

    def take(self, epoch: int, rows: set[int]) -> bool:
        """Keep a client's rows, under its own epoch alone."""
        if not (self.works and self.active and self.epoch == epoch):
            return False
        self.rows |= rows
        return True

    def feed(self, peer: "StoreModel") -> None:
        """Give the peer what it has not; a peer of a newer epoch ends this one's duty."""
        if not (self.works and self.active and self.feeds and peer.works):
            return
        if peer.epoch > self.epoch:
            self.active = False
            return
        peer.epoch, peer.active = self.epoch, False
        peer.rows |= self.rows
        peer.node.acked = self.position

    def reading(self) -> NodeReading:
        said = self.node.reading()
        role = Role.ACTIVE if self.active or self.node.lies else Role.STANDBY
        return NodeReading(
            heartbeat=said.heartbeat,
            cycle=said.cycle,
            role=role.value,
            level=said.level,
            position=self.position,
            acked=self.node.acked,
            lag_ms=0,
            data_age_ms=5,
            session=said.session,
            epoch=self.epoch,
            missing=self.missing,
            stored=len(self.rows),
            tracked=(),
        )
