"""What can go wrong with the journal and the recordings, split by who can mend it."""

from otha.core.errors import DefectError, EngineerError, HostError


class EntryRefused(DefectError):
    """An entry whose values have no canonical form (a float, a NUL, a number beyond 64 bits). Nothing was queued."""


class NotDurable(HostError):
    """The disk did not take the row. It stays queued and may become durable later: treat it as UNKNOWN."""


class JournalFull(HostError):
    """The queue is full because the disk takes nothing. The row was refused; a `journal.refused` row will say so."""


class JournalClosed(HostError):
    """The journal was closed before the row became durable, or before it was handed in."""


class JournalInUse(HostError):
    """Another process writes this journal. One writer only."""


class JournalTooNew(EngineerError):
    """The journal was written by a newer OTHA, whose tables this one does not know."""


class JournalNotFound(EngineerError):
    """There is no journal at the given place, or the file there is not one."""


class JournalUnreadable(HostError):
    """SQLite can't read on in a segment: the file is damaged."""


class KeyTrouble(HostError):
    """The signing key can't be used: unreadable, damaged, or readable by others."""


class RecordingNotFound(EngineerError):
    """There is no recording at the given place."""


class RecordingDamaged(HostError):
    """A byte of a recording was changed. `offset` is where the first damaged block starts, in bytes."""

    def __init__(self, what: str, *, offset: int) -> None:
        super().__init__(what, mend="replay what comes before it; a later segment starts from its own snapshot")
        self.offset = offset
