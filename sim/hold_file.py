"""The hold actions that a site file declares, as a PLC program would be built with them.

The site file itself is judged by OTHA: what it refuses does not come so far. See `otha.site.written_hold` for the keys.
"""

from collections.abc import Mapping
from typing import Any, Final

from sim.errors import UsageError
from sim.hold_action import HoldData

_RAW: Final = 100  # of one percent


def declared(site: Mapping[str, Any], section: str) -> HoldData:
    """What the outputs of one section do while it is held. Raises UsageError for a table that is none."""
    outputs: list[Mapping[str, Any]] = site["section"][section].get("outputs", [])
    try:
        plans = {"": [_action(output, output.get("hold", {})) for output in outputs]}
        for group in site.get("group", {}).values():
            if group.get("target") != section or group.get("kind", "driver") != "driver":
                continue
            for state, table in group.get("state", {}).items():
                if own := table.get("hold"):
                    plans[state] = [
                        _action(output, own.get(output["name"], output.get("hold", {}))) for output in outputs
                    ]
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"a hold action of section {section} is none: {error}", mend="`otha check` shows it"
        ) from error
    return plans


def _action(output: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    word = table.get("action", "hold")
    rate = round(table["rate_pct"] * _RAW) if "rate_pct" in table else None
    match word:
        case "value":
            return {"action": word, "to": round(table["to_pct"] * _RAW), "per_s": rate}
        case "ramp":
            after_ms = table.get("after_ms", 0)
            return {"action": word, "to": round(table["to_pct"] * _RAW), "per_s": rate, "after_ms": after_ms}
        case "stop_motion":
            return {"action": word, "still": round(output["motion"]["still_pct"] * _RAW), "per_s": rate}
        case "local_loop":
            return {
                "action": word,
                "keeps": table["tag"],
                "gain": table["gain"],
                "integral_s": table["integral_s"],
                "per_s": rate,
                "setpoint": table.get("setpoint"),
                "low": round(table.get("low_pct", 0) * _RAW),
                "high": round(table.get("high_pct", 100) * _RAW),
            }
        case _:
            return {"action": "hold"}
