"""The JSON of `Why` as a view."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hmi.say import translate
from hmi.why_view import ObstacleView, ReasonView, TagView, TrackedView, WhyView

Json = Mapping[str, Any]  # Any: JSON
_SIGNS: Final = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "==": "=", "!=": "≠"}


def read(told: Any) -> WhyView | None:  # Any: JSON
    """The view; None where nothing readable was told."""
    if not isinstance(told, Mapping):
        return None
    return WhyView(
        group=str(told.get("group") or ""),
        node=str(told.get("node") or ""),
        obstacles=_obstacles(told.get("obstacles")),
        failover_obstacles=_obstacles(told.get("failover_obstacles")),
        reasons=tuple(_reason(each) for each in told.get("conditions") or ()),
        tracked=tuple(_tracked(each) for each in told.get("tracking") or ()),
        raw=told,
    )


def _obstacles(told: Iterable[Json] | None) -> tuple[ObstacleView, ...]:
    return tuple(
        ObstacleView(code=str(each["block"]), rule=str(each.get("rule") or ""), detail=str(each.get("detail") or ""))
        for each in told or ()
    )


def _reason(told: Json) -> ReasonView:
    return ReasonView(
        name=str(told["name"]),
        interlock=bool(told.get("interlock")),
        klass=str(told.get("class") or ""),
        verdict=str(told.get("verdict") or "unknown"),
        bypassed=bool(told.get("bypassed")),
        first_out=bool(told.get("first_out")),
        text=condition(told.get("when") or {}),
        tags=tuple(_tag(each) for each in told.get("tags") or ()),
    )


def condition(told: Json) -> str:
    """A tree of comparisons in one line."""
    if "all" in told:
        return translate("Why", " and ").join(_inner(each) for each in told["all"])
    if "any" in told:
        return translate("Why", " or ").join(_inner(each) for each in told["any"])
    if "of" in told:
        return translate("Why", "{0} of ({1})").format(told["m"], ", ".join(condition(each) for each in told["of"]))
    if "tag" not in told:
        return ""
    text = f"{told['tag']} {_SIGNS.get(str(told['op']), told['op'])} {told['value']}"
    return translate("Why", "{0} for {1} ms").format(text, told["for_ms"]) if told.get("for_ms") else text


def _inner(told: Json) -> str:
    text = condition(told)
    return f"({text})" if "all" in told or "any" in told else text


def _tag(told: Json) -> TagView:
    return TagView(
        name=str(told["name"]),
        source=str(told.get("source") or ""),
        value=told.get("value"),
        quality=str(told.get("quality") or ""),
        age_ms=told.get("age_ms"),
        fresh_ms=int(told.get("fresh_ms") or 0),
    )


def _tracked(told: Json) -> TrackedView:
    return TrackedView(
        node=str(told["node"]),
        name=str(told["tag"]),
        kind=str(told.get("kind") or ""),
        active=told.get("active"),
        standby=told.get("standby"),
        tolerance=told.get("tolerance"),
        verdict=str(told.get("verdict") or "unknown"),
        active_age_ms=told.get("active_age_ms"),
        standby_age_ms=told.get("standby_age_ms"),
        max_age_ms=int(told.get("max_age_ms") or 0),
    )
