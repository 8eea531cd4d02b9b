"""OTHA itself dies in the middle of a transfer: what every act of that kind does."""

import time
from typing import Any

from otha.core.words import OrderKind
from otha.demo.act import Result
from otha.demo.cast import Cast, active, all_well, at_peace, other, transfers
from otha.demo.stage import Stage, StageError

_NS_PER_MS = 1_000_000
_FENCED_WITHIN_S = 10.0
_DOWN_S = 0.5
_BACK_WITHIN_S = 60.0  # on a busy machine its OPC UA workers take their time to start


def _is_fenced(event: dict[str, Any], group: str) -> bool:
    reasons = event.get("body", {}).get("reasons", ())
    return event.get("group") == group and any(
        reason["why"] == "PHASE" and reason["args"][0] == "fenced" for reason in reasons
    )


def killed_in_transfer(stage: Stage, result: Result, cast: Cast) -> None:
    """Order a switchover, kill OTHA once the old node is fenced, start it again, and see the transfer end."""
    at_peace(stage, cast)
    to_node, since_ns = other(stage, cast), time.monotonic_ns()
    with stage.client() as listener:
        # Listening before the order: on a busy machine the transfer may be over before a later listener is heard.
        events = listener.events(within_s=_FENCED_WITHIN_S)
        reply = stage.order(OrderKind.SWITCHOVER, cast.name, node=to_node, comment="OTHA will be killed")
        result.expect(reply.accepted, f"a switchover of {cast.name} to {to_node} was ordered")
        if not any(_is_fenced(entry.event, cast.name) for entry in events):
            raise StageError(
                f"not within {_FENCED_WITHIN_S:g} s: the old node fenced", mend="see the logs in the demo's folder"
            )
    killed_ns = stage.kill_otha()
    after_ms = (killed_ns - since_ns) / _NS_PER_MS
    result.notes.append(f"killed {after_ms:.0f} ms after the order, the old node was fenced")
    time.sleep(_DOWN_S)
    stage.start_otha()
    at_peace(stage, cast, within_s=_BACK_WITHIN_S)
    endings = [transfer for transfer in transfers(stage, cast, killed_ns) if transfer.ending]
    if endings:
        last = endings[-1]
        result.expect(last.ending in ("done", "returned", "aborted_safe"), f"taken up again and ended {last.ending}")
    seconds = (time.monotonic_ns() - killed_ns) / 1e9
    result.expect(True, f"all agree on {active(stage, cast)} again {seconds:.1f} s after the kill")
    # The groups that were not in mid-transfer too, before the next act disturbs them.
    all_well(stage, within_s=_BACK_WITHIN_S)
