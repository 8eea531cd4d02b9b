"""The type checker as a killer: what no test tells from the code may be something that could never be checked in.

A test of `x is not None` before `x.level` is asked for is often there for the types alone.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.population import ROOT, Mutant

NAME = "mypy --strict"


class Checker:
    """A copy of the tree that mypy has been through once: after that only what changed is looked at."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        if (said := self._mypy()) is not None:
            raise SystemExit(f"mypy complains without a mutant:\n{said}")

    def refuses(self, mutant: Mutant) -> bool:
        path = self._tree / mutant.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(mutant.applied_to(whole), encoding="utf-8")
        try:
            return self._mypy() is not None
        finally:
            path.write_text(whole, encoding="utf-8")

    def _mypy(self) -> str | None:
        command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
        # That `x if False else y` never comes to x is not what is asked here.
        command += ["--no-warn-unreachable", "--disable-error-code", "redundant-expr"]
        result = subprocess.run(
            [*command, "--cache-dir", str(self._tree / "cache"), "-p", "otha.core"],
            cwd=self._tree,
            capture_output=True,
            text=True,
            check=False,
        )
        return None if result.returncode == 0 else result.stdout + result.stderr


def _copied(to: Path) -> Path:
    """A copy of the package that mutants are made of, at `to`."""
    shutil.copytree(ROOT / "otha", to / "otha")
    return to


def refused(mutants: Sequence[Mutant]) -> set[Mutant]:
    """Those of the mutants that mypy refuses."""
    if not mutants:
        return set()
    with TemporaryDirectory(prefix="otha-mutants-") as folder:
        check = Checker(_copied(Path(folder)))
        return {mutant for mutant in mutants if check.refuses(mutant)}
