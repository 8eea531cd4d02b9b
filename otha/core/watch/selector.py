"""A client's switch: its readings turned into a view."""

from dataclasses import dataclass, replace

from otha.core.config import SelectorConfig
from otha.core.group.state import SelectorView
from otha.core.inputs import SelectorReading


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorWatch:
    """`seen_until`: when the view goes blind without a newer reading."""

    view: SelectorView
    seen_until: int | None = None


def unseen() -> SelectorWatch:
    """Before the first reading."""
    return SelectorWatch(view=SelectorView())


def watch(
    cfg: SelectorConfig, names: dict[int, str], w: SelectorWatch, reading: SelectorReading, now: int
) -> SelectorWatch:
    """Judge one reading; `names` maps the nodes' numbers to nodes. A lower epoch than one already seen is an answer
    that was overtaken: the switch itself only goes up."""
    if w.view.seen and reading.epoch < w.view.epoch:
        return w
    node = None if reading.node == 0 else names.get(reading.node, f"node #{reading.node}")
    view = SelectorView(seen=True, epoch=reading.epoch, node=node)
    return SelectorWatch(view=w.view if view == w.view else view, seen_until=now + cfg.stale_after_ns)


def expire(w: SelectorWatch, now: int) -> SelectorWatch:
    """Without a newer reading the selector is unseen."""
    if w.seen_until is None or now < w.seen_until:
        return w
    return SelectorWatch(view=replace(w.view, seen=False))
