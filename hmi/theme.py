"""How the HMI looks: two palettes of calm grey, one for bright rooms and one for dark ones, and what marks look like.

ISA-101: colour is for the abnormal, and never alone. While nothing is wrong no colour's largest and smallest channel
differ by more than `GREY_SPREAD`. The priorities of alarms differ by shape, by number and by lightness, so that they
are told apart in grey as well; every mark has an outline, as yellow and orange fade on grey.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QApplication

from hmi.model import Priority

GREY_SPREAD: Final = 32
TEXT_CONTRAST: Final = 4.5
MARK_CONTRAST: Final = 3.0
TOUCH_PX: Final = 44
"""The least height of what is pressed: gloves."""
TEXT_PT: Final = 11.0
SMALL_PT: Final = 9.5
BIG_PT: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours as "#rrggbb". `alarm`: fill and ink of each priority's mark."""

    name: str
    window: str  # behind everything
    panel: str  # what things stand on
    sunken: str  # lists, plots, fields
    raised: str  # buttons
    chosen: str  # the row, the tile, the page that is chosen
    text: str
    muted: str  # units, captions, what is stale
    line: str  # borders of panels, grid
    outline: str  # of marks and symbols, and of what has the keyboard
    strong: str  # filled symbols: the active node
    weak: str  # hollow symbols
    alarm: Mapping[Priority, tuple[str, str]]

    @property
    def grounds(self) -> tuple[str, ...]:
        """What text and marks stand on."""
        return self.window, self.panel, self.sunken, self.raised, self.chosen

    @property
    def calm(self) -> tuple[str, ...]:
        """Every colour that is seen while nothing is wrong."""
        return (*self.grounds, self.text, self.muted, self.line, self.outline, self.strong, self.weak)


_ALARM: Final = {
    Priority.CRITICAL: ("#b3001b", "#ffffff"),
    Priority.HIGH: ("#ee7f00", "#000000"),
    Priority.MEDIUM: ("#f7d300", "#000000"),
    Priority.LOW: ("#7aa9d6", "#000000"),
}
LIGHT: Final = Palette(
    name="light",
    window="#d4d6d8",
    panel="#e0e2e3",
    sunken="#eaebec",
    raised="#cbced0",
    chosen="#bcc1c5",
    text="#16181a",
    muted="#3f4346",
    line="#a3a7aa",
    outline="#16181a",
    strong="#2c3033",
    weak="#f2f3f4",
    alarm=_ALARM,
)
DARK: Final = Palette(
    name="dark",
    window="#222426",
    panel="#2b2d30",
    sunken="#1b1d1f",
    raised="#383b3e",
    chosen="#45494d",
    text="#eceeef",
    muted="#bcc0c3",
    line="#565a5e",
    outline="#eceeef",
    strong="#d3d6d8",
    weak="#33363a",
    alarm=_ALARM,
)
PALETTES: Final = {each.name: each for each in (LIGHT, DARK)}
_IMAGES: Final = Path(__file__).parent / "images"
_now = LIGHT


class Shape(Enum):
    """The shapes of the priorities' marks."""

    DIAMOND = "◆"
    TRIANGLE = "▲"
    SQUARE = "■"
    CIRCLE = "●"


SHAPES: Final = {
    Priority.CRITICAL: Shape.DIAMOND,
    Priority.HIGH: Shape.TRIANGLE,
    Priority.MEDIUM: Shape.SQUARE,
    Priority.LOW: Shape.CIRCLE,
}


def now() -> Palette:
    """The palette in use."""
    return _now


def use(app: QApplication, name: str) -> None:
    """Show everything in this palette."""
    global _now  # noqa: PLW0603 - one look for one application, as Qt has it
    _now = PALETTES.get(name, LIGHT)
    app.setStyle("Fusion")
    app.setPalette(qt_palette(_now))
    font = QFont(app.font())
    font.setPointSizeF(TEXT_PT)
    app.setFont(font)
    app.setStyleSheet(style_sheet(_now))


def qt_palette(of: Palette) -> QPalette:
    """Qt's own palette: nothing of the style's colours is left."""
    made = QPalette()
    role = QPalette.ColorRole
    for each, colour in (
        (role.Window, of.window),
        (role.WindowText, of.text),
        (role.Base, of.sunken),
        (role.AlternateBase, of.panel),
        (role.ToolTipBase, of.panel),
        (role.ToolTipText, of.text),
        (role.PlaceholderText, of.muted),
        (role.Text, of.text),
        (role.Button, of.raised),
        (role.ButtonText, of.text),
        (role.BrightText, of.text),
        (role.Light, of.weak),
        (role.Midlight, of.panel),
        (role.Mid, of.line),
        (role.Dark, of.line),
        (role.Shadow, of.outline),
        (role.Highlight, of.chosen),
        (role.HighlightedText, of.text),
        (role.Accent, of.outline),
        (role.Link, of.text),
        (role.LinkVisited, of.text),
    ):
        made.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, each, QColor(of.muted))
    return made


def style_sheet(of: Palette) -> str:
    """Sizes for gloves, and a focus that is seen from two metres."""
    return "".join((_buttons(of), _fields(of), _lists(of), _handles(of)))


def _buttons(of: Palette) -> str:
    """Buttons, and what all widgets have."""
    return f"""
    * {{ outline: none; }}
    QToolTip {{ color: {of.text}; background: {of.panel}; border: 1px solid {of.line}; padding: 4px; }}
    QPushButton, QToolButton {{
        min-height: {TOUCH_PX - 8}px; padding: 2px 14px; color: {of.text}; background: {of.raised};
        border: 1px solid {of.line}; border-radius: 3px;
    }}
    QPushButton:hover, QToolButton:hover {{ border: 1px solid {of.outline}; }}
    QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked {{ background: {of.chosen}; }}
    QPushButton:focus, QToolButton:focus {{ border: 2px solid {of.outline}; padding: 1px 13px; }}
    QPushButton:disabled, QToolButton:disabled {{
        color: {of.muted}; background: {of.window}; border: 1px dashed {of.line};
    }}
    """


def _fields(of: Palette) -> str:
    """What is typed into or chosen from."""
    return f"""
    QLineEdit, QComboBox, QSpinBox, QDateTimeEdit {{
        min-height: {TOUCH_PX - 8}px; padding: 0 8px; color: {of.text}; background: {of.sunken};
        border: 1px solid {of.line}; border-radius: 3px; selection-background-color: {of.chosen};
        selection-color: {of.text}; placeholder-text-color: {of.muted};
    }}
    QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDateTimeEdit:focus {{
        border: 2px solid {of.outline}; padding: 0 7px;
    }}
    QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QDateTimeEdit:disabled {{
        color: {of.muted}; background: {of.window}; border: 1px dashed {of.line};
    }}
    QTextEdit, QPlainTextEdit {{
        color: {of.text}; background: {of.sunken}; border: 1px solid {of.line};
        selection-background-color: {of.chosen}; selection-color: {of.text};
    }}
    """


def _lists(of: Palette) -> str:
    """What is listed, and what is put together."""
    return f"""
    QTableView, QListView, QTreeView {{
        color: {of.text}; background: {of.sunken}; alternate-background-color: {of.panel}; gridline-color: {of.line};
        border: 1px solid {of.line}; selection-background-color: {of.chosen}; selection-color: {of.text};
    }}
    QTableView:focus, QListView:focus, QTreeView:focus, QTextEdit:focus, QPlainTextEdit:focus {{
        border: 2px solid {of.outline};
    }}
    QTableView::item:selected, QListView::item:selected, QTreeView::item:selected {{
        background: {of.chosen}; color: {of.text};
    }}
    QListView#waiting::item {{ padding: 12px 6px; }}
    QHeaderView::section {{
        color: {of.text}; background: {of.raised}; padding: 4px 6px; border: 0; border-right: 1px solid {of.line};
        border-bottom: 1px solid {of.line};
    }}
    QGroupBox {{
        color: {of.text}; background: {of.panel}; border: 1px solid {of.line}; border-radius: 3px; margin-top: 1.1em;
        padding: 6px;
    }}
    QGroupBox::title {{ subcontrol-origin: margin; left: 8px; padding: 0 3px; }}
    QTabBar::tab {{
        min-height: {TOUCH_PX - 8}px; padding: 2px 14px; color: {of.text}; background: {of.raised};
        border: 1px solid {of.line};
    }}
    QTabBar::tab:selected {{ background: {of.chosen}; }}
    QTabBar::tab:focus {{ border: 2px solid {of.outline}; }}
    *[stale="true"] QTableView, *[stale="true"] QLabel, *[stale="true"] QListView, *[stale="true"] QTreeView {{
        color: {of.muted};
    }}
    """


def _handles(of: Palette) -> str:
    """What is dragged or ticked."""
    return f"""
    QScrollBar {{ background: {of.window}; border: 0; }}
    QScrollBar:vertical {{ width: 18px; }}
    QScrollBar:horizontal {{ height: 18px; }}
    QScrollBar::handle {{ background: {of.line}; border-radius: 3px; min-height: 40px; min-width: 40px; margin: 2px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: {of.window}; }}
    QCheckBox::indicator {{
        width: 22px; height: 22px; background: {of.sunken}; border: 1px solid {of.outline}; border-radius: 2px;
    }}
    QCheckBox::indicator:checked {{ image: url("{_image("tick", of)}"); }}
    QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: 0; width: 28px; }}
    QComboBox::down-arrow, QDateTimeEdit::down-arrow {{
        image: url("{_image("down", of)}"); width: 16px; height: 16px;
    }}
    QCheckBox {{ min-height: {TOUCH_PX - 8}px; spacing: 8px; }}
    QCheckBox:focus {{ border: 2px solid {of.outline}; }}
    """


def _image(name: str, of: Palette) -> str:
    return (_IMAGES / f"{name}-{of.name}.svg").as_posix()


def font(points: float = TEXT_PT, *, bold: bool = False) -> QFont:
    """The HMI's font; figures of one width, so that numbers do not dance."""
    made = QFont(QApplication.font())
    made.setPointSizeF(points)
    made.setBold(bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of "#rrggbb"."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2), 1 to 21."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def spread(colour: str) -> int:
    """How far a colour is from grey: its largest channel less its smallest."""
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return max(channels) - min(channels)


def shape_path(shape: Shape, box: QRectF) -> QPainterPath:
    """The outline of a mark within a box."""
    path = QPainterPath()
    middle = box.center()
    match shape:
        case Shape.DIAMOND:
            corners = (
                QPointF(middle.x(), box.top()),
                QPointF(box.right(), middle.y()),
                QPointF(middle.x(), box.bottom()),
                QPointF(box.left(), middle.y()),
            )
            path.addPolygon(QPolygonF(corners))
        case Shape.TRIANGLE:
            path.addPolygon(QPolygonF((QPointF(middle.x(), box.top()), box.bottomRight(), box.bottomLeft())))
        case Shape.SQUARE:
            inset = box.width() * 0.08
            path.addRect(box.adjusted(inset, inset, -inset, -inset))
        case Shape.CIRCLE:
            path.addEllipse(box)
    path.closeSubpath()
    return path


def paint_mark(
    painter: QPainter, box: QRectF, priority: Priority, *, unacked: bool = True, stale: bool = False
) -> None:
    """The mark of a priority: shape, number, outline. Unacknowledged: a second outline around it. Stale: no colour."""
    of = now()
    fill, ink = (of.weak, of.text) if stale else of.alarm[priority]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if unacked:
        painter.setPen(QPen(QColor(of.outline), max(box.width() * 0.07, 1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 2, 2)
    margin = box.width() * (0.17 if unacked else 0.1)
    inner = box.adjusted(margin, margin, -margin, -margin)
    painter.setPen(QPen(QColor(of.outline), max(box.width() * 0.06, 1.2)))
    painter.setBrush(QBrush(QColor(fill)))
    shape = SHAPES[priority]
    painter.drawPath(shape_path(shape, inner))
    painter.setPen(QColor(ink))
    number = QFont(QApplication.font())
    number.setBold(True)
    number.setPixelSize(max(int(inner.height() * (0.52 if shape is Shape.TRIANGLE else 0.62)), 6))
    painter.setFont(number)
    low = inner.adjusted(0, inner.height() * 0.3, 0, 0) if shape is Shape.TRIANGLE else inner
    painter.drawText(low, Qt.AlignmentFlag.AlignCenter, str(int(priority)))
    painter.restore()
