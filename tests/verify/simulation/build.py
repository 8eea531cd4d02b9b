"""Faults and schedules of a few minutes, with literal times."""

from otha.verify.simulation.fault import SECOND, Asked, Fault, FaultKind
from otha.verify.simulation.schedule import START_NS, Round, Schedule


def fault(
    number: int, kind: FaultKind, target: str, at_s: float, for_s: float = 0.0, *, size: int = 0, salt: int = 1
) -> Fault:
    at_ns, for_ns = START_NS + round(at_s * SECOND), round(for_s * SECOND)
    return Fault(number=number, kind=kind, target=target, at_ns=at_ns, for_ns=for_ns, size=size, salt=salt)


def schedule(*faults: Fault, orders: tuple[Asked, ...] = (), seed: int = 1, heal_s: int = 60) -> Schedule:
    """One round: faults in the first minute, then a minute and a half of rest, then half a minute of calm."""
    heal, judge, again, end = (START_NS + (heal_s + s) * SECOND for s in (0, 80, 140, 150))
    only = Round(begin_ns=START_NS, heal_ns=heal, judge_ns=judge, again_ns=again, end_ns=end)
    return Schedule(seed=seed, known=True, rounds=(only,), faults=faults, orders=orders)
