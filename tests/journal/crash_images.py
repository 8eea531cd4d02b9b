"""What a disk may hold after a power cut, derived from the writes and syncs that SQLite really made.

A VFS under SQLite logs every write, sync, truncate and delete of a run, and when rows were acknowledged. An image is
what a disk may show that lost its power at some moment: everything synced is there, and of what was written since a
file's last sync each sector may hold any of its versions, independent of all other sectors.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from otha.journal.schema import WRITE_PRAGMAS


@dataclass(frozen=True, slots=True)
class Write:
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    file: str


@dataclass(frozen=True, slots=True)
class Delete:
    file: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    seq: int


Operation = Write | Truncate | Sync | Delete | Acknowledged


@dataclass(slots=True)
class Log:
    """The operations of a run in their order, on top of files that were whole and synced before it."""

    base: dict[str, bytes] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, operation: Operation) -> None:
        with self._lock:
            self.operations.append(operation)


class _File(apsw.VFSFile):
    def __init__(self, log: Log, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path or "").name
        self._log = log
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._log.note(Write(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._log.note(Truncate(self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._log.note(Sync(self._name))


class LoggingVfs(apsw.VFS):
    """Passes everything through to the disk and logs what changes files."""

    def __init__(self, name: str, log: Log) -> None:
        self.name = name
        self._log = log
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(self._log, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self._log.note(Delete(Path(filename).name))
        super().xDelete(filename, syncdir)


class LoggedConnection:
    """The writer's connection through the VFS, with the journal's own pragmas, some of them replaced."""

    def __init__(self, path: Path, vfs: LoggingVfs, synchronous: str) -> None:
        self._inner = apsw.Connection(str(path), vfs=vfs.name)
        for pragma in WRITE_PRAGMAS:
            name = pragma.partition("=")[0]
            sql = f"{name} = {synchronous}" if synchronous and "synchronous" in name else pragma
            self._inner.execute(sql).fetchall()

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> apsw.Cursor:
        return self._inner.execute(sql, tuple(parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        return self._inner.executemany(sql, [tuple(row) for row in parameters])

    def close(self) -> None:
        self._inner.close()


@dataclass(slots=True)
class _Disk:
    """One file: its content as last synced, and what happened since."""

    synced: bytes = b""
    since: list[Write | Truncate] = field(default_factory=list)

    def current(self) -> bytes:
        content = bytearray(self.synced)
        for change in self.since:
            _apply(content, change)
        return bytes(content)

    def torn(self, dice: random.Random, sector: int) -> bytes:
        """A content the disk may show: every sector as it was after some of the changes, each on its own."""
        versions = [self.synced]
        content = bytearray(self.synced)
        for change in self.since:
            _apply(content, change)
            versions.append(bytes(content))
        size = len(dice.choice(versions))
        image = bytearray(size)
        # Now and then everything, or nothing, arrived: the likely cases must be among the images too.
        style = dice.choice(("mixed", "mixed", "mixed", "old", "new"))
        for at in range(0, size, sector):
            pick = {"old": 0, "new": len(versions) - 1}.get(style)
            version = versions[dice.randrange(len(versions)) if pick is None else pick]
            part = version[at : min(at + sector, size)]
            image[at : at + len(part)] = part
        return bytes(image)


def _apply(content: bytearray, change: Write | Truncate) -> None:
    match change:
        case Write(offset=offset, data=data):
            if len(content) < offset:
                content.extend(bytes(offset - len(content)))
            content[offset : offset + len(data)] = data
        case Truncate(size=size):
            del content[size:]
            content.extend(bytes(size - len(content)))


def image_at(log: Log, moment: int, dice: random.Random, sector: int) -> tuple[dict[str, bytes], list[int]]:
    """The files a power cut after `moment` operations may leave, and the rows acknowledged by then."""
    disks: defaultdict[str, _Disk] = defaultdict(_Disk)
    for name, content in log.base.items():
        disks[name] = _Disk(synced=content)
    acknowledged: list[int] = []
    for operation in log.operations[:moment]:
        match operation:
            case Write(file=file) | Truncate(file=file):
                disks[file].since.append(operation)
            case Sync(file=file):
                disks[file] = _Disk(synced=disks[file].current())
            case Delete(file=file):
                disks.pop(file, None)
            case Acknowledged(seq=seq):
                acknowledged.append(seq)
    return {name: disk.torn(dice, sector) for name, disk in disks.items()}, acknowledged
