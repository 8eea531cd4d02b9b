"""The verification report: one HTML file that needs nothing beside it, and can be printed and filed."""

from collections.abc import Iterable
from html import escape

from otha.site.model import Site
from otha.verify.rules import HOLDS
from otha.verify.verification import ELSEWHERE, LIMITS, REDUCTIONS, Part, Verification

_STYLE = (
    "body{font:14px/1.4 sans-serif;max-width:70em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #999;padding:.2em .6em;text-align:left;"
    "vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}h1{font-size:1.4em}h2{font-size:1.1em}"
    "h3{font-size:1em}pre{white-space:pre-wrap;border:1px solid #999;padding:.6em}p.verdict{font-weight:bold}"
    "div.chart{overflow-x:auto}div.chart svg{max-width:100%;height:auto}"
    "@media print{body{margin:0}h2{break-after:avoid}}"
)


def html(done: Verification, site: Site, version: str, verdict: list[str], story: list[str], picture: str = "") -> str:
    """The report. `verdict` and `story` are the lines that a terminal shows of them, `picture` the story as SVG."""
    body = [
        f"<h1>Verification of {escape(done.site)}</h1>",
        "".join(f'<p class="verdict">{escape(line)}</p>' for line in verdict),
        _table(("", ""), _facts(done, site, version)),
    ]
    if story:
        body += ["<h2>How a rule is broken</h2>", f'<div class="chart">{picture}</div>' if picture else ""]
        body.append(f"<pre>{escape(chr(10).join(story))}</pre>")
    body += ["<h2>What was explored</h2>", *(_part(part) for part in done.parts)]
    body += ["<h2>Each rule</h2>", _rules(done)]
    body += ["<h2>Assumptions and limits</h2>", f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in LIMITS)}</ul>"]
    body += ["<h2>How worlds were made fewer, leaving nothing out</h2>"]
    body += [f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in REDUCTIONS)}</ul>"]
    head = f'<meta charset="utf-8"><title>Verification of {escape(done.site)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _facts(done: Verification, site: Site, version: str) -> list[tuple[str, str]]:
    groups = dict.fromkeys(name for part in done.parts for name in part.subject.names)
    said = [
        ("site file", str(site.path)),
        ("SHA-256 of the file", site.text_hash),
        ("SHA-256 of the model", site.digest),
        ("OTHA", version),
        ("bounds", f"faults: {done.faults}, orders: {done.orders}, each at any moment"),
        ("groups", ", ".join(groups) or "none"),
        ("not explored", ", ".join(done.left_out)),
        ("states", f"{sum(part.found.states for part in done.parts):,}"),
        ("transitions", f"{sum(part.found.transitions for part in done.parts):,}"),
        ("time", f"{sum(part.seconds for part in done.parts):.1f} s, {done.jobs} processes"),
    ]
    return [(name, value) for name, value in said if value]


def _part(part: Part) -> str:
    found, seen = part.found, part.found.coverage
    head = f"{', '.join(part.subject.names)} ({part.subject.group.kind.value}), {part.start}"
    rows = [
        ("states", f"{found.states:,}"),
        ("transitions", f"{found.transitions:,}"),
        ("to the end", "yes" if found.complete else "no"),
        ("longest of the shortest ways", f"{found.levels} moves"),
        ("breaches", str(len(found.stories))),
    ]
    counted = [
        ("phase", seen.phases),
        ("ending of a transfer", seen.ended),
        ("rest", found.endings),
        ("fault", seen.faults),
        ("order", seen.orders),
    ]
    tables = [_table(("", ""), rows)]
    tables += [_table((what, "seen"), _counted(of)) for what, of in counted if of]
    return f"<h3>{escape(head)}</h3>{''.join(tables)}"


def _counted(of: dict[str, int]) -> list[tuple[str, str]]:
    return [(name, f"{number:,}") for name, number in sorted(of.items()) if number]


def _rules(done: Verification) -> str:
    """For each rule: what it says, how often what it speaks of was seen, and how it is held beside this."""
    broken = {story.rule for part in done.parts for story in part.found.stories}
    rows = []
    for rule in dict.fromkeys(hold.rule for hold in HOLDS):
        says = " ".join(hold.says for hold in HOLDS if hold.rule == rule)
        seen = sum(part.found.coverage.spoken_of[rule] for part in done.parts)
        if rule in broken:
            result = "BROKEN"
        elif rule in ELSEWHERE:
            result = f"not explored: {ELSEWHERE[rule]}"
        else:
            result = f"held; spoken of in {seen:,} states" if seen else "held; no state of its own is counted"
        rows.append((rule, says, result))
    return _table(("rule", "says", "result"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    titles = "".join(f"<th>{escape(each)}</th>" for each in head) if any(head) else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<tr>{titles}</tr>' if titles else ''}{body}</table>"
