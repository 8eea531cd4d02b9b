"""Commissioning in the window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hmi.controls import plain
from hmi.desk import Desk
from hmi.fault_page import FaultPage
from hmi.feed import Model
from hmi.model import Snapshot
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
        self._real = plain(wraps=True)
        self._real.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._desk = Desk(model, session)
        self.page = FaultPage(self._desk)
        self._stack.addWidget(self._real)
        self._stack.addWidget(self.page)
        whole.addWidget(self._stack)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page. Where the interface does not tell, the list of faults does: a real plant has none."""
        simulated, may = snapshot.site.simulation is not False, self._desk.may("ListFaults")
        if not simulated:
            self._real.setText(self.tr("This plant is not simulated: there is no fault console."))
        elif not may:
            self._real.setText(self.tr("The fault console is for commissioning."))
        self._stack.setCurrentIndex(int(simulated and may))
        if simulated and may and not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def leave(self) -> None:
        """As every page."""
        self._asked = False
