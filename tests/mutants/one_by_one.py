"""Tests run one by one, each in a fork of a process that has imported pytest and nothing of the project.

`python -P one_by_one.py OPTION...`: each line of standard input names a test, seen from the working directory; the
answer is a line of JSON, {"code": pytest's exit code, negative for the signal that ended it, "said": what it printed}.
"""

import gc
import json
import os
import signal
import sys
import tempfile
from typing import IO

import hypothesis  # noqa: F401 - tests/conftest.py does, and it takes as long as pytest itself
import numpy as np  # noqa: F401 - as most tests of the plants do
import pytest

WITHIN_S = 120


def run(options: list[str], test: str, said: IO[bytes]) -> int:
    """Run one test; its exit code."""
    child = os.fork()
    if child == 0:
        signal.alarm(WITHIN_S)
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
        code = pytest.main([*options, test])
        sys.stdout.flush()
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Answer line by line."""
    gc.disable()  # a fork lives for one test, and looking for garbage would copy all that it shares
    gc.freeze()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as said:
            code = run(sys.argv[1:], line.strip(), said)
            said.seek(0)
            text = said.read().decode(errors="replace")
        sys.stdout.write(json.dumps({"code": code, "said": text}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
