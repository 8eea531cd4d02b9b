"""How often somebody may try to log in. Pure: times are arguments, in nanoseconds of any clock that never goes back.

Failures cost the one who fails, never the user whose name was tried: they are counted for each address and name, so
that nobody can lock an operator out from elsewhere. An address waits as a whole only when it has failed with many
names: a station that has one wrong password set must not keep out the others behind the same address. All logins
together keep a pace as well, because a hash costs this process 20 ms and 19 MiB; who is logged in already is never
asked again.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from otha.interface.pace import Turns

_S: Final = 1_000_000_000
FREE_FAILURES: Final = 5
WAIT_MAX_NS: Final = 60 * _S
_FORGET_NS: Final = 600 * _S
_KEPT_MAX: Final = 4096
_STEP_NS: Final = _S // 20
_BURST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failures:
    count: int
    last_ns: int


class LoginGuard:
    """Counts failures of a bounded number of addresses and names; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._turns = Turns(_STEP_NS, _BURST)

    def wait_ns(self, address: str, name: str, now: int) -> int:
        """How long this address must wait before it may try this name; 0: it may try now."""
        return max(self._wait((address, ""), now, 4 * FREE_FAILURES), self._wait((address, name), now, FREE_FAILURES))

    def take_turn_ns(self, now: int) -> int:
        """How long the next login, whoever's, waits for its hash; this takes the turn."""
        return self._turns.take(now)

    def failed(self, address: str, name: str, now: int) -> None:
        """The password was wrong, or the user unknown."""
        if self._count((address, name), now) == 1:
            self._count((address, ""), now)
        while len(self._failed) > _KEPT_MAX:
            self._failed.popitem(last=False)

    def succeeded(self, address: str, name: str) -> None:
        """The user is in: this address may mistype again."""
        self._failed.pop((address, name), None)

    def _count(self, key: tuple[str, str], now: int) -> int:
        before = self._failed.pop(key, None)
        forgotten = before is None or now - before.last_ns > _FORGET_NS
        count = 1 if forgotten or before is None else before.count + 1
        self._failed[key] = _Failures(count=count, last_ns=now)
        return count

    def _wait(self, key: tuple[str, str], now: int, free: int) -> int:
        failed = self._failed.get(key)
        if failed is None or failed.count < free or now - failed.last_ns > _FORGET_NS:
            return 0
        wait: int = min(_S << min(failed.count - free, 10), WAIT_MAX_NS)
        return max(failed.last_ns + wait - now, 0)
