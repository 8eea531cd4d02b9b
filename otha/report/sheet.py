"""A dossier as a sheet for the evidence folder: plain text, or one HTML file that needs nothing beside it."""

from html import escape

from otha.journal.reader import wall_text
from otha.report.evidence import Dossier, Step

_STYLE = (
    "body{font:14px/1.4 sans-serif;max-width:60em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #999;padding:.2em .6em;text-align:left;"
    "vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}h1{font-size:1.4em}h2{font-size:1.1em}"
    "@media print{body{margin:0}}"
)


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def title(dossier: Dossier) -> str:
    """What the sheet is of."""
    t = dossier.transfer
    what = f"drill of a {t.kind}" if dossier.drill else t.kind
    return f"{what}, {t.group}, {t.from_node} to {t.to_node}"


def _kept(step: Step) -> str:
    return {True: "kept", False: "EXCEEDED", None: "no bound"}[step.kept]


def _bump(dossier: Dossier) -> str:
    """How far the outputs went, beside how they moved before; "" where nobody took over."""
    each = dossier.bump
    if each is None:
        return ""
    said = f"{each.by / 100:.2f} % of span at {each.output}, over {each.scans} scans"
    if not each.natural_scans:
        return f"{said}; natural change not known"
    return f"{said}; natural change {each.natural / 100:.2f} % in {each.natural_scans} scans at {each.natural_output}"


def facts(dossier: Dossier) -> list[tuple[str, str]]:
    """The head of the sheet, line by line."""
    t = dossier.transfer
    ended = wall_text(dossier.ended_wall_ns) if dossier.ended_wall_ns is not None else "not ended"
    rule = f"({dossier.rule})" if dossier.rule else ""
    said = [
        ("record", f"row {dossier.id} of the journal"),
        ("ordered by", dossier.ordered_by or "nobody; OTHA by itself"),
        ("order", dossier.order_id),
        ("comment", dossier.comment),
        ("confirmed by", dossier.confirmed_by),
        ("because", t.cause),
        ("requested (UTC)", wall_text(dossier.requested_wall_ns)),
        ("ended (UTC)", ended),
        ("ending", " ".join(filter(None, (t.ending or "goes on", t.detail, rule)))),
        ("gate epoch", str(dossier.epoch or "none claimed")),
        ("request to verified", f"{_ms(dossier.verified_ms)} ms"),
        ("request to end", f"{_ms(dossier.took_ms)} ms"),
        ("bump", _bump(dossier)),
        ("commands", "; ".join(dossier.in_flight)),
        ("OTHA", dossier.version),
        ("site file", dossier.site_hash),
        ("journal", dossier.chain),
    ]
    return [(name, value) for name, value in said if value]


def text(dossier: Dossier) -> str:
    """The sheet as plain text."""
    head = title(dossier)
    out = [head, "=" * len(head), ""]
    out += [f"{name:<20} {value}" for name, value in facts(dossier)]
    out += ["", f"{'phase':<12} {'ms':>10} {'bound ms':>10}"]
    out += [f"{step.name:<12} {_ms(step.ms):>10} {_ms(step.bound_ms):>10}  {_kept(step)}" for step in dossier.steps]
    out += ["", "What stood in its way:"]
    out += [f"  {each}" for each in dossier.obstacles] or ["  nothing"]
    out += ["", f"{'row':>8} {'ms':>11}  what was written down"]
    out += [f"{line.seq:>8} {line.after_ms:>+11.1f}  {line.text}" for line in dossier.lines]
    return "\n".join(out) + "\n"


def _row(*cells: str, numbers: int = 0, head: bool = False) -> str:
    """`numbers`: so many of the last cells but one stand to the right."""
    tag = "th" if head else "td"
    made = [
        f"<{tag}{' class=n' if not head and 0 < at <= numbers else ''}>{escape(cell)}</{tag}>"
        for at, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(made)}</tr>"


def html(dossier: Dossier) -> str:
    """The sheet as one HTML file without scripts, pictures or anything to fetch."""
    head = escape(title(dossier))
    body = [f"<h1>{head}</h1>", "<table>", *(_row(*pair) for pair in facts(dossier)), "</table>"]
    body += ["<h2>Phases</h2><table>", _row("phase", "ms", "bound ms", "", head=True)]
    body += [_row(s.name, _ms(s.ms), _ms(s.bound_ms), _kept(s), numbers=2) for s in dossier.steps]
    body += ["</table><h2>What stood in its way</h2><ul>"]
    body += [f"<li>{escape(each)}</li>" for each in dossier.obstacles] or ["<li>nothing</li>"]
    body += ["</ul><h2>What was written down</h2><table>", _row("row", "ms", "", head=True)]
    body += [_row(str(line.seq), f"{line.after_ms:+.1f}", line.text, numbers=1) for line in dossier.lines]
    body += ["</table>"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{head}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )
