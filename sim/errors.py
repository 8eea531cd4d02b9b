"""Errors of the simulated plant. Each carries what went wrong and, in `mend`, what the reader can do about it."""


class SimError(Exception):
    """Something about the simulated plant is wrong. `mend` is one sentence that says what to do."""

    def __init__(self, message: str, *, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


class UsageError(SimError):
    """The caller asked for something that doesn't exist or can't be: a fault name, an argument, a plant, a folder."""


class PlantError(SimError):
    """A process of the plant didn't start, died unasked or doesn't answer."""


class RecordError(SimError):
    """A recording of the bus or of the terminals can't be read."""
