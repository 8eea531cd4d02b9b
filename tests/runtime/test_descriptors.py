"""The limit of descriptors, in a process of its own: it can't be raised again."""

import subprocess
import sys

_RUN = """
import resource
from otha.runtime import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
print(descriptors.allow(200) or "enough", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
print(descriptors.allow(301))
"""


def test_the_limit_is_raised_as_far_as_may_be() -> None:
    run = subprocess.run([sys.executable, "-c", _RUN], check=True, capture_output=True, text=True)
    enough, short = run.stdout.splitlines()
    assert enough == "enough 300"
    assert short.startswith("301 descriptors are needed, 300 are allowed")
