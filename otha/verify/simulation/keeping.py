"""A store's place in virtual time: rows come while a client writes to it under the epoch of its duty."""

from dataclasses import dataclass

from otha.verify.client_models import Archive


@dataclass(slots=True, kw_only=True)
class Keeper:
    """`archive`: what it is. `grows`: rows come, each as old as its number says. `newest_ns`: the time of the last one,
    while none come."""

    archive: Archive
    newest_ns: int
    grows: bool = False

    def newest(self, now: int) -> int:
        """The time of its newest row."""
        return now if self.grows else self.newest_ns

    def grow(self, now: int, *, grows: bool) -> None:
        """Rows come from now on, or do not."""
        if self.grows and not grows:
            self.newest_ns = now
        self.grows = grows
