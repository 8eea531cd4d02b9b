"""A sequence chart as SVG, by hand: one file that needs no font, script or style from elsewhere."""

from html import escape
from textwrap import wrap

from otha.verify.chart import Chart, Line, Row, Shape, time_of

_LEFT, _STEP, _RIGHT = 142, 118, 470
_TOP, _LINE, _GAP = 78, 15, 10
_NOTE_CHARS = 68
_INK, _QUIET, _FAULT, _JUDGED = "#222222", "#777777", "#b00020", "#1b5e9b"


def as_svg(drawn: Chart) -> str:
    """The chart: lifelines in the middle, numbers and times on the left, what OTHA says on the right."""
    right = _LEFT + len(drawn.lifelines) * _STEP
    parts, y = [], _TOP
    for row in drawn.rows:
        said, height = _row(drawn, row, y, right)
        parts += said
        y += height
    width, height = right + _RIGHT, y + 16
    heads = [part for name in drawn.lifelines for part in _lifeline(drawn, name, y - 36)]
    title = escape(drawn.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="12"><title>{title}</title>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        f"{_text(16, 22, drawn.title, size=14, weight='bold')}"
        f"{''.join(heads)}{''.join(parts)}</svg>\n"
    )


def _x(drawn: Chart, name: str) -> int:
    return _LEFT + drawn.lifelines.index(name) * _STEP + _STEP // 2


def _text(
    x: float, y: float, text: str, *, colour: str = _INK, anchor: str = "start", size: int = 12, weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    placed = f'x="{x:g}" y="{y}" text-anchor="{anchor}" font-size="{size}"{bold}'
    return f'<text {placed} fill="{colour}">{escape(text)}</text>'


def _label(x: float, y: float, text: str, *, colour: str = _INK, anchor: str = "start") -> str:
    """A text that lifelines do not run through: not every renderer knows `paint-order`, so the halo is drawn first."""
    halo = f'<text x="{x:g}" y="{y}" text-anchor="{anchor}" stroke="#ffffff" stroke-width="4">{escape(text)}</text>'
    return halo + _text(x, y, text, colour=colour, anchor=anchor)


def _lifeline(drawn: Chart, name: str, bottom: int) -> list[str]:
    x, half = _x(drawn, name), _STEP // 2 - 5
    shown = name if len(name) <= 16 else f"{name[:15]}…"
    return [
        f'<line x1="{x}" y1="60" x2="{x}" y2="{bottom}" stroke="#bbbbbb"/>',
        f'<rect x="{x - half}" y="36" width="{2 * half}" height="24" fill="#eeeeee" stroke="{_INK}"/>',
        _text(x, 52, shown, anchor="middle"),
    ]


def _row(drawn: Chart, row: Row, y: int, right: int) -> tuple[list[str], int]:
    """The parts of a row whose top is at `y`, and its height."""
    notes = [line for note in row.notes for line in wrap(note, _NOTE_CHARS, subsequent_indent="   ")]
    parts = []
    if row.number:
        parts.append(_text(34, y + 12, str(row.number), anchor="end", weight="bold"))
        parts.append(_text(_LEFT - 8, y + 12, time_of(row), anchor="end", colour=_QUIET))
    at = y
    for line in row.lines:
        said, height = _drawn(drawn, line, at, right)
        parts += said
        at += height
    parts += [_text(right + 8, y + 12 + index * _LINE, note) for index, note in enumerate(notes)]
    return parts, max(at - y, len(notes) * _LINE) + _GAP


def _drawn(drawn: Chart, line: Line, y: int, right: int) -> tuple[list[str], int]:
    start = _x(drawn, line.start)
    colour = _FAULT if line.is_fault or line.shape is Shape.BREACH else _JUDGED if line.shape is Shape.JUDGED else _INK
    if line.shape is Shape.BREACH:
        box = f'<rect x="8" y="{y - 2}" width="{right + _RIGHT - 16}" height="24" fill="#fde7ea" stroke="{_FAULT}"/>'
        return [box, _text(16, y + 14, f"BREACH  {line.label}", colour=_FAULT, weight="bold")], 26
    label = f"{'FAULT ' if line.is_fault else ''}{line.label}"
    if line.shape is Shape.MARK:
        mark = _cross(start, y + 8) if line.is_fault else f'<circle cx="{start}" cy="{y + 8}" r="4" fill="{_INK}"/>'
        # Near the right edge a label stands on the left of its mark, as it would run into what OTHA says.
        if start + 10 + 7 * len(label) > right:
            return [mark, _label(start - 10, y + 12, label, colour=colour, anchor="end")], _LINE
        return [mark, _label(start + 10, y + 12, label, colour=colour)], _LINE
    end = _x(drawn, line.end)
    way = 1 if end > start else -1
    lost = line.shape is Shape.LOST
    tip = end - way * (26 if lost else 2)
    dashes = ' stroke-dasharray="5 4"' if line.shape in (Shape.JUDGED, Shape.ANSWER) else ""
    if line.shape is Shape.ANSWER:
        y -= 9  # close below the arrow that it answers
    stroke = f'<line x1="{start}" y1="{y + 19}" x2="{tip}" y2="{y + 19}" stroke="{colour}"{dashes}/>'
    head = _cross(tip + way * 5, y + 19) if lost else f'<path d="M{tip} {y + 19} l{-8 * way} -4 v8 z" fill="{colour}"/>'
    if line.shape is Shape.ANSWER:
        return [stroke, head, _label((start + end) / 2, y + 23, label, colour=_QUIET, anchor="middle")], 18
    return [stroke, head, _label(min(start, end) + 8, y + 12, label, colour=colour)], 26


def _cross(x: int, y: int) -> str:
    return f'<path d="M{x - 5} {y - 5} l10 10 m0 -10 l-10 10" stroke="{_FAULT}" stroke-width="2.5" fill="none"/>'
