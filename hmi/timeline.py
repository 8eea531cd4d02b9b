"""A transfer's phases, each with its time against its bound: one under way as it is seen, the last one as measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi import say, theme
from hmi.model import TransferView

_ROW: Final = 22.0
_TEXT_SHARE: Final = 0.40  # of the width, at most, on either side of the bars
_SMALLEST: Final = 330
_BAR_OVER: Final = 1.25  # the bar reaches so far past the bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One phase. `bound_ms` is None where there is none. `running`: it has not ended yet."""

    name: str
    ms: float
    bound_ms: float | None
    running: bool = False

    @property
    def kept(self) -> bool:
        """Within its bound, or without one."""
        return self.bound_ms is None or self.ms <= self.bound_ms


@dataclass(slots=True, kw_only=True)
class Watch:
    """Follows a transfer as snapshots show it: no finer than they come. The bound of a phase is what it still had when
    it was first seen."""

    key: tuple[str, str, str] | None = None
    entered: list[tuple[str, int, int | None]] = field(default_factory=list)

    def see(self, transfer: TransferView | None, now_ms: int) -> None:
        """A newer snapshot."""
        if transfer is None:
            self.key, self.entered = None, []
            return
        key = transfer.kind, transfer.from_node, transfer.to_node
        if key != self.key:
            self.key, self.entered = key, []
        name = transfer.phase if transfer.course in ("", "forward") else f"{transfer.course}: {transfer.phase}"
        if not self.entered or self.entered[-1][0] != name:
            self.entered.append((name, now_ms, transfer.due_ms))

    def steps(self, now_ms: int) -> tuple[Step, ...]:
        """The phases that were seen, the last one still running."""
        ends = [at for _, at, _ in self.entered[1:]]
        done = tuple(
            Step(name=say.phase(name), ms=end - at, bound_ms=bound)
            for (name, at, bound), end in zip(self.entered, ends, strict=False)
        )
        if not self.entered:
            return ()
        name, at, bound = self.entered[-1]
        return (*done, Step(name=say.phase(name), ms=now_ms - at, bound_ms=bound, running=True))


def measured(told: Any) -> tuple[str, tuple[Step, ...]]:  # Any: JSON
    """A transfer of `Transfers`: a line on it, and its terms against the site's bounds."""
    if not isinstance(told, Mapping):
        return "", ()
    steps = tuple(
        Step(name=_term(str(each["name"])), ms=float(each["ms"]), bound_ms=each.get("bound_ms"))
        for each in told.get("steps") or ()
    )
    kind = say.transfer(str(told.get("kind") or ""))
    ends = f"{told.get('from_node') or '?'} → {told.get('to_node') or '?'}"
    ending = say.ending(str(told.get("ending") or told.get("outcome") or ""))
    return " · ".join(each for each in (kind, ends, ending) if each), steps


def _term(name: str) -> str:
    bare = name.removeprefix("T_")
    translate = QCoreApplication.translate
    return {
        "detect": translate("Timeline", "detect"),
        "confirm": translate("Timeline", "confirm"),
        "cas": translate("Timeline", "claim"),
        "fence": translate("Timeline", "fence"),
        "promote": translate("Timeline", "promote"),
        "redirect": translate("Timeline", "redirect"),
        "track": translate("Timeline", "compare"),
        "release": translate("Timeline", "release"),
        "verify": translate("Timeline", "verify"),
    }.get(bare, say.plain(bare))


class Timeline(QWidget):
    """The steps as bars; a bound is a line across its bar."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self._steps: tuple[Step, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(self.tr("Phases of the transfer"))

    def show_steps(self, title: str, steps: tuple[Step, ...]) -> None:
        """Show these."""
        if (title, steps) != (self._title, self._steps):
            self._title, self._steps = title, steps
            self.setAccessibleDescription(
                "; ".join(f"{each.name} {self._words(each)}" for each in steps) or self.tr("none")
            )
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(_SMALLEST, int(_ROW * (len(self._steps) + 1) + 8))

    minimumSizeHint = sizeHint  # noqa: N815 - Qt's name

    @staticmethod
    def _words(step: Step) -> str:
        took = f"{step.ms:.0f} ms" if step.ms < 10_000 else say.age(int(step.ms))
        if step.bound_ms is None:
            return took
        sign = "…" if step.running and step.kept else "✓" if step.kept else "✗"
        return QCoreApplication.translate("Timeline", "{0} {1} of {2} ms").format(sign, took, f"{step.bound_ms:.0f}")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        of = theme.now()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(of.panel))
        width = self.width() - 16.0
        painter.setFont(theme.font(theme.SMALL_PT, bold=True))
        painter.setPen(QColor(of.text))
        title = self._title or self.tr("No transfer yet")
        cut = QFontMetricsF(painter.font()).elidedText(title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(8, 2, width, _ROW), Qt.AlignmentFlag.AlignVCenter, cut)
        names, words = self._column([each.name for each in self._steps]), self._column(map(self._words, self._steps))
        for number, step in enumerate(self._steps, 1):
            self._paint_step(painter, QRectF(8, 2 + _ROW * number, width, _ROW), step, names, words)
        painter.end()

    @staticmethod
    def _column(texts: Iterable[str]) -> float:
        """The room that the widest of these needs."""
        metrics = QFontMetricsF(theme.font(theme.SMALL_PT, bold=True))
        return max((metrics.horizontalAdvance(each) for each in texts), default=0.0) + 2

    def _paint_step(self, painter: QPainter, row: QRectF, step: Step, names: float, words_wide: float) -> None:
        of = theme.now()
        name = QRectF(row.left(), row.top(), min(names, row.width() * _TEXT_SHARE), row.height())
        words_wide = min(words_wide, row.width() * _TEXT_SHARE)
        words = QRectF(row.right() - words_wide, row.top(), words_wide, _ROW)
        bar = QRectF(name.right() + 8, row.top() + 5, words.left() - name.right() - 16, row.height() - 10)
        painter.setFont(theme.font(theme.SMALL_PT, bold=step.running or not step.kept))
        painter.setPen(QColor(of.text))
        metrics = QFontMetricsF(painter.font())
        for box, text in ((name, step.name), (words, self._words(step))):
            cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
        painter.fillRect(bar, QColor(of.sunken))
        longest = (step.bound_ms or step.ms or 1.0) * _BAR_OVER
        filled = QRectF(bar.left(), bar.top(), bar.width() * min(step.ms / longest, 1.0), bar.height())
        painter.fillRect(filled, QColor(of.strong if step.kept else of.outline))
        painter.setPen(QPen(QColor(of.line), 1))
        painter.drawRect(bar)
        if step.bound_ms:
            x = bar.left() + bar.width() * (step.bound_ms / longest)
            painter.setPen(QPen(QColor(of.outline), 2))
            painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3))
