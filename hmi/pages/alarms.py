"""The alarms' page in the window."""

from PySide6.QtWidgets import QVBoxLayout

from hmi.alarm_page import AlarmPage
from hmi.alarm_sight import row_of
from hmi.desk import Desk
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.pages import Page
from hmi.session import Session


class AlarmsPage(Page):
    """All that is not normal."""

    NAME = "alarms"

    def title(self) -> str:
        """As every page."""
        return self.tr("Alarms")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._away = True
        whole = QVBoxLayout(self)
        self.page = AlarmPage(Desk(model, session))
        whole.addWidget(self.page)
        self.setFocusProxy(self.page)
        self.page.go_to.connect(lambda group: self.go("group", group=group))
        self.page.silence.connect(lambda: self.go("silence"))

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page."""
        self.page.doubt(self.model.stale)
        self.page.take([row_of(alarm) for alarm in snapshot.alarms])
        self.page.know_groups(tuple(snapshot.groups))
        self.page.grow(snapshot.site.journal_seq)
        if self._away:
            self._away = False
            self.page.come()

    def leave(self) -> None:
        """As every page."""
        self._away = True

    def arrive(self, **given: str) -> None:
        """`group` and `alarm`: look at this one."""
        if "alarm" in given:
            self.page.choose((given.get("group", ""), given["alarm"]))
