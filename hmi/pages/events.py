"""The event log's page in the window."""

from PySide6.QtWidgets import QVBoxLayout

from hmi.desk import Desk
from hmi.event_page import EventPage
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.pages import Page
from hmi.session import Session


class EventsPage(Page):
    """What was journaled."""

    NAME = "events"

    def title(self) -> str:
        """As every page."""
        return self.tr("Events")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        whole = QVBoxLayout(self)
        self.page = EventPage(Desk(model, session))
        whole.addWidget(self.page)
        self.setFocusProxy(self.page)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page."""
        self.page.know_groups(tuple(snapshot.groups))
        self.page.grow(snapshot.site.journal_seq)

    def arrive(self, **given: str) -> None:
        """`group`: the events of this one."""
        self.page.show_group(given.get("group", ""))
