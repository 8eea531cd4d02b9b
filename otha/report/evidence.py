"""Evidence of transfers, drills and incidents: a projection of the journal, and of nothing else.

Who ordered it, when, from where to where, each phase against its bound, what stood in its way, how it ended, and
whether the journal's chain fits over the rows that say so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from otha.core.reasons import Reason, Why
from otha.core.words import OrderKind
from otha.journal.entry import JournalRow
from otha.journal.verify import Verification
from otha.report import rows as row_text
from otha.report import sentence, terms
from otha.report.terms import Said, Transfer

Json = dict[str, Any]  # Any: JSON, as a row's body and as what is printed
Bounds = Mapping[str, Mapping[str, int]]

_NS_PER_MS = 1_000_000
DRILL = "drill"
_OBSTACLES = ("TROUBLE", "BLOCKED", "UNVERIFIED", "STORE_UNKNOWN", "STORE_LOST", "COURSE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One term of the transfer, measured. `bound_ms` is the site's, None where the site names none."""

    name: str
    ms: float
    bound_ms: float | None

    @property
    def kept(self) -> bool | None:
        """Whether the bound was kept; None without one."""
        return None if self.bound_ms is None else self.ms <= self.bound_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """How far the outputs went from the held ones in the new owner's first `scans`, in hundredths of a percent of span,
    and how they moved by themselves before: by so much in so many scans (0 scans: not known)."""

    output: str
    by: int
    scans: int
    natural_output: str
    natural: int
    natural_scans: int

    def __str__(self) -> str:
        before = f" ({self.natural / 100:.2f} in {self.natural_scans} scans before)" if self.natural_scans else ""
        return f"{self.by / 100:.2f}{before}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was written down. `after_ms` counts from the request; before it, it is negative."""

    seq: int
    after_ms: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that the journal says of one transfer. `id` is the number of the row that requested it.

    `bump`: None where nobody took over, or the gate showed no hold before. `in_flight`: what is UNKNOWN of the old
    owner's commands; empty also where its profile has no word for them.

    `ordered_by` is "" for one that nobody ordered, `ended_wall_ns` None for one that has not ended. `epoch` is the one
    that it moved under, 0 before its claim. `chain`: "as written", or the first fault of the rows that it rests on.
    """

    id: int
    transfer: Transfer
    drill: bool
    order_id: str
    ordered_by: str
    comment: str
    confirmed_by: str
    requested_wall_ns: int
    ended_wall_ns: int | None
    epoch: int
    rule: str
    version: str
    site_hash: str
    steps: tuple[Step, ...]
    bump: Bump | None
    in_flight: tuple[str, ...]
    obstacles: tuple[str, ...]
    lines: tuple[Line, ...]
    first_seq: int
    last_seq: int
    chain: str = "not verified"

    @property
    def took_ms(self) -> float | None:
        """From the request to the end; None while it goes on."""
        ended = self.transfer.ended_ns
        return None if ended is None else (ended - self.transfer.requested_ns) / _NS_PER_MS

    @property
    def verified_ms(self) -> float | None:
        """From the request to the new active verified; None if it never was."""
        at = self.transfer.verified_ns
        return None if at is None else (at - self.transfer.requested_ns) / _NS_PER_MS


@dataclass(slots=True, kw_only=True)
class _Open:
    """A transfer as its rows come in."""

    row: JournalRow
    drill: bool
    order: Json
    start: Json
    lines: list[tuple[int, int, str]]
    first_seq: int
    confirmed_by: str = ""
    epoch: int = 0
    rule: str = ""
    ended_wall_ns: int | None = None
    last_seq: int = 0
    bump: Bump | None = None
    in_flight: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)

    def dossier(self, transfer: Transfer) -> Dossier:
        bounds = self.start.get("bounds", {}).get(transfer.group, {})
        measured = transfer.terms_ms(None)
        if transfer.suspected_ns is not None:
            measured = {"T_confirm": (transfer.requested_ns - transfer.suspected_ns) / _NS_PER_MS, **measured}
        steps = tuple(
            Step(name=name, ms=ms, bound_ms=bounds[name] / _NS_PER_MS if name in bounds else None)
            for name, ms in measured.items()
        )
        lines = tuple(
            Line(seq=seq, after_ms=(at - transfer.requested_ns) / _NS_PER_MS, text=text) for seq, at, text in self.lines
        )
        return Dossier(
            id=self.row.seq,
            transfer=transfer,
            drill=self.drill,
            order_id=str(self.order.get("id", "")),
            ordered_by=str(self.order.get("user", "")),
            comment=str(self.order.get("comment", "")),
            confirmed_by=self.confirmed_by,
            requested_wall_ns=self.row.wall_ns,
            ended_wall_ns=self.ended_wall_ns,
            epoch=self.epoch,
            rule=self.rule,
            version=str(self.start.get("version", "")),
            site_hash=str(self.start.get("site_hash", "")),
            steps=steps,
            bump=self.bump,
            in_flight=tuple(self.in_flight),
            obstacles=tuple(dict.fromkeys(self.obstacles)),
            lines=lines,
            first_seq=self.first_seq,
            last_seq=max(self.last_seq, self.row.seq),
        )


class _Collector:
    """Walks the rows once. A row may hold several reasons; a transfer begins at its REQUESTED and ends at its ENDED."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.found: list[_Open] = []
        self._open: dict[str, _Open] = {}
        self._lead: dict[str, list[tuple[int, int, str]]] = {}
        self._start: Json = {}

    def take(self, row: JournalRow) -> None:
        match row.kind:
            case "supervisor.start":
                self._start = json.loads(row.body)
            case "site.applied" | "site.standing":
                self._start = {**self._start, **json.loads(row.body)}
            case "decision":
                self._decision(row, json.loads(row.body))
            case "effect.outcome":
                open_ = self._open.get(row.group)
                if open_ is not None:
                    self._note(open_, row, row_text.text(row.kind, row.body))
            case _:
                pass

    def _decision(self, row: JournalRow, body: Json) -> None:
        order = body.get("order") or {}
        for each in body["reasons"]:
            args = tuple(each["args"])
            self.said.append(Said(mono_ns=row.mono_ns, group=row.group, why=each["why"], args=args))
            self._reason(row, each["why"], each["rule"], args, order if body.get("accepted") else {})
        open_ = self._open.get(row.group)
        if open_ is not None and body.get("accepted") and order.get("order") == OrderKind.CONFIRM.value:
            open_.confirmed_by = row.user

    def _reason(self, row: JournalRow, why: str, rule: str, args: tuple[str | int, ...], order: Json) -> None:
        text = _sentence(why, rule, args)
        if why == "SUSPECTED":
            self._lead.setdefault(row.group, [])
        if why == "REQUESTED":
            lead = self._lead.pop(row.group, [])
            opened = _Open(
                row=row,
                drill=args[3] == DRILL,
                order={**order, "user": row.user} if order else {},
                start=self._start,
                lines=lead,
                first_seq=lead[0][0] if lead else row.seq,
            )
            self._open[row.group] = opened
            self.found.append(opened)
        open_ = self._open.get(row.group)
        if open_ is None:
            if row.group in self._lead:
                self._lead[row.group].append((row.seq, row.mono_ns, text))
            if why == "SUSPICION_ENDED":
                self._lead.pop(row.group, None)
            return
        self._note(open_, row, text)
        if why in _OBSTACLES:
            open_.obstacles.append(text)
        if why == "IN_FLIGHT":
            open_.in_flight.append(text)
        if why == "BUMP":
            open_.bump = _bump(args)
        if why == "PHASE" and args[0] != "permitted":
            open_.epoch = open_.epoch or int(args[2])
        if why == "ENDED":
            open_.ended_wall_ns, open_.rule = row.wall_ns, rule
            del self._open[row.group]

    @staticmethod
    def _note(open_: _Open, row: JournalRow, text: str) -> None:
        open_.lines.append((row.seq, row.mono_ns, text))
        open_.last_seq = row.seq


def _bump(args: tuple[str | int, ...]) -> Bump | None:
    """None for what another version wrote and this one can't read."""
    try:
        _, output, by, scans, natural_output, natural, natural_scans = args
        return Bump(
            output=str(output),
            by=int(by),
            scans=int(scans),
            natural_output=str(natural_output),
            natural=int(natural),
            natural_scans=int(natural_scans),
        )
    except ValueError:
        return None


def _sentence(why: str, rule: str, args: tuple[str | int, ...]) -> str:
    """Rows are kept for years: what another version said and this one can't read is shown as it stands."""
    try:
        said = sentence.of_reason(Reason(why=Why[why], rule=rule, args=args))
    except (KeyError, IndexError, ValueError):
        said = " ".join([why, *map(str, args)])
    return "".join(char if char.isprintable() else "?" for char in said)


def dossiers(journal: Iterable[JournalRow]) -> list[Dossier]:
    """The transfers that the rows tell of, in order. Rows must come in the order of their numbers, none left out."""
    collector = _Collector()
    for row in journal:
        collector.take(row)
    told = terms.transfers(collector.said)
    return [open_.dossier(transfer) for open_, transfer in zip(collector.found, told, strict=True)]


def chain_over(verification: Verification, dossier: Dossier) -> str:
    """What the journal's chain says of the rows that this dossier rests on."""
    if verification.ok:
        signed = "signed" if verification.signed_seq >= dossier.last_seq else "not under a signature yet"
        return f"as written, rows {dossier.first_seq} to {dossier.last_seq}, {signed}; {verification.note}"
    rows = f"rows {dossier.first_seq} to {dossier.last_seq}"
    # The chain leads forward: damage behind these rows leaves them as they were written.
    behind = all(fault.seq > dossier.last_seq for fault in verification.faults)
    if behind:
        return f"as written, {rows}; the journal is damaged further on: {verification.first_bad}"
    return f"DAMAGED: {verification.first_bad}"


def as_json(dossier: Dossier) -> Json:
    """The dossier for machines."""
    t = dossier.transfer
    return {
        "id": dossier.id,
        "group": t.group,
        "kind": t.kind,
        "drill": dossier.drill,
        "cause": t.cause,
        "from_node": t.from_node,
        "to_node": t.to_node,
        "order_id": dossier.order_id,
        "ordered_by": dossier.ordered_by,
        "comment": dossier.comment,
        "confirmed_by": dossier.confirmed_by,
        "requested_wall_ns": dossier.requested_wall_ns,
        "ended_wall_ns": dossier.ended_wall_ns,
        "epoch": dossier.epoch,
        "ending": t.ending,
        "detail": t.detail,
        "rule": dossier.rule,
        "took_ms": dossier.took_ms,
        "verified_ms": dossier.verified_ms,
        "steps": [{"name": s.name, "ms": s.ms, "bound_ms": s.bound_ms, "kept": s.kept} for s in dossier.steps],
        "bump": None if dossier.bump is None else asdict(dossier.bump),
        "in_flight": list(dossier.in_flight),
        "obstacles": list(dossier.obstacles),
        "lines": [{"seq": line.seq, "after_ms": line.after_ms, "text": line.text} for line in dossier.lines],
        "first_seq": dossier.first_seq,
        "last_seq": dossier.last_seq,
        "version": dossier.version,
        "site_hash": dossier.site_hash,
        "chain": dossier.chain,
    }


def chosen(found: Iterable[Dossier], *, group: str = "", drills: bool = False) -> Iterator[Dossier]:
    """Those of one group ("": of all), or the drills alone."""
    for each in found:
        if group in ("", each.transfer.group) and (each.drill or not drills):
            yield each
