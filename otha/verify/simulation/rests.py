"""How a group rests once every fault is healed: driven, or saying what it needs (rules L1 to L4)."""

from otha.core.config import GroupConfig
from otha.core.errors import InvariantBreachError
from otha.core.group import guard, question
from otha.core.group.state import GroupState, StoreView
from otha.core.words import GroupKind, Standing
from otha.verify.simulation.plant import Plant


def rest(plant: Plant, cfg: GroupConfig, g: GroupState) -> str:
    """How the group rests, in a word or two; raises InvariantBreachError if no person could accept it."""
    if g.unverified:
        # Its alarm stands, and what it can't get confirmed is tried again and again: a person sees what hinders it.
        return "unverified"
    if g.plan is not None:
        return _waits(cfg, g)
    if g.standing is Standing.SETTLING:
        raise InvariantBreachError("L4", f"{cfg.name} never settles")
    if g.standing is Standing.NEEDS_OPERATOR:
        return f"needs operator: {g.concern.block.code if g.concern is not None else ''}"
    if cfg.kind is GroupKind.PAIR or is_driven(plant, cfg, g):
        return "driven"
    if g.told:
        return f"blocked: {g.told[0].block.code}"
    if g.uncontrolled or g.safe_asked:
        return "asked for its safe state"
    unseen = guard.selectors(cfg, g) if cfg.kind is not GroupKind.DRIVER else ()
    if unseen:
        return f"blind: {unseen[0].block.code}"
    if g.store is not StoreView.KNOWN or (cfg.gate is not None and not g.gate.seen):
        return "blind"
    raise InvariantBreachError("L1", f"nobody drives {cfg.name}, and nothing is done about it")


def is_driven(plant: Plant, cfg: GroupConfig, g: GroupState) -> bool:
    """Whether the recorded node serves the group's target, in truth."""
    return g.plan is None and g.record is not None and plant.drives(cfg, g.record.active)


def _waits(cfg: GroupConfig, g: GroupState) -> str:
    """A transfer may still wait for a person or for the machine, and says so."""
    plan = g.plan
    if question.waiting(cfg, g):
        return "waits for a person"
    if plan is not None and plan.waiting:
        return "waits for the machine"
    raise InvariantBreachError("L2", f"a transfer of {cfg.name} is still under way")
