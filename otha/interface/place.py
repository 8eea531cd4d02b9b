"""Where the interface keeps what is its own, within a supervisor's state directory."""

from pathlib import Path


def folder(state: Path) -> Path:
    """Users, trust list and identity of the interface."""
    return state / "interface"


def own(state: Path) -> Path:
    """The interface's certificate and key."""
    return folder(state) / "own"
