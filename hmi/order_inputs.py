"""What a person says of an order before it is selected: fields, and what of that waits he answers."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from hmi import words
from hmi.controls import named, plain
from hmi.job import ANSWERS, NEEDS_COMMENT, Job, Target
from hmi.sight import Waiting

translate = QCoreApplication.translate
NODE_JOBS: Final = (Job.SWITCHOVER, Job.DRILL, Job.MAINTENANCE_IN, Job.MAINTENANCE_OUT)
_HIGH: Final = 40
_WAIT_ROW: Final = 44
_WAIT_ROWS: Final = 3


class WaitingList(QListWidget):
    """What waits for a person, each with its number and its text. Nothing is chosen but by the person; what is gone is
    not changed for another one."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(translate("Order", "What waits for a person"))
        self.setObjectName("waiting")
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setFixedHeight(_WAIT_ROW * _WAIT_ROWS + 8)

    @property
    def chosen(self) -> int:
        """The number of what is chosen; 0: nothing is."""
        found = self.selectedItems()
        return int(found[0].data(Qt.ItemDataRole.UserRole)) if found else 0

    def show_waiting(self, waiting: tuple[Waiting, ...]) -> None:
        """Show these; what is chosen stays so while it waits."""
        numbers = [int(self.item(row).data(Qt.ItemDataRole.UserRole)) for row in range(self.count())]
        if numbers != [each.number for each in waiting]:
            chosen = self.chosen
            self.blockSignals(True)
            self.clear()
            for each in waiting:
                item = QListWidgetItem()
                item.setData(Qt.ItemDataRole.UserRole, each.number)
                self.addItem(item)
                # An item that is current is no choice: the first one is made current by the list itself.
                item.setSelected(each.number == chosen)
            self.blockSignals(False)
        for row, each in enumerate(waiting):
            sign = "●" if each.number == self.chosen else "○"
            text = f"{sign} {words.waiting(each)}"
            if self.item(row).text() != text:
                self.item(row).setText(text)

    def choose(self, number: int) -> None:
        """Choose this one, if it waits."""
        for row in range(self.count()):
            if self.item(row).data(Qt.ItemDataRole.UserRole) == number:
                self.setCurrentRow(row)


class OrderInputs(QWidget):
    """The fields that a job has. `changed`: the person has said something else."""

    changed = Signal()

    def __init__(self, job: Job, target: Target, nodes: tuple[str, ...], conditions: tuple[str, ...]) -> None:
        super().__init__()
        self._job = job
        self.node = QComboBox()
        self.node.addItems(nodes)
        self.node.setCurrentText(target.node)
        self.condition = QComboBox()
        self.condition.addItems(conditions)
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
        self.waits = WaitingList()
        self.comment = QLineEdit(target.comment)
        self.comment.setMaxLength(200)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._build()
        for each in (self.node, self.condition, self.arming, self.transfer):
            each.currentTextChanged.connect(self.changed)
        self.minutes.valueChanged.connect(self.changed)
        self.comment.textChanged.connect(self.changed)
        self.waits.itemSelectionChanged.connect(self.changed)

    def _build(self) -> None:
        job = self._job
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        if job in ANSWERS:
            whole.addWidget(plain(translate("Order", "Choose what you mean:")))
            whole.addWidget(self.waits)
        form = QFormLayout()
        whole.addLayout(form)
        why = translate("Order", "&Why (needed)") if job in NEEDS_COMMENT else translate("Order", "&Why")
        rows: list[tuple[bool, str, QWidget]] = [
            (job is Job.DRILL, translate("Order", "&Rehearse"), self.transfer),
            (job in NODE_JOBS, translate("Order", "&To node"), self.node),
            (job in (Job.BYPASS, Job.UNBYPASS), translate("Order", "&Interlock"), self.condition),
            (job is Job.BYPASS, translate("Order", "For how &long"), self.minutes),
            (job is Job.ARM, translate("Order", "&Level"), self.arming),
            (True, why, self.comment),
        ]
        for wanted, label, field in rows:
            field.setMinimumHeight(_HIGH)
            if wanted:
                form.addRow(named(label, field), field)
        self.password.setMinimumHeight(_HIGH)
        self._password_label = named(translate("Order", "&Password"), self.password)
        form.addRow(self._password_label, self.password)

    def said(self, before: Target) -> Target:
        """What is to be ordered, as the fields say it."""
        job = self._job
        return replace(
            before,
            node=self.node.currentText() if job in NODE_JOBS else before.node,
            condition=self.condition.currentText() if job in (Job.BYPASS, Job.UNBYPASS) else "",
            arming=self.arming.currentText() if job is Job.ARM else "",
            transfer=self.transfer.currentText() if job is Job.DRILL else "",
            for_s=self.minutes.value() * 60 if job is Job.BYPASS else 0,
            comment=self.comment.text(),
            request=self.waits.chosen if job in ANSWERS else 0,
        )

    def show_now(self, waiting: tuple[Waiting, ...], *, open_: bool, password_asked: bool) -> None:
        """`open_`: nothing is selected yet, and can be changed."""
        if self._job in ANSWERS:
            self.waits.show_waiting(waiting)
        for field in (self.node, self.condition, self.arming, self.transfer, self.minutes, self.comment, self.waits):
            field.setEnabled(open_)
        self.password.setVisible(password_asked)
        self._password_label.setVisible(password_asked)
