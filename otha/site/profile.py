"""Profiles of nodes and reference points: found, read, checked, and compiled into decoders."""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, reduce
from importlib import resources
from itertools import pairwise
from pathlib import Path

from otha.core.words import Authority, Fencing
from otha.site.decode import Decoder
from otha.site.document import Document
from otha.site.gate_map import GATE_PROFILE, STRUCT_LETTERS
from otha.site.locate import Path as KeyPath
from otha.site.opcua import OpcuaDecoder, compile_opcua
from otha.site.opcua_words import check_nodes, check_profile
from otha.site.profile_file import (
    CheckTable,
    ItemsTable,
    MethodTable,
    ProfileFile,
    ProfileKind,
    Protocol,
    StoreTable,
    SwitchTable,
    Word,
    WordOrder,
    WordType,
    WritableTable,
)
from otha.site.read import read_table, toml_key
from otha.site.words import check_meaning

MAX_READ = 125
WIDE = (WordType.U32, WordType.I32)
ITEM_NAMES = tuple(toml_key(item) for item in fields(ItemsTable))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one kind of device is read. `items` and `tracked` are empty where the site file gives the addresses."""

    name: str
    kind: ProfileKind
    protocol: Protocol
    description: str
    source: str
    tried_on_hardware: bool
    leaves_open: tuple[str, ...]
    authority: Authority
    open: bool
    connection_limit: int | None
    fencing: tuple[Fencing, ...]
    cycle_ms: int | None
    frozen_after_ms: int | None
    data_stale_after_ms: int
    function: int
    at: int | None
    length: int | None
    word_order: WordOrder
    checks: tuple[CheckTable, ...]
    items: tuple[tuple[str, Word], ...]
    tracked: tuple[tuple[str, Word], ...]
    writable: tuple[WritableTable, ...]
    methods: tuple[MethodTable, ...]
    switches: tuple[tuple[str, SwitchTable], ...]
    store: StoreTable | None

    @property
    def item_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.items)


@cache
def shipped_profiles() -> tuple[str, ...]:
    """Names of the profiles of nodes and reference points that come with OTHA."""
    names = (item.name for item in resources.files("plc_profiles").iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml") and n != f"{GATE_PROFILE}.toml"))


def load_profile(name: str, beside: Path) -> Profile:
    """A shipped profile by name, or a file: a name that ends in .toml is a path from the folder `beside`.

    Raises SiteErrors with everything that is wrong in it.
    """
    if name.endswith(".toml"):
        doc = Document.open(beside / name)
    else:
        shipped = resources.files("plc_profiles").joinpath(f"{name}.toml")
        doc = Document(f"{name}.toml", shipped.read_text(encoding="utf-8"))
    file = read_table(ProfileFile, doc, doc.raw, ())
    wanted = Path(name).name.removesuffix(".toml")
    if file.name and file.name != wanted:
        doc.error((), "name", f'is "{file.name}", the file is {wanted}.toml', mend="Give both the same name")
    items = written_items(file.items)
    placed = tuple((name, word) for name, word in items if not (file.open and has_no_place(word)))
    if file.protocol is Protocol.OPCUA:
        check_profile(doc, file)
        check_nodes(doc, (), placed, tuple(file.tracked.items()))
    else:
        for name, given in (("method", file.method), ("switch", file.switch), ("store", file.store)):
            if given:
                doc.error((), name, "only an OPC UA server has methods", mend=f"Take `{name}` out")
    if file.protocol is Protocol.MODBUS:
        check_words(doc, (), placed, tuple(file.tracked.items()), file.check, file.read.at, file.read.length)
    if file.open:
        _check_meanings(doc, items)
    if file.kind is ProfileKind.NODE and not file.open:
        _check_node(doc, file, dict(items))
    if file.authority is Authority.NATIVE:
        _check_native(doc, file, dict(items))
    doc.raise_errors()
    return Profile(
        name=file.name,
        kind=file.kind,
        protocol=file.protocol,
        description=file.description,
        source=file.source,
        tried_on_hardware=file.tried_on_hardware,
        leaves_open=file.leaves_open,
        authority=file.authority,
        open=file.open,
        connection_limit=file.connection_limit,
        fencing=file.fencing,
        cycle_ms=file.cycle_ms,
        frozen_after_ms=file.frozen_after_ms,
        data_stale_after_ms=file.data_stale_after_ms,
        function=file.read.function,
        at=file.read.at,
        length=file.read.length,
        word_order=file.read.word_order,
        checks=file.check,
        items=items,
        tracked=tuple(file.tracked.items()),
        writable=file.writable,
        methods=_methods(file),
        switches=tuple(file.switch.items()),
        store=file.store,
    )


def _methods(file: ProfileFile) -> tuple[MethodTable, ...]:
    """The allow-list of a device: the methods that it names, and those of its switches and of its store."""
    epoch, choice = (WordType.U32,), (WordType.U32, WordType.U32)
    found = list(file.method)
    for name, switch in file.switch.items():
        found.append(MethodTable(object=switch.object, method=switch.method, arguments=choice, doc=f"sets {name}"))
    if file.store is not None:
        for order in (file.store.promote, file.store.demote, file.store.backfill):
            found.append(MethodTable(object=order.object, method=order.method, arguments=epoch, doc="orders the store"))
    return tuple(found)


def _check_node(doc: Document, file: ProfileFile, items: Mapping[str, Word]) -> None:
    if file.cycle_ms is None:
        doc.error((), "cycle_ms", "missing", mend="Give the duration of one count of the sync position")
    if not items:
        doc.error(("items",), "", "says nothing", mend=f"Give at least one of {', '.join(ITEM_NAMES)}")
    if file.frozen_after_ms is None and ("cycle" in items or "heartbeat" in items):
        doc.error((), "frozen_after_ms", "missing", mend="Say how long a counter may stand still")


def _check_meanings(doc: Document, items: tuple[tuple[str, Word], ...]) -> None:
    """An item without an address is there for what its value means, and must say it."""
    for name, word in items:
        if not has_no_place(word):
            continue
        if word == Word():
            doc.error(("items", name), "", "says nothing", mend="Give what its value means, or leave the item out")
        else:
            check_meaning(doc, ("items", name), name, word)


def _check_native(doc: Document, file: ProfileFile, items: Mapping[str, Word]) -> None:
    """A pair that switches itself is never commanded, and says itself which of the two is active."""
    if file.fencing != (Fencing.NONE,):
        doc.error((), "fencing", "a pair that switches itself is never fenced", mend='Write fencing = ["none"]')
    for name, given in (("writable", file.writable), ("method", file.method), ("switch", file.switch)):
        if given:
            doc.error((), name, "a pair that switches itself is never commanded", mend=f"Take `{name}` out")
    if file.store is not None:
        doc.error((), "store", "a pair that switches itself is never commanded", mend="Take `store` out")
    if "role" not in items and not file.open:
        what = "missing: nobody could see which of a native pair is active"
        doc.error(("items",), "role", what, mend="Give its address and codes")


def has_no_place(word: Word) -> bool:
    """Neither register nor node nor a fixed value: an open profile says what it means, the site file where it is."""
    return word.at is None and word.node is None and word.fixed is None


def laid_over(under: Word, given: Word) -> Word:
    """`under` of a profile with what the site file gives: whatever is given there wins."""
    plain = Word()
    changed = {
        item.name: getattr(given, item.name)
        for item in fields(Word)
        if getattr(given, item.name) != getattr(plain, item.name)
    }
    # An address of the site file takes the place of the profile's, whichever of the three it was.
    moved = {} if has_no_place(given) else {"at": None, "node": None, "fixed": None}
    return replace(under, **(moved | changed))


def merged_items(profile: "Profile", given: tuple[tuple[str, Word], ...]) -> tuple[tuple[str, Word], ...]:
    """The items of an open profile with those of the site file laid over, in the order of the table's keys. What the
    profile leaves to the site file and is not given there, the device does not say."""
    found = {name: word for name, word in profile.items if not has_no_place(word) or name in dict(given)}
    for name, word in given:
        found[name] = laid_over(found[name], word) if name in found else word
    return tuple((name, found[name]) for name in ITEM_NAMES if name in found)


def written_items(table: ItemsTable) -> tuple[tuple[str, Word], ...]:
    """The items that are given, in the order of the table's keys."""
    pairs = ((toml_key(item), getattr(table, item.name)) for item in fields(ItemsTable))
    return tuple((name, word) for name, word in pairs if word is not None)


def check_words(
    doc: Document,
    path: KeyPath,
    items: tuple[tuple[str, Word], ...],
    tracked: tuple[tuple[str, Word], ...],
    checks: tuple[CheckTable, ...],
    at: int | None,
    length: int | None,
    tables: tuple[str, str] = ("items", "tracked"),
) -> None:
    """What is wrong with the places of a heartbeat's words, added to `doc`. `path` leads to the tables named."""
    for table, pairs in zip(tables, (items, tracked), strict=True):
        for name, word in pairs:
            _check_word(doc, (*path, table, name), name if table == tables[0] else "", word)
    for check in checks:
        _check_check(doc, path, check)
    spans = sorted(_spans(items + tracked, checks))
    if not spans:
        return
    low, high = spans[0][0], max(end for _, end, _ in spans)
    first = low if at is None else at
    past = high if length is None else first + length
    if past - first > MAX_READ:
        doc.error(
            path,
            tables[0],
            f"the words span {past - first} registers, one request reads {MAX_READ}",
            mend="Leave some out",
        )
    for start, end, name in spans:
        if start < first or end > past:
            doc.error(
                (*path, "read"),
                "length",
                f"{name} at {start}..{end - 1} is outside the registers read, {first}..{past - 1}",
                mend="Mend its address, or read more registers",
            )
    types = {word.at: word.type for _, word in items + tracked}
    for name, word in items + tracked:
        if word.at is not None and word.type is not types[word.at]:
            doc.error(
                path,
                tables[0],
                f"register {word.at} is read as {word.type.value} by {name} and as {types[word.at].value} by another",
                mend="Give both the same type",
            )
    for (start, end, name), (start2, end2, name2) in pairwise(spans):
        if start2 < end and (start, end) != (start2, end2):
            doc.error(
                path,
                tables[0],
                f"{name} ({start}..{end - 1}) and {name2} ({start2}..{end2 - 1}) overlap",
                mend="Mend one of the two addresses",
            )


def _check_word(doc: Document, path: KeyPath, item: str, word: Word) -> None:
    if word.node is not None:
        doc.error(path, "node", "this device speaks Modbus", mend="Give `at`, the address of its register")
    for key_, given in (
        ("source_age", word.source_age),
        ("counts_per_unit", word.counts_per_unit != 1),
        ("replace_when_standby", bool(word.replace_when_standby)),
    ):
        if given:
            doc.error(path, key_, "only for OPC UA", mend=f"Take `{key_}` out")
    if (word.at is None) == (word.fixed is None):
        doc.error(path, "", "needs either `at` or `fixed`", mend="Give the address of its register")
    if word.fixed is not None and item != "level":
        doc.error(path, "fixed", "only `level` may have a fixed value", mend="Give an address, or leave the item out")
    if word.bit is not None and word.type not in (WordType.U16, WordType.BOOL):
        doc.error(path, "bit", "a bit is taken from one register", mend='Give type = "u16"')
    check_meaning(doc, path, item, word)


def _check_check(doc: Document, path: KeyPath, check: CheckTable) -> None:
    if check.at is None or check.node is not None:
        doc.error(path, "check", "needs `at`: this device speaks Modbus", mend="Give the address of the register")
    if isinstance(check.value, str):
        doc.error(path, "check", "a register has no text", mend="Give a number as `value`")


def _spans(pairs: tuple[tuple[str, Word], ...], checks: tuple[CheckTable, ...]) -> Iterator[tuple[int, int, str]]:
    for name, word in pairs:
        if word.at is not None:
            yield word.at, word.at + (2 if word.type in WIDE else 1), name
    for check in checks:
        if check.at is not None:
            yield check.at, check.at + 1, "check"


def _swap(value: int) -> int:
    return (value & 0xFFFF) << 16 | value >> 16


def _swap_signed(value: int) -> int:
    swapped = _swap(value)
    return swapped - 0x1_0000_0000 if swapped & 0x8000_0000 else swapped


class _Compiler:
    """Collects the pieces of a Decoder. Positions of derived values follow those of registers and constants."""

    def __init__(self, profile: Profile, spans: list[tuple[int, int, str]], words: Mapping[int, Word]) -> None:
        self.low_first = profile.word_order is WordOrder.LOW_FIRST
        self.first = min(start for start, _, _ in spans) if profile.at is None else profile.at
        self.past = max(end for _, end, _ in spans) if profile.length is None else self.first + profile.length
        letters, at = ">", self.first
        self.place: dict[int, int] = {}
        for start in sorted({start for start, _, _ in spans}):
            word = words.get(start)
            kind = WordType.U16 if word is None else word.type
            letters += f"{2 * (start - at)}x" if start > at else ""
            # A low-word-first value is unpacked unsigned and put right afterwards.
            letters += "I" if kind in WIDE and self.low_first else STRUCT_LETTERS[kind]
            self.place[start] = len(self.place)
            at = start + (2 if kind in WIDE else 1)
        letters += f"{2 * (self.past - at)}x" if self.past > at else ""
        self.block = struct.Struct(letters)
        self.constants: list[int | None] = [None]
        self.steps: list[tuple[int, Callable[[int], int]]] = []
        self.none = len(self.place)

    def constant(self, value: int) -> int:
        """Constants are added before the first derived value."""
        self.constants.append(value)
        return len(self.place) + len(self.constants) - 1

    def word(self, word: Word) -> int:
        if word.at is None:
            return self.none
        finish = _finish(word, low_first=self.low_first)
        if finish is None:
            return self.place[word.at]
        self.steps.append((self.place[word.at], finish))
        return -len(self.steps)  # settled when the number of constants is known

    def settle(self, position: int) -> int:
        return position if position >= 0 else len(self.place) + len(self.constants) - position - 1


def _finish(word: Word, *, low_first: bool) -> Callable[[int], int] | None:
    """The function that turns what was unpacked into the item's value, None when it is right already."""
    steps: list[Callable[[int], int]] = []
    if low_first and word.type in WIDE:
        steps.append(_swap if word.type is WordType.U32 else _swap_signed)
    if word.bit is not None:
        bit, mask = word.bit, (1 << word.bits) - 1
        steps.append(lambda value: value >> bit & mask)
    elif word.type is WordType.BOOL:
        steps.append(lambda value: int(value != 0))
    if word.replace:
        instead = {int(code): level for code, level in word.replace.items()}
        steps.append(lambda value: instead.get(value, value))
    if word.ms_per_count != 1:
        factor = word.ms_per_count
        steps.append(lambda value: value * factor)
    if len(steps) < 2:
        return steps[0] if steps else None
    return lambda value: reduce(lambda made, step: step(made), steps, value)


def compile_nodes(profile: Profile, tracked: tuple[str, ...], switches: tuple[str, ...]) -> OpcuaDecoder:
    """As `compile_decoder`, for a profile of an OPC UA server; `switches` names those of its switches that are used."""
    checks = [(check.node, check.value) for check in profile.checks if check.node is not None]
    used = {name: switch for name, switch in profile.switches if name in switches}
    return compile_opcua(profile.name, dict(profile.items), dict(profile.tracked), checks, tracked, used)


def compile_decoder(profile: Profile, tracked: tuple[str, ...]) -> Decoder:
    """The decoder of a profile whose addresses are complete; `tracked` names the tags to deliver, in order."""
    items, tags = dict(profile.items), dict(profile.tracked)
    spans = list(_spans(profile.items + profile.tracked, profile.checks)) or [
        (profile.at or 0, (profile.at or 0) + 1, "")
    ]
    words = {word.at: word for word in (*items.values(), *tags.values()) if word.at is not None}
    made = _Compiler(profile, spans, words)
    level = items.get("level")
    fixed = made.constant(level.fixed) if level is not None and level.fixed is not None else None
    raw = {name: made.word(items[name]) if name in items else made.none for name in ITEM_NAMES}
    if fixed is not None:
        raw["level"] = fixed
    places = {name: made.settle(position) for name, position in raw.items()}
    tracked_raw = [made.word(tags[name]) for name in tracked]
    roles: dict[int | None, int | None] = {None: None}
    if "role" in items:
        roles |= {int(code): role.value for code, role in items["role"].codes.items()}
    return Decoder(
        what=profile.name,
        function=profile.function,
        at=made.first,
        length=made.past - made.first,
        block=made.block,
        constants=tuple(made.constants),
        derived=tuple(made.steps),
        checks=tuple(
            (made.place[check.at], check.value)
            for check in profile.checks
            if check.at is not None and isinstance(check.value, int)
        ),
        roles=roles,
        tracked=tuple(made.settle(position) for position in tracked_raw),
        **places,
    )
