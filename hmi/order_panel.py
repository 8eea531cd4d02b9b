"""One order from choosing it to what is read back: what stands in `hmi.switchover`, as widgets.

Nothing is a default button, and Enter presses none: OPERATE is a deed of its own, by the mouse, the space bar or Alt+O.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from hmi import order_texts, why_rows, words
from hmi import switchover as flow
from hmi.condition_table import ConditionTable
from hmi.controls import DeedButton, plain
from hmi.desk import Desk, NoReply
from hmi.job import ANSWERS, TRANSFERS, TWO_PERSONS, Job, Target
from hmi.model import Answer
from hmi.order_inputs import OrderInputs
from hmi.phase_bars import PhaseBars
from hmi.reply import Reply
from hmi.sight import Sight
from hmi.switchover import SENT, Say, Step, Workflow
from hmi.transfer_rows import TransferRow, like, row_of
from hmi.why_view import WhyView

translate = QCoreApplication.translate
WHY_EVERY_MS: Final = 1000
_TICK_MS: Final = 200
_LOGIN_CODE: Final = "idle_locked"


def now_ms() -> int:
    """The station's own clock, for what runs on it."""
    return time.monotonic_ns() // 1_000_000


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
        self.inputs = OrderInputs(job, target, nodes, conditions)
        self.inputs.waits.show_waiting(sight().waiting)
        self.inputs.waits.choose(target.request)
        self.inputs.changed.connect(self._chosen)
        self._chosen()
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
        whole.addWidget(self.inputs)
        self._way = plain(wraps=True)
        self._expect = plain(wraps=True)
        self._holder = plain(wraps=True)
        for label in (self._way, self._expect, self._holder):
            whole.addWidget(label)
        self._table = ConditionTable()
        whole.addWidget(self._table, 1)
        self._obstacles = plain(wraps=True)
        whole.addWidget(self._obstacles)
        whole.addLayout(self._buttons())
        self._state = plain(wraps=True)
        bold = self._state.font()
        bold.setBold(True)
        self._state.setFont(bold)
        whole.addWidget(self._state)
        self._phases = PhaseBars()
        whole.addWidget(self._phases)

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
        if self._may_choose and self.flow.step in flow.ENDED:
            self.flow = flow.again(self.flow)
        if self.flow.step is not Step.CHOOSE:
            return
        target = self.inputs.said(self.flow.target)
        if target.node != self.flow.target.node:
            self._why = None
        self.flow = replace(self.flow, target=target)

    @property
    def _may_choose(self) -> bool:
        """Who has answered one of several that wait may choose the next."""
        again = flow.ENDED if self.flow.job in ANSWERS else ()
        return self.flow.step in (Step.CHOOSE, *again)

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
        password, empty = self.inputs.password.text(), not self.inputs.password.text()
        self.inputs.password.clear()
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
        ended = now if self.flow.ended_ms < 0 else self.flow.ended_ms
        running = bool(sight.transfer) and self.flow.step not in flow.ENDED
        self._phases.show_phases(self.flow.phases, ended, running=running)

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
        self._table.show_reasons(why.reasons if why is not None else ())
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
        asked = self._password_asked and not self.inputs.password.text()
        why_not = flow.operate_blocked(self.flow, sight, now, self._against(), password_asked=asked)
        self.operate.setEnabled(not why_not)
        self.operate.setText(self._operate_text(step))
        shown = "" if step in SENT and why_not.what is Say.ALREADY_SENT else words.said(why_not)
        self._operate_why.setText(shown)
        self.inputs.show_now(sight.waiting, open_=self._may_choose, password_asked=self._password_asked)
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
            (self._way, order_texts.way(self.flow, sight, self._why)),
            (self._expect, order_texts.expected(self.flow, self._why, self._last)),
            (self._holder, order_texts.holder(sight, self._desk.user)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        against = self._against() if self.flow.step in (Step.CHOOSE, Step.SELECTED) else ()
        self._obstacles.setText("\n".join(f"✗ {each}" for each in against))
        self._obstacles.setVisible(bool(against))
        waits = self.flow.job in TWO_PERSONS and sight.asked(flow.ASKS[self.flow.job]) is not None
        said = words.said(self.flow.said)
        self._state.setText(": ".join(each for each in (words.step(self.flow.step, waits), said) if each))
        self._state.setProperty("end", self.flow.step.value)
