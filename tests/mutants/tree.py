"""A copy of the tree, to break the code in, and a process that runs its tests one by one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutants.population import ROOT

_RUNNER = Path(__file__).with_name("one_by_one.py")
# The suite's own settings ask for plugins that a single test does not need.
INI = "[pytest]\nfilterwarnings = error\nmarkers = soak: long\n"
_PLUGINS_NOT_NEEDED = (
    *("hypothesispytest", "asyncio", "cacheprovider", "anyio"),
    *("unraisableexception", "threadexception"),
)


def copied(root: Path) -> Path:
    """A copy of the project's own tree at `root`."""
    for part in ("otha", "sim", "plc_profiles", "tests"):
        shutil.copytree(ROOT / part, root / part)
    (root / "mutant.ini").write_text(INI, encoding="utf-8")
    return root


class Tree:
    """The tree at `root`. `end` it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # --import-mode as in the suite; stop at the first failure: one is enough.
        options = ["-c", "mutant.ini", "--import-mode=importlib", "--assert=plain", "-xq"]
        self._runner = subprocess.Popen(
            [sys.executable, "-P", str(_RUNNER), *options, *(f"-pno:{plugin}" for plugin in _PLUGINS_NOT_NEEDED)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, test: str) -> tuple[int, str]:
        """Run one test: exit code (1: it ran and failed) and what it said."""
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        self._runner.stdin.write(f"{test}\n")
        self._runner.stdin.flush()
        answer = json.loads(self._runner.stdout.readline())
        return answer["code"], answer["said"]

    def end(self) -> None:
        """End the process."""
        self._runner.communicate()
