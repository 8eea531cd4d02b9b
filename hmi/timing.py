"""The JSON of `Timing` as a view."""

from collections.abc import Mapping
from typing import Any

from hmi.timing_view import ChannelTiming, TimingView

Json = Mapping[str, Any]  # Any: JSON


def read(told: Any, at_ms: int) -> TimingView | None:  # Any: JSON
    """The view; None where nothing readable was told. `at_ms`: when it came."""
    if not isinstance(told, Mapping):
        return None
    channels = (_channel(each) for each in told.get("channels") or ())
    return TimingView(
        at_ms=at_ms,
        bounds_us=tuple(told.get("bounds_us") or ()),
        departures=told.get("departures") or {},
        channels={each.name: each for each in channels},
        domains={str(each["name"]): tuple(each.get("domains") or ()) for each in told.get("nodes") or ()},
    )


def _channel(told: Json) -> ChannelTiming:
    return ChannelTiming(
        name=str(told["name"]),
        node=str(told.get("node") or ""),
        network=str(told.get("network") or ""),
        via=str(told.get("via") or ""),
        period_ms=int(told.get("period_ms") or 0),
        deadline_ms=int(told.get("deadline_ms") or 0),
        lost_after_ms=told.get("lost_after_ms"),
        quality=str(told.get("quality") or "none"),
        age_ms=told.get("age_ms"),
        values=told.get("values") or {},
        replies=told.get("replies") or {},
    )
