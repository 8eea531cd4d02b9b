"""Drills and reports in the window."""

from PySide6.QtWidgets import QVBoxLayout

from hmi.desk import Desk
from hmi.drill_page import DrillPage
from hmi.feed import Model
from hmi.job import Job
from hmi.model import Snapshot
from hmi.order_dialog import OrderDialog
from hmi.pages import Page
from hmi.session import Session


class DrillsPage(Page):
    """What transfers and drills have proved."""

    NAME = "drills"

    def title(self) -> str:
        """As every page."""
        return self.tr("Drills")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._desk = Desk(model, session)
        self._asked = False
        whole = QVBoxLayout(self)
        self.page = DrillPage(self._desk)
        self.page.drill.connect(self._drill)
        whole.addWidget(self.page)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page."""
        self.page.know_groups(tuple(snapshot.groups))
        self.page.may_drill(self._why_not(str(self.page.group.currentData())))
        if not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def leave(self) -> None:
        """As every page."""
        self._asked = False

    def _why_not(self, group: str) -> str:
        view = self.model.snapshot.groups.get(group)
        if view is None:
            return self.tr("Choose a group first")
        if not view.drills:
            return self.tr("The site file does not mark this group for drills")
        return "" if self._desk.may(Job.DRILL.value) else self.tr("Your role may not start a drill")

    def _drill(self, group: str) -> None:
        if not self._why_not(group):
            OrderDialog(self.model, self._desk, Job.DRILL, group, parent=self.window()).show()
