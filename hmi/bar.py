"""The bar that is always there: the most urgent alarm, counts, mode, user, clocks, age of what is shown, and the strips
below it for what the whole window must not hide: a simulation, and that nothing which is shown can be trusted."""

from datetime import datetime
from typing import Final

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hmi import say, symbols, theme
from hmi.feed import Model, monotonic_ms
from hmi.model import Access, AlarmView, Link, Priority, Snapshot, counts, highest

CLOCK_OFF_MS: Final = 2000
"""From here on the two clocks differ so much that times of events mislead."""
_STOOD_STILL_SHOWN_MS: Final = 60_000


class AlarmButton(QAbstractButton):
    """The most urgent unacknowledged alarm, and how many there are of each priority. Pressed: to the alarms."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm: AlarmView | None = None
        self.counted: dict[Priority, tuple[int, int]] = dict.fromkeys(Priority, (0, 0))
        self.stale = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Most urgent alarm"))

    def show_alarms(self, alarms: tuple[AlarmView, ...], *, stale: bool) -> None:
        """Show these."""
        self.alarm, self.counted, self.stale = highest(alarms), counts(alarms), stale
        self.setToolTip(self.words())
        self.setAccessibleDescription(self.words())
        self.update()

    def words(self) -> str:
        """What is shown, as a sentence."""
        if self.alarm is None:
            return self.tr("No unacknowledged alarm")
        detail = f": {self.alarm.detail}" if self.alarm.detail else ""
        owner = self.alarm.owner or self.tr("OTHA")
        return f"{owner} · {say.plain(self.alarm.code)}{detail}"

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(420, theme.TOUCH_PX + 8)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(340, theme.TOUCH_PX + 8)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        of = theme.now()
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.fillRect(box, QColor(of.chosen if self.isDown() else of.panel))
        painter.setPen(QPen(QColor(of.outline if self.hasFocus() else of.line), 2 if self.hasFocus() else 1))
        painter.drawRect(box)
        right = self._paint_counts(painter, box)
        left = box.left() + 8
        middle = box.center().y()
        if self.alarm is not None:
            size = 34.0
            theme.paint_mark(
                painter, QRectF(left, middle - size / 2, size, size), self.alarm.priority, stale=self.stale
            )
            left += size + 10
        painter.setFont(theme.font(theme.TEXT_PT, bold=self.alarm is not None))
        painter.setPen(QColor(of.text if self.alarm is not None and not self.stale else of.muted))
        text = QRectF(left, box.top(), right - left - 8, box.height())
        cut = QFontMetricsF(painter.font()).elidedText(self.words(), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
        painter.end()

    def _paint_counts(self, painter: QPainter, box: QRectF) -> float:
        """The four counts at the right end; where they begin."""
        of = theme.now()
        painter.setFont(theme.font(theme.TEXT_PT, bold=True))
        metrics = QFontMetricsF(painter.font())
        size, left = 22.0, box.right() - 6
        for priority in reversed(tuple(Priority)):
            all_, unacked = self.counted[priority]
            text = f"{unacked}/{all_}" if all_ else "0"
            width = max(metrics.horizontalAdvance(text), metrics.horizontalAdvance("0/0"))
            left -= width + 4
            painter.setPen(QColor(of.text if all_ and not self.stale else of.muted))
            painter.drawText(
                QRectF(left, box.top(), width, box.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                text,
            )
            left -= size + 4
            mark = QRectF(left, box.center().y() - size / 2, size, size)
            # While there is none, its mark has no colour: colour is for what is abnormal.
            theme.paint_mark(painter, mark, priority, unacked=False, stale=self.stale or not all_)
            left -= 6
        return left


class Strip(QWidget):
    """A line across the window. `marked`: it is an alarm of this very display."""

    def __init__(self, *, marked: bool) -> None:
        super().__init__()
        self._marked = marked
        self._text = ""
        self.setFixedHeight(34)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; "": it is not shown."""
        return self._text

    def say(self, text: str) -> None:
        """Show this; "": nothing."""
        self.setVisible(bool(text))
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.setToolTip(text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        of = theme.now()
        painter = QPainter(self)
        box = QRectF(self.rect())
        painter.fillRect(box, QColor(of.panel if self._marked else of.chosen))
        painter.setFont(theme.font(theme.TEXT_PT, bold=True))
        metrics = QFontMetricsF(painter.font())
        left = box.left() + 12
        if self._marked:
            theme.paint_mark(painter, QRectF(left, 3, 28, 28), Priority.CRITICAL)
            left += 38
        else:
            symbols.paint_hatch(painter, box)
        width = min(metrics.horizontalAdvance(self._text) + 16, box.right() - left - 8)
        plate = QRectF(left if self._marked else max((box.width() - width) / 2, left), 4, width, box.height() - 8)
        painter.fillRect(plate, QColor(of.panel))
        painter.setPen(QColor(of.text))
        cut = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, plate.width() - 12)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, cut)
        painter.setPen(QPen(QColor(of.outline), 2 if self._marked else 1))
        painter.drawLine(QPointF(box.left(), box.bottom() - 1), QPointF(box.right(), box.bottom() - 1))
        painter.end()


class Field(QWidget):
    """A caption above a value, of which the value may be bold."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self._caption, self._value = QLabel(caption), QLabel("-")
        self._caption.setFont(theme.font(theme.SMALL_PT))
        self._caption.setForegroundRole(self._caption.foregroundRole())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 2, 6, 2)
        whole.setSpacing(0)
        whole.addWidget(self._caption)
        whole.addWidget(self._value)
        self._value.setAccessibleName(caption)

    @property
    def text(self) -> str:
        """What it says."""
        return self._value.text()

    def say(self, text: str, *, bold: bool = False) -> None:
        """Show this."""
        if text != self._value.text():
            self._value.setText(text)
            self._value.setAccessibleDescription(text)
        if self._value.font().bold() != bold:
            self._value.setFont(theme.font(theme.TEXT_PT, bold=bold))


class Bar(QWidget):
    """The whole of it. Signals: `alarms_wanted()`, `login_wanted()`."""

    alarms_wanted = Signal()
    login_wanted = Signal()

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model
        self._stood_still: tuple[int, int] | None = None  # how long, and when it was seen
        self._failure: tuple[str, int] | None = None  # what, and when
        self.button = AlarmButton()
        self.button.clicked.connect(self.alarms_wanted)
        self.mode = Field(self.tr("Mode"))
        self.user = Field(self.tr("User"))
        self.clock = Field(self.tr("Time"))
        self.offset = Field(self.tr("Clock offset"))
        self.age = Field(self.tr("Data age"))
        self.trouble = Strip(marked=True)
        self.simulation = Strip(marked=False)
        row = QHBoxLayout()
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        row.addWidget(self.button, 1)
        for each in (self.mode, self.user, self.clock, self.offset, self.age):
            row.addWidget(each)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(row)
        whole.addWidget(self.trouble)
        whole.addWidget(self.simulation)
        self.setAccessibleName(self.tr("Status"))

    def refresh(self, snapshot: Snapshot) -> None:
        """Show a newer state."""
        self.button.show_alarms(snapshot.alarms, stale=self._model.stale)
        mode, unusual = mode_of(snapshot)
        self.mode.say(mode, bold=unusual)
        site = snapshot.site
        self.simulation.say(
            self.tr("SIMULATION: {0} is a simulated plant").format(site.name) if site.simulation else ""
        )

    def tick(self) -> None:
        """Time has gone by."""
        station, model = self._model.station, self._model
        self.clock.say(datetime.now().astimezone().strftime("%H:%M:%S"))
        offset = station.clock_offset_ms
        off = offset is not None and abs(offset) >= CLOCK_OFF_MS
        self.offset.say("-" if offset is None else f"{round(offset, -2) / 1000:+.1f} s", bold=off)
        role = "" if station.access is Access.NONE else f" ({station.access.name.lower()})"
        user = f"{station.user}{role}" if station.user else self.tr("nobody")
        locked = bool(station.user) and station.locks_in_ms == 0
        self.user.say(self.tr("{0}, LOCKED: Ctrl+L").format(user) if locked else user, bold=locked)
        self.age.say(say.age(model.age_ms), bold=model.stale)
        self.trouble.say(self._troubles())
        if self.button.stale != model.stale:
            self.button.show_alarms(model.snapshot.alarms, stale=model.stale)

    def stood_still(self, for_ms: int) -> None:
        """This display was frozen so long; said for a while after it goes on."""
        self._stood_still = for_ms, monotonic_ms()

    def failed(self, what: str) -> None:
        """Something in this display went wrong: what it shows may have stopped to change."""
        self._failure = what, monotonic_ms()

    def _troubles(self) -> str:
        model, station = self._model, self._model.station
        if model.stale:
            age = say.age(model.age_ms)
            if station.link is Link.OPEN:
                return self.tr("STALE {0}: OTHA's supervisor is not heard. What is shown may be wrong.").format(age)
            parts = [self.tr("STALE {0}").format(age) if model.age_ms is not None else self.tr("NO DATA")]
            parts += [say.link(station.link), station.trouble, station.mend]
            if station.retry_ms is not None:
                left = max(station.retry_ms - monotonic_ms(), 0)
                parts.append(self.tr("again in {0}").format(say.age(left)))
            return " · ".join(dict.fromkeys(part for part in parts if part))
        if self._failure is not None:
            what, seen = self._failure
            if monotonic_ms() - seen < _STOOD_STILL_SHOWN_MS:
                return self.tr("This display has failed: what it shows may be old. Start it anew. ({0})").format(what)
            self._failure = None
        if self._stood_still is not None:
            for_ms, seen = self._stood_still
            if monotonic_ms() - seen < _STOOD_STILL_SHOWN_MS:
                return self.tr("This display stood still for {0}: look anew").format(say.age(for_ms))
            self._stood_still = None
        offset = station.clock_offset_ms
        if offset is not None and abs(offset) >= CLOCK_OFF_MS:
            return self.tr("Clocks differ by {0}: times shown are OTHA's").format(say.age(abs(offset)))
        return ""


def mode_of(snapshot: Snapshot) -> tuple[str, bool]:
    """How far OTHA acts on this site, and whether that is unusual."""
    translate = QCoreApplication.translate
    site = snapshot.site
    if site.isolated:
        return translate("Bar", "ISOLATED"), True
    if site.tilted:
        return translate("Bar", "TILT: watching"), True
    armings: dict[str, int] = {}
    for group in snapshot.groups.values():
        armings[group.arming] = armings.get(group.arming, 0) + 1
    if any(group.halted for group in snapshot.groups.values()):
        return translate("Bar", "HALTED"), True
    if not armings:
        return "-", False
    if set(armings) == {"armed"}:
        return translate("Bar", "armed"), False
    return " · ".join(f"{number} {say.arming(name)}" for name, number in sorted(armings.items()) if name), False
