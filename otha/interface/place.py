"""Where the interface keeps what is its own, within a supervisor's state directory."""

from pathlib import Path


def make(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for OTHA's user alone: `otha run` takes no other state
    directory. Raises OSError."""
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def folder(state: Path) -> Path:
    """Users, trust list and identity of the interface."""
    return state / "interface"


def own(state: Path) -> Path:
    """The interface's certificate and key."""
    return folder(state) / "own"
