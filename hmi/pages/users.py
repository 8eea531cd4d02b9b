"""Users and certificates in the window."""

from PySide6.QtWidgets import QVBoxLayout

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
        whole = QVBoxLayout(self)
        self.page = UserPage(Desk(model, session))
        whole.addWidget(self.page)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page."""
        if not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def leave(self) -> None:
        """As every page."""
        self._asked = False
