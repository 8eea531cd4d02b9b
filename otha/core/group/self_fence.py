"""Rule S4: when a timed self-fence may count as a fence."""

from otha.core.config import SelfFence

_MILLION = 1_000_000


def needed_wait_ns(fence: SelfFence) -> int:
    """Shortest wait after which the node has surely stopped: watchdog and stop time on a clock slow by the drift,
    waited out on a clock fast by the drift."""
    worst = fence.watchdog_ns + fence.stop_ns
    return -(-worst * (_MILLION + fence.drift_ppm) // (_MILLION - fence.drift_ppm))


def counts(fence: SelfFence | None) -> bool:
    """Whether the self-fence is a fence at all: a hardware watchdog, and a wait longer than it needs."""
    return fence is not None and fence.hardware and needed_wait_ns(fence) < fence.wait_ns
