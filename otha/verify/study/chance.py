"""What chance allows: bounds on a rate that was counted, and Chen's formula for the rate that is to be expected.

Chen, Toueg, Aguilera, "On the quality of service of failure detectors", IEEE Trans. Computers 51 (2002), theorem 5:
with period eta, shift delta, loss p and delay D, p_j(x) = p + (1 - p) P(D > delta + x - j eta), u(x) the product of the
p_j(x) for j = 0..ceil(delta/eta) and q0 = (1 - p) P(D < delta + eta), the mean time between mistakes is eta/(q0 u(0)).
"""

import math
from typing import assert_never

from otha.core.config import AdaptiveDetector, FixedDetector

YEAR_S = 365.25 * 86_400
_Z95 = 1.6448536269514722
# Above so many the approximation of Wilson and Hilferty is better than one part in ten thousand.
_MANY = 200
_STEPS = 400


def upper95(count: int) -> float:
    """The greatest mean of a Poisson number that lets so few come with 5 % chance."""
    if count > _MANY:
        freedom = 2 * (count + 1)
        return freedom * (1 - 2 / (9 * freedom) + _Z95 * math.sqrt(2 / (9 * freedom))) ** 3 / 2
    low, high = float(count), count + 10 + 5 * math.sqrt(count + 1)
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(count, middle) > 0.05:
            low = middle
        else:
            high = middle
    return high


def _at_most(count: int, mean: float) -> float:
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)) if mean else 1.0


def mistakes_per_s(
    detector: FixedDetector | AdaptiveDetector, *, period_ns: int, deadline_ns: int, way_ns: int, loss: float
) -> float:
    """The rate of mistakes that Chen's formula gives for one channel, replies taking exponentially long.

    Counting k misses is his NFD-S with the shift (k - 1) periods + deadline. NFD-E shifts by its margin and the mean of
    the last delays, which is a chance variable itself (a gamma one): the formula is averaged over it.
    """
    eta, mean = period_ns / 1e9, way_ns / 1e9
    match detector:
        case FixedDetector(misses=misses):
            return _nfd_s(eta, ((misses - 1) * period_ns + deadline_ns) / 1e9, loss, mean)
        case AdaptiveDetector(window=window, margin_ns=margin_ns):
            spread = 6 / math.sqrt(window)
            shares = [max(1e-9, 1 - spread) + 2 * spread * (step + 0.5) / _STEPS for step in range(_STEPS)]
            weights = [math.exp((window - 1) * math.log(share) - window * (share - 1)) for share in shares]
            rates = [_nfd_s(eta, margin_ns / 1e9 + mean * share, loss, mean) for share in shares]
            return sum(map(lambda a, b: a * b, weights, rates)) / sum(weights)
        case never:
            assert_never(never)


def _nfd_s(eta: float, delta: float, loss: float, mean: float) -> float:
    def later_than(time: float) -> float:
        return 1.0 if time <= 0 else math.exp(-time / mean)

    none_came = math.prod(loss + (1 - loss) * later_than(delta - j * eta) for j in range(math.ceil(delta / eta) + 1))
    return (1 - loss) * (1 - later_than(delta + eta)) * none_came / eta
