"""One order from choosing it to what is read back: what stands in `hmi.switchover`, as widgets.

Nothing is a default button, and Enter presses none: OPERATE is a deed of its own, by the mouse, the space bar or Alt+O.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hmi import switchover as flow
from hmi import why_rows, words
from hmi.desk import Desk, NoReply
from hmi.model import Answer, ReasonView, TagView, WhyView
from hmi.switchover import NEEDS_COMMENT, SENT, TRANSFERS, TWO_PERSONS, Job, Reply, Say, Sight, Step, Target, Workflow
from hmi.transfer_rows import TransferRow, like, percent, row_of

translate = QCoreApplication.translate
WHY_EVERY_MS: Final = 1000
_TICK_MS: Final = 200
_NODE_JOBS: Final = (Job.SWITCHOVER, Job.DRILL, Job.MAINTENANCE_IN, Job.MAINTENANCE_OUT)
_LOGIN_CODE: Final = "idle_locked"


def now_ms() -> int:
    """The station's own clock, for what runs on it."""
    return time.monotonic_ns() // 1_000_000


def plain(text: str = "", *, wraps: bool = False) -> QLabel:
    """A label that shows text from elsewhere as it is, never as markup."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    return label


def named(text: str, field: QWidget) -> QLabel:
    """The label of a field, as high as the field is, with a letter that leads to it."""
    label = QLabel(text)
    label.setBuddy(field)
    label.setMinimumSize(label.fontMetrics().horizontalAdvance(text) + 12, 40)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label


class DeedButton(QPushButton):
    """A button that Enter does not press."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAutoDefault(False)
        self.setDefault(False)
        self.setMinimumHeight(48)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - as Qt has it
        """Enter goes nowhere."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)


class OrderPanel(QWidget):
    """Everything of one order. `sight`: what is read of its group now; `choices`: nodes, conditions or levels."""

    def __init__(
        self,
        desk: Desk,
        job: Job,
        target: Target,
        sight: Callable[[], Sight],
        *,
        nodes: tuple[str, ...] = (),
        conditions: tuple[str, ...] = (),
        clock: Callable[[], int] = now_ms,
    ) -> None:
        super().__init__()
        self._desk, self._sight, self._clock = desk, sight, clock
        self.flow = Workflow(job=job, target=target)
        self._why: WhyView | None = None
        self._why_at = -WHY_EVERY_MS
        self._password_asked = False
        self._over = False  # nobody looks any more; an answer may still come
        self._last: TransferRow | None = None
        self._nodes, self._conditions = nodes, conditions
        self._build()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_TICK_MS)
        if job in TRANSFERS:
            desk.ask("Transfers", self._told_of_last, Group=target.group, Limit=20)
        self.refresh()

    def _build(self) -> None:
        job = self.flow.job
        whole = QVBoxLayout(self)
        whole.setSpacing(10)
        title = plain(f"{words.job(job)}: {self.flow.target.group}")
        title.setObjectName("title")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        title.setFont(font)
        whole.addWidget(title)
        whole.addWidget(plain(words.about_job(job), wraps=True))
        whole.addLayout(self._inputs())
        self._way = plain(wraps=True)
        self._expect = plain(wraps=True)
        self._holder = plain(wraps=True)
        for label in (self._way, self._expect, self._holder):
            whole.addWidget(label)
        self._table = self._condition_table()
        whole.addWidget(self._table, 1)
        self._obstacles = plain(wraps=True)
        whole.addWidget(self._obstacles)
        whole.addLayout(self._buttons())
        self._state = plain(wraps=True)
        bold = self._state.font()
        bold.setBold(True)
        self._state.setFont(bold)
        whole.addWidget(self._state)
        self._phases = QGridLayout()
        whole.addLayout(self._phases)
        self._phase_rows: list[tuple[QLabel, QProgressBar]] = []

    def _inputs(self) -> QFormLayout:
        job, target = self.flow.job, self.flow.target
        form = QFormLayout()
        self.node = QComboBox()
        self.node.addItems(self._nodes)
        self.node.setCurrentText(target.node)
        self.condition = QComboBox()
        self.condition.addItems(self._conditions)
        self.condition.setCurrentText(target.condition)
        self.arming = QComboBox()
        self.arming.addItems(("observe", "advise", "armed"))
        self.arming.setCurrentText(target.arming)
        self.transfer = QComboBox()
        self.transfer.addItems(("switchover", "failover", "failback"))
        self.minutes = QSpinBox()
        self.minutes.setRange(1, 480)
        self.minutes.setValue(30)
        self.minutes.setSuffix(translate("Order", " min"))
        self.comment = QLineEdit(target.comment)
        self.comment.setMaxLength(200)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        rows: list[tuple[bool, str, QWidget]] = [
            (job is Job.DRILL, translate("Order", "&Rehearse"), self.transfer),
            (job in _NODE_JOBS, translate("Order", "&To node"), self.node),
            (job in (Job.BYPASS, Job.UNBYPASS), translate("Order", "&Interlock"), self.condition),
            (job is Job.BYPASS, translate("Order", "For how &long"), self.minutes),
            (job is Job.ARM, translate("Order", "&Level"), self.arming),
            (True, self._comment_label(), self.comment),
        ]
        for wanted, label, field in rows:
            field.setMinimumHeight(40)
            if wanted:
                form.addRow(named(label, field), field)
        self._password_label = named(translate("Order", "&Password"), self.password)
        self.password.setMinimumHeight(40)
        form.addRow(self._password_label, self.password)
        for changed in (self.node, self.condition, self.arming, self.transfer):
            changed.currentTextChanged.connect(self._chosen)
        self.minutes.valueChanged.connect(self._chosen)
        self.comment.textChanged.connect(self._chosen)
        self._chosen()
        return form

    def _comment_label(self) -> str:
        if self.flow.job in NEEDS_COMMENT:
            return translate("Order", "&Why (needed)")
        return translate("Order", "&Why")

    def _condition_table(self) -> QTableWidget:
        headings = (
            translate("Order", "Condition"),
            translate("Order", "Kind"),
            translate("Order", "Verdict"),
            translate("Order", "Tag"),
            translate("Order", "Value"),
            translate("Order", "Quality"),
            translate("Order", "Age"),
        )
        table = QTableWidget(0, len(headings))
        table.setHorizontalHeaderLabels(headings)
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def _buttons(self) -> QGridLayout:
        grid = QGridLayout()
        self.select = DeedButton(self._select_text())
        self.select.clicked.connect(self._select)
        self.cancel = DeedButton(translate("Order", "&Cancel"))
        self.cancel.clicked.connect(self._cancel)
        self.operate = DeedButton(translate("Order", "&Operate: {0}").format(words.job(self.flow.job)))
        self.operate.clicked.connect(self._operate)
        self.operate.setObjectName("operate")
        self._select_why, self._operate_why = plain(wraps=True), plain(wraps=True)
        self._left = QProgressBar()
        self._left.setTextVisible(True)
        self._left.setMinimumHeight(28)
        first = QHBoxLayout()
        first.addWidget(self.select)
        first.addWidget(self.cancel)
        grid.addLayout(first, 0, 0)
        grid.addWidget(self._select_why, 0, 1)
        grid.addWidget(self._left, 1, 0, 1, 2)
        grid.addWidget(self.operate, 2, 0)
        grid.addWidget(self._operate_why, 2, 1)
        grid.setColumnStretch(1, 1)
        self._left.setSizePolicy(self._left.sizePolicy().horizontalPolicy(), self._left.sizePolicy().verticalPolicy())
        return grid

    def _select_text(self) -> str:
        if self.flow.job is Job.SWITCHOVER:
            return translate("Order", "&Select")
        return translate("Order", "&Prepare")

    def _chosen(self) -> None:
        """What is to be ordered can be changed while nothing is selected."""
        if self.flow.step is not Step.CHOOSE:
            return
        job = self.flow.job
        target = replace(
            self.flow.target,
            node=self._preset_node(),
            condition=self.condition.currentText() if job in (Job.BYPASS, Job.UNBYPASS) else "",
            arming=self.arming.currentText() if job is Job.ARM else "",
            transfer=self.transfer.currentText() if job is Job.DRILL else "",
            for_s=self.minutes.value() * 60 if job is Job.BYPASS else 0,
            comment=self.comment.text(),
        )
        if target.node != self.flow.target.node:
            self._why = None
        self.flow = replace(self.flow, target=target)

    def _preset_node(self) -> str:
        return self.node.currentText() if self.flow.job in _NODE_JOBS else self.flow.target.node

    # What the person does

    def _select(self) -> None:
        if self._password_asked:
            self._prove()
            return
        if self.flow.step in flow.ENDED:
            self.flow = flow.again(self.flow)
            self._chosen()
        if flow.select_blocked(self.flow, self._sight(), self._desk.user):
            self.refresh()
            return
        order_id = uuid.uuid4().hex
        self.flow = flow.select(self.flow, order_id, self._clock())
        # Where the focus goes is said here: Qt would hand it on to the next control that can be had.
        self._table.setFocus()
        if self.flow.step is Step.SELECTING:
            self._desk.order("Select", self.flow.target, order_id, lambda reply: self._replied(order_id, reply))
        self.refresh()

    def _cancel(self) -> None:
        gives_back = self.flow.held_by_otha and self.flow.step in (Step.SELECTING, Step.SELECTED)
        self.flow = flow.cancel(self.flow)
        if gives_back:
            self._desk.order("Cancel", self.flow.target, uuid.uuid4().hex, lambda _reply: None)
        self.refresh()

    def _operate(self) -> None:
        if flow.operate_blocked(self.flow, self._sight(), self._clock(), self._against()):
            self.refresh()
            return
        if self._password_asked:
            self._prove()
            return
        self.flow = flow.operate(self.flow, uuid.uuid4().hex, self._sight(), self._clock())
        if self.flow.step is not Step.OPERATING:
            return
        order_id = self.flow.order_id
        method = self.flow.job.value
        self._desk.order(method, self.flow.target, order_id, lambda reply: self._replied(order_id, reply))
        self.refresh()

    def _prove(self) -> None:
        """The site wants to know anew who operates. What he wanted is not done by this: he operates again."""
        password, empty = self.password.text(), not self.password.text()
        self.password.clear()
        if not empty:
            self._desk.log_in_again(password, self._proved)
        self.refresh()

    def _proved(self, well: bool) -> None:
        if self._over:
            return
        self._password_asked = not well
        self.refresh()

    def _replied(self, order_id: str, reply: Reply | NoReply) -> None:
        if self._over:
            return
        match reply:
            case NoReply.LOST:
                self.flow = flow.unanswered(self.flow, order_id)
            case NoReply.DENIED:
                self.flow = flow.denied(self.flow, order_id, self._desk.user)
            case Reply(codes=codes) if _LOGIN_CODE in codes:
                self._password_asked = True
                self.flow = flow.sent_back(self.flow, order_id)
            case Reply():
                self.flow = flow.answered(self.flow, order_id, reply, self._clock())
        self.refresh()

    def leave(self) -> bool:
        """Whether it may be closed: a selection is given back first; what was sent goes on without this panel."""
        self._cancel()
        self._timer.stop()
        self._over = True
        return True

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - as Qt has it
        """Nobody holds a selection that he does not see."""
        if event.spontaneous():
            return
        self._cancel()

    # What is shown

    def state_text(self) -> str:
        """Where the order is, in words."""
        return self._state.text()

    def way_text(self) -> str:
        """What the order would do, in words."""
        return self._way.text()

    def select_why(self) -> str:
        """Why SELECT can't be had."""
        return self._select_why.text()

    def operate_why(self) -> str:
        """Why OPERATE can't be had."""
        return self._operate_why.text()

    def _against(self) -> tuple[str, ...]:
        return () if self._why is None else why_rows.against(self._why, self.flow.job)

    def refresh(self) -> None:
        """Show the state of things now."""
        sight, now = self._sight(), self._clock()
        self.flow = flow.seen(self.flow, sight, now, self._desk.user)
        self._ask_why(now)
        self._show_controls(sight, now)
        self._show_texts(sight)
        self._show_phases(sight, now)

    def _ask_why(self, now: int) -> None:
        if now - self._why_at < WHY_EVERY_MS or self.flow.step in (*SENT, *flow.ENDED):
            return
        self._why_at = now
        node = self.flow.target.node if self.flow.job is Job.SWITCHOVER else ""
        self._desk.why(self.flow.target.group, node, self._explained)

    def _explained(self, why: WhyView | None) -> None:
        if self._over:
            return
        self._why = why
        self._show_conditions()
        self._show_texts(self._sight())

    def _told_of_last(self, answer: Answer) -> None:
        if self._over:
            return
        rows = [row for row in map(row_of, answer.data or ()) if row is not None]
        self._last = like(rows, self.flow.target.group)
        self._show_texts(self._sight())

    def _show_controls(self, sight: Sight, now: int) -> None:
        step = self.flow.step
        why_not_select = flow.select_blocked(self.flow, sight, self._desk.user)
        self.select.setEnabled(not why_not_select and step in (Step.CHOOSE, *flow.ENDED))
        self._select_why.setText("" if step in (Step.SELECTED, *SENT) else words.said(why_not_select))
        self.cancel.setEnabled(step in (Step.SELECTING, Step.SELECTED))
        asked = self._password_asked and not self.password.text()
        why_not = flow.operate_blocked(self.flow, sight, now, self._against(), password_asked=asked)
        self.operate.setEnabled(not why_not)
        self.operate.setText(self._operate_text(step))
        shown = "" if step in SENT and why_not.what is Say.ALREADY_SENT else words.said(why_not)
        self._operate_why.setText(shown)
        for field in (self.node, self.condition, self.arming, self.transfer, self.minutes, self.comment):
            field.setEnabled(step is Step.CHOOSE)
        self.password.setVisible(self._password_asked)
        self._password_label.setVisible(self._password_asked)
        left = flow.left_ms(self.flow, now)
        self._left.setVisible(left >= 0)
        if left >= 0:
            whole = self.flow.preview.for_ms if self.flow.preview is not None else flow.OPERATE_WITHIN_MS
            self._left.setRange(0, whole)
            self._left.setValue(min(left, whole))
            self._left.setFormat(translate("Order", "Operate within {0} s").format(-(-left // 1000)))

    def _operate_text(self, step: Step) -> str:
        if step is Step.UNSURE:
            return translate("Order", "&Operate: ask again")
        return translate("Order", "&Operate: {0}").format(words.job(self.flow.job))

    def _show_texts(self, sight: Sight) -> None:
        for label, text in (
            (self._way, self._way_text(sight)),
            (self._expect, self._expect_text()),
            (self._holder, self._holder_text(sight)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        against = self._against() if self.flow.step in (Step.CHOOSE, Step.SELECTED) else ()
        self._obstacles.setText("\n".join(f"✗ {each}" for each in against))
        self._obstacles.setVisible(bool(against))
        waits = self.flow.job in TWO_PERSONS and bool(sight.request)
        said = words.said(self.flow.said)
        self._state.setText(": ".join(each for each in (words.step(self.flow.step, waits), said) if each))
        self._state.setProperty("end", self.flow.step.value)

    def _way_text(self, sight: Sight) -> str:
        job = self.flow.job
        if job in (Job.SWITCHOVER, Job.FAILBACK, Job.DRILL):
            preview = self.flow.preview
            to_node = self.flow.target.node or (self._why.node if self._why is not None else "") or "?"
            from_node = preview.from_node if preview is not None else sight.active
            way = translate("Order", "From {0} to {1}. {0} is demoted to STANDBY.").format(from_node or "-", to_node)
            if preview is not None and preview.needs_confirmation:
                way += " " + translate("Order", "It will wait for a person's confirmation.")
            return way
        if job in (Job.CONFIRM, Job.REJECT):
            return self._waiting_text(sight)
        return ""

    def _waiting_text(self, sight: Sight) -> str:
        if self.flow.target.request != sight.waits_number:
            return translate("Order", "There is nothing of that")  # what the dialog was opened for has ended
        if sight.request:
            return translate("Order", "Waits: {0}, asked by {1}").format(sight.request, sight.request_by)
        if sight.transfer:
            return translate("Order", "Waits: {0} to {1}").format(sight.transfer, sight.transfer_to)
        return translate("Order", "Nothing waits")

    def _expect_text(self) -> str:
        parts = []
        preview = self.flow.preview
        if preview is not None and preview.passed:
            parts.append(translate("Order", "Passed over: {0}").format("; ".join(preview.passed)))
        if self._why is not None and self.flow.job in (Job.SWITCHOVER, Job.FAILBACK, Job.DRILL):
            to_node = self.flow.target.node or self._why.node
            most = why_rows.bump(self._why, to_node)
            if most is not None:
                apart = why_rows.apart(most)
                text = translate("Order", "Expected bump: {0} apart by {1}, {2} is allowed")
                parts.append(text.format(most.name, "?" if apart is None else apart, most.tolerance))
            if self._last is not None:
                bound = "-" if self._last.gap_bound_ms < 0 else f"{self._last.gap_bound_ms} ms"
                text = translate("Order", "Expected gap: the last one was {0} ms, its bound is {1}; its bump was {2}")
                parts.append(text.format(self._last.gap_ms, bound, percent(self._last.bump)))
            if held := why_rows.holds(self._why):
                text = translate("Order", "In the gap the controller holds: {0}")
                parts.append(text.format("; ".join(held)))
        return "\n".join(parts)

    def _holder_text(self, sight: Sight) -> str:
        if sight.selected_by in ("", self._desk.user):
            return ""
        left_s = -(-max(sight.selection_left_ms, 0) // 1000)
        text = translate("Order", "▣ Selected by {0}, to {1}, {2} s left")
        return text.format(sight.selected_by, sight.selected_to, left_s)

    def _show_conditions(self) -> None:
        reasons = self._why.reasons if self._why is not None else ()
        rows: list[tuple[ReasonView | None, TagView | None]] = []
        for each in reasons:
            rows += [(None if at else each, tag) for at, tag in enumerate(each.tags)] or [(each, None)]
        self._table.setRowCount(len(rows))
        for at, (reason, tag) in enumerate(rows):
            for column, text in enumerate((*_condition_cells(reason), *_tag_cells(tag))):
                item = self._table.item(at, column)
                if item is None:
                    item = QTableWidgetItem()
                    self._table.setItem(at, column, item)
                if item.text() != text:
                    item.setText(text)

    def _show_phases(self, sight: Sight, now: int) -> None:
        seen = self.flow.phases
        while len(self._phase_rows) < len(seen):
            label, bar = plain(), QProgressBar()
            at = len(self._phase_rows)
            self._phases.addWidget(label, at, 0)
            self._phases.addWidget(bar, at, 1)
            self._phase_rows.append((label, bar))
        for at, (label, bar) in enumerate(self._phase_rows):
            shown = at < len(seen)
            label.setVisible(shown)
            bar.setVisible(shown)
            if not shown:
                continue
            phase = seen[at]
            last = at == len(seen) - 1
            running = last and bool(sight.transfer) and self.flow.step not in flow.ENDED
            ended = now if self.flow.ended_ms < 0 else self.flow.ended_ms
            until = ended if last else seen[at + 1].at_ms
            took = max(until - phase.at_ms, 0)
            mark = "▶" if running else "✓"
            label.setText(f"{mark} {words.phase(phase.name)}")
            bounded = phase.bound_ms > 0
            bar.setRange(0, phase.bound_ms if bounded else 1)
            bar.setValue(min(took, phase.bound_ms) if bounded else 0)
            text = translate("Order", "{0} ms of {1} ms") if bounded else translate("Order", "{0} ms, no bound")
            if bounded and took > phase.bound_ms:
                text = "! " + translate("Order", "{0} ms, more than {1} ms")
            bar.setFormat(text.format(took, phase.bound_ms))


def _condition_cells(reason: ReasonView | None) -> tuple[str, str, str]:
    if reason is None:
        return "", "", ""
    kind = translate("Order", "interlock") if reason.interlock else translate("Order", "permissive")
    if reason.interlock and reason.klass == "safety":
        kind = translate("Order", "safety interlock")
    told = words.verdict(reason.verdict)
    if reason.bypassed:
        told += ", " + translate("Order", "bypassed")
    if reason.first_out:
        told += ", " + translate("Order", "first out")
    return reason.name, kind, told


def _tag_cells(tag: TagView | None) -> tuple[str, str, str, str]:
    if tag is None:
        return "", "", "", ""
    value = "-" if tag.value is None else str(tag.value)
    quality = translate("Order", "good") if tag.quality == "true" else words.verdict(tag.quality)
    age = "-" if tag.age_ms is None else f"{tag.age_ms} / {tag.fresh_ms} ms"
    return tag.name, value, quality, age
