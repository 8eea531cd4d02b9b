"""A story as a sequence chart: lifelines of those who take part, and an arrow or a mark for each move."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from otha.core.config import GroupConfig
from otha.core.effects import (
    Action,
    Backfill,
    Demote,
    Effect,
    Grant,
    Promote,
    ReadRecord,
    Release,
    Revoke,
    Safe,
    Select,
    SwapRecord,
    Void,
)
from otha.core.reasons import Reason
from otha.core.words import Durability
from otha.verify.story import Story, Told

Sentence = Callable[[Reason], str]
OPERATOR, OTHA, STORE, GATE = "operator", "OTHA", "record", "gate"
_MS = 1_000_000


class Shape(Enum):
    """How a row is drawn. ANSWER: what comes back of an arrow. LOST: the arrow does not arrive. JUDGED: what is seen or
    read. MARK: something befalls one of them. BREACH: the end."""

    ARROW = "arrow"
    ANSWER = "answer"
    LOST = "lost"
    JUDGED = "judged"
    MARK = "mark"
    BREACH = "breach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One arrow or mark. `end` is `start` for a mark."""

    shape: Shape
    start: str
    end: str
    label: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One move: its number (0: the breach), its time, what is drawn and what OTHA says and asks."""

    number: int
    at_ns: int
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`lifelines`: the names of those who take part, from left to right."""

    title: str
    lifelines: tuple[str, ...]
    rows: tuple[Row, ...]


def chart(story: Story, cfg: GroupConfig, sentence: Sentence) -> Chart:
    """The chart of a story of the group `cfg`."""
    clients = tuple(each.name for each in cfg.selectors)
    nodes = tuple(each.name for each in cfg.nodes)
    gate = (GATE,) if cfg.gate is not None else ()
    lifelines = (OPERATOR, OTHA, STORE, *gate, *clients, *nodes)
    rows = [
        Row(
            number=number,
            at_ns=told.at_ns,
            lines=tuple(_lines(told, lifelines, cfg)),
            notes=(*(sentence(each) for each in told.reasons), *(_asks(each) for each in told.asked)),
        )
        for number, told in enumerate(story.told, 1)
    ]
    at_ns = story.told[-1].at_ns if story.told else 0
    breach = Line(shape=Shape.BREACH, start=OTHA, end=OTHA, label=story.breach)
    rows.append(Row(number=0, at_ns=at_ns, lines=(breach,), notes=()))
    return Chart(title=f"{cfg.name}: {story.breach}", lifelines=lifelines, rows=tuple(rows))


def _asks(effect: Effect) -> str:
    waits = {
        Durability.NOW: "at once",
        Durability.RECORD: "the record holds its epoch",
        Durability.JOURNAL: "journaled",
    }
    return f"asks {command(effect.do)} ({waits[effect.needs]})"


def command(action: Action) -> str:
    """A command in a word and its numbers."""
    match action:
        case ReadRecord():
            return "read record"
        case SwapRecord(record=record):
            return f"record: epoch {record.epoch}, {record.active or '-'}, {record.milestone.value}"
        case Revoke(epoch=epoch):
            return f"REVOKE {epoch}"
        case Void(node=node, epoch=epoch):
            return f"VOID {node} {epoch}"
        case Grant(node=node, epoch=epoch):
            return f"GRANT {node} {epoch}"
        case Release(node=node, epoch=epoch):
            return f"RELEASE {node} {epoch}"
        case Safe(epoch=epoch, hold_no=hold_no):
            return f"SAFE {epoch}, hold {hold_no}"
        case Select(node=node, epoch=epoch):
            return f"SELECT {node or 'nobody'} {epoch}"
        case Promote(epoch=epoch):
            return f"PROMOTE {epoch}"
        case Demote(epoch=epoch):
            return f"DEMOTE {epoch}"
        case Backfill(epoch=epoch):
            return f"BACKFILL {epoch}"


def _targets(action: Action, cfg: GroupConfig) -> tuple[str, ...]:
    match action:
        case ReadRecord() | SwapRecord():
            return (STORE,)
        case Select():
            return tuple(each.name for each in cfg.selectors)
        case Promote(node=node) | Demote(node=node) | Backfill(node=node):
            return (node,)
        case _:
            return (GATE,)


def _lines(told: Told, lifelines: tuple[str, ...], cfg: GroupConfig) -> list[Line]:
    """What a move looks like, by its name and by what it is about."""
    move = told.move
    is_fault = move.startswith("FAULT ")
    words = move.removeprefix("FAULT ")
    if told.about is not None:
        return _delivery(told, told.about, words, cfg, is_fault=is_fault)
    if move.startswith("ORDER "):
        return [Line(shape=Shape.ARROW, start=OPERATOR, end=OTHA, label=move.removeprefix("ORDER ").strip())]
    who = next((each for each in lifelines if each in words.split()), None)
    if not is_fault and who in (GATE, *_names(cfg)) and (words.endswith(" read") or " judged " in words):
        return [Line(shape=Shape.JUDGED, start=who or GATE, end=OTHA, label=words)]
    if words in ("conditions read", "machine state read"):
        start = GATE if GATE in lifelines else STORE
        return [Line(shape=Shape.JUDGED, start=start, end=OTHA, label=words)]
    return [Line(shape=Shape.MARK, start=_whose(words, who, lifelines), end="", label=words, is_fault=is_fault)]


def _names(cfg: GroupConfig) -> tuple[str, ...]:
    return (*(each.name for each in cfg.selectors), *(each.name for each in cfg.nodes))


_AT_GATE = ("controller", "LOCAL", "permit", "watchdog", "frame", "machine", "interlock")


def _whose(words: str, who: str | None, lifelines: tuple[str, ...]) -> str:
    """On whose lifeline something is marked."""
    if who is not None:
        return who
    if GATE in lifelines and any(each in words for each in _AT_GATE):
        return GATE
    return OTHA


def _delivery(told: Told, action: Action, words: str, cfg: GroupConfig, *, is_fault: bool) -> list[Line]:
    """A command on its way, and its answer."""
    label = command(action)
    if words.startswith("late "):
        label = f"late: {label}"
    drawn = []
    for target in _targets(action, cfg):
        if is_fault and "carried out" not in words:
            drawn.append(Line(shape=Shape.LOST, start=OTHA, end=target, label=_lost(label, words), is_fault=True))
            continue
        drawn.append(Line(shape=Shape.ARROW, start=OTHA, end=target, label=label))
        if told.answer is not None:
            drawn.append(Line(shape=Shape.ANSWER, start=target, end=OTHA, label=told.answer.value))
        if is_fault:
            drawn.append(Line(shape=Shape.LOST, start=target, end=OTHA, label="answer lost", is_fault=True))
    return drawn


def _lost(label: str, words: str) -> str:
    return f"{label}, {'lost or late' if 'delayed' in words else 'lost'}"


def time_of(row: Row) -> str:
    """The time of a row, as the transcript has it."""
    return f"{row.at_ns / _MS:.1f} ms"


# --- as text --------------------------------------------------------------------------------------------------------

_HEAD, _STEP = 18, 15


def as_text(drawn: Chart) -> list[str]:
    """The chart for a terminal: lifelines from the top down, a label above each arrow."""
    names = [name if len(name) < _STEP else f"{name[: _STEP - 2]}…" for name in drawn.lifelines]
    said = [(" " * _HEAD + "".join(name.center(_STEP) for name in names)).rstrip()]
    for row in drawn.rows:
        head = f"{row.number:3d} {time_of(row):>11}" if row.number else ""
        for line in row.lines:
            said += _drawn(drawn, head, line)
            head = ""
    return said


def _at(drawn: Chart, name: str) -> int:
    return _HEAD + drawn.lifelines.index(name) * _STEP + _STEP // 2


def _canvas(drawn: Chart, head: str) -> list[str]:
    line = list(" " * (_HEAD + len(drawn.lifelines) * _STEP))
    for name in drawn.lifelines:
        line[_at(drawn, name)] = "│"
    line[: len(head)] = head
    return line


def _put(line: list[str], at: int, text: str) -> None:
    line.extend(" " * (at + len(text) - len(line)))
    line[at : at + len(text)] = text


def _drawn(drawn: Chart, head: str, line: Line) -> list[str]:
    start = _at(drawn, line.start)
    above = _canvas(drawn, head)
    if line.shape in (Shape.MARK, Shape.BREACH):
        mark = "✗" if line.is_fault or line.shape is Shape.BREACH else "●"
        text = f"BREACH {line.label}" if line.shape is Shape.BREACH else line.label
        above[start] = mark
        _put(above, start + 2, f"{'FAULT ' if line.is_fault else ''}{text}")
        return ["".join(above).rstrip()]
    end = _at(drawn, line.end)
    left, right = sorted((start, end))
    body = _canvas(drawn, "")
    stroke = "╌" if line.shape in (Shape.JUDGED, Shape.ANSWER) else "─"
    for at in range(left + 1, right):
        body[at] = stroke
    body[end + (1 if end < start else -1)] = "◀" if end < start else "▶"
    if line.shape is Shape.LOST:
        body[end + (1 if end < start else -1)] = "✗"
    if line.shape is Shape.ANSWER:
        _put(body, left + 4, f" {line.label} ")
        return ["".join(body).rstrip()]
    _put(above, left + 2, f"{'FAULT ' if line.is_fault else ''}{line.label}")
    return ["".join(above).rstrip(), "".join(body).rstrip()]
