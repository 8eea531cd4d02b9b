"""Labels and buttons that every page uses."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget


def plain(text: str = "", *, wraps: bool = False) -> QLabel:
    """A label that shows text from elsewhere as it is, never as markup."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    return label


def named(text: str, field: QWidget) -> QLabel:
    """The label of a field, as high as the field is, with a letter that leads to it."""
    label = QLabel(text)
    label.setBuddy(field)
    label.setMinimumSize(label.fontMetrics().horizontalAdvance(text) + 12, 40)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label


class DeedButton(QPushButton):
    """A button that Enter does not press."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAutoDefault(False)
        self.setDefault(False)
        self.setMinimumHeight(48)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - as Qt has it
        """Enter goes nowhere."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)
