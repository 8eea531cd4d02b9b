"""What `otha status` shows: plain JSON of the newest state. Integers only; times say their unit."""

from otha.core.supervision import Supervision
from otha.runtime import alarm_view, group_view
from otha.runtime.group_view import Json


def status(core: Supervision, now: int) -> Json:
    """Groups and channels of the site as they stand at `now`."""
    return {
        "site": core.cfg.name,
        "supervisor": core.cfg.supervisor,
        "mono_ns": now,
        "isolated": core.shared.isolated,
        "tilted": core.shared.tilted,
        "alarms": alarm_view.alarms(core, core.cfg.supervisor, now),
        "alarm_codes": list(core.alarm_codes(core.cfg.supervisor)),
        "groups": [group_view.group(core, cfg, now) for cfg in core.cfg.groups],
        "channels": [
            {"name": cfg.name, "node": cfg.node, "pulse": core.channel(cfg.name).pulse.value}
            for cfg in core.cfg.channels
        ],
    }
