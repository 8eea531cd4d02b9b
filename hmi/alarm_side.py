"""What to do about the alarm that is looked at: cause, consequence, response, and the orders that an alarm takes."""

import uuid
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hmi import words
from hmi.alarm_rows import AlarmRow
from hmi.controls import DeedButton, named, plain
from hmi.desk import Desk, NoReply
from hmi.job import Target
from hmi.reply import Reply

translate = QCoreApplication.translate
SIDE_PX: Final = 296


class AlarmSide(QWidget):
    """Tell it which alarm is looked at. `go_to`: the group that a person wants to look at; `past_of`: the group and the
    alarm whose history is wanted."""

    go_to = Signal(str)
    past_of = Signal(str, str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: AlarmRow | None = None
        self._build()

    def _build(self) -> None:
        self.setMinimumWidth(SIDE_PX)
        whole = QVBoxLayout(self)
        self._title = plain(wraps=True)
        font = self._title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self._title.setFont(font)
        whole.addWidget(self._title)
        told = QWidget()
        form = QFormLayout(told)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        self._cause, self._consequence, self._response = (plain(wraps=True) for _ in range(3))
        for label, field in (
            (translate("Alarms", "Cause"), self._cause),
            (translate("Alarms", "Consequence"), self._consequence),
            (translate("Alarms", "What to do"), self._response),
        ):
            form.addRow(self._heading(label), field)
        # The buttons keep their size on the smallest screen; what does not fit above them is scrolled to.
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(told)
        whole.addWidget(area, 1)
        self.comment = QLineEdit()
        self.comment.setMaxLength(200)
        self.comment.setMinimumHeight(40)
        commented = QHBoxLayout()
        commented.addWidget(named(translate("Alarms", "&Comment"), self.comment))
        commented.addWidget(self.comment, 1)
        whole.addLayout(commented)
        self.period = QComboBox()
        self.period.setMinimumHeight(40)
        for minutes in (15, 30, 60, 240, 480, 720):
            self.period.addItem(translate("Alarms", "{0} min").format(minutes), minutes * 60)
        self.period.addItem(translate("Alarms", "until it is over"), 0)
        self.period.setCurrentIndex(1)
        whole.addLayout(self._deeds())
        self._answer = plain(wraps=True)
        whole.addWidget(self._answer)

    @staticmethod
    def _heading(text: str) -> QLabel:
        label = QLabel(text)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        return label

    def _deeds(self) -> QGridLayout:
        grid = QGridLayout()
        self.ack = DeedButton(translate("Alarms", "&Acknowledge"))
        self.reset = DeedButton(translate("Alarms", "&Reset"))
        self.shelve = DeedButton(translate("Alarms", "&Shelve"))
        self.unshelve = DeedButton(translate("Alarms", "&Unshelve"))
        self.out = DeedButton(translate("Alarms", "&Out of service"))
        self.back = DeedButton(translate("Alarms", "&In service"))
        self.group = DeedButton(translate("Alarms", "Show &group"))
        self.log = DeedButton(translate("Alarms", "&History"))
        # What takes an order back stands in its place: there is never a choice between the two.
        for row, column, *those in (
            (0, 0, self.ack),
            (0, 1, self.reset),
            (1, 0, self.period),
            (1, 1, self.shelve, self.unshelve),
            (2, 0, self.out, self.back),
            (2, 1, self.group),
        ):
            for each in those:
                grid.addWidget(each, row, column)
        grid.addWidget(self.log, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for button, method in (
            (self.ack, "AlarmAck"),
            (self.reset, "AlarmReset"),
            (self.shelve, "Shelve"),
            (self.unshelve, "Unshelve"),
            (self.out, "OutOfService"),
            (self.back, "InService"),
        ):
            button.clicked.connect(lambda _checked=False, method=method: self._order(method))
        self.group.clicked.connect(self.go)
        self.log.clicked.connect(self._log)
        return grid

    def tell(self, row: AlarmRow | None) -> None:
        """Show this alarm, or that none is chosen."""
        if row == self._shown and row is not None:
            return
        other = row is None or self._shown is None or row.key != self._shown.key
        self._shown = row
        if row is None:
            self._title.setText(translate("Alarms", "Choose an alarm"))
        else:
            self._title.setText(f"{words.priority(row.priority)}  {row.owner}: {row.code.replace('_', ' ')}")
        self._explained(row)
        if other:
            self.comment.clear()
            self._answer.clear()
        self._enable(row)

    def _explained(self, row: AlarmRow | None) -> None:
        texts = ("", "", "") if row is None else (row.cause, row.consequence, row.response)
        for label, text in zip((self._cause, self._consequence, self._response), texts, strict=True):
            label.setText(text or "-")

    def _enable(self, row: AlarmRow | None) -> None:
        flags = () if row is None else row.flags
        self.ack.setEnabled(row is not None and row.state in ("unacked", "rtn_unacked", "latched_unacked"))
        self.reset.setEnabled(row is not None and row.state == "latched_acked")
        self.shelve.setEnabled(row is not None and "shelved" not in flags)
        self.period.setEnabled(self.shelve.isEnabled())
        self.unshelve.setEnabled("shelved" in flags)
        self.out.setEnabled(row is not None and "out_of_service" not in flags)
        self.back.setEnabled("out_of_service" in flags)
        for first, its_end in ((self.shelve, self.unshelve), (self.out, self.back)):
            first.setHidden(its_end.isEnabled())
            its_end.setVisible(its_end.isEnabled())
        self.group.setEnabled(row is not None and bool(row.group))
        self.log.setEnabled(row is not None)
        self.comment.setEnabled(row is not None)

    def answer_text(self) -> str:
        """What became of the last order."""
        return self._answer.text()

    def go(self) -> None:
        """To the group of the alarm."""
        if self._shown is not None and self._shown.group:
            self.go_to.emit(self._shown.group)

    def _log(self) -> None:
        if self._shown is not None:
            self.past_of.emit(self._shown.group, self._shown.code)

    def _order(self, method: str) -> None:
        row = self._shown
        if row is None:
            return
        if method == "Shelve" and not self.comment.text().strip():
            self._answer.setText("✗ " + translate("Alarms", "Say why it is shelved"))
            self.comment.setFocus()
            return
        target = Target(
            group=row.owner,
            alarm=row.code,
            occurrence=row.occurrence,
            for_s=int(self.period.currentData()) if method == "Shelve" else 0,
            comment=self.comment.text(),
        )
        self._answer.setText(translate("Alarms", "Sent …"))
        self._desk.order(method, target, uuid.uuid4().hex, lambda reply: self._answered(row, reply))

    def _answered(self, row: AlarmRow, reply: Reply | NoReply) -> None:
        match reply:
            case NoReply.DENIED:
                text = "✗ " + translate("Alarms", "{0} may not do this").format(self._desk.user)
            case NoReply.LOST:
                text = "? " + translate("Alarms", "No answer: look whether it was taken")
            case Reply(accepted=True):
                text = "✓ " + translate("Alarms", "Taken")
            case Reply(obstacles=obstacles):
                text = "✗ " + "; ".join(obstacles)
        self._answer.setText(f"{row.code.replace('_', ' ')}: {text}")
