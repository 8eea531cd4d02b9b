"""File descriptors for the connections of a large site: a session's usual limit is 1,024."""

import resource
from contextlib import suppress


def allow(needed: int) -> str:
    """Raise the limit of this process as far as it may be raised. Returns a notice when that is not enough.

    Processes started later have the same limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = soft
    if soft != hard:
        with suppress(OSError, ValueError):  # some systems have a lower bound of their own
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            allowed = hard
    if allowed == resource.RLIM_INFINITY or needed <= allowed:
        return ""
    return f"{needed} descriptors are needed, {allowed} are allowed: connections will fail. Raise the limit (ulimit -n)"
