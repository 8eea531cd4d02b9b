"""The rules on what persons order, as predicates over a whole step; see `otha.core.group.invariant`."""

from otha.core.config import GroupConfig
from otha.core.errors import InvariantBreachError
from otha.core.group.state import GroupState
from otha.core.words import ConditionClass, Course, OrderKind, Verdict


def _hold(rule: str, holds: bool, what: str) -> None:
    if not holds:
        raise InvariantBreachError(rule, what)


def interlocks_hold(cfg: GroupConfig, g: GroupState) -> bool:
    """S6: every interlock TRUE, or of class `process` and bypassed; `check` judges whether the bypass is valid."""
    items = [each.item for each in g.bypasses]
    return all(
        verdict is Verdict.TRUE or (config.klass is ConditionClass.PROCESS and config.name in items)
        for config, verdict in zip(cfg.conditions, g.conditions, strict=True)
        if config.interlock
    )


def _bypasses(cfg: GroupConfig, before: GroupState, g: GroupState, now: int) -> None:
    for each in g.bypasses:
        may = [c for c in cfg.conditions if c.interlock and c.name == each.item and c.klass is ConditionClass.PROCESS]
        _hold("S6", len(may) == 1, "a bypass of what is no process interlock")
        _hold("S6", now < each.until <= now + cfg.persons.bypass_max_ns, "a bypass without a valid end")
        _hold("two persons", each.by != each.second, "a bypass on the word of one person")
        if each not in before.bypasses:
            asked = before.request
            was_asked = asked is not None and asked.kind is OrderKind.BYPASS
            _hold("two persons", was_asked and asked is not None and asked.item == each.item, "a bypass nobody asked")


def check(cfg: GroupConfig, before: GroupState, g: GroupState, now: int) -> None:
    """Raise InvariantBreachError if the step from `before` to `g` breaks a rule on what persons order."""
    _bypasses(cfg, before, g, now)
    plan, request, selection = g.plan, g.request, g.selection
    _hold("order", selection is None or selection.until > now, "a selection that has expired")
    _hold("order", request is None or request.until > now, "a request that has expired")
    bypass_waits = request is not None and request.kind is OrderKind.BYPASS
    _hold("order", not bypass_waits or plan is None, "a bypass is asked for in a transfer")
    if g.safe_for is not None and before.safe_for is None:
        asked = before.request
        _hold("two persons", asked is not None and asked.kind is OrderKind.SAFE, "a SAFE ordered by one person")
        heads = plan is None or plan.course is not Course.FORWARD
        _hold("two persons", heads, "a transfer that goes on although two persons ordered the safe state")
    started = plan is not None and plan.serial != before.serial
    held = before.selection
    if started and plan is not None and plan.by and held is not None and now < held.until:
        _hold("order", plan.by == held.by, "a switchover ordered while somebody else holds the selection")
