"""Interlocks and permissives with the tags that they look at, as an order's dialog shows them."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from hmi import words
from hmi.why_view import ReasonView, TagView

translate = QCoreApplication.translate


class ConditionTable(QTableWidget):
    """One row a tag; what has not changed stays as it is."""

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
        super().__init__(0, len(headings))
        self.setHorizontalHeaderLabels(headings)
        self.verticalHeader().hide()
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(True)

    def show_reasons(self, reasons: tuple[ReasonView, ...]) -> None:
        """Show these."""
        rows: list[tuple[ReasonView | None, TagView | None]] = []
        for each in reasons:
            rows += [(None if at else each, tag) for at, tag in enumerate(each.tags)] or [(each, None)]
        self.setRowCount(len(rows))
        for at, (reason, tag) in enumerate(rows):
            for column, text in enumerate((*_condition_cells(reason), *_tag_cells(tag))):
                item = self.item(at, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(at, column, item)
                if item.text() != text:
                    item.setText(text)


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
