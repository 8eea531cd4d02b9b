"""Commissioning: the fault console of the simulated plant. At a real plant there is nothing to be had here."""

import json
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from hmi import theme
from hmi.controls import DeedButton, named, plain
from hmi.desk import Desk, NoReply
from hmi.model import Answer
from hmi.reply import Reply

translate = QCoreApplication.translate
_FAULT = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a fault wants to know. `choices`: empty where any text will do."""

    name: str
    help: str
    choices: tuple[str, ...]
    default: str
    number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What can be done to the plant."""

    name: str
    help: str
    parameters: tuple[Parameter, ...]


def fault_of(raw: Any) -> Fault | None:  # Any: JSON
    """A fault as `ListFaults` gives it; None for one that can't be read."""
    try:
        return Fault(
            name=str(raw["name"]),
            help=str(raw.get("help", "")),
            parameters=tuple(
                Parameter(
                    name=str(each["name"]),
                    help=str(each.get("help", "")),
                    choices=tuple(str(one) for one in each.get("choices") or ()),
                    default="" if each.get("default") is None else str(each["default"]),
                    number=isinstance(each.get("default"), int | float) and not isinstance(each.get("default"), bool),
                )
                for each in raw.get("parameters", ())
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def arguments(fault: Fault, said: dict[str, str]) -> str:
    """The arguments as JSON; a number where the fault's default is one. What was left empty is left out."""
    found: dict[str, str | int | float] = {}
    for each in fault.parameters:
        text = said.get(each.name, "").strip()
        if not text:
            continue
        found[each.name] = _number(text) if each.number else text
    return json.dumps(found)


def _number(text: str) -> str | int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


class FaultPage(QWidget):
    """Lists the faults and injects one, in two steps."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._fields: dict[str, QComboBox | QLineEdit] = {}
        self._fault: Fault | None = None
        whole = QVBoxLayout(self)
        self.head = plain(translate("Faults", "SIMULATED PLANT. What is done here disturbs it."), wraps=True)
        whole.addWidget(self.head)
        body = QHBoxLayout()
        self.list = QListWidget()
        self.list.setMinimumWidth(260)
        self.list.setSpacing(4)
        self.list.currentItemChanged.connect(self._chosen)
        body.addWidget(self.list, 1)
        side = QVBoxLayout()
        self.help = plain(wraps=True)
        side.addWidget(self.help)
        self._form = QFormLayout()
        side.addLayout(self._form)
        deeds = QHBoxLayout()
        self.prepare = DeedButton(translate("Faults", "&Prepare"))
        self.prepare.setCheckable(True)
        self.prepare.toggled.connect(self._enable)
        self.inject = DeedButton(translate("Faults", "&Inject"))
        self.inject.clicked.connect(self._inject)
        deeds.addWidget(self.prepare)
        deeds.addWidget(self.inject)
        deeds.addStretch(1)
        side.addLayout(deeds)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(500)
        self.log.setPlaceholderText(translate("Faults", "What was done"))
        side.addWidget(self.log, 1)
        body.addLayout(side, 2)
        whole.addLayout(body, 1)
        self._enable()

    def refresh(self) -> None:
        """Ask anew what can be done."""
        self._desk.ask("ListFaults", self._came)

    def _came(self, answer: Answer) -> None:
        self.list.clear()
        if answer.trouble or not answer.outputs:
            self.head.setText(translate("Faults", "No fault console: {0}").format(answer.trouble or "-"))
            return
        for fault in map(fault_of, answer.data or ()):
            if fault is not None:
                item = QListWidgetItem(fault.name)
                item.setToolTip(fault.help)
                item.setData(_FAULT, fault)
                item.setSizeHint(QSize(0, theme.TOUCH_PX))
                self.list.addItem(item)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self._fields.clear()
        self._fault = None if item is None else item.data(_FAULT)
        self.help.setText("" if self._fault is None else self._fault.help)
        for each in () if self._fault is None else self._fault.parameters:
            field: QComboBox | QLineEdit
            if each.choices:
                field = QComboBox()
                field.addItems(each.choices)
                field.setCurrentText(each.default)
            else:
                field = QLineEdit(each.default)
            field.setMinimumHeight(40)
            field.setToolTip(each.help)
            self._fields[each.name] = field
            self._form.addRow(named(each.name.replace("&", "&&"), field), field)
        self.prepare.setChecked(False)
        self._enable()

    def _enable(self) -> None:
        ready = self.prepare.isChecked()
        self.prepare.setEnabled(self._fault is not None)
        self.inject.setEnabled(self._fault is not None and ready)
        for field in self._fields.values():
            field.setEnabled(not ready)

    def _inject(self) -> None:
        fault = self._fault
        if fault is None or not self.prepare.isChecked():
            return
        said = {
            name: field.currentText() if isinstance(field, QComboBox) else field.text()
            for name, field in self._fields.items()
        }
        given = arguments(fault, said)
        self.prepare.setChecked(False)
        name = fault.name
        self._desk.do("InjectFault", lambda reply: self._done(name, given, reply), Fault=name, Arguments=given)

    def _done(self, name: str, given: str, reply: Reply | NoReply) -> None:
        match reply:
            case NoReply.DENIED:
                text = "✗ " + translate("Faults", "your role may not")
            case NoReply.LOST:
                text = "? " + translate("Faults", "no answer: it may have been done")
            case Reply(accepted=accepted, obstacles=what):
                text = ("✓ " if accepted else "✗ ") + "; ".join(what)
        self.log.appendPlainText(f"{name} {given}: {text}")
