"""The two dialogs of connecting: whose certificate it is, and who logs in."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hmi import theme
from hmi.opening import Opening
from hmi.trust import readable, subject

TYPED: Final = 8
"""How many characters of a changed certificate's fingerprint a person types."""


class TrustDialog(QDialog):
    """Shows a server's certificate. Accepted only by who says that he compared it; a changed one wants it typed."""

    def __init__(self, opening: Opening, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.opening = opening
        self.changed = bool(opening.pinned)
        self.setWindowTitle(self.tr("Certificate has CHANGED") if self.changed else self.tr("Unknown OTHA"))
        whole = QVBoxLayout(self)
        if self.changed:
            words = self.tr(
                "Another certificate than the one that was trusted answers at this address. Somebody may be answering "
                "in OTHA's name. Do not go on unless you know who renewed it."
            )
        else:
            words = self.tr(
                "This station has not seen this OTHA before. Compare the fingerprint with the one in OTHA's log."
            )
        head = QLabel(words)
        head.setWordWrap(True)
        head.setFont(theme.font(theme.TEXT_PT, bold=self.changed))
        whole.addWidget(head)
        form = QFormLayout()
        whole.addLayout(form)
        form.addRow(self.tr("Address"), QLabel(opening.url))
        form.addRow(self.tr("Certificate of"), QLabel(subject(opening.certificate) or self.tr("cannot be read")))
        form.addRow(self.tr("Fingerprint (SHA-256)"), self._print(opening.fingerprint))
        if self.changed:
            form.addRow(self.tr("Trusted until now"), self._print(opening.pinned))
        self.typed = QLineEdit()
        self.typed.setAccessibleName(self.tr("Last characters of the new fingerprint"))
        self.compared = QCheckBox(self.tr("I have compared all of the fingerprint"))
        if self.changed:
            form.addRow(self.tr("Type the last {0} characters of the new one").format(TYPED), self.typed)
        else:
            whole.addWidget(self.compared)
        buttons = QDialogButtonBox()
        refuse = buttons.addButton(self.tr("Do not connect"), QDialogButtonBox.ButtonRole.RejectRole)
        self.trust = QPushButton(self.tr("Trust it from now on"))
        buttons.addButton(self.trust, QDialogButtonBox.ButtonRole.AcceptRole)
        self.trust.setAutoDefault(False)
        refuse.setDefault(True)
        refuse.setFocus()
        self.trust.setEnabled(False)
        self.compared.toggled.connect(self._judge)
        self.typed.textChanged.connect(self._judge)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole.addWidget(buttons)

    def _judge(self) -> None:
        typed = self.typed.text().replace(" ", "").casefold()
        right = typed == self.opening.fingerprint[-TYPED:].casefold() if self.changed else self.compared.isChecked()
        self.trust.setEnabled(right)

    @staticmethod
    def _print(print_: str) -> QLabel:
        text = readable(print_)
        middle = text.find(" ", len(text) // 2)
        label = QLabel(f"{text[:middle]}\n{text[middle + 1 :]}")
        label.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label


class LoginDialog(QDialog):
    """Name and password."""

    def __init__(self, opening: Opening, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Log in"))
        whole = QVBoxLayout(self)
        if opening.refused:
            said = QLabel(self.tr("Name or password was not taken. After several attempts OTHA makes you wait."))
            said.setWordWrap(True)
            said.setFont(theme.font(theme.TEXT_PT, bold=True))
            whole.addWidget(said)
        form = QFormLayout()
        whole.addLayout(form)
        self.user, self.password = QLineEdit(opening.user), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.user.setAccessibleName(self.tr("Name"))
        self.password.setAccessibleName(self.tr("Password"))
        form.addRow(self.tr("OTHA at"), QLabel(opening.url))
        form.addRow(self.tr("Name"), self.user)
        form.addRow(self.tr("Password"), self.password)
        buttons = QDialogButtonBox()
        buttons.addButton(self.tr("Log in"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.tr("Look at nothing"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        whole.addWidget(buttons)
        self.setMinimumWidth(420)
        (self.password if opening.user else self.user).setFocus()
