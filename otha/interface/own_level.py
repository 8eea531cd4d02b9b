"""OTHA's own ServiceLevel (OPC UA Part 4, 6.6.2) and what speaks against it. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from otha.names import SiteReason, reason

HEALTHY: Final = 255
DEGRADED: Final = 150
NO_DATA: Final = 1


def reasons(status: Mapping[str, Any]) -> list[str]:  # Any: JSON
    """Why a supervisor with this snapshot is degraded, as it is published: it only watches, or keeps no evidence."""
    found = []
    if status["isolated"]:
        found.append(reason(SiteReason.ISOLATED))
    if status["tilted"]:
        found.append(reason(SiteReason.TILTED))
    journal = status["journal"]
    if trouble := journal["trouble"] or journal["damage"]:
        found.append(reason(SiteReason.JOURNAL, trouble))
    if trouble := status["records"]["trouble"]:
        found.append(reason(SiteReason.RECORDS, trouble))
    return found


def service_level(status: Mapping[str, Any]) -> int:  # Any: JSON
    """The level that follows from these."""
    return DEGRADED if reasons(status) else HEALTHY
