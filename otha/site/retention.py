"""How the journal is parted into files, and how long they are kept."""

from dataclasses import dataclass

from otha.site.document import Document
from otha.site.written_outlets import JournalTable

_MIB = 1 << 20
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """When a segment of the journal is closed, and when a closed one is removed; 0: never for that reason.

    `without_backup`: removed even if nobody has a copy. `free_bytes`: with less room left the disk is told of.
    """

    segment_bytes: int
    segment_s: int
    keep_s: int
    keep_bytes: int
    without_backup: bool
    free_bytes: int


def build_retention(doc: Document, table: JournalTable) -> Retention:
    """The journal's files as written."""
    at = ("journal",)
    if table.keep_days and table.segment_days > table.keep_days:
        doc.error(
            at,
            "segment_days",
            f"a file that grows for {table.segment_days} days is older than {table.keep_days} days when it is closed",
            mend="Give fewer days for a file than rows are kept",
        )
    if table.keep_mib and table.segment_mib > table.keep_mib // 2:
        doc.error(
            at,
            "segment_mib",
            f"{table.keep_mib} MiB hold no two files of {table.segment_mib} MiB",
            mend="Give files at most half of what all together may take",
        )
    if table.remove_without_backup and (table.keep_days or table.keep_mib):
        doc.warn(
            at,
            "remove_without_backup",
            "rows of the journal may be gone for good",
            mend="Take it out, and let `otha log backup` run before",
        )
    return Retention(
        segment_bytes=table.segment_mib * _MIB,
        segment_s=table.segment_days * _DAY_S,
        keep_s=table.keep_days * _DAY_S,
        keep_bytes=table.keep_mib * _MIB,
        without_backup=table.remove_without_backup,
        free_bytes=table.free_mib * _MIB,
    )
