"""Users of the interface and the certificates of its clients, for administrators. What takes something away needs to be
prepared first."""

from typing import Any, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hmi import say
from hmi.controls import DeedButton, plain
from hmi.desk import Desk, NoReply
from hmi.model import Answer
from hmi.reply import Reply

translate = QCoreApplication.translate
ROLES: Final = ("viewer", "operator", "engineer", "commissioning", "admin")
_PASSWORD_MIN: Final = 10
Json = dict[str, Any]  # Any: JSON


def listed(answer: Answer) -> list[Json] | None:
    """A list of JSON objects in an answer; None: there is no answer."""
    if answer.trouble or answer.denied:
        return None
    return [each for each in answer.data or () if isinstance(each, dict)]


def _table(headings: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(headings))
    table.setHorizontalHeaderLabels(headings)
    table.verticalHeader().hide()
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    table.horizontalHeader().setHighlightSections(False)
    return table


def _fill(table: QTableWidget, rows: list[tuple[str, ...]]) -> None:
    table.setRowCount(len(rows))
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            table.setItem(at, column, QTableWidgetItem(text))


class _Deeds(QWidget):
    """A list with deeds on it. `again`: ask anew."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.said = plain(wraps=True)
        self.prepare = DeedButton(translate("Users", "&Prepare"))
        self.prepare.setCheckable(True)
        self.prepare.toggled.connect(lambda _on: self.enable())

    def enable(self) -> None:
        """Which deeds can be had."""

    def again(self) -> None:
        """Ask anew."""

    def do(self, method: str, inputs: dict[str, str]) -> None:
        """Do it and tell what became of it."""
        self.prepare.setChecked(False)
        self.said.setText("…")
        self.desk.do(method, self._done, **inputs)

    def _done(self, reply: Reply | NoReply) -> None:
        match reply:
            case NoReply.DENIED:
                self.said.setText("✗ " + translate("Users", "your role may not"))
            case NoReply.LOST:
                self.said.setText("? " + translate("Users", "no answer: look whether it was done"))
            case Reply(accepted=accepted, obstacles=what):
                self.said.setText(("✓ " if accepted else "✗ ") + "; ".join(what))
        self.again()


class UserList(_Deeds):
    """Who may come in."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._users: list[Json] = []
        whole = QVBoxLayout(self)
        self.table = _table(
            (
                translate("Users", "User"),
                translate("Users", "Role"),
                translate("Users", "Locked"),
                translate("Users", "Password since"),
            )
        )
        self.table.currentCellChanged.connect(lambda *_where: self.enable())
        whole.addWidget(self.table, 1)
        grid = QGridLayout()
        self.name, self.password, self.repeat = QLineEdit(), QLineEdit(), QLineEdit()
        self.name.setPlaceholderText(translate("Users", "Name"))
        self.password.setPlaceholderText(translate("Users", "Password, 10 characters or more"))
        self.repeat.setPlaceholderText(translate("Users", "Password again"))
        self.role = QComboBox()
        self.role.addItems(ROLES)
        for secret in (self.password, self.repeat):
            secret.setEchoMode(QLineEdit.EchoMode.Password)
        fields: tuple[QLineEdit | QComboBox, ...] = (self.name, self.role, self.password, self.repeat)
        for at, field in enumerate(fields):
            field.setMinimumHeight(40)
            grid.addWidget(field, 0, at)
        for edit in (self.name, self.password, self.repeat):
            edit.textChanged.connect(lambda _text: self.enable())
        deeds = (
            ("AddUser", translate("Users", "&Add")),
            ("SetUserRole", translate("Users", "Set &role")),
            ("SetUserPassword", translate("Users", "Set pass&word")),
            ("LockUser", translate("Users", "&Lock")),
            ("UnlockUser", translate("Users", "&Unlock")),
            ("RemoveUser", translate("Users", "Re&move")),
        )
        grid.addWidget(self.prepare, 1, 0)
        self.buttons: dict[str, DeedButton] = {}
        for at, (method, text) in enumerate(deeds):
            button = DeedButton(text)
            button.clicked.connect(lambda _on=False, method=method: self._give(method))
            grid.addWidget(button, 1 + (at + 1) // 4, (at + 1) % 4)
            self.buttons[method] = button
        whole.addLayout(grid)
        whole.addWidget(self.said)
        self.enable()

    def _give(self, method: str) -> None:
        inputs = {"User": self.name.text().strip() if method == "AddUser" else self.chosen()}
        if method in ("AddUser", "SetUserRole"):
            inputs["Role"] = self.role.currentText()
        if method in ("AddUser", "SetUserPassword"):
            inputs["Password"] = self.password.text()
        self.do(method, inputs)
        self.password.clear()
        self.repeat.clear()

    def chosen(self) -> str:
        """The user that is looked at."""
        at = self.table.currentRow()
        return str(self._users[at].get("name", "")) if 0 <= at < len(self._users) else ""

    def again(self) -> None:
        """Ask anew."""
        self.desk.ask("ListUsers", self._came)

    def _came(self, answer: Answer) -> None:
        found = listed(answer)
        if found is None:
            self.said.setText("✗ " + (answer.trouble or translate("Users", "your role may not see the users")))
            return
        self._users = found
        yes = translate("Users", "locked")
        _fill(
            self.table,
            [
                (
                    str(each.get("name", "")),
                    str(each.get("role", "")),
                    f"■ {yes}" if each.get("locked") else "",
                    say.moment(str(each.get("changed", ""))),
                )
                for each in found
            ],
        )
        self.enable()

    def enable(self) -> None:
        """As its list says. What locks a person out is prepared first."""
        one, ready = bool(self.chosen()), self.prepare.isChecked()
        word = self.password.text()
        well = len(word) >= _PASSWORD_MIN and word == self.repeat.text()
        wanted = {
            "AddUser": bool(self.name.text().strip()) and well,
            "SetUserRole": one and ready,
            "SetUserPassword": one and ready and well,
            "LockUser": one and ready,
            "UnlockUser": one,
            "RemoveUser": one and ready,
        }
        for method, button in self.buttons.items():
            button.setEnabled(wanted[method])


class CertificateList(_Deeds):
    """Whose client may connect."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._certificates: list[Json] = []
        whole = QVBoxLayout(self)
        self.table = _table(
            (
                translate("Users", "Trust"),
                translate("Users", "Subject"),
                translate("Users", "Days left"),
                translate("Users", "Application"),
                translate("Users", "Fingerprint (SHA-256)"),
            )
        )
        self.table.currentCellChanged.connect(lambda *_where: self.enable())
        whole.addWidget(self.table, 1)
        self.whole_print = plain(wraps=True)
        whole.addWidget(self.whole_print)
        grid = QGridLayout()
        grid.addWidget(self.prepare, 0, 0)
        self.buttons: dict[str, DeedButton] = {}
        for at, (method, text) in enumerate(
            (
                ("TrustCertificate", translate("Users", "&Trust")),
                ("RejectCertificate", translate("Users", "Re&ject")),
                ("RemoveCertificate", translate("Users", "Re&move")),
            )
        ):
            button = DeedButton(text)
            button.clicked.connect(lambda _on=False, method=method: self.do(method, {"Fingerprint": self._print()}))
            grid.addWidget(button, 0, at + 1)
            self.buttons[method] = button
        whole.addLayout(grid)
        whole.addWidget(self.said)
        self.enable()

    def _one(self) -> Json:
        at = self.table.currentRow()
        return self._certificates[at] if 0 <= at < len(self._certificates) else {}

    def _print(self) -> str:
        return str(self._one().get("fingerprint", ""))

    def again(self) -> None:
        """Ask anew."""
        self.desk.ask("ListCertificates", self._came)

    def _came(self, answer: Answer) -> None:
        found = listed(answer)
        if found is None:
            self.said.setText("✗ " + (answer.trouble or translate("Users", "your role may not see the certificates")))
            return
        self._certificates = found
        signs = {"own": "◇ ", "trusted": "✓ ", "rejected": "✗ "}
        rows = []
        for each in found:
            trust, days = str(each.get("trust", "")), each.get("days_left")
            left = "-" if days is None else str(days)
            if isinstance(days, int) and days < 30:
                left = f"! {left}"
            said = (each.get("subject"), left, each.get("application_uri"), each.get("fingerprint"))
            rows.append((signs.get(trust, "") + trust, *("" if one is None else str(one) for one in said)))
        _fill(self.table, rows)
        self.enable()

    def enable(self) -> None:
        """As its list says. A person compares the whole fingerprint before he trusts."""
        trust, ready = str(self._one().get("trust", "")), self.prepare.isChecked()
        shown = self._print()
        pairs = " ".join(shown[at : at + 4] for at in range(0, len(shown), 4))
        text = translate("Users", "Compare this with what stands at the client: {0}")
        self.whole_print.setText(text.format(pairs) if shown else "")
        self.buttons["TrustCertificate"].setEnabled(trust == "rejected" and ready)
        self.buttons["RejectCertificate"].setEnabled(trust == "trusted" and ready)
        self.buttons["RemoveCertificate"].setEnabled(trust in ("trusted", "rejected") and ready)


class UserPage(QTabWidget):
    """Users and certificates."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.users, self.certificates = UserList(desk), CertificateList(desk)
        self.addTab(self.users, translate("Users", "Users"))
        self.addTab(self.certificates, translate("Users", "Certificates"))

    def refresh(self) -> None:
        """Ask anew."""
        self.users.again()
        self.certificates.again()
