"""Commissioning in the window."""

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hmi.desk import Desk
from hmi.fault_page import FaultPage
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.order_panel import plain
from hmi.pages import Page
from hmi.session import Session


class CommissioningPage(Page):
    """The fault console, where the plant is a simulated one."""

    NAME = "commissioning"

    def title(self) -> str:
        """As every page."""
        return self.tr("Commissioning")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._asked = False
        whole = QVBoxLayout(self)
        self._stack = QStackedWidget()
        self._real = plain(self.tr("This plant is not simulated: there is no fault console."), wraps=True)
        self.page = FaultPage(Desk(model, session))
        self._stack.addWidget(self._real)
        self._stack.addWidget(self.page)
        whole.addWidget(self._stack)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page. Where the interface does not tell, the list of faults does: a real plant has none."""
        simulated = snapshot.site.simulation is not False
        self._stack.setCurrentIndex(int(simulated))
        if simulated and not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def leave(self) -> None:
        """As every page."""
        self._asked = False
