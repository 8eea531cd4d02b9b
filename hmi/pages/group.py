"""Level 2: one group, with everything that decides about it."""

from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hmi import group_rows, say, theme, why
from hmi.desk import Desk
from hmi.diagram import Diagram, Picture, picture_of
from hmi.fact_table import FactTable
from hmi.feed import Model, monotonic_ms
from hmi.job import Job
from hmi.model import Answer, GroupView, Snapshot
from hmi.node_table import NodeTable
from hmi.order_dialog import OrderBar
from hmi.pages import Page
from hmi.session import Session
from hmi.tile import standby_of
from hmi.timeline import Step, Timeline, Watch, measured
from hmi.timing_view import TimingView
from hmi.why_view import WhyView

_DIAGRAM_MOST: Final = 330  # of more nodes than that the rest is scrolled to


class GroupPage(Page):
    """Which group is chosen above; Ctrl+Left and Ctrl+Right go to the next one."""

    NAME = "group"

    def title(self) -> str:
        """As every page."""
        return self.tr("Group")

    def __init__(self, model: Model, session: Session) -> None:
        super().__init__(model, session)
        self.group = ""
        self._why: WhyView | None = None
        self._asking = False
        self._watch = Watch()
        self._last: tuple[str, tuple[Step, ...]] = ("", ())
        self._wants_last = True
        self._claim: tuple[str, int, str] = ("", 0, "")
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Group"))
        self.choice.setMinimumWidth(220)
        self.choice.currentTextChanged.connect(self._choose)
        self.state = QLabel()
        self.state.setFont(theme.font(theme.BIG_PT, bold=True))
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.against = QLabel()
        self.against.setWordWrap(True)
        self.diagram = Diagram()
        self._area = QScrollArea()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self._tables()
        self.timeline = Timeline()
        self.orders = OrderBar(model, Desk(model, session))
        QShortcut(QKeySequence("Ctrl+S"), self, self.switch_over)
        self._trend_place = QVBoxLayout()
        self.trend: Any = None  # Any: made when it is first looked at, as its library takes long to load
        self._build()
        model.timed.connect(self._timed)

    def _tables(self) -> None:
        self.conditions = FactTable(
            self.tr("Interlocks and permissives"),
            (
                self.tr("Condition"),
                self.tr("Verdict"),
                self.tr("Class"),
                self.tr("When"),
                self.tr("Value"),
                self.tr("Quality"),
                self.tr("Age"),
            ),
            3,
        )
        self.tracked = FactTable(
            self.tr("Tracked tags"),
            (
                self.tr("Tag"),
                self.tr("Active"),
                self.tr("Standby"),
                self.tr("Node"),
                self.tr("Tolerance"),
                self.tr("Ages"),
                self.tr("Verdict"),
            ),
            0,
        )
        self.heard = FactTable(
            self.tr("Channels"),
            (
                self.tr("Channel"),
                self.tr("Pulse"),
                self.tr("Age"),
                self.tr("Lost after"),
                self.tr("Replies, p99"),
                self.tr("Losses"),
                self.tr("Last values"),
            ),
            6,
        )
        self.nodes = NodeTable(self.session)

    def _build(self) -> None:
        back, on = QPushButton("◀"), QPushButton("▶")
        for button, name, step, key in (
            (back, self.tr("Previous group"), -1, "Ctrl+Left"),
            (on, self.tr("Next group"), 1, "Ctrl+Right"),
        ):
            button.setAccessibleName(name)
            button.setToolTip(f"{name} ({key})")
            button.clicked.connect(lambda _checked=False, step=step: self._step(step))
            QShortcut(QKeySequence(key), self, lambda step=step: self._step(step))
        top = QHBoxLayout()
        for widget in (back, self.choice, on):
            top.addWidget(widget)
        top.addSpacing(12)
        top.addWidget(self.state, 1)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidget(self.diagram)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        column.addWidget(self.facts)
        column.addWidget(self.against)
        column.addStretch(1)
        transfer = QWidget()
        both = QHBoxLayout(transfer)
        both.setContentsMargins(0, 4, 0, 0)
        left = QScrollArea()
        left.setWidgetResizable(True)
        left.setFrameShape(QScrollArea.Shape.NoFrame)
        left.setWidget(self.timeline)
        left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        both.addWidget(left, 2)
        both.addLayout(self._trend_place, 3)
        orders = QWidget()
        above = QVBoxLayout(orders)
        above.addWidget(self.orders)
        above.addStretch(1)
        self._transfer = transfer
        self.tabs.addTab(orders, self.tr("Orders"))
        self.tabs.addTab(self.conditions, self.tr("Interlocks (why)"))
        self.tabs.addTab(self.tracked, self.tr("Tracked tags"))
        self.tabs.addTab(transfer, self.tr("Transfer"))
        self.tabs.addTab(self.heard, self.tr("Channels"))
        self.tabs.addTab(self.nodes, self.tr("Nodes"))
        self.tabs.setCurrentWidget(self.conditions)
        self.tabs.currentChanged.connect(lambda _at: self._tab_chosen())
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.tabs)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.addLayout(top)
        whole.addWidget(splitter, 1)
        self.setFocusProxy(self.choice)

    # What is shown

    def arrive(self, **given: str) -> None:
        """As every page: `group`."""
        if "group" in given:
            self._fill_choice()
            self.choice.setCurrentText(given["group"])

    def looked_at(self) -> str:
        """As every page."""
        return self.group

    def switch_over(self) -> None:
        """The dialog of a switchover, if one can be asked for."""
        if self.orders.buttons[Job.SWITCHOVER].isEnabled():
            self.orders.open(Job.SWITCHOVER)

    def refresh(self, snapshot: Snapshot) -> None:
        """As every page."""
        self._fill_choice()
        self.orders.show_group(self.group)
        view = snapshot.groups.get(self.group)
        self._watch.see(None if view is None else view.transfer, monotonic_ms())
        if view is None:
            gone = self.tr("There is no group {0} any more").format(self.group)
            self.state.setText(gone if self.group else self.tr("No group is known yet"))
            self.facts.setText("")
            self.against.setText("")
            self.diagram.show_picture(Picture(), stale=self.model.stale, otha="OTHA")
            for table in (self.conditions, self.tracked, self.heard, self.nodes):
                table.fill([])
            return
        # One that is quicker than two snapshots is seen by what it leaves behind.
        claim = view.active, view.epoch, view.milestone
        if claim != self._claim:
            self._claim, self._wants_last = claim, True
        self.state.setText(self._state_of(view))
        self.facts.setText(group_rows.facts(view))
        self._draw(view)
        self._show_transfer(view)
        self._show_conditions(view)
        self._show_nodes(view)

    def tick(self) -> None:
        """As every page: ask for what the interface does not tell by itself."""
        if self.model.stale or not self.group:
            return
        self.session.ask_timing()
        if self.tabs.currentWidget() is self.nodes:
            self.nodes.ask()
        if not self._asking:
            self._asking = True
            self.session.why(self.group, then=self._told_why)
        if self.tabs.currentWidget() is self._transfer and self._wants_last:
            self._wants_last = False
            self._make_trend()
            group = self.group
            self.session.call("Transfers", then=lambda answer: self._told_last(group, answer), Group=group, Limit=1)
            self.session.call("OutputsOfTransfer", group=group, then=lambda answer: self._told_outputs(group, answer))

    def _tab_chosen(self) -> None:
        self.refresh(self.model.snapshot)
        self.tick()

    def leave(self) -> None:
        """As every page."""
        self.nodes.forget()

    def _make_trend(self) -> None:
        if self.trend is None:
            from hmi.trend import Trend

            self.trend = Trend()
            self._trend_place.addWidget(self.trend)

    def _fill_choice(self) -> None:
        names = list(self.model.snapshot.groups)
        if names != [self.choice.itemText(at) for at in range(self.choice.count())]:
            chosen = self.group
            self.choice.blockSignals(True)
            self.choice.clear()
            self.choice.addItems(names)
            # A group that is gone is not changed for another one behind a person's back.
            self.choice.setCurrentIndex(names.index(chosen) if chosen in names else -1)
            self.choice.blockSignals(False)
            if not chosen and names:
                self.choice.setCurrentIndex(0)

    def _choose(self, group: str) -> None:
        if group != self.group:
            self.group, self._why, self._asking = group, None, False
            self._watch, self._last, self._wants_last = Watch(), ("", ()), True
            for table in (self.conditions, self.tracked, self.heard, self.nodes):
                table.fill([])
            self.against.setText("")
            if self.trend is not None:
                self.trend.show_outputs(None)
            self.refresh(self.model.snapshot)
            self.tick()

    def _step(self, by: int) -> None:
        if self.choice.count():
            self.choice.setCurrentIndex((self.choice.currentIndex() + by) % self.choice.count())

    def _state_of(self, view: GroupView) -> str:
        if view.halted:
            return self.tr("HALTED: {0}").format(view.halted)
        if view.transfer is not None:
            return self.tr("{0} to {1}: {2}").format(
                say.transfer(view.transfer.kind).upper(), view.transfer.to_node, say.phase(view.transfer.phase)
            )
        if view.concern:
            return view.concern
        return f"{say.standing(view.standing)} · {standby_of(view)[0]}"

    def _draw(self, view: GroupView) -> None:
        supervisor = self.model.snapshot.site.supervisor or "OTHA"
        self.diagram.show_picture(picture_of(view, self.model.timing), stale=self.model.stale, otha=supervisor)
        self._area.setFixedHeight(min(self.diagram.sizeHint().height() + 2, _DIAGRAM_MOST))

    def _show_transfer(self, view: GroupView) -> None:
        if view.transfer is None:
            self.timeline.show_steps(*self._last)
            return
        self._wants_last = True
        to = view.transfer
        by = self.tr("by {0}").format(to.by) if to.by else say.cause(to.cause)
        title = f"{say.transfer(to.kind)} {to.from_node} → {to.to_node} · {by}"
        if to.against:
            title += self.tr(" · waits for: {0}").format(", ".join(to.against))
        self.timeline.show_steps(title, self._watch.steps(monotonic_ms()))

    def _show_conditions(self, view: GroupView) -> None:
        self.conditions.fill(group_rows.conditions(view, self._why))

    def _show_nodes(self, view: GroupView) -> None:
        if self.tabs.currentWidget() is self.nodes:
            self.nodes.show_nodes(view, self.model.timing)

    # What was asked for

    def _told_why(self, answer: Answer) -> None:
        self._asking = False
        found = why.read(answer.data) if not answer.trouble else None
        if found is None or found.group != self.group:
            return
        self._why = found
        against = [group_rows.obstacle(each) for each in found.obstacles]
        self.against.setText(
            self.tr("Against a switchover now: {0}").format("; ".join(against))
            if against
            else self.tr("Nothing stands against a switchover to {0}.").format(found.node or "-")
        )
        self.tracked.fill(group_rows.tracked(found))
        view = self.model.snapshot.groups.get(self.group)
        if view is not None:
            self._show_conditions(view)

    def _told_last(self, group: str, answer: Answer) -> None:
        if group == self.group and not answer.trouble and answer.data:
            title, steps = measured(answer.data[0])
            self._last = self.tr("Last: {0}").format(title), steps
            self.refresh(self.model.snapshot)

    def _told_outputs(self, group: str, answer: Answer) -> None:
        if group == self.group and self.trend is not None:
            told = None if answer.trouble else answer.data
            self.trend.show_outputs(told)
            # What comes after the transfer is still being recorded for a while.
            self._wants_last |= isinstance(told, dict) and bool(told.get("goes_on"))

    def _timed(self, timing: TimingView) -> None:
        view = self.model.snapshot.groups.get(self.group)
        if view is None or not self.isVisible():
            return
        self._draw(view)
        self.heard.fill(group_rows.channels(view, timing))
        self._show_nodes(view)
