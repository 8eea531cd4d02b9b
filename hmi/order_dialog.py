"""Where orders are given from: a dialog of one order, and a bar of all that may be ordered of a group."""

from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hmi import words
from hmi.controls import DeedButton
from hmi.desk import Desk, sight_of, waiting_of
from hmi.feed import Model
from hmi.job import ANSWERS, Job, Target
from hmi.model import GroupView
from hmi.order_panel import OrderPanel
from hmi.sight import Sight

translate = QCoreApplication.translate
_MAY: Final = {Job.SWITCHOVER: "Select"}
_COLUMNS: Final = 4
_WIDE_PX: Final = 960
_HIGH_PX: Final = 760
_FRAME_PX: Final = 48  # what the window system puts around it


class OrderDialog(QDialog):
    """One order. It stays beside the pages: what goes on in the plant is seen all the time. Closing it gives a
    selection back; what was sent goes on."""

    gone = Signal()

    def __init__(
        self, model: Model, desk: Desk, job: Job, group: str, *, node: str = "", condition: str = "", parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{words.job(job)}: {group}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        view = model.snapshot.groups.get(group)
        whole = QVBoxLayout(self)

        def sight() -> Sight:
            return sight_of(model.snapshot.groups.get(group), stale=model.stale)

        self.panel = OrderPanel(
            desk,
            job,
            _target(job, group, view, node, condition),
            sight,
            nodes=_nodes(job, view),
            conditions=_conditions(job, view),
        )
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.panel)
        whole.addWidget(scroll, 1)
        close = DeedButton(translate("Order", "Close (Esc)"))
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        whole.addLayout(foot)
        self.resize(_WIDE_PX, min(_HIGH_PX, self.screen().availableGeometry().height() - _FRAME_PX))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - as Qt has it
        """Escape closes, Enter does nothing."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)

    def reject(self) -> None:
        """Escape is a close."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - as Qt has it
        """Give back what is held."""
        self.panel.leave()
        event.accept()
        self.gone.emit()


def _target(job: Job, group: str, view: GroupView | None, node: str, condition: str) -> Target:
    if view is not None and not node:
        if job is Job.FAILBACK and view.failback is not None:
            node = view.failback.to_node
        elif job in (Job.SWITCHOVER, Job.DRILL, Job.MAINTENANCE_IN):
            node = next((each.name for each in view.nodes if each.name != view.active), "")
        elif job is Job.MAINTENANCE_OUT:
            node = next((each.name for each in view.nodes if each.maintenance), "")
    arming = view.arming if view is not None and job is Job.ARM else ""
    waiting = waiting_of(view) if view is not None and job in ANSWERS else ()
    # One that waits alone was what the person saw and meant; of several he says which.
    request = waiting[0].number if len(waiting) == 1 else 0
    return Target(group=group, node=node, condition=condition, arming=arming, request=request)


def _nodes(job: Job, view: GroupView | None) -> tuple[str, ...]:
    if view is None:
        return ()
    match job:
        case Job.MAINTENANCE_IN:
            return tuple(each.name for each in view.nodes if not each.maintenance)
        case Job.MAINTENANCE_OUT:
            return tuple(each.name for each in view.nodes if each.maintenance)
        case Job.SWITCHOVER | Job.DRILL:
            return tuple(each.name for each in view.nodes if each.name != view.active)
        case _:
            return tuple(each.name for each in view.nodes)


def _conditions(job: Job, view: GroupView | None) -> tuple[str, ...]:
    if view is None:
        return ()
    if job is Job.UNBYPASS:
        return tuple(each.name for each in view.conditions if each.bypassed)
    return tuple(each.name for each in view.conditions if each.interlock and each.klass != "safety")


class OrderBar(QWidget):
    """A button for each order of a group. What can't be had now is grey, and says why when it is pointed at."""

    def __init__(self, model: Model, desk: Desk) -> None:
        super().__init__()
        self._model, self._desk = model, desk
        self._group = ""
        self.opened: OrderDialog | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self.buttons = {job: DeedButton(f"{words.job(job)} …") for job in Job}
        for at, (job, button) in enumerate(self.buttons.items()):
            button.clicked.connect(lambda _checked=False, job=job: self.open(job))
            button.setAccessibleName(words.job(job))
            grid.addWidget(button, at // _COLUMNS, at % _COLUMNS)

    def show_group(self, name: str) -> None:
        """Orders are about this group."""
        self._group = name
        self.refresh()

    def refresh(self) -> None:
        """What can be had now."""
        view = self._model.snapshot.groups.get(self._group)
        for job, button in self.buttons.items():
            why = self._blocked(job, view)
            button.setEnabled(not why)
            button.setToolTip(why or words.about_job(job))

    def _blocked(self, job: Job, view: GroupView | None) -> str:
        """Only what is plain to see: whether OTHA would take the order is said in its dialog."""
        if view is None:
            return translate("Order", "No group is chosen")
        if not self._desk.may(_MAY.get(job, job.value)):
            return translate("Order", "{0} may not order this").format(self._desk.user or "-")
        sight = sight_of(view, stale=False)
        drill = view.transfer is not None and view.transfer.drill
        bypassed, maintained = bool(sight.bypassed), bool(sight.maintenance)
        nothing = translate("Order", "There is nothing of that")
        wanted = {
            **dict.fromkeys(ANSWERS, bool(sight.waiting)),
            Job.DRILL: view.drills,
            Job.DRILL_ABORT: drill,
            Job.UNBYPASS: bypassed,
            Job.MAINTENANCE_OUT: maintained,
            Job.FAILBACK: view.failback is not None,
            Job.BYPASS: bool(_conditions(Job.BYPASS, view)),
        }
        return "" if wanted.get(job, True) else nothing

    def open(self, job: Job, *, node: str = "", condition: str = "") -> OrderDialog:
        """The dialog of an order. One at a time: another takes its place."""
        if self.opened is not None:
            self.opened.close()
        dialog = OrderDialog(
            self._model, self._desk, job, self._group, node=node, condition=condition, parent=self.window()
        )
        dialog.gone.connect(lambda: self._forget(dialog))
        self.opened = dialog
        dialog.show()
        dialog.activateWindow()
        return dialog

    def _forget(self, dialog: OrderDialog) -> None:
        if self.opened is dialog:
            self.opened = None
            # Where no window manager gives the keyboard back, the next key would go nowhere.
            self.window().activateWindow()
