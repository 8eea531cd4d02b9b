"""A study as one HTML file that needs nothing beside it, its plot drawn in SVG."""

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil, floor, log10

from otha.verify.study import tell
from otha.verify.study.recorded import Quality, Verdicts
from otha.verify.study.run import Outcome

_STYLE = (
    "body{font:14px/1.4 sans-serif;max-width:75em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #999;padding:.2em .6em;text-align:right;"
    "font-variant-numeric:tabular-nums}td:first-child,th:first-child{text-align:left}h1{font-size:1.4em}"
    "h2{font-size:1.1em}svg{max-width:100%}@media print{body{margin:0}h2{break-after:avoid}}"
)
_HEADINGS = ("judged by", "false verdicts", "failovers/year", "at most (95 %)", "Chen", "p50 s", "p99 s", "max s")
_QUALITY = (
    "channel", "hours", "heartbeats", "missed", "%", "late", "runs", "mean", "longest",
    "after a miss %", "slower ms p50", "p99", "max",
)  # fmt: skip
_VERDICTS = ("node", "detector", "hours", "times", "longest s", "first at h")
_WIDE, _HIGH, _LEFT, _TOP, _PLOT_W, _PLOT_H = 980, 470, 70, 20, 560, 390
# Told apart without colour as well: each pattern has a mark of its own.
_COLOURS = ("#1b6ca8", "#0b3d5c", "#7a9a01", "#3f6f00", "#8c510a", "#b2182b", "#5e3c99")
_MARKS = ("M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0 5L5-4H-5z", "M0-5L5 0L0 5L-5 0z", "M-5-1h10v2h-10z", "M-1-5h2v10h-2z",
          "M-4-3l1-1l3 3l3-3l1 1l-3 3l3 3l-1 1l-3-3l-3 3l-1-1l3-3z")  # fmt: skip


def html(title: str, said: Sequence[str], outcomes: Sequence[Outcome], facts: Sequence[tuple[str, str]]) -> str:
    """The report of a study."""
    body = [f"<h1>{escape(title)}</h1>", *(f"<p>{escape(line)}</p>" for line in said), _table(("", ""), facts)]
    if outcomes:
        body += ["<h2>False failovers and detection time</h2>", svg(outcomes)]
    for pattern in dict.fromkeys(each.pattern for each in outcomes):
        mine = [each for each in outcomes if each.pattern == pattern]
        body += [f"<h2>{escape(pattern.name)}, {mine[0].hours:,.0f} h</h2>", _table(_HEADINGS, map(tell.cells, mine))]
    body += [
        "<h2>What it does not show</h2>",
        f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in tell.LIMITS)}</ul>",
    ]
    return _page(title, body)


def html_of_recorded(title: str, qualities: Sequence[Quality], found: Sequence[Verdicts]) -> str:
    """The report of recorded heartbeats."""
    return _page(
        title,
        [
            f"<h1>{escape(title)}</h1>",
            "<h2>What was heard</h2>",
            _table(_QUALITY, map(tell.quality_cells, qualities)),
            "<h2>Judged lost, all channels together</h2>",
            _table(_VERDICTS, map(tell.verdict_cells, found)),
        ],
    )


def _page(title: str, body: Iterable[str]) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(each)}</th>" for each in head) if any(head) else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<tr>{titles}</tr>' if titles else ''}{body}</table>"


def svg(outcomes: Sequence[Outcome]) -> str:
    """Detection time against false failovers: to the left and down is better. A rate of none stands at its upper bound,
    hollow."""
    patterns = [*dict.fromkeys(each.pattern for each in outcomes)]
    rules = [*dict.fromkeys(each.rule.name for each in outcomes)]
    shown = {id(each): each.per_year or each.per_year_at_most for each in outcomes}
    low, high = floor(log10(min(shown.values()))), ceil(log10(max(shown.values())) + 1e-9)
    high = max(high, low + 1)
    longest_s = max(each.detection(0.99) for each in outcomes) / 1e9 * 1.08 or 1.0
    drawn = [_frame(low, high, longest_s)]
    for each in outcomes:
        x = _LEFT + _PLOT_W * each.detection(0.99) / 1e9 / longest_s
        y = _TOP + _PLOT_H * (high - log10(shown[id(each)])) / (high - low)
        colour, mark = _look(patterns.index(each.pattern))
        fill = colour if each.failovers else "none"
        what = f"{each.rule.name}, {each.pattern.name}: {tell.rate(each.per_year)} a year"
        drawn.append(
            f'<path transform="translate({x:.1f} {y:.1f})" d="{mark}" fill="{fill}" stroke="{colour}">'
            f"<title>{escape(what)}</title></path>"
        )
        drawn.append(_text(x + 7, y + 3, str(rules.index(each.rule.name) + 1), size=9))
    for at, pattern in enumerate(patterns):
        colour, mark = _look(at)
        y = _TOP + 10 + 18 * at
        drawn.append(f'<path transform="translate({_LEFT + _PLOT_W + 25} {y})" d="{mark}" fill="{colour}"/>')
        drawn.append(_text(_LEFT + _PLOT_W + 38, y + 4, pattern.name))
    for at, name in enumerate(rules):
        y = _TOP + 30 + 18 * (len(patterns) + at)
        drawn.append(_text(_LEFT + _PLOT_W + 20, y, f"{at + 1}  {name if len(name) < 52 else name[:50] + '...'}"))
    high_px = max(_HIGH, _TOP + 40 + 18 * (len(patterns) + len(rules)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high_px}" width="{_WIDE}" '
        'font-family="sans-serif" role="img" aria-label="false failovers against detection time">'
        f"{''.join(drawn)}</svg>"
    )


def _look(at: int) -> tuple[str, str]:
    return _COLOURS[at % len(_COLOURS)], _MARKS[at % len(_MARKS)]


def _frame(low: int, high: int, longest_s: float) -> str:
    bottom, right = _TOP + _PLOT_H, _LEFT + _PLOT_W
    drawn = [f'<rect x="{_LEFT}" y="{_TOP}" width="{_PLOT_W}" height="{_PLOT_H}" fill="none" stroke="#666"/>']
    for power in range(low, high + 1):
        y = _TOP + _PLOT_H * (high - power) / (high - low)
        drawn.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        drawn.append(_text(_LEFT - 6, y + 4, f"{10.0**power:g}", anchor="end"))
    for step in range(6):
        x = _LEFT + _PLOT_W * step / 5
        drawn.append(_text(x, bottom + 16, f"{longest_s * step / 5:.3g}", anchor="middle"))
    drawn.append(_text((_LEFT + right) / 2, bottom + 36, "detection time, p99, in s", anchor="middle"))
    drawn.append(
        f'<text transform="translate(16 {_TOP + _PLOT_H / 2}) rotate(-90)" text-anchor="middle" font-size="12">'
        "false failovers a year (hollow: none seen, 95 % bound)</text>"
    )
    return "".join(drawn)


def _text(x: float, y: float, said: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(said)}</text>'
