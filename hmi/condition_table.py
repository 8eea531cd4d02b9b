"""Interlocks and permissives with the tags that they look at, as an order's dialog shows them."""

from typing import Final

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtWidgets import QTableWidget

from hmi import words
from hmi.fact_table import FactTable
from hmi.why_view import ReasonView, TagView

translate = QCoreApplication.translate
_LEAST_ROWS: Final = 2


class ConditionTable(FactTable):
    """One row a tag; nothing in it is chosen."""

    def __init__(self) -> None:
        headings = (
            translate("Order", "Condition"),
            translate("Order", "Kind"),
            translate("Order", "Verdict"),
            translate("Order", "Tag"),
            translate("Order", "Value"),
            translate("Order", "Quality"),
            translate("Order", "Age"),
        )
        super().__init__(translate("GroupPage", "Interlocks and permissives"), headings, wide=len(headings) - 1)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)

    def sizeHint(self) -> QSize:  # noqa: N802 - as Qt has it
        """Two rows: it gets what is left over, and gives that to what is below it where a screen is small."""
        rows = self.horizontalHeader().height() + _LEAST_ROWS * self.verticalHeader().defaultSectionSize()
        return QSize(super().sizeHint().width(), rows + 2 * self.frameWidth())

    def show_reasons(self, reasons: tuple[ReasonView, ...]) -> None:
        """Show these."""
        pairs: list[tuple[ReasonView | None, TagView | None]] = []
        for each in reasons:
            pairs += [(None if at else each, tag) for at, tag in enumerate(each.tags)] or [(each, None)]
        self.fill([((*_condition_cells(reason), *_tag_cells(tag)), False) for reason, tag in pairs])


def _condition_cells(reason: ReasonView | None) -> tuple[str, str, str]:
    if reason is None:
        return "", "", ""
    kind = translate("Order", "interlock") if reason.interlock else translate("Order", "permissive")
    if reason.interlock and reason.klass == "safety":
        kind = translate("Order", "safety interlock")
    told = words.verdict(reason.verdict)
    if reason.bypassed:
        told += ", " + translate("Order", "bypassed")
    if reason.first_out:
        told += ", " + translate("Order", "first out")
    return reason.name, kind, told


def _tag_cells(tag: TagView | None) -> tuple[str, str, str, str]:
    if tag is None:
        return "", "", "", ""
    value = "-" if tag.value is None else str(tag.value)
    quality = translate("Order", "good") if tag.quality == "true" else words.verdict(tag.quality)
    age = "-" if tag.age_ms is None else f"{tag.age_ms} / {tag.fresh_ms} ms"
    return tag.name, value, quality, age
