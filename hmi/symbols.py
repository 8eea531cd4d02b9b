"""Painted symbols: nodes by their role, channels by their pulse, and the sparkline of a heartbeat's age."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from hmi import theme
from hmi.tile import Symbol

_STALE_GAP: Final = 9.0


def paint_node(painter: QPainter, box: QRectF, symbol: Symbol, *, stale: bool = False) -> None:
    """A node's symbol. Stale: only its outline, dashed."""
    of = theme.now()
    ink = QColor(of.muted if stale else of.outline)
    pen = QPen(ink, max(box.width() * 0.11, 1.6))
    if stale or symbol is Symbol.UNKNOWN:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.setBrush(QColor(of.weak))
    inner = box.adjusted(pen.widthF() / 2, pen.widthF() / 2, -pen.widthF() / 2, -pen.widthF() / 2)
    match symbol:
        case Symbol.ACTIVE:
            painter.setBrush(QColor(of.weak if stale else of.strong))
            painter.drawEllipse(inner)
        case Symbol.STANDBY:
            painter.drawEllipse(inner)
        case Symbol.MAINTENANCE:
            painter.drawRect(inner)
            _letter(painter, inner, "M", ink)
        case Symbol.FENCED:
            painter.drawEllipse(inner)
            painter.drawLine(
                QPointF(inner.left() + inner.width() * 0.15, inner.bottom() - inner.height() * 0.15),
                QPointF(inner.right() - inner.width() * 0.15, inner.top() + inner.height() * 0.15),
            )
        case Symbol.UNKNOWN:
            painter.drawEllipse(inner)
            _letter(painter, inner, "?", ink)
        case Symbol.DEAD:
            pen.setStyle(Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawLine(inner.topLeft(), inner.bottomRight())
            painter.drawLine(inner.topRight(), inner.bottomLeft())
    painter.restore()


def _letter(painter: QPainter, box: QRectF, letter: str, ink: QColor) -> None:
    font = QFont(painter.font())
    font.setBold(True)
    font.setPixelSize(max(int(box.height() * 0.7), 6))
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)


def paint_spark(painter: QPainter, box: QRectF, ages_ms: Sequence[float], limit_ms: float, *, stale: bool) -> None:
    """Ages of a heartbeat, the newest at the right, and the limit as a dashed line at two thirds of the height."""
    of = theme.now()
    painter.save()
    painter.setPen(QPen(QColor(of.line), 1))
    painter.drawLine(box.bottomLeft(), box.bottomRight())
    top = limit_ms * 1.5 or 1.0
    limit_y = box.bottom() - box.height() * (limit_ms / top)
    painter.setPen(QPen(QColor(of.muted), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(box.left(), limit_y), QPointF(box.right(), limit_y))
    if len(ages_ms) > 1 and limit_ms > 0:
        step = box.width() / (len(ages_ms) - 1)
        points = [
            QPointF(box.left() + at * step, box.bottom() - box.height() * min(age / top, 1.0))
            for at, age in enumerate(ages_ms)
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(of.muted if stale else of.strong), 1.4))
        painter.drawPolyline(QPolygonF(points))
    painter.restore()


def paint_hatch(painter: QPainter, box: QRectF) -> None:
    """Strokes over what can't be trusted any more: seen without colour, and the text below stays readable."""
    of = theme.now()
    painter.save()
    painter.setClipRect(box)
    painter.setPen(QPen(QColor(of.line), 1))
    at = box.left() - box.height()
    while at < box.right():
        painter.drawLine(QPointF(at, box.bottom()), QPointF(at + box.height(), box.top()))
        at += _STALE_GAP
    painter.restore()
