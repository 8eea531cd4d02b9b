"""What stands in an order's dialog: the way, what is to be expected, who holds the selection."""

from PySide6.QtCore import QCoreApplication

from hmi import why_rows, words
from hmi.job import ANSWERS, Job
from hmi.sight import Sight
from hmi.switchover import Workflow
from hmi.transfer_rows import TransferRow, percent
from hmi.why_view import WhyView

translate = QCoreApplication.translate
_MOVES = (Job.SWITCHOVER, Job.FAILBACK, Job.DRILL)


def way(flow: Workflow, sight: Sight, why: WhyView | None) -> str:
    """What the order would do."""
    if flow.job in ANSWERS:
        chosen = sight.waits(flow.target.request)
        if chosen is None:
            # What the dialog was opened for may have ended.
            nothing = translate("Order", "Nothing waits")
            return "" if sight.waiting else nothing
        return words.waiting(chosen)
    if flow.job not in _MOVES:
        return ""
    preview = flow.preview
    to_node = flow.target.node or (why.node if why is not None else "") or "?"
    from_node = preview.from_node if preview is not None else sight.active
    text = translate("Order", "From {0} to {1}. {0} is demoted to STANDBY.").format(from_node or "-", to_node)
    if preview is not None and preview.needs_confirmation:
        text += " " + translate("Order", "It will wait for a person's confirmation.")
    return text


def expected(flow: Workflow, why: WhyView | None, last: TransferRow | None) -> str:
    """The bump and the gap that are to be expected. `last`: the last transfer like it."""
    parts = []
    if flow.preview is not None and flow.preview.passed:
        parts.append(translate("Order", "Passed over: {0}").format("; ".join(flow.preview.passed)))
    if why is None or flow.job not in _MOVES:
        return "\n".join(parts)
    most = why_rows.bump(why, flow.target.node or why.node)
    if most is not None:
        apart = why_rows.apart(most)
        text = translate("Order", "Expected bump: {0} apart by {1}, {2} is allowed")
        parts.append(text.format(most.name, "?" if apart is None else apart, most.tolerance))
    if last is not None:
        bound = "-" if last.gap_bound_ms < 0 else f"{last.gap_bound_ms} ms"
        text = translate("Order", "Expected gap: the last one was {0} ms, its bound is {1}; its bump was {2}")
        parts.append(text.format(last.gap_ms, bound, percent(last.bump)))
    if held := why_rows.holds(why):
        text = translate("Order", "In the gap the controller holds: {0}")
        parts.append(text.format("; ".join(held)))
    return "\n".join(parts)


def holder(sight: Sight, user: str) -> str:
    """Who else holds the selection."""
    if sight.selected_by in ("", user):
        return ""
    left_s = -(-max(sight.selection_left_ms, 0) // 1000)
    text = translate("Order", "▣ Selected by {0}, to {1}, {2} s left")
    return text.format(sight.selected_by, sight.selected_to, left_s)
