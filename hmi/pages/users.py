"""Users and certificates in the window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hmi.controls import plain
from hmi.desk import Desk
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.pages import Page
from hmi.session import Session
from hmi.user_page import UserPage


class UsersPage(Page):
    """For administrators."""

    NAME = "users"

    def title(self) -> str:
        """As every page."""
        return self.tr("Users")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._asked = False
        self._desk = Desk(model, session)
        whole = QVBoxLayout(self)
        self._stack = QStackedWidget()
        self._not_for = plain(self.tr("Users and certificates are shown to administrators."), wraps=True)
        self._not_for.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.page = UserPage(self._desk)
        self._stack.addWidget(self._not_for)
        self._stack.addWidget(self.page)
        whole.addWidget(self._stack)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page. Who may not is not asked for: each refusal is journaled."""
        may = self._desk.may("ListUsers")
        self._stack.setCurrentIndex(int(may))
        if may and not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def leave(self) -> None:
        """As every page."""
        self._asked = False
