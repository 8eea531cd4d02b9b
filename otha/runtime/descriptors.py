"""File descriptors for the connections of a large site: a session's usual limit is 1,024."""

import resource


def allow(needed: int) -> str:
    """Raise the limit of this process as far as it may be raised. Returns a notice when that is not enough.

    Processes started later have the same limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY or needed <= hard:
        return ""
    return f"{needed} descriptors are needed and {hard} allowed: connections will fail; raise the limit (ulimit -n)"
