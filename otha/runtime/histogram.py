"""A histogram of durations with bounded memory and a relative error of at most 1/32."""

from bisect import bisect_left

_SUB_BITS = 5
_SUB = 1 << _SUB_BITS


def _bucket(value: int) -> int:
    """Values below 64 have a bucket each; above, 32 buckets for every doubling."""
    shift = value.bit_length() - _SUB_BITS - 1
    return value if shift <= 0 else (shift << _SUB_BITS) + (value >> shift)


def _lowest(bucket: int) -> int:
    shift = (bucket >> _SUB_BITS) - 1
    return bucket if shift <= 0 else (bucket - (shift << _SUB_BITS)) << shift


class Histogram:
    """Counts durations in nanoseconds. Negative values count as 0."""

    __slots__ = ("_counts", "count", "max_ns", "sum_ns")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.max_ns = 0
        self.sum_ns = 0

    def add(self, duration_ns: int) -> None:
        """Count one duration."""
        value = duration_ns if duration_ns > 0 else 0
        bucket = _bucket(value)
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1
        self.sum_ns += value
        if value > self.max_ns:
            self.max_ns = value

    def still(self) -> "Histogram":
        """A copy that counts nothing more."""
        copy = Histogram()
        copy._counts, copy.count = dict(self._counts), self.count
        copy.max_ns, copy.sum_ns = self.max_ns, self.sum_ns
        return copy

    def quantile_ns(self, parts: int, of: int) -> int:
        """An upper bound of the smallest duration that `parts`/`of` of all counted ones do not exceed (0: empty)."""
        rank = -(-self.count * parts // of)
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= rank:
                return min(_lowest(bucket + 1) - 1, self.max_ns)
        return self.max_ns

    def counts(self) -> dict[str, int]:
        """How many durations were counted up to each bound (ns, as text) and above the one before; zeros left out.

        What lies between two looks is the difference of the two.
        """
        return {str(_lowest(bucket + 1) - 1): self._counts[bucket] for bucket in sorted(self._counts)}

    def within(self, bounds_ns: tuple[int, ...]) -> list[int]:
        """How many durations were at most each of the rising bounds and above the one before; last, those above all."""
        found = [0] * (len(bounds_ns) + 1)
        for bucket, count in self._counts.items():
            found[bisect_left(bounds_ns, min(_lowest(bucket + 1) - 1, self.max_ns))] += count
        return found

    def summary_ns(self) -> dict[str, int]:
        """count, p50, p99, p99_9 and max (ns, except the count)."""
        return {
            "count": self.count,
            "p50": self.quantile_ns(50, 100),
            "p99": self.quantile_ns(99, 100),
            "p99_9": self.quantile_ns(999, 1000),
            "max": self.max_ns,
        }
