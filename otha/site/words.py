"""What is wrong with the meaning of an item, whatever protocol it is read over."""

from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.profile_file import Word

REGISTER_BITS = 16


def check_meaning(doc: Document, path: KeyPath, item: str, word: Word) -> None:
    """Codes, replacements and units fit the item; what is wrong is added to `doc`. `item` is "" for a tracked tag."""
    if word.codes and item != "role":
        doc.error(path, "codes", "only `role` has codes", mend="Take `codes` out")
    if item == "role" and not word.codes:
        doc.error(path, "codes", "missing", mend='Say which code means which role: { "1" = "active", ... }')
    if word.replace and item != "level":
        doc.error(path, "replace", "only `level` has values to replace", mend="Take `replace` out")
    if word.bits > 1 and word.bit is None:
        doc.error(path, "bits", "needs `bit`, the lowest of them", mend="Give `bit`, or take `bits` out")
    elif word.bit is not None and word.bit + word.bits > REGISTER_BITS:
        end = word.bit + word.bits - 1
        doc.error(path, "bits", f"end at bit {end}, a register has bits 0 to 15", mend="Give fewer, or a lower `bit`")
    if word.ms_per_count != 1 and item not in ("lag_ms", "data_age_ms"):
        doc.error(path, "ms_per_count", "only for lag_ms and data_age_ms", mend="Take `ms_per_count` out")
    for table, codes in (
        ("codes", word.codes),
        ("replace", word.replace),
        ("replace_when_standby", word.replace_when_standby),
    ):
        for code in codes:
            if not code.isdecimal():
                doc.error((*path, table), code, "a code is a whole number in quotes", mend='Write for example "1"')
