"""What a supervisor has chosen at a node, under the epoch of its order: a path, a store. Kept over restarts."""

import json
import os
from enum import IntEnum
from pathlib import Path
from typing import Final

from sim.errors import RecordError


class Answer(IntEnum):
    """What a node did with an order, most of which carry an epoch. INCOMPLETE: ask again for the rest."""

    DONE = 1
    ALREADY = 2
    REFUSED_EPOCH = 3
    REFUSED_ROLE = 4
    REFUSED_CHOICE = 5
    INCOMPLETE = 6


NOBODY: Final = 0


class Selection:
    """One choice and its epoch. A higher epoch changes it; under one epoch somebody is chosen once, after nobody."""

    def __init__(self, path: Path, *, first: int, choices: tuple[int, ...]) -> None:
        """`first` holds under epoch 0, before anybody chose. Raises RecordError when the file is damaged."""
        self._path = path
        self._choices = choices
        self.epoch, self.node = 0, first
        if path.exists():
            try:
                kept = json.loads(path.read_text(encoding="utf-8"))
                self.epoch, self.node = int(kept["epoch"]), int(kept["node"])
            except (ValueError, KeyError, TypeError) as error:
                raise RecordError(f"{path} is damaged: {error}", mend="remove it: epoch 0 holds again") from error

    def select(self, epoch: int, node: int) -> Answer:
        """Obey an order, or say why not. The choice is on disk before this returns."""
        if node not in self._choices:
            return Answer.REFUSED_CHOICE
        if (epoch, node) == (self.epoch, self.node):
            return Answer.ALREADY
        first_of_epoch = epoch == self.epoch and self.node == NOBODY
        if epoch <= self.epoch and not first_of_epoch:
            return Answer.REFUSED_EPOCH
        self._keep(epoch, node)
        self.epoch, self.node = epoch, node
        return Answer.DONE

    def _keep(self, epoch: int, node: int) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"epoch": epoch, "node": node}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._path)
