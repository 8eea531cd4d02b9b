"""What one exploration remembers of the production `step`: asked the same, it decides the same (it is pure).

Worlds that differ in what the group has not learned yet share its state, and so do worlds in which two things happened
in another order. Nothing is decided here.
"""

from otha.core.altered import altered
from otha.core.config import GroupConfig
from otha.core.group import step as group_step
from otha.core.group.event import Event
from otha.core.group.key import key
from otha.core.group.state import GroupState, Shared
from otha.core.group.turn import Decision

_AT_MOST = 200_000


class Memo:
    """Decisions and keys of one group. What a step raises is not remembered."""

    def __init__(self, cfg: GroupConfig) -> None:
        self._cfg = cfg
        # Each keeps the state alive by whose id it is found.
        self._decisions: dict[tuple[int, int, Shared, Event], tuple[Decision, GroupState]] = {}
        self._keys: dict[tuple[int, int], tuple[bytes, GroupState]] = {}
        self._states: dict[tuple[bytes, int], list[GroupState]] = {}

    def decide(self, shared: Shared, g: GroupState, event: Event, now: int) -> Decision:
        """As `otha.core.group.step.step`; of states that are equal, one and the same."""
        asked = (id(g), now, shared, event)
        known = self._decisions.get(asked)
        if known is None:
            decision = group_step.step(self._cfg, shared, g, event, now)
            state = self._one(decision.state, now)
            if state is not decision.state:
                decision = altered(decision, state=state)
            known = self._decisions[asked] = (decision, g)
        return known[0]

    def key(self, g: GroupState, now: int) -> bytes:
        """As `otha.core.group.key.key`."""
        known = self._keys.get((id(g), now))
        if known is None:
            known = self._keys[id(g), now] = (key(g, now), g)
        return known[0]

    def forget(self) -> None:
        """Keep the memory within bounds: what was asked long ago is seldom asked again."""
        if len(self._decisions) + len(self._keys) > _AT_MOST:
            self._decisions.clear()
            self._keys.clear()
            self._states.clear()

    def _one(self, g: GroupState, now: int) -> GroupState:
        packed = key(g, now)
        alike = self._states.setdefault((packed, now), [])
        for known in alike:
            if known == g:
                return known
        alike.append(g)
        self._keys[id(g), now] = (packed, g)
        return g
