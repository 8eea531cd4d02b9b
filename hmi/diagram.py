"""A group as a live diagram: OTHA, heartbeats' paths, the nodes with their failure domains, and what they drive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hmi import say, symbols, theme
from hmi.model import ChannelView, GroupView, NodeView, Quality
from hmi.tile import Symbol, TileNode, node_of
from hmi.timing_view import TimingView

translate = QCoreApplication.translate
_GAP: Final = 10.0
_PAD: Final = 8.0
_OTHA_WIDTH: Final = 0.11
_NODE_WIDTH: Final = 0.30
_TARGET_WIDTH: Final = 0.19
_SMALLEST: Final = 760
_CROSS: Final = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A heartbeat path as it is drawn. `parts`: what stands over its line, as far as there is room; the list of
    channels has all of it."""

    parts: tuple[str, ...]
    pulse: str
    doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node as it is drawn. `lines`: below its name. `drives`: it is the gate's owner."""

    node: TileNode
    lines: tuple[str, ...]
    paths: tuple[Path, ...]
    drives: bool
    doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that the diagram shows. `target`: lines on what the nodes drive or serve; the first is its name."""

    boxes: tuple[Box, ...] = ()
    target: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    held: bool = False

    @property
    def text(self) -> str:
        """The same in words."""
        nodes = "; ".join(
            f"{each.node.name} {each.node.word}, {', '.join(_joined(path.parts) for path in each.paths)}"
            for each in self.boxes
        )
        return f"{nodes}. {', '.join(self.target)}"


def picture_of(group: GroupView, timing: TimingView) -> Picture:
    """What there is to draw of a group."""
    behind = [frozenset(timing.domains.get(node.name, ())) for node in group.nodes]
    shared = frozenset.intersection(*behind) if len(behind) > 1 else frozenset()
    owner = group.gate.owner if group.gate is not None else group.active
    return Picture(
        boxes=tuple(_box(node, group, timing, shared, owner) for node in group.nodes),
        target=_target(group),
        shared=tuple(sorted(shared)),
        held=group.gate is not None and group.gate.state != "OWNED",
    )


def _box(node: NodeView, group: GroupView, timing: TimingView, shared: frozenset[str], owner: str) -> Box:
    own = [each for each in timing.domains.get(node.name, ()) if each not in shared]
    level = translate("Diagram", "level {0}").format(node.service_level)
    able = translate("Diagram", "in RPO {0} · ready {1}").format(say.verdict(node.in_rpo), say.verdict(node.ready))
    ready = able if node.name != group.active else ""
    domains = translate("Diagram", "needs {0}").format(", ".join(own)) if own else ""
    return Box(
        node=node_of(node, group.active),
        lines=tuple(each for each in (f"{say.liveness(node.liveness)} · {level}", ready, domains) if each),
        paths=tuple(_path(each, timing) for each in group.channels if each.node == node.name),
        drives=node.name == owner,
        doubtful=node.stamp.quality is not Quality.GOOD,
    )


def _path(channel: ChannelView, timing: TimingView) -> Path:
    timed = timing.channels.get(channel.name)
    name = channel.name.rpartition(".")[2]
    parts = [name if timed is None or timed.network in ("", name) else f"{name} ({timed.network})"]
    parts.append(say.pulse(channel.pulse))
    if timed is not None and timed.age_ms is not None:
        limit = f" / {say.age(timed.lost_after_ms)}" if timed.lost_after_ms else ""
        parts.append(f"{say.age(timed.age_ms)}{limit}")
    if timed is not None and timed.via:
        parts.append(translate("Diagram", "via {0}").format(timed.via))
    if channel.trouble and channel.pulse != "on_time":
        parts.append(channel.trouble)
    return Path(parts=tuple(parts), pulse=channel.pulse, doubtful=channel.stamp.quality is not Quality.GOOD)


def _joined(parts: Sequence[str]) -> str:
    return " · ".join(parts)


def fitting(parts: Sequence[str], metrics: QFontMetricsF, width: float) -> str:
    """As many of these as there is room for, from the first on; of one that has too little alone its beginning."""
    for count in range(len(parts), 0, -1):
        words = _joined(parts[:count])
        if metrics.horizontalAdvance(words) <= width:
            return words
    return metrics.elidedText(_joined(parts[:1]), Qt.TextElideMode.ElideRight, width)


def _target(group: GroupView) -> tuple[str, ...]:
    lines = [group.section or say.kind(group.kind)]
    gate = group.gate
    if gate is not None:
        seen = translate("Diagram", "gate {0}") if gate.seen else translate("Diagram", "gate {0}, NOT SEEN")
        lines.append(seen.format(gate.state))
        lines.append(translate("Diagram", "owner {0}").format(gate.owner or "-"))
        lines.append(translate("Diagram", "epoch {0}").format(gate.epoch))
        if gate.hold_left_ms is not None:
            lines.append(translate("Diagram", "held, {0} left").format(say.age(gate.hold_left_ms)))
        permitted, kept_back = translate("Diagram", "takeover permitted"), translate("Diagram", "no takeover permit")
        lines.append(permitted if gate.permit else kept_back)
    if group.machine is not None and group.machine.state:
        lines.append(translate("Diagram", "machine {0}").format(say.plain(group.machine.state)))
    for client in group.clients:
        used = translate("Diagram", "{0} uses {1}") if client.seen else translate("Diagram", "{0} not seen")
        lines.append(used.format(client.name, client.node or "?"))
    return tuple(lines)


class Diagram(QWidget):
    """Painted; as high as its nodes need."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self._stale = True
        self._otha = "OTHA"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_SMALLEST)
        self.setAccessibleName(self.tr("Diagram of the group"))
        self._measure()

    def show_picture(self, picture: Picture, *, stale: bool, otha: str) -> None:
        """Show this."""
        if (picture, stale, otha) == (self._picture, self._stale, self._otha):
            return
        higher = self._height(picture) != self._height(self._picture)
        self._picture, self._stale, self._otha = picture, stale, otha
        self.setAccessibleDescription(picture.text)
        if higher:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(_SMALLEST, int(self._height(self._picture)))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()
            self.updateGeometry()

    def _measure(self) -> None:
        self._bold, self._plain = theme.font(theme.TEXT_PT, bold=True), theme.font(theme.SMALL_PT)
        self._plain_bold = theme.font(theme.SMALL_PT, bold=True)
        self._bold_m, self._plain_m = QFontMetricsF(self._bold), QFontMetricsF(self._plain)

    def _box_height(self, box: Box) -> float:
        words = _PAD * 2 + self._bold_m.height() + len(box.lines) * self._plain_m.height()
        return max(words, len(box.paths) * (self._plain_m.height() + 8) + 4)

    def _height(self, picture: Picture) -> float:
        nodes = sum(self._box_height(box) + _GAP for box in picture.boxes) + _GAP
        target = _PAD * 2 + self._bold_m.height() + len(picture.target) * self._plain_m.height() + 2 * _GAP
        shared = self._plain_m.height() + 6 if picture.shared else 0
        return max(nodes, target, 80.0) + shared

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        of, picture = theme.now(), self._picture
        whole = QRectF(self.rect())
        painter.fillRect(whole, QColor(of.panel))
        if self._stale:
            symbols.paint_hatch(painter, whole)
        shared = self._plain_m.height() + 6 if picture.shared else 0.0
        if picture.shared:
            line = QRectF(_GAP, whole.bottom() - shared, whole.width() - 2 * _GAP, shared)
            words = self.tr("All nodes share: {0}").format(", ".join(picture.shared))
            self._write(painter, line, words, self._plain)
        area = whole.adjusted(_GAP, 0, -_GAP, -shared)
        self._paint_all(painter, area, picture)
        painter.end()

    def _paint_all(self, painter: QPainter, area: QRectF, picture: Picture) -> None:
        heights = [self._box_height(box) for box in picture.boxes]
        top = area.center().y() - (sum(heights) + _GAP * max(len(heights) - 1, 0)) / 2
        otha = QRectF(area.left(), area.center().y() - 24, area.width() * _OTHA_WIDTH, 48)
        width = area.width() * _NODE_WIDTH
        target_width = area.width() * _TARGET_WIDTH
        left = area.right() - target_width - area.width() * 0.05 - width
        high = _PAD * 2 + self._bold_m.height() + max(len(picture.target) - 1, 0) * self._plain_m.height()
        target = QRectF(area.right() - target_width, area.center().y() - high / 2, target_width, high)
        for box, height in zip(picture.boxes, heights, strict=True):
            place = QRectF(left, top, width, height)
            self._paint_paths(painter, otha, place, box)
            self._paint_drive(painter, place, target, box, held=picture.held)
            self._paint_box(painter, place, box)
            top += height + _GAP
        self._paint_plate(painter, otha, (self._otha,), self._stale)
        self._paint_plate(painter, target, picture.target, self._stale)

    def _paint_paths(self, painter: QPainter, otha: QRectF, place: QRectF, box: Box) -> None:
        of = theme.now()
        height = self._plain_m.height()
        bend = otha.right() + (place.left() - otha.right()) * 0.10
        for number, path in enumerate(box.paths, 1):
            y = place.top() + place.height() * number / (len(box.paths) + 1) + height / 2 - 2
            well = path.pulse == "on_time" and not path.doubtful and not self._stale
            pen = QPen(QColor(of.strong if well else of.outline), 2.0)
            if path.pulse == "late":
                pen.setStyle(Qt.PenStyle.DashLine)
            elif path.pulse != "on_time" or self._stale:
                pen.setStyle(Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(otha.right(), otha.center().y()), QPointF(bend, y))
            painter.drawLine(QPointF(bend, y), QPointF(place.left(), y))
            if path.pulse == "lost":
                cross = QRectF(place.left() - _CROSS, y - 7, 14, 14)
                painter.fillRect(cross.adjusted(-2, -2, 2, 2), QColor(of.panel))
                symbols.paint_node(painter, cross, Symbol.DEAD)
            words = QRectF(bend + 6, y - height - 1, place.left() - _CROSS - bend - 12, height)
            font = self._plain if path.pulse == "on_time" else self._plain_bold
            self._write(painter, words, fitting(path.parts, QFontMetricsF(font), words.width()), font)

    def _paint_drive(self, painter: QPainter, place: QRectF, target: QRectF, box: Box, *, held: bool) -> None:
        of = theme.now()
        pen = QPen(QColor(of.strong if box.drives else of.line), 4.0 if box.drives else 1.5)
        if not box.drives or held:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        start, end = QPointF(place.right(), place.center().y()), QPointF(target.left(), target.center().y())
        middle = (start.x() + end.x()) / 2
        painter.drawLine(start, QPointF(middle, start.y()))
        painter.drawLine(QPointF(middle, start.y()), QPointF(middle, end.y()))
        painter.drawLine(QPointF(middle, end.y()), end)

    def _paint_box(self, painter: QPainter, place: QRectF, box: Box) -> None:
        of = theme.now()
        stale = self._stale or box.doubtful
        painter.setPen(QPen(QColor(of.outline if not box.node.well else of.line), 2 if not box.node.well else 1))
        painter.setBrush(QColor(of.sunken))
        painter.drawRect(place)
        if stale:
            symbols.paint_hatch(painter, place)
        size = self._bold_m.height() - 2
        symbols.paint_node(
            painter, QRectF(place.left() + _PAD, place.top() + _PAD, size, size), box.node.symbol, stale=stale
        )
        line = QRectF(place.left() + _PAD + size + 8, place.top() + _PAD, place.width() - size - 24, size + 2)
        self._write(painter, line, f"{box.node.name}  {box.node.word}", self._bold, stale=stale)
        top = line.bottom()
        for words in box.lines:
            line = QRectF(place.left() + _PAD, top, place.width() - 2 * _PAD, self._plain_m.height())
            self._write(painter, line, words, self._plain, stale=stale)
            top += self._plain_m.height()

    def _paint_plate(self, painter: QPainter, place: QRectF, lines: tuple[str, ...], stale: bool) -> None:
        of = theme.now()
        painter.setPen(QPen(QColor(of.line), 1))
        painter.setBrush(QColor(of.sunken))
        painter.drawRect(place)
        if not lines:
            return
        inner = place.adjusted(_PAD, _PAD, -_PAD, -_PAD)
        if len(lines) == 1:
            self._write(painter, inner, lines[0], self._bold, stale=stale, middle=True)
            return
        self._write(
            painter, QRectF(inner.left(), inner.top(), inner.width(), self._bold_m.height()), lines[0], self._bold
        )
        top = inner.top() + self._bold_m.height()
        for words in lines[1:]:
            line = QRectF(inner.left(), top, inner.width(), self._plain_m.height())
            self._write(painter, line, words, self._plain, stale=stale)
            top += self._plain_m.height()

    @staticmethod
    def _write(
        painter: QPainter, box: QRectF, words: str, font: QFont, *, stale: bool = False, middle: bool = False
    ) -> None:
        of = theme.now()
        painter.setFont(font)
        painter.setPen(QColor(of.muted if stale else of.text))
        cut = QFontMetricsF(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        align = Qt.AlignmentFlag.AlignCenter if middle else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, align, cut)
