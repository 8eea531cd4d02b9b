"""A histogram of times: how many took how long, as bars that lie under each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi import say, symbols, theme

_ROW: Final = 24
_NAME_PX: Final = 110
_COUNT_PX: Final = 190
_MIN_WIDTH: Final = 480
_LEAST_BAR_PX: Final = 2.0  # one among millions is what is looked for
_US_PER_MS: Final = 1000
_US_PER_S: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many took at most `bound_us` and more than the bar before; None: longer than all bounds."""

    bound_us: int | None
    count: int


def bars_of(bounds_us: Sequence[int], told: Mapping[str, Any]) -> tuple[Bar, ...]:  # Any: JSON
    """The bars of a histogram as `Timing` tells it, from the first to the last that holds something."""
    counts = [int(each) for each in told.get("counts") or ()]
    bounds = (*bounds_us, None)
    if len(counts) != len(bounds) or not any(counts):
        return ()
    last = max(at for at, count in enumerate(counts) if count)
    return tuple(Bar(bound_us=bound, count=count) for bound, count in zip(bounds[: last + 1], counts, strict=False))


def time(us: int) -> str:
    """A time that may be short, in the unit that a person reads."""
    if us < _US_PER_MS:
        return f"{us} µs"
    if us < _US_PER_S:
        return f"{us / _US_PER_MS:g} ms"
    return f"{us / _US_PER_S:g} s"


class Histogram(QWidget):
    """The bars. The longest is as wide as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: tuple[Bar, ...] = ()
        self._name = ""
        self._stale = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_bars(self, name: str, bars: tuple[Bar, ...], *, stale: bool = False) -> None:
        """Show these; `name`: what they count. Stale: with strokes behind them."""
        if (name, bars, stale) != (self._name, self.bars, self._stale):
            self._name, self.bars, self._stale = name, bars, stale
            self.setAccessibleName(name)
            self.setAccessibleDescription("; ".join(f"{self._within(at)}: {bar.count}" for at, bar in enumerate(bars)))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(_MIN_WIDTH, _ROW * max(len(self.bars), 1) + 8)

    minimumSizeHint = sizeHint  # noqa: N815 - Qt's name

    def _within(self, at: int) -> str:
        bound = self.bars[at].bound_us
        if bound is None:
            before = self.bars[at - 1].bound_us or 0
            return f"> {time(before)}"
        return f"≤ {time(bound)}"

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        of = theme.now()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(of.panel))
        if self._stale:
            symbols.paint_hatch(painter, QRectF(self.rect()))
        painter.setFont(theme.font(theme.SMALL_PT))
        if not self.bars:
            painter.setPen(QColor(of.text))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.tr("Nothing was counted yet"))
        for at in range(len(self.bars)):
            self._paint_bar(painter, at, QRectF(8, 4 + at * _ROW, self.width() - 16, _ROW))
        painter.end()

    def _paint_bar(self, painter: QPainter, at: int, row: QRectF) -> None:
        of, count = theme.now(), self.bars[at].count
        counts = [each.count for each in self.bars]
        room = max(row.width() - _NAME_PX - _COUNT_PX - 8, 40)
        length = max(room * count / max(counts), _LEAST_BAR_PX) if count else 0.0
        ink = of.muted if self._stale else of.strong
        painter.fillRect(QRectF(row.left() + _NAME_PX, row.top() + 4, length, _ROW - 8), QColor(ink))
        painter.setPen(QPen(QColor(of.line), 1))
        painter.drawLine(row.bottomLeft(), row.bottomRight())
        painter.setPen(QColor(of.muted if self._stale else of.text))
        words = f"{say.count(count)} · {count / sum(counts) * 100:.3g} %" if count else "0"
        for left, width, text in (
            (row.left(), _NAME_PX - 8, self._within(at)),
            (row.right() - _COUNT_PX, _COUNT_PX - 4, words),
        ):
            box = QRectF(left, row.top(), width, _ROW)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
