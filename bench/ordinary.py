"""`python -m bench.ordinary COMMAND...`: run a command that the system refuses real-time priorities to."""

import ctypes
import os
import resource
import sys

_PR_CAPBSET_DROP = 24
_CAP_SYS_NICE = 23


def main() -> None:
    """Give up the right to SCHED_FIFO for good, then become the command."""
    # Fails without root, which does not have the right in the first place; then the limit alone decides.
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_SYS_NICE, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
