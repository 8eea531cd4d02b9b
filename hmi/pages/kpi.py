"""The alarm figures' page in the window."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from hmi.desk import Desk
from hmi.feed import Model
from hmi.kpi_page import KpiPage as Figures
from hmi.model import Snapshot
from hmi.pages import Page
from hmi.session import Session


class KpiPage(Page):
    """How well the alarms serve their operators."""

    NAME = "kpi"

    def title(self) -> str:
        """As every page."""
        return self.tr("Figures")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self._desk = Desk(model, session)
        self._asked = False
        whole = QVBoxLayout(self)
        self.page = Figures(self._ask)
        whole.addWidget(self.page)

    def refresh(self, snapshot: Snapshot) -> None:
        """Measures once each time it is shown: it costs the server a pass over the journal."""
        if not self._asked and not self.model.stale:
            self._asked = True
            self.page.refresh()

    def leave(self) -> None:
        """As every page."""
        self._asked = False

    def _ask(self, from_ms: int, to_ms: int, done: Callable[[Any], None]) -> None:  # Any: JSON
        self._desk.ask("AlarmKpi", lambda answer: done(answer.data), FromMs=from_ms, ToMs=to_ms)
