"""Commissioning in the window: how OTHA itself is, and the fault console of a simulated plant."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout

from hmi.controls import plain
from hmi.desk import Desk
from hmi.diagnostics import Diagnostics
from hmi.fault_page import FaultPage
from hmi.feed import Model
from hmi.model import Snapshot
from hmi.pages import Page
from hmi.session import Session


class CommissioningPage(Page):
    """Diagnostics, and where the plant is a simulated one the fault console."""

    NAME = "commissioning"

    def title(self) -> str:
        """As every page."""
        return self.tr("Commissioning")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._asked = False
        self._stack = QStackedWidget()
        self._real = plain(wraps=True)
        self._real.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._desk = Desk(model, session)
        self.page = FaultPage(self._desk)
        self._stack.addWidget(self._real)
        self._stack.addWidget(self.page)
        self.diagnostics = Diagnostics(model, session)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._stack, self.tr("Fault console"))
        self.tabs.addTab(self.diagnostics, self.tr("Diagnostics"))
        self.tabs.currentChanged.connect(lambda _at: self._tab_chosen())
        QVBoxLayout(self).addWidget(self.tabs)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page. Where the interface does not tell, the list of faults does: a real plant has none."""
        if self.tabs.currentWidget() is self.diagnostics:
            self.diagnostics.refresh()
            return
        simulated, may = snapshot.site.simulation is not False, self._desk.may("ListFaults")
        if not simulated:
            self._real.setText(self.tr("This plant is not simulated: there is no fault console."))
        elif not may:
            self._real.setText(self.tr("The fault console is for commissioning."))
        self._stack.setCurrentIndex(int(simulated and may))
        if simulated and may and not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def tick(self) -> None:
        """As every page."""
        if self.tabs.currentWidget() is self.diagnostics and not self.model.stale:
            self.diagnostics.ask()

    def _tab_chosen(self) -> None:
        self.refresh(self.model.snapshot)
        self.tick()
