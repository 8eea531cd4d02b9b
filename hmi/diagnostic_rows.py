"""How OTHA itself is: facts of the supervisor, of this station and of the site file. Pure but for the words. A row is
its texts, and whether it wants eyes."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from hmi import reasons, say
from hmi.group_rows import Rows
from hmi.histogram import time
from hmi.model import SiteView, Station
from hmi.node_rows import level
from hmi.site_file import SiteFile

translate = QCoreApplication.translate

_CLOCK_OFF_MS = 2000
_NS_PER_US = 1000


def supervisor(site: SiteView, station: Station) -> Rows:
    """The supervisor and its figures."""
    why = reasons.told(site.reasons)
    named = f"{site.supervisor} · OTHA {site.version}" if site.supervisor else "-"
    return [
        _row(translate("Diagnostics", "Supervisor"), named),
        _row(translate("Diagnostics", "ServiceLevel of OTHA"), level(station.service_level), bool(why)),
        _row(
            translate("Diagnostics", "Reasons against it"),
            "; ".join(why) or translate("Diagnostics", "none"),
            bool(why),
        ),
        _row(
            translate("Diagnostics", "What it could not have"),
            "; ".join(site.notices) or translate("Diagnostics", "nothing"),
            bool(site.notices),
        ),
        _row(translate("Diagnostics", "Heartbeats that have left"), say.count(site.heartbeats)),
        _row(translate("Diagnostics", "Heartbeats skipped"), say.count(site.skipped), site.skipped > 0),
        _row(translate("Diagnostics", "Lateness, 99.9 %"), time(site.lateness_p999_us)),
        _row(translate("Diagnostics", "Loop stalls above 5 ms"), say.count(site.stalls), site.stalls > 0),
        _row(translate("Diagnostics", "Longest stall"), time(site.longest_stall_us)),
        _row(translate("Diagnostics", "Newest row of the journal"), say.count(site.journal_seq)),
    ]


def station(of: Station, age_ms: int | None) -> Rows:
    """This station's connection."""
    offset = of.clock_offset_ms
    return [
        _row(translate("Diagnostics", "Interface"), of.url or "-"),
        _row(translate("Diagnostics", "Its certificate"), of.fingerprint or "-"),
        _row(translate("Diagnostics", "Age of what is shown"), say.age(age_ms)),
        _row(
            translate("Diagnostics", "OTHA's clock less this one's"),
            "-" if offset is None else f"{offset:+d} ms",
            offset is not None and abs(offset) >= _CLOCK_OFF_MS,
        ),
    ]


def site_file(of: SiteFile | None) -> Rows:
    """The site file, and whether it is another one on disk by now."""
    if of is None:
        return []
    if not of.disk_hash:
        on_disk = translate("Diagnostics", "can't be read")
    elif of.disk_hash == of.text_hash:
        on_disk = translate("Diagnostics", "as it was taken")
    else:
        on_disk = translate("Diagnostics", "changed since: otha apply takes it")
    return [
        _row(translate("Diagnostics", "Site file"), of.path),
        _row(translate("Diagnostics", "On disk"), on_disk, of.disk_hash != of.text_hash),
        _row(translate("Diagnostics", "Hash of what it says"), of.said_hash),
    ]


def summary(told: Mapping[str, Any]) -> str:  # Any: JSON
    """A histogram's figures in one line."""
    said = [translate("Diagnostics", "{0} counted").format(say.count(int(told.get("count") or 0)))]
    named = (("p50", "50 %"), ("p99", "99 %"), ("p99_9", "99.9 %"), ("max", translate("Diagnostics", "at most")))
    said += [f"{name} {time(int(told[key]) // _NS_PER_US)}" for key, name in named if told.get(key) is not None]
    return " · ".join(said)


def _row(what: str, said: str, eyes: bool = False) -> tuple[tuple[str, ...], bool]:
    return (what, said), eyes
