"""The gate as a small model: the table of the design, without sequence numbers and outputs.

Frames are abstract: an owner that lives sends good ones. What the model leaves out (torn frames, sessions, sequence,
tolerance) is refused by the gate before it could change any of what is modelled here.
"""

from dataclasses import dataclass
from typing import assert_never

from otha.core.altered import altered
from otha.core.effects import GateCommand, Grant, Release, Revoke, Safe, Void
from otha.core.words import GateState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class GateModel:
    """`hold_until`: when hold_max ends the hold. `shadow`: the owner showed what it would drive since its GRANT.
    `resumes`: it ends a watchdog hold by itself. `stuck`: it does not, and is in one. `phase_permits`: the program lets
    somebody take over in the machine's present phase; its permit needs that too."""

    boot: int = 1
    state: GateState = GateState.FREE
    owner: str | None = None
    last_driver: str | None = None
    owner_epoch: int = 0
    epoch: int = 0
    granted: int = 0
    hold_no: int = 0
    armed: bool = False
    shadow: bool = False
    permit: bool = True
    return_permit: bool = True
    phase_permits: bool = True
    hold_until: int | None = None
    resumes: bool = True
    stuck: bool = False

    def permits(self, node: str | None) -> bool:
        """Going back to the last driver needs the return permit, everything else the permit."""
        return self.return_permit if node == self.last_driver else self.permits_takeover

    @property
    def permits_takeover(self) -> bool:
        """What the gate shows as its permit: people's, and the machine's phase."""
        return self.permit and self.phase_permits


def _hold(gate: GateModel, until: int, **changes: object) -> GateModel:
    held = {"state": GateState.HELD, "hold_no": gate.hold_no + 1, "hold_until": until, "shadow": False}
    return altered(gate, **{**held, **changes})


def _revoke(gate: GateModel, epoch: int, until: int) -> GateModel | None:
    if epoch <= gate.epoch:
        return None
    cleared = altered(gate, epoch=epoch, armed=False, stuck=False)
    match gate.state:
        case GateState.OWNED:
            return _hold(cleared, until, owner=None)
        case GateState.HELD:
            return altered(cleared, owner=None, shadow=False)
        case GateState.FREE | GateState.SAFE | GateState.LOCAL:
            return cleared
        case never:
            assert_never(never)


def _grant(gate: GateModel, do: Grant, until: int) -> GateModel | None:
    allowed = do.epoch >= gate.epoch and do.epoch > gate.granted and do.boot == gate.boot and gate.permits(do.node)
    if not allowed or gate.state not in (GateState.FREE, GateState.HELD):
        return None
    epochs = {"owner_epoch": do.epoch, "epoch": do.epoch, "granted": do.epoch}
    owner = {"owner": do.node, **epochs, "armed": False, "stuck": False}
    if gate.state is GateState.FREE:
        return _hold(gate, until, **owner)
    return altered(gate, shadow=False, **owner)


def command(gate: GateModel, do: GateCommand, hold_until: int) -> tuple[GateModel, Outcome]:
    """Take one command; a repeat changes nothing and answers DONE (the gate's ALREADY)."""
    after: GateModel | None = None
    already = False
    match do:
        case Revoke(epoch=epoch):
            already = gate.epoch == epoch and gate.owner_epoch != epoch
            after = _revoke(gate, epoch, hold_until)
        case Void(node=node, epoch=epoch):
            already = gate.state is GateState.OWNED and gate.owner == node and gate.epoch == epoch
            if gate.state is GateState.OWNED and gate.owner == node and epoch > gate.epoch:
                after = altered(gate, epoch=epoch)
        case Grant(node=node, epoch=epoch):
            already = (gate.owner, gate.owner_epoch, gate.granted) == (node, epoch, epoch)
            after = _grant(gate, do, hold_until)
        case Release(node=node, epoch=epoch):
            ours = (gate.owner, gate.owner_epoch, gate.epoch) == (node, epoch, epoch)
            already = ours and (gate.state is GateState.OWNED or gate.armed)
            if ours and gate.state is GateState.HELD:
                after = altered(gate, armed=True)
        case Safe(epoch=epoch, hold_no=hold_no):
            already = gate.state is GateState.SAFE
            if gate.state is GateState.HELD and (epoch, hold_no) == (gate.epoch, gate.hold_no):
                after = to_safe(gate)
        case never:
            assert_never(never)
    if after is not None:
        return after, Outcome.DONE
    return gate, Outcome.DONE if already else Outcome.REFUSED


def frame(gate: GateModel) -> GateModel:
    """The owner's next good frame: shown in HELD, let through once armed and permitted."""
    if gate.state is not GateState.HELD or gate.owner is None:
        return gate
    if gate.armed and not gate.stuck and gate.permits(gate.owner):
        return altered(gate, state=GateState.OWNED, last_driver=gate.owner, hold_until=None, armed=False, shadow=False)
    return altered(gate, shadow=True)


def watchdog(gate: GateModel, until: int) -> GateModel:
    """The owner's frames stopped: the hold keeps owner and arm, so that a returning owner resumes."""
    return _hold(gate, until, armed=True, stuck=not gate.resumes) if gate.state is GateState.OWNED else gate


def to_safe(gate: GateModel) -> GateModel:
    """hold_max, or SAFE."""
    return altered(gate, state=GateState.SAFE, armed=False, shadow=False, hold_until=None, stuck=False)


def local(gate: GateModel) -> GateModel:
    """A person takes the section."""
    return altered(gate, state=GateState.LOCAL, armed=False, shadow=False, hold_until=None, stuck=False)


def cold_start(gate: GateModel) -> GateModel:
    """The controller starts anew with good RETAIN data."""
    kept = gate.state if gate.state in (GateState.SAFE, GateState.LOCAL) else GateState.FREE
    return GateModel(
        boot=gate.boot + 1,
        state=kept,
        epoch=gate.epoch,
        granted=gate.granted,
        hold_no=gate.hold_no,
        permit=gate.permit,
        return_permit=gate.return_permit,
        phase_permits=gate.phase_permits,
        resumes=gate.resumes,
    )
