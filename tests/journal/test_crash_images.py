"""No acknowledged row is lost by a power cut, whatever the disk did with writes that were not synced."""

import random
import shutil
from pathlib import Path

import pytest

from otha.journal.entry import Entry
from otha.journal.reader import Reader
from otha.journal.schema import Connection
from otha.journal.segment import segment_path
from otha.journal.terms import Limits
from otha.journal.verify import verify
from otha.journal.writer import Journal
from tests.journal.crash_images import Acknowledged, Log, LoggedConnection, LoggingVfs, image_at


def record(directory: Path, synchronous: str) -> Log:
    """Run a journal through the logging VFS: groups, urgent rows, checkpoints, folding of the WAL."""
    Journal(directory).close()  # made and closed in order: what follows starts from a whole, synced file
    log = Log(base={path.name: path.read_bytes() for path in directory.glob("*.db")})
    vfs = LoggingVfs(f"crash-{synchronous or 'default'}", log)
    dice = random.Random(7)

    def connect(path: Path) -> Connection:
        return LoggedConnection(path, vfs, synchronous)

    limits = Limits(group_ms=1, group_rows=10, checkpoint_rows=40, fold_rows=30)
    with Journal(directory, limits=limits, connect=connect) as journal:
        for n in range(400):
            urgent = dice.random() < 0.3
            body = {"n": n, "text": "x" * dice.randrange(200)}
            future = journal.append(Entry(kind="test.row", body=body), urgent)
            future.add_done_callback(lambda done: log.note(Acknowledged(done.result())))
            if urgent:
                future.result(10)
    vfs.unregister()
    return log


def losses(log: Log, directory: Path, images: int, seed: int) -> list[str]:
    """What was wrong in each of `images` images that lost something."""
    dice = random.Random(seed)
    found: list[str] = []
    for n in range(images):
        moment = dice.randrange(len(log.operations) + 1)
        files, acknowledged = image_at(log, moment, dice, dice.choice((512, 4096)))
        if wrong := _wrong(directory / str(n), files, acknowledged):
            found.append(f"image {n} at operation {moment}: {wrong}")
    return found


def _wrong(directory: Path, files: dict[str, bytes], acknowledged: list[int]) -> str:
    directory.mkdir()
    try:
        for name, content in files.items():
            (directory / name).write_bytes(content)
        for key in directory.parent.glob("keys/journal*"):
            shutil.copy(key, directory)
        with Journal(directory) as journal:
            if journal.damage:
                return f"damaged: {journal.damage.what}"
            journal.append(Entry(kind="test.after", body={})).result(10)
        if not (judged := verify(directory)).ok:
            return str(judged.first_bad)
        with Reader(segment_path(directory, 1)) as reader:
            missing = set(acknowledged) - {row.seq for row in reader.query() if row.kind == "test.row"}
        return f"acknowledged rows are missing: {sorted(missing)[:5]}" if missing else ""
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    (tmp_path / "images" / "keys").mkdir(parents=True)
    return tmp_path / "images"


def run(tmp_path: Path, images: Path, synchronous: str, count: int, seed: int) -> list[str]:
    log = record(tmp_path / "run", synchronous)
    for key in (tmp_path / "run").glob("journal*"):
        if key.suffix in {".key", ".pub"}:
            shutil.copy(key, images / "keys")
    return losses(log, images, count, seed)


def test_no_image_loses_an_acknowledged_row(tmp_path: Path, images: Path) -> None:
    assert run(tmp_path, images, "", 60, seed=1) == []


@pytest.mark.soak
def test_no_image_of_a_thousand_loses_an_acknowledged_row(tmp_path: Path, images: Path) -> None:
    assert run(tmp_path, images, "", 1_000, seed=2) == []


def test_the_same_check_finds_losses_without_syncs(tmp_path: Path, images: Path) -> None:
    found = run(tmp_path, images, "OFF", 20, seed=1)
    assert any("missing" in loss or "damaged" in loss for loss in found)
