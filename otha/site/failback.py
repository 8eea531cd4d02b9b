"""Failback: when the engineer lets it take place by itself, and what can be wrong with that."""

from otha.core.config import FailbackConfig, GroupConfig
from otha.core.window import DayWindow, parse
from otha.core.words import Arming, FailbackMode
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.written_group import FailbackTable

SECOND = 1_000_000_000
_EXAMPLE = 'window = ["mon-fri 02:00-04:00"]'


def build_failback(table: FailbackTable) -> FailbackConfig:
    """What the core is told. A window that can't be read is left out; `check_failback` has said what is wrong."""
    windows = tuple(window for text in table.window if (window := _window(text)) is not None)
    return FailbackConfig(mode=table.mode, hold_ns=table.hold_s * SECOND, windows=windows)


def _window(text: str) -> DayWindow | None:
    try:
        return parse(text)
    except ValueError:
        return None


def check_failback(doc: Document, group: str, table: FailbackTable) -> None:
    """A scheduled failback has windows, each of which says days and times; any other has none."""
    path: KeyPath = ("group", group, "failback")
    if table.mode is FailbackMode.SCHEDULED and not table.window:
        doc.error(path, "window", "missing: it is scheduled", mend=f"Say when it may take place: {_EXAMPLE}")
    if table.mode is not FailbackMode.SCHEDULED and table.window:
        mend = 'Take it out, or write mode = "scheduled"'
        doc.error(path, "window", f"given, but the mode is {table.mode.value}", mend=mend)
    for text in table.window:
        try:
            parse(text)
        except ValueError as error:
            doc.error(path, "window", f'"{text}" {error}', mend=f"Write it as in {_EXAMPLE}")


def judge_failback(doc: Document, group: GroupConfig) -> None:
    """What is scheduled happens by itself, in an armed group alone."""
    if group.failback.mode is FailbackMode.SCHEDULED and group.arming is not Arming.ARMED:
        doc.warn(
            ("group", group.name, "failback"),
            "mode",
            f"is scheduled, and the group is {group.arming.value}: OTHA only tells that it would",
            mend='Arm the group, or write mode = "approval"',
            rule="S12",
        )
